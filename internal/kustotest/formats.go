package kustotest

import (
	"bytes"
	"strings"
)

// failure is why a blob was not ingested, in the terms of the status API
// (https://learn.microsoft.com/azure/data-explorer/error-codes).
type failure struct {
	code    string
	status  string // Permanent, Transient, Exhausted, Unknown
	details string
}

func permanent(code, format string, args ...any) *failure {
	e := badRequest(code, format, args...)
	return &failure{e.code, "Permanent", e.message}
}

// dataFormat says how a format is read and which kind of mapping belongs to it.
type dataFormat struct {
	mapping string // lower case
	parse   func(text string, p properties) ([]record, *failure)
	binary  bool // stored and counted, without rows
}

var dataFormats = map[string]dataFormat{
	"csv":         {mapping: "csv", parse: quoted(',')},
	"tsv":         {mapping: "csv", parse: quoted('\t')},
	"scsv":        {mapping: "csv", parse: quoted(';')},
	"sohsv":       {mapping: "csv", parse: quoted('\x01')},
	"psv":         {mapping: "csv", parse: quoted('|')},
	"tsve":        {mapping: "csv", parse: parseEscaped},
	"txt":         {mapping: "csv", parse: parseLines},
	"raw":         {mapping: "csv", parse: parseRaw},
	"json":        {mapping: "json", parse: parseJSONLines},
	"singlejson":  {mapping: "json", parse: parseSingleJSON},
	"multijson":   {mapping: "json", parse: parseMultiJSON},
	"w3clogfile":  {mapping: "w3clogfile", parse: parseW3C},
	"avro":        {mapping: "avro", binary: true},
	"apacheavro":  {mapping: "apacheavro", binary: true},
	"parquet":     {mapping: "parquet", binary: true},
	"orc":         {mapping: "orc", binary: true},
	"sstream":     {mapping: "sstream", binary: true},
	"azmonstream": {binary: true},
}

// record is one record of a blob: fields by position, or a JSON object, or fields by name.
type record struct {
	line   int
	fields []string
	object *object
}

// parseBlob reads all records of a blob.
func parseBlob(members []member, p properties) ([]record, *failure) {
	format := dataFormats[p.format]
	var records []record
	for _, m := range members {
		text := string(bytes.TrimPrefix(m.data, []byte("\xef\xbb\xbf")))
		parsed, fail := format.parse(text, p)
		if fail != nil {
			return nil, fail
		}
		records = append(records, parsed...)
	}
	if len(records) == 0 {
		return nil, permanent("BadRequest_NoRecordsOrWrongFormat", "The blob holds no records, or is not in the format %s.", p.format)
	}
	return records, nil
}

// quoted reads delimited text in which a field may stand in double quotes.
func quoted(delimiter byte) func(string, properties) ([]record, *failure) {
	return func(text string, p properties) ([]record, *failure) {
		records, unclosed := splitQuoted(text, delimiter)
		if unclosed {
			if !p.ignoreLast {
				return nil, permanent("Stream_ClosingQuoteMissing", "A closing quote is missing in the record that begins at line %d.",
					records[len(records)-1].line)
			}
			records = records[:len(records)-1]
		}
		return finishDelimited(records, p)
	}
}

// finishDelimited drops the header and checks that all records have the same number of fields, which is what the default
// validation policy asks for.
func finishDelimited(records []record, p properties) ([]record, *failure) {
	if p.ignoreFirst && len(records) > 0 {
		records = records[1:]
	}
	if !p.constantColumns {
		return records, nil
	}
	for i, r := range records {
		if len(r.fields) == len(records[0].fields) {
			continue
		}
		if p.ignoreLast && i == len(records)-1 {
			return records[:i], nil
		}
		return nil, permanent("Stream_WrongNumberOfFields", "Line %d has %d fields, the lines before have %d.",
			r.line, len(r.fields), len(records[0].fields))
	}
	return records, nil
}

// splitQuoted splits text at delimiters and line ends that are not in quotes. Empty lines are no records.
func splitQuoted(text string, delimiter byte) (records []record, unclosed bool) {
	at, line := 0, 1
	for at < len(text) {
		r := record{line: line}
		for {
			var field string
			var lines int
			field, lines, at, unclosed = nextField(text, at, delimiter)
			line += lines
			r.fields = append(r.fields, field)
			if unclosed {
				return append(records, r), true
			}
			if at >= len(text) || text[at] != delimiter {
				break
			}
			at++
		}
		if at < len(text) && text[at] == '\r' {
			at++
		}
		if at < len(text) && text[at] == '\n' {
			at++
		}
		line++
		if len(r.fields) > 1 || r.fields[0] != "" {
			records = append(records, r)
		}
	}
	return records, false
}

// nextField reads one field and stops at its delimiter or line end. lines counts the line ends inside it.
func nextField(text string, at int, delimiter byte) (field string, lines, next int, unclosed bool) {
	var b strings.Builder
	if at < len(text) && text[at] == '"' {
		at++
		for {
			quote := strings.IndexByte(text[at:], '"')
			if quote < 0 {
				return text[at:], 0, len(text), true
			}
			b.WriteString(text[at : at+quote])
			at += quote + 1
			if at >= len(text) || text[at] != '"' {
				break
			}
			b.WriteByte('"')
			at++
		}
	}
	end := at
	for end < len(text) && text[end] != delimiter && text[end] != '\n' && text[end] != '\r' {
		end++
	}
	quotedPart := b.String()
	return quotedPart + text[at:end], strings.Count(quotedPart, "\n"), end, false
}

// lines splits text into lines, with their numbers, without empty ones.
func lines(text string) []record {
	var records []record
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			records = append(records, record{line: n, fields: []string{line}})
		}
	}
	return records
}

var escapes = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

// parseEscaped reads tsve: tabs between fields, a backslash before what is meant literally.
func parseEscaped(text string, p properties) ([]record, *failure) {
	records := lines(text)
	for i, r := range records {
		fields := strings.Split(r.fields[0], "\t")
		for j := range fields {
			fields[j] = escapes.Replace(fields[j])
		}
		records[i].fields = fields
	}
	return finishDelimited(records, p)
}

// parseLines reads txt: each line is one value.
func parseLines(text string, p properties) ([]record, *failure) {
	return finishDelimited(lines(text), p)
}

// parseRaw reads raw: the whole file is one value.
func parseRaw(text string, _ properties) ([]record, *failure) {
	return []record{{line: 1, fields: []string{text}}}, nil
}

// parseW3C reads the extended log file format (https://www.w3.org/TR/WD-logfile.html), whose fields are named by a directive.
func parseW3C(text string, _ properties) ([]record, *failure) {
	var names []string
	var records []record
	for _, r := range lines(text) {
		line := r.fields[0]
		if directive, ok := strings.CutPrefix(line, "#Fields:"); ok {
			names = strings.Fields(directive)
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		values := strings.Fields(line)
		if len(values) != len(names) {
			return nil, permanent("Stream_WrongNumberOfFields", "Line %d has %d fields, the directive names %d.", r.line, len(values), len(names))
		}
		o := &object{}
		for i, name := range names {
			if values[i] == "-" {
				values[i] = ""
			}
			o.add(name, values[i])
		}
		records = append(records, record{line: r.line, object: o})
	}
	return records, nil
}
