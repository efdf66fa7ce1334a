package kusto

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// object is a JSON object whose members are found whatever their case: the service's documentation, its specification
// and its answers spell names differently.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

var errNotObject = errors.New("it is not a JSON object")

// parseObject reads an object and keeps its members in order, repeated ones included. The values are parts of data.
func parseObject(data []byte) (object, error) {
	i := skipSpace(data, 0)
	if i == len(data) || data[i] != '{' || !json.Valid(data) {
		return nil, errNotObject
	}
	return members(data[i:]), nil
}

// members splits the text of an object, which is known to be valid JSON.
func members(data []byte) object {
	var o object
	for i := skipSpace(data, 1); data[i] != '}'; i = skipSpace(data, i) {
		if data[i] == ',' {
			i = skipSpace(data, i+1)
		}
		end := skipValue(data, i)
		var name string
		if quoted := data[i:end]; bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
			name = string(quoted[1 : len(quoted)-1])
		} else if json.Unmarshal(quoted, &name) != nil {
			name = "" // cannot be, as it is a valid string
		}
		i = skipSpace(data, end)      // at the colon
		start := skipSpace(data, i+1) // at the value
		i = skipValue(data, start)
		o = append(o, member{name: name, value: data[start:i:i]})
	}
	return o
}

// elements splits the text of an array, which is known to be valid JSON.
func elements(data []byte) []json.RawMessage {
	var list []json.RawMessage
	for i := skipSpace(data, 1); data[i] != ']'; i = skipSpace(data, i) {
		if data[i] == ',' {
			i = skipSpace(data, i+1)
		}
		end := skipValue(data, i)
		list = append(list, data[i:end:end])
		i = end
	}
	return list
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n') {
		i++
	}
	return i
}

// skipValue returns where the value at i ends.
func skipValue(data []byte, i int) int {
	depth := 0
	for ; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // behind a number or a word
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// get returns the first member of one of the names that is not null, nil when there is none.
func (o object) get(names ...string) json.RawMessage {
	for _, name := range names {
		for _, m := range o {
			if strings.EqualFold(m.name, name) && !null(m.value) {
				return m.value
			}
		}
	}
	return nil
}

func null(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// text returns a member as text. Numbers and booleans are returned as they are written; anything else is "".
func (o object) text(names ...string) string {
	v := o.get(names...)
	if v == nil || v[0] == '{' || v[0] == '[' {
		return ""
	}
	if v[0] != '"' {
		return string(v)
	}
	if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
		return string(v[1 : len(v)-1])
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// boolean returns a member that is true or false, as a word of JSON or as text.
func (o object) boolean(names ...string) (value, ok bool) {
	switch strings.ToLower(o.text(names...)) {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
		return false, false
	}
}

// whole reads a number that is not negative, also when it is written as text. null and "" are 0.
func whole(v json.RawMessage) (int64, bool) {
	if null(v) {
		return 0, true
	}
	s := string(v)
	if v[0] == '"' {
		if json.Unmarshal(v, &s) != nil {
			return 0, false
		}
		if s = strings.TrimSpace(s); s == "" {
			return 0, true
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, n >= 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1<<53 || f != math.Trunc(f) {
		return 0, false
	}
	return int64(f), true
}

// timeText returns a member that is a time as RFC 3339 in UTC. What is absent, the zero time of .NET, or no time at
// all is "": a time is never a reason to reject an answer.
func (o object) timeText(names ...string) string {
	s := strings.ToUpper(strings.TrimSpace(o.text(names...)))
	if s == "" {
		return ""
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00", time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		t = t.UTC()
		if t.Year() <= 1 || t.Year() > 9999 {
			return ""
		}
		return t.Format(time.RFC3339Nano)
	}
	return ""
}
