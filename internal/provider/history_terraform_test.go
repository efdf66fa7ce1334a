package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// terraform drives a provider over its protocol as the core of Terraform does, for one resource. What the core refuses is a violation.
type terraform struct {
	server tfprotov6.ProviderServer
	schema *tfprotov6.Schema
	kind   tftypes.Object
}

// instance is what the state holds of the resource.
type instance struct {
	value   tftypes.Value
	private []byte
	tainted bool
}

// change is a plan.
type change struct {
	action   string // "create", "update", "replace" or "no-op"
	prior    *instance
	config   tftypes.Value
	planned  tftypes.Value
	serial   int      // of the state that the plan was made for
	document document // what config was written from
	warnings []*tfprotov6.Diagnostic
}

func newTerraform(ctx context.Context, server tfprotov6.ProviderServer, cluster string) *terraform {
	resp, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	violate(err)
	tf := &terraform{server: server, schema: resp.ResourceSchemas[queuedIngestionName]}
	kind, ok := tf.schema.ValueType().(tftypes.Object)
	if !ok {
		violatef("the schema of the resource is no object")
	}
	tf.kind = kind
	block, _ := resp.Provider.ValueType().(tftypes.Object)
	config := objectOf(block, map[string]tftypes.Value{"cluster_uri": stringOf(cluster), "access_token": stringOf("token-of-the-test")})
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: wired(block, config)})
	violate(err)
	if text, failed := errorsOf(configured.Diagnostics); failed {
		violatef("the provider cannot be configured: %s", text)
	}
	return tf
}

func (tf *terraform) null() tftypes.Value { return tftypes.NewValue(tf.kind, nil) }

func (tf *terraform) validate(ctx context.Context, config tftypes.Value) []*tfprotov6.Diagnostic {
	resp, err := tf.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: queuedIngestionName, Config: wired(tf.kind, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	violate(err)
	return resp.Diagnostics
}

// refresh reads the resource. The state is kept when that fails.
func (tf *terraform) refresh(ctx context.Context, state *instance) (*instance, []*tfprotov6.Diagnostic) {
	resp, err := tf.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: queuedIngestionName, CurrentState: wired(tf.kind, state.value), Private: state.private,
	})
	violate(err)
	if _, failed := errorsOf(resp.Diagnostics); failed {
		return state, resp.Diagnostics
	}
	value := tf.read(resp.NewState)
	if value.IsNull() {
		violatef("a refresh removed the resource from the state")
	}
	return &instance{value: value, private: resp.Private, tainted: state.tainted}, resp.Diagnostics
}

// plan refreshes and plans. It returns nil when that fails.
func (tf *terraform) plan(ctx context.Context, state *instance, config tftypes.Value, refresh, replace bool) (*change, []*tfprotov6.Diagnostic) {
	told := tf.validate(ctx, config)
	if _, failed := errorsOf(told); failed {
		return nil, told
	}
	if state != nil && refresh {
		fresh, more := tf.refresh(ctx, state)
		told = append(told, more...)
		if _, failed := errorsOf(more); failed {
			return nil, told
		}
		state = fresh
	}
	prior, private := tf.null(), []byte(nil)
	if state != nil && !state.tainted {
		prior, private = state.value, state.private
	}
	resp, planned := tf.planOnce(ctx, prior, private, config)
	told = append(told, resp.Diagnostics...)
	if _, failed := errorsOf(resp.Diagnostics); failed {
		return nil, told
	}
	c := &change{action: "update", prior: state, config: config, planned: planned}
	switch {
	case state == nil:
		c.action = "create"
	case state.tainted:
		c.action = "replace"
	case len(resp.RequiresReplace) > 0 || replace:
		c.action = "replace"
		again, fresh := tf.planOnce(ctx, tf.null(), resp.PlannedPrivate, config)
		told = append(told, again.Diagnostics...)
		if _, failed := errorsOf(again.Diagnostics); failed {
			return nil, told
		}
		c.planned = fresh
	case planned.Equal(prior):
		c.action = "no-op"
	}
	c.warnings = told
	return c, told
}

func (tf *terraform) planOnce(ctx context.Context, prior tftypes.Value, private []byte, config tftypes.Value) (*tfprotov6.PlanResourceChangeResponse, tftypes.Value) {
	proposed := proposedObject(tf.schema.Block.Attributes, tf.kind, prior, config)
	resp, err := tf.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: queuedIngestionName, PriorState: wired(tf.kind, prior), ProposedNewState: wired(tf.kind, proposed),
		Config: wired(tf.kind, config), PriorPrivate: private,
	})
	violate(err)
	if _, failed := errorsOf(resp.Diagnostics); failed {
		return resp, tf.null()
	}
	planned := tf.read(resp.PlannedState)
	for _, problem := range planProblems("", tf.schema.Block.Attributes, prior, config, planned) {
		violatef("Provider produced invalid plan: %s", problem)
	}
	return resp, planned
}

// apply carries a plan out and returns the new state. As the core does, it plans once more with the state of the moment, and deletes before it creates.
// deleted is called between the two.
func (tf *terraform) apply(ctx context.Context, c *change, deleted func()) (*instance, []*tfprotov6.Diagnostic) {
	prior, private := tf.null(), []byte(nil)
	switch c.action {
	case "no-op":
		return c.prior, nil
	case "replace":
		resp := tf.applyOnce(ctx, c.prior.value, tf.null(), tf.null(), c.prior.private)
		if _, failed := errorsOf(resp.Diagnostics); failed {
			return c.prior, resp.Diagnostics
		}
		deleted()
	case "update":
		prior, private = c.prior.value, c.prior.private
	}
	again, planned := tf.planOnce(ctx, prior, private, c.config)
	before := c.prior
	if c.action != "update" {
		before = nil
	}
	if _, failed := errorsOf(again.Diagnostics); failed {
		return before, again.Diagnostics
	}
	for _, problem := range resultProblems("", c.planned, planned) {
		violatef("Provider produced inconsistent final plan: %s", problem)
	}
	resp := tf.applyOnce(ctx, prior, planned, c.config, again.PlannedPrivate)
	return tf.result(resp, before, planned), resp.Diagnostics
}

func (tf *terraform) applyOnce(ctx context.Context, prior, planned, config tftypes.Value, private []byte) *tfprotov6.ApplyResourceChangeResponse {
	resp, err := tf.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: queuedIngestionName, PriorState: wired(tf.kind, prior), PlannedState: wired(tf.kind, planned),
		Config: wired(tf.kind, config), PlannedPrivate: private,
	})
	violate(err)
	return resp
}

// result is the state after the answer to a creation or an update.
func (tf *terraform) result(resp *tfprotov6.ApplyResourceChangeResponse, before *instance, planned tftypes.Value) *instance {
	value := tf.read(resp.NewState)
	text, failed := errorsOf(resp.Diagnostics)
	switch {
	case value.IsNull() && failed:
		return before
	case value.IsNull():
		violatef("Provider produced inconsistent result after apply: nothing")
	case !value.IsFullyKnown():
		violatef("Provider returned invalid result object after apply: %s", value)
	}
	if !failed {
		for _, problem := range resultProblems("", planned, value) {
			violatef("Provider produced inconsistent result after apply: %s", problem)
		}
	}
	after := &instance{value: value, private: resp.Private, tainted: failed && before == nil}
	if after.tainted {
		violatef("a creation failed and left a state, so the resource is tainted: %s", text)
	}
	return after
}

// importID imports and reads the resource.
func (tf *terraform) importID(ctx context.Context, id string) (*instance, []*tfprotov6.Diagnostic) {
	resp, err := tf.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: queuedIngestionName, ID: id})
	violate(err)
	if _, failed := errorsOf(resp.Diagnostics); failed || len(resp.ImportedResources) != 1 {
		return nil, resp.Diagnostics
	}
	imported := resp.ImportedResources[0]
	state, more := tf.refresh(ctx, &instance{value: tf.read(imported.State), private: imported.Private})
	if _, failed := errorsOf(more); failed {
		return nil, more
	}
	return state, append(resp.Diagnostics, more...)
}

func (tf *terraform) read(v *tfprotov6.DynamicValue) tftypes.Value {
	if v == nil {
		return tf.null()
	}
	value, err := v.Unmarshal(tf.kind)
	violate(err)
	return value
}

func wired(kind tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	d, err := tfprotov6.NewDynamicValue(kind, v)
	violate(err)
	return &d
}

func errorsOf(diags []*tfprotov6.Diagnostic) (text string, failed bool) {
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			text, failed = text+d.Summary+": "+d.Detail+"\n", true
		}
	}
	return text, failed
}

// violation ends a history. It travels as a panic, as the history runs in a goroutine of its own.
type violation string

func violatef(format string, args ...any) { panic(violation(fmt.Sprintf(format, args...))) }

func violate(err error) {
	if err != nil {
		violatef("unexpected error: %v", err)
	}
}
