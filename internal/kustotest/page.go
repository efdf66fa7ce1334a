package kustotest

import (
	"bytes"
	"context"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// The page shows a little of everything; the JSON routes show all.
const (
	rowsShown       = 10
	operationsShown = 50
)

// operationMember is an accepted request as the operator sees it.
type operationMember struct {
	ID       string   `json:"id"`
	Database string   `json:"database"`
	Table    string   `json:"table"`
	Accepted string   `json:"accepted"`
	Status   counters `json:"status"`
	Failures []string `json:"failures,omitempty"`
}

// servePage is for a person: which operations there are, and what is in the tables.
func (s *Service) servePage(ctx context.Context, _ *call) reply {
	s.settle(ctx)
	var page bytes.Buffer
	err := pageTemplate.Execute(&page, struct {
		URL        string
		Rows       int
		Tables     []tableMember
		Operations []operationMember
		Requests   int
	}{s.BaseURL(), rowsShown, s.tableMembers(rowsShown), s.operationMembers(operationsShown), s.Count(RouteAny)})
	if err != nil {
		return problem(http.StatusInternalServerError, err.Error())
	}
	return reply{status: http.StatusOK, body: page.Bytes(), header: http.Header{
		"Content-Type":            {"text/html; charset=utf-8"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'unsafe-inline'"},
		"Cache-Control":           {"no-store"},
	}}
}

// tableMembers tells about all tables, with up to limit rows each, by database and name.
func (s *Service) tableMembers(limit int) []tableMember {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(s.tables), func(a, b tableKey) int {
		return strings.Compare(a.database+"\x00"+a.table, b.database+"\x00"+b.table)
	})
	found := []tableMember{}
	for _, key := range keys {
		t := s.tables[key]
		m := tableMember{
			Database: t.database, Table: t.name, RowCount: t.rows, Extents: len(t.extents), Blobs: len(t.loads), Columns: []string{},
			Rows: t.allRows(limit),
		}
		for _, column := range t.columns {
			m.Columns = append(m.Columns, column.Name)
		}
		for _, times := range t.loads {
			if times > 1 {
				m.Twice++
			}
		}
		found = append(found, m)
	}
	return found
}

// operationMembers tells about the newest operations, all of them when limit is negative.
func (s *Service) operationMembers(limit int) []operationMember {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []operationMember{}
	for _, op := range slices.Backward(s.history) {
		if limit >= 0 && len(found) == limit {
			break
		}
		m := operationMember{ID: op.id, Database: op.database, Table: op.table, Accepted: timestamp(op.accepted), Status: op.count()}
		for _, b := range op.blobs {
			if b.failure != nil {
				m.Failures = append(m.Failures, b.url.identity+": "+b.failure.code)
			}
		}
		found = append(found, m)
	}
	return found
}
