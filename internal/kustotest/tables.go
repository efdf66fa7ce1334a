package kustotest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// tableKey names a table: databases without regard to case, tables with
// (https://learn.microsoft.com/kusto/query/schema-entities/entity-names).
type tableKey struct {
	database string // lower case
	table    string
}

func keyOf(database, name string) tableKey {
	return tableKey{strings.ToLower(database), name}
}

// table is a table with its data.
type table struct {
	database string // as it was first spelled
	name     string
	declared bool
	fixed    bool // has declared columns, and gets no others
	columns  []Column
	index    map[string]int
	mappings map[mappingKey]string
	extents  []*extent
	tags     map[string]int // how many extents carry a tag
	loads    map[string]int // how often a blob was committed
	rows     int
}

type mappingKey struct {
	kind string // lower case
	name string
}

type extent struct {
	id      string
	tags    []string
	created time.Time
	rows    [][]string
	blobs   []string
}

// Extent is a data shard: what was committed together.
type Extent struct {
	ID           string
	Tags         []string
	CreationTime time.Time
	Rows         int
	Blobs        []string // URLs without credentials
}

// CreateTable creates a table, or replaces it by an empty one. Without columns it takes those of the data.
func (s *Service) CreateTable(database, name string, columns ...Column) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.createLocked(database, name)
	t.declared = true
	t.fixed = len(columns) > 0
	for _, column := range columns {
		t.addColumn(column.Name, column.Type)
	}
}

func (s *Service) createLocked(database, name string) *table {
	if _, known := s.databases[strings.ToLower(database)]; !known {
		s.databases[strings.ToLower(database)] = database
	}
	t := &table{database: s.databases[strings.ToLower(database)], name: name, index: map[string]int{}, mappings: map[mappingKey]string{}}
	t.clear()
	s.tables[keyOf(database, name)] = t
	return t
}

// DropTable removes a table. A later request finds it missing or, without WithStrictTables, creates another.
func (s *Service) DropTable(database, name string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables, keyOf(database, name))
}

// ClearTable removes the data of a table and its tags, and keeps the table.
func (s *Service) ClearTable(database, name string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[keyOf(database, name)]; t != nil {
		t.clear()
	}
}

// CreateMapping creates or replaces an ingestion mapping of a table. kind is Csv, Json, Avro, Parquet, Orc or W3CLogFile, and text
// the JSON array.
func (s *Service) CreateMapping(database, table, name, kind, text string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[keyOf(database, table)]
	if t == nil {
		t = s.createLocked(database, table)
		t.declared = true
	}
	t.mappings[mappingKey{strings.ToLower(kind), name}] = text
}

func (t *table) clear() {
	t.extents, t.tags, t.loads, t.rows = nil, map[string]int{}, map[string]int{}, 0
	if !t.fixed {
		t.columns, t.index = nil, map[string]int{}
	}
}

// column finds a column by name. A table without declared columns gets it; else it returns -1.
func (t *table) column(name, kind string) int {
	if at, found := t.index[name]; found {
		return at
	}
	if t.fixed {
		return -1
	}
	return t.addColumn(name, kind)
}

func (t *table) addColumn(name, kind string) int {
	t.columns = append(t.columns, Column{Name: name, Type: strings.ToLower(kind)})
	t.index[name] = len(t.columns) - 1
	return t.index[name]
}

// commit adds rows of one blob to an extent, which is created with the first.
func (t *table) commit(e *extent, blob string, rows [][]string) {
	if len(e.blobs) == 0 {
		t.extents = append(t.extents, e)
		for _, tag := range e.tags {
			t.tags[tag]++
		}
	}
	e.rows = append(e.rows, rows...)
	e.blobs = append(e.blobs, blob)
	t.rows += len(rows)
	t.loads[blob]++
}

// ask settles what is due and gives the table to ask, or an empty one.
func (s *Service) ask(database, name string, question func(*table)) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[keyOf(database, name)]; t != nil {
		question(t)
	}
}

// Rows returns the rows of a table in the order of their ingestion, each with a value for every column; null is "".
func (s *Service) Rows(database, name string) [][]string {
	var rows [][]string
	s.ask(database, name, func(t *table) { rows = t.allRows(-1) })
	return rows
}

// allRows copies up to limit rows, all when it is negative.
func (t *table) allRows(limit int) [][]string {
	var rows [][]string
	for _, e := range t.extents {
		for _, row := range e.rows {
			if limit >= 0 && len(rows) == limit {
				return rows
			}
			full := make([]string, len(t.columns)) // A column may have come with a later blob.
			copy(full, row)
			rows = append(rows, full)
		}
	}
	return rows
}

// RowCount is how many rows a table has.
func (s *Service) RowCount(database, name string) int {
	n := 0
	s.ask(database, name, func(t *table) { n = t.rows })
	return n
}

// Columns returns the columns of a table.
func (s *Service) Columns(database, name string) []Column {
	var columns []Column
	s.ask(database, name, func(t *table) { columns = slices.Clone(t.columns) })
	return columns
}

// Loads tells how often each blob was ingested into a table, by its URL without credentials. More than once is a duplicate.
func (s *Service) Loads(database, name string) map[string]int {
	loads := map[string]int{}
	s.ask(database, name, func(t *table) { loads = maps.Clone(t.loads) })
	return loads
}

// Extents returns the extents of a table, oldest first.
func (s *Service) Extents(database, name string) []Extent {
	var extents []Extent
	s.ask(database, name, func(t *table) {
		for _, e := range t.extents {
			extents = append(extents, Extent{
				ID: e.id, Tags: slices.Clone(e.tags), CreationTime: e.created, Rows: len(e.rows), Blobs: slices.Clone(e.blobs),
			})
		}
	})
	return extents
}

// DropExtents removes the extents of a table that carry a tag, with their rows and tags, as ".drop extents" does.
func (s *Service) DropExtents(database, name, tag string) {
	s.ask(database, name, func(t *table) {
		kept := t.extents[:0:0]
		for _, e := range t.extents {
			if !slices.Contains(e.tags, tag) {
				kept = append(kept, e)
				continue
			}
			t.rows -= len(e.rows)
			for _, carried := range e.tags {
				t.tags[carried]--
			}
		}
		t.extents = kept
	})
}
