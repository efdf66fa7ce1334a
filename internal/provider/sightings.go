package provider

import (
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// sightings is what one plan has shown of the resources in the state and of those to be created. Terraform shows a provider each resource for itself: one
// that is replaced because it is tainted, one that was renamed without a moved block and one that names a blob of another all look like any new resource.
// But Terraform reads each resource of the state, and with both seen it can be said that rows will be there twice.
//
// (Of what is replaced for another reason Terraform asks for two plans, and shows no warning of the second.)
type sightings struct {
	mu      sync.Mutex
	stored  map[string][]*tfprotov6.DynamicValue // resources of the state, by target
	created map[string][]*tfprotov6.DynamicValue // planned ones, by target
}

func newSightings() *sightings {
	s := &sightings{}
	s.forget()
	return s
}

// forget begins another plan: a provider that is being debugged serves many.
func (s *sightings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored, s.created = map[string][]*tfprotov6.DynamicValue{}, map[string][]*tfprotov6.DynamicValue{}
}

// targetOf returns which table an encoded resource is for; false when that is not known.
func targetOf(value *tfprotov6.DynamicValue) (string, bool) {
	database, ok := query(value, "database")
	table, also := query(value, "table")
	if !ok || !also || len(database) != 1 || len(table) != 1 {
		return "", false
	}
	d, ok := database[0].(string)
	t, also := table[0].(string)
	return strings.ToLower(d) + "\n" + t, ok && also
}

// read notes a resource of the state, and returns the blobs of it that a planned one submits to the same table.
func (s *sightings) read(state *tfprotov6.DynamicValue, kind tftypes.Type) []string {
	others := s.note(s.stored, s.created, state)
	return twice(others, func(other *tfprotov6.DynamicValue) []string { return common(other, state, kind) })
}

// create notes a resource that is planned, and returns the blobs that a resource of the state has submitted to the same table.
func (s *sightings) create(planned *tfprotov6.DynamicValue, kind tftypes.Type) []string {
	others := s.note(s.created, s.stored, planned)
	return twice(others, func(other *tfprotov6.DynamicValue) []string { return common(planned, other, kind) })
}

// note enters a value in one map and returns those for the same table in the other one, so that of two values that are entered at the same time one
// meets the other.
func (s *sightings) note(in, others map[string][]*tfprotov6.DynamicValue, value *tfprotov6.DynamicValue) []*tfprotov6.DynamicValue {
	at, ok := targetOf(value)
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in[at] = append(in[at], value)
	return others[at]
}

func twice(others []*tfprotov6.DynamicValue, find func(*tfprotov6.DynamicValue) []string) []string {
	var keys []string
	for _, other := range others {
		keys = append(keys, find(other)...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// common returns the blobs of a planned resource that a stored one has submitted, or perhaps has.
func common(planned, stored *tfprotov6.DynamicValue, kind tftypes.Type) []string {
	submitted := statusesOf(stored, kind)
	var keys []string
	for key := range statusesOf(planned, kind) {
		if status, ok := submitted[key]; ok && status != ledger.NotSubmitted && !status.GivenUp() {
			keys = append(keys, key)
		}
	}
	return keys
}

// statusesOf returns the statuses of an encoded resource by blob; "" for those that are not known.
func statusesOf(value *tfprotov6.DynamicValue, kind tftypes.Type) map[string]ledger.Status {
	whole, err := value.Unmarshal(kind)
	if err != nil {
		return nil
	}
	var members, elements map[string]tftypes.Value
	if whole.As(&members) != nil || !members["blob_status"].IsKnown() || members["blob_status"].As(&elements) != nil {
		return nil
	}
	statuses := make(map[string]ledger.Status, len(elements))
	for key, element := range elements {
		var text string
		if element.IsKnown() {
			_ = element.As(&text) // null is ""
		}
		statuses[key] = ledger.Status(text)
	}
	return statuses
}

// twiceWarning says that a plan ingests blobs a second time; nothing when there are none.
func twiceWarning(keys []string) []*tfprotov6.Diagnostic {
	if len(keys) == 0 {
		return nil
	}
	lines := make([]string, len(keys))
	for i, key := range keys {
		lines[i] = kusto.Redact(key)
	}
	summary, detail := submittedTwiceMessage(lines)
	return []*tfprotov6.Diagnostic{{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: summary, Detail: detail}}
}
