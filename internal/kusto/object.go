package kusto

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object whose members are found whatever their case: the service's documentation, its specification
// and its answers spell names differently.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

var errNotObject = errors.New("it is not a JSON object")

// parseObject reads an object and keeps its members in order, repeated ones included.
func parseObject(data []byte) (object, error) {
	start := 0
	for start < len(data) && strings.IndexByte(" \t\r\n", data[start]) >= 0 {
		start++
	}
	if start == len(data) || data[start] != '{' {
		return nil, errNotObject
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, errNotObject
	}
	return o, nil
}

// UnmarshalJSON reads the members. The caller has checked that data is valid JSON.
func (o *object) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return errNotObject
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok {
			return errNotObject
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		*o = append(*o, member{name: name, value: value})
	}
	return nil
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
