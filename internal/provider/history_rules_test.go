package provider

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The rules by which the core of Terraform makes a proposed new state and judges what a provider makes of it. See
// https://github.com/hashicorp/terraform/blob/main/docs/resource-instance-change-lifecycle.md.

// proposedObject merges the configuration with the prior state: a computed attribute that the configuration leaves out keeps its prior value at the
// same path, be it another element's.
func proposedObject(attributes []*tfprotov6.SchemaAttribute, kind tftypes.Object, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	priors, configs := membersOf(prior), membersOf(config)
	merged := make(map[string]tftypes.Value, len(attributes))
	for _, a := range attributes {
		value := configs[a.Name]
		former, ok := priors[a.Name]
		if !ok {
			former = tftypes.NewValue(kind.AttributeTypes[a.Name], nil)
		}
		switch {
		case a.WriteOnly:
			value = tftypes.NewValue(kind.AttributeTypes[a.Name], nil)
		case a.Computed && value.IsNull():
			value = former
		case a.NestedType != nil:
			value = proposedNested(a.NestedType, former, value)
		}
		merged[a.Name] = value
	}
	return tftypes.NewValue(kind, merged)
}

func proposedNested(nested *tfprotov6.SchemaObject, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	if kind, single := config.Type().(tftypes.Object); single {
		return proposedObject(nested.Attributes, kind, prior, config)
	}
	list, ok := config.Type().(tftypes.List)
	if !ok {
		violatef("no rule for %s", config.Type())
	}
	kind, _ := list.ElementType.(tftypes.Object)
	priors, configs := elementsOf(prior), elementsOf(config)
	merged := make([]tftypes.Value, len(configs))
	for i, element := range configs {
		former := tftypes.NewValue(kind, nil)
		if i < len(priors) {
			former = priors[i]
		}
		merged[i] = proposedObject(nested.Attributes, kind, former, element)
	}
	return tftypes.NewValue(list, merged)
}

// planProblems says where a plan is neither what is configured nor what was there before, at the same path.
func planProblems(path string, attributes []*tfprotov6.SchemaAttribute, prior, config, planned tftypes.Value) []string {
	var problems []string
	priors, configs, plans := membersOf(prior), membersOf(config), membersOf(planned)
	for _, a := range attributes {
		at := path + "." + a.Name
		configured, result := configs[a.Name], plans[a.Name]
		former, hadOne := priors[a.Name]
		switch {
		case a.WriteOnly:
			if !result.IsNull() {
				problems = append(problems, at+" is write-only and planned")
			}
		case !a.Optional && !a.Required, a.Computed && configured.IsNull(), result.Equal(configured):
		case a.NestedType != nil && !configured.IsNull() && configured.IsKnown():
			problems = append(problems, nestedPlanProblems(at, a.NestedType, former, configured, result)...)
		case hadOne && !former.IsNull() && !configured.IsNull() && result.Equal(former):
		default:
			problems = append(problems, fmt.Sprintf("%s is planned as %s, configured as %s", at, result, configured))
		}
	}
	return problems
}

func nestedPlanProblems(path string, nested *tfprotov6.SchemaObject, prior, config, planned tftypes.Value) []string {
	if _, single := config.Type().(tftypes.Object); single {
		return planProblems(path, nested.Attributes, prior, config, planned)
	}
	configs, plans := elementsOf(config), elementsOf(planned)
	if len(configs) != len(plans) {
		return []string{fmt.Sprintf("%s has %d elements, configured are %d", path, len(plans), len(configs))}
	}
	var priors []tftypes.Value
	if hasValue(prior) {
		priors = elementsOf(prior)
	}
	var problems []string
	for i := range configs {
		var former tftypes.Value
		if i < len(priors) {
			former = priors[i]
		}
		problems = append(problems, planProblems(fmt.Sprintf("%s[%d]", path, i), nested.Attributes, former, configs[i], plans[i])...)
	}
	return problems
}

// resultProblems says where a result contradicts what was planned and known.
func resultProblems(path string, planned, actual tftypes.Value) []string {
	if !planned.IsKnown() {
		return nil
	}
	if planned.IsNull() != actual.IsNull() || !actual.IsKnown() {
		return []string{fmt.Sprintf("%s was %s, but now %s", path, planned, actual)}
	}
	if planned.IsNull() {
		return nil
	}
	var problems []string
	switch planned.Type().(type) {
	case tftypes.Object, tftypes.Map:
		plans, results := membersOf(planned), membersOf(actual)
		if !maps.EqualFunc(plans, results, func(_, _ tftypes.Value) bool { return true }) {
			return []string{fmt.Sprintf("%s has other keys: %q, planned %q", path, slices.Sorted(maps.Keys(results)), slices.Sorted(maps.Keys(plans)))}
		}
		for _, name := range slices.Sorted(maps.Keys(plans)) {
			problems = append(problems, resultProblems(path+"."+name, plans[name], results[name])...)
		}
	case tftypes.List:
		plans, results := elementsOf(planned), elementsOf(actual)
		if len(plans) != len(results) {
			return []string{fmt.Sprintf("%s has %d elements, planned were %d", path, len(results), len(plans))}
		}
		for i := range plans {
			problems = append(problems, resultProblems(fmt.Sprintf("%s[%d]", path, i), plans[i], results[i])...)
		}
	default:
		if !planned.Equal(actual) {
			problems = append(problems, fmt.Sprintf("%s was %s, but now %s", path, planned, actual))
		}
	}
	return problems
}

// hasValue is false for the zero value, which stands for what is not there.
func hasValue(v tftypes.Value) bool { return v.Type() != nil && !v.IsNull() && v.IsKnown() }

func membersOf(v tftypes.Value) map[string]tftypes.Value {
	members := map[string]tftypes.Value{}
	if hasValue(v) {
		violate(v.As(&members))
	}
	return members
}

func elementsOf(v tftypes.Value) []tftypes.Value {
	var elements []tftypes.Value
	if hasValue(v) {
		violate(v.As(&elements))
	}
	return elements
}

func textOf(v tftypes.Value) string {
	var text string
	if hasValue(v) {
		violate(v.As(&text))
	}
	return text
}

func stringOf(text string) tftypes.Value { return tftypes.NewValue(tftypes.String, text) }

// objectOf makes an object of some members; the others are null.
func objectOf(kind tftypes.Object, members map[string]tftypes.Value) tftypes.Value {
	all := make(map[string]tftypes.Value, len(kind.AttributeTypes))
	for name, member := range kind.AttributeTypes {
		all[name] = tftypes.NewValue(member, nil)
	}
	maps.Copy(all, members)
	return tftypes.NewValue(kind, all)
}
