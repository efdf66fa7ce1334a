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
	kind   tftypes.Type // of the resource
	mu     sync.Mutex
	tables map[string]*tableSightings // by database and table
}

// tableSightings are blobs of one table. Resources of the state are looked into only when a resource is to be created, so that a plan without changes
// does not pay for them.
type tableSightings struct {
	stored    []*tfprotov6.DynamicValue // resources of the state that nobody has looked into
	submitted map[string]bool           // blobs of the others that were submitted, or perhaps were
	created   map[string]bool           // blobs of resources to be created
}

// forget begins another plan: a provider that is being debugged serves many.
func (s *sightings) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables = nil
}

// read notes a resource of the state, and returns the blobs of it that a resource to be created submits to the same table.
func (s *sightings) read(state *tfprotov6.DynamicValue) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.table(state)
	t.stored = append(t.stored, state)
	if len(t.created) == 0 {
		return nil
	}
	return common(t.look(s.kind), t.created)
}

// create notes a resource to be created, and returns the blobs of it that a resource of the state has submitted to the same table.
func (s *sightings) create(planned *tfprotov6.DynamicValue) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.table(planned)
	t.look(s.kind)
	blobs := map[string]bool{}
	for key := range statusesOf(planned, s.kind) {
		blobs[key], t.created[key] = true, true
	}
	return common(blobs, t.submitted)
}

// table returns what was seen of the table that an encoded resource is for, and nothing that is kept where that is not known.
func (s *sightings) table(value *tfprotov6.DynamicValue) *tableSightings {
	fresh := &tableSightings{submitted: map[string]bool{}, created: map[string]bool{}}
	database, ok := queryText(value, "database")
	table, also := queryText(value, "table")
	if !ok || !also {
		return fresh
	}
	name := strings.ToLower(database) + "\n" + table
	if t, known := s.tables[name]; known {
		return t
	}
	if s.tables == nil {
		s.tables = map[string]*tableSightings{}
	}
	s.tables[name] = fresh
	return fresh
}

// look enters the blobs of the resources that nobody has looked into, and returns them.
func (t *tableSightings) look(kind tftypes.Type) map[string]bool {
	blobs := map[string]bool{}
	for _, state := range t.stored {
		for key, status := range statusesOf(state, kind) {
			if status != ledger.NotSubmitted && !status.GivenUp() {
				blobs[key], t.submitted[key] = true, true
			}
		}
	}
	t.stored = nil
	return blobs
}

// common returns the keys that are in both, sorted.
func common(a, b map[string]bool) []string {
	var keys []string
	for key := range a {
		if b[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// queryText reads one text of an encoded value, and false while it is not known.
func queryText(value *tfprotov6.DynamicValue, path string) (string, bool) {
	found, ok := query(value, path)
	if !ok || len(found) != 1 {
		return "", false
	}
	text, ok := found[0].(string)
	return text, ok
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
