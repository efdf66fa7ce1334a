package kustotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// object is a JSON object that remembers the order of its members.
type object struct {
	names  []string
	values map[string]string // as table values
	raw    []byte
}

func (o *object) add(name, value string) {
	if o.values == nil {
		o.values = map[string]string{}
	}
	if _, twice := o.values[name]; !twice {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// newObject reads a JSON object.
func newObject(raw []byte) (*object, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, false
	}
	o := &object{raw: raw}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, false
		}
		name, ok := token.(string)
		if !ok {
			return nil, false
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, false
		}
		o.add(name, cell(value))
	}
	_, err := decoder.Token()
	return o, err == nil && !decoder.More()
}

// cell is a JSON value as the value of a column: text without its quotes, null as nothing, the rest as it is written.
func cell(raw json.RawMessage) string {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 || string(trimmed) == "null" {
		return ""
	}
	if trimmed[0] == '"' {
		var text string
		if err := json.Unmarshal(trimmed, &text); err == nil {
			return text
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, trimmed); err != nil {
		return string(trimmed)
	}
	return compact.String()
}

func notJSON(line int) *failure {
	return permanent("BadRequest_InvalidBlob", "The record at line %d is no JSON object.", line)
}

// parseJSONLines reads json: one object per line.
func parseJSONLines(text string, p properties) ([]record, *failure) {
	records := lines(text)
	for i, r := range records {
		o, ok := newObject([]byte(r.fields[0]))
		if !ok && p.ignoreLast && i == len(records)-1 {
			return records[:i], nil
		}
		if !ok {
			return nil, notJSON(r.line)
		}
		records[i] = record{line: r.line, object: o}
	}
	return records, nil
}

// parseMultiJSON reads multijson: objects and arrays of objects, over any number of lines.
func parseMultiJSON(text string, p properties) ([]record, *failure) {
	decoder := json.NewDecoder(strings.NewReader(text))
	var records []record
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) || err != nil && p.ignoreLast && len(records) > 0 {
			return records, nil
		}
		line := 1 + strings.Count(text[:decoder.InputOffset()], "\n")
		if err != nil {
			return nil, notJSON(line)
		}
		elements := []json.RawMessage{value}
		if value[0] == '[' {
			if err := json.Unmarshal(value, &elements); err != nil {
				return nil, notJSON(line)
			}
		}
		for _, element := range elements {
			o, ok := newObject(element)
			if !ok {
				return nil, notJSON(line)
			}
			records = append(records, record{line: line, object: o})
		}
	}
}

// parseSingleJSON reads singlejson: the file is one JSON value.
func parseSingleJSON(text string, p properties) ([]record, *failure) {
	var value json.RawMessage
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, notJSON(1)
	}
	return parseMultiJSON(text, p)
}

// at follows a path such as $.a.b[0] or $['a b'].
func (o *object) at(path string) string {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return o.values[path]
	}
	value := json.RawMessage(o.raw)
	for rest != "" {
		var step string
		var index bool
		if step, rest, index, ok = nextStep(rest); !ok {
			return ""
		}
		if value, ok = descend(value, step, index); !ok {
			return ""
		}
	}
	return cell(value)
}

func nextStep(path string) (step, rest string, index, ok bool) {
	if after, found := strings.CutPrefix(path, "."); found {
		end := strings.IndexAny(after, ".[")
		if end < 0 {
			end = len(after)
		}
		return after[:end], after[end:], false, end > 0
	}
	after, found := strings.CutPrefix(path, "[")
	if !found {
		return "", "", false, false
	}
	if quote := after[:min(1, len(after))]; quote == "'" || quote == `"` {
		step, rest, ok = strings.Cut(after[1:], quote+"]")
		return step, rest, false, ok
	}
	step, rest, ok = strings.Cut(after, "]")
	return step, rest, true, ok
}

func descend(value json.RawMessage, step string, index bool) (json.RawMessage, bool) {
	if index {
		var elements []json.RawMessage
		at, err := strconv.Atoi(step)
		if err != nil || json.Unmarshal(value, &elements) != nil || at < 0 || at >= len(elements) {
			return nil, false
		}
		return elements[at], true
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, false
	}
	found, ok := members[step]
	return found, ok
}
