package kustotest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// mappedColumn is one element of an ingestion mapping (https://learn.microsoft.com/kusto/management/mappings).
type mappedColumn struct {
	name      string
	kind      string
	ordinal   int // -1: none
	path      string
	constant  *string
	field     string
	transform string
}

// parseMapping reads a mapping. Its keys are taken without regard to case, as {"Column", "Datatype", "Properties"} or
// {"columnName", "columnType", "properties"}; both are in use.
func parseMapping(text string) ([]mappedColumn, bool) {
	var elements []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &elements); err != nil || elements == nil {
		return nil, false
	}
	var columns []mappedColumn
	for _, element := range elements {
		lower := lowerKeys(element)
		m := mappedColumn{name: first(lower, "column", "columnname", "name"), kind: first(lower, "datatype", "columntype"), ordinal: -1}
		var details map[string]json.RawMessage
		if raw, ok := lower["properties"]; ok {
			if err := json.Unmarshal(raw, &details); err != nil {
				return nil, false
			}
			details = lowerKeys(details)
		} else {
			details = lower // The older, flat form.
		}
		if m.name == "" || !m.properties(details) {
			return nil, false
		}
		columns = append(columns, m)
	}
	return columns, true
}

func (m *mappedColumn) properties(details map[string]json.RawMessage) bool {
	m.path, m.field, m.transform = first(details, "path"), first(details, "field"), strings.ToLower(first(details, "transform"))
	if raw, ok := details["constvalue"]; ok {
		constant := cell(raw)
		m.constant = &constant
	}
	if ordinal := first(details, "ordinal"); ordinal != "" {
		n, err := strconv.Atoi(ordinal)
		if err != nil || n < 0 {
			return false
		}
		m.ordinal = n
	}
	return true
}

func lowerKeys(members map[string]json.RawMessage) map[string]json.RawMessage {
	lower := make(map[string]json.RawMessage, len(members))
	for key, value := range members {
		lower[strings.ToLower(key)] = value
	}
	return lower
}

func first(members map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		if raw, ok := members[name]; ok {
			return cell(raw)
		}
	}
	return ""
}

// value takes a column's value from a record. at is the column's place in the mapping, the ordinal of one that names none.
func (m mappedColumn) value(r record, at int, source string) string {
	var value string
	switch {
	case m.transform == "sourcelocation":
		return source
	case m.transform == "sourcelinenumber":
		return strconv.Itoa(r.line)
	case m.constant != nil:
		return *m.constant
	case r.object == nil:
		if m.ordinal >= 0 {
			at = m.ordinal
		}
		if at < len(r.fields) {
			value = r.fields[at]
		}
	case m.path != "":
		value = r.object.at(m.path)
	case m.field != "":
		value = r.object.values[m.field]
	default:
		value = r.object.values[m.name]
	}
	return m.transformed(value)
}

var unixUnits = map[string]time.Duration{
	"datetimefromunixseconds":      time.Second,
	"datetimefromunixmilliseconds": time.Millisecond,
	"datetimefromunixmicroseconds": time.Microsecond,
	"datetimefromunixnanoseconds":  time.Nanosecond,
}

func (m mappedColumn) transformed(value string) string {
	unit, ok := unixUnits[m.transform]
	if !ok {
		return value
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return ""
	}
	perSecond := int64(time.Second / unit)
	return timestamp(time.Unix(n/perSecond, n%perSecond*int64(unit)))
}

// shape makes rows of the table from records: by the mapping or, without one, by position or by name.
func (t *table) shape(records []record, mapping []mappedColumn, source string) ([][]string, *failure) {
	places := make([]int, len(mapping))
	for i, m := range mapping {
		if places[i] = t.column(m.name, m.kind); places[i] < 0 {
			return nil, permanent("BadRequest_InconsistentMapping", "The mapping names the column %s, which table %s does not have.", m.name, t.name)
		}
	}
	rows := make([][]string, 0, len(records))
	for _, r := range records {
		var row []string
		switch {
		case len(mapping) > 0:
			row = make([]string, len(t.columns))
			for i, m := range mapping {
				row[places[i]] = m.value(r, i, source)
			}
		case r.object != nil:
			row = t.byName(r.object)
		default:
			row = t.byPosition(r.fields)
		}
		for i := range row {
			row[i] = typed(t.columns[i].Type, row[i])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (t *table) byName(o *object) []string {
	row := make([]string, len(t.columns))
	for _, name := range o.names {
		at := t.column(name, "")
		if at >= len(row) {
			row = append(row, "")
		}
		if at >= 0 {
			row[at] = o.values[name]
		}
	}
	return row
}

func (t *table) byPosition(fields []string) []string {
	row := make([]string, 0, len(fields))
	for i, field := range fields {
		if i >= len(t.columns) && t.column("col"+strconv.Itoa(i+1), "") < 0 {
			break // Fields beyond the last column are left out.
		}
		row = append(row, field)
	}
	return row
}

// typed makes null of a value that a column of the type cannot hold.
func typed(kind, value string) string {
	var err error
	switch kind {
	case "int":
		_, err = strconv.ParseInt(value, 10, 32)
	case "long":
		_, err = strconv.ParseInt(value, 10, 64)
	case "real", "double", "decimal":
		_, err = strconv.ParseFloat(value, 64)
	case "bool", "boolean":
		_, err = strconv.ParseBool(value)
	case "guid":
		if !isGUID(value) {
			return ""
		}
	}
	if err != nil {
		return ""
	}
	return value
}
