package kustotest_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, file := range files {
		name, text, _ := strings.Cut(file, "=")
		member, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := member.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type rows = [][]string

func TestFormats_rows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		properties, text string
		want             rows
	}{
		"csv":                     {`"format":"csv"`, "a,b\r\n1,\"x,\"\"y\"\"\nz\"\n\n,2", rows{{"a", "b"}, {"1", "x,\"y\"\nz"}, {"", "2"}}},
		"csv with a mark":         {`"format":"csv"`, "\ufeffa,b\n", rows{{"a", "b"}}},
		"csv with a late quote":   {`"format":"csv"`, "a\"b,c\n", rows{{"a\"b", "c"}}},
		"csv with empty fields":   {`"format":"csv"`, ",,\n", rows{{"", "", ""}}},
		"csv with a header":       {`"format":"csv","ignoreFirstRecord":true`, "h,i\n1,2\n", rows{{"1", "2"}}},
		"csv not validated":       {`"format":"csv","validationPolicy":"{\"ValidationOptions\":0}"`, "1,2\n3\n", rows{{"1", "2"}, {"3", ""}}},
		"csv validated, accepted": {`"format":"csv","validationPolicy":"{\"ValidationOptions\":1,\"ValidationImplications\":1}"`, "1,2\n3\n", rows{{"1", "2"}, {"3", ""}}},
		"csv cut, tolerated":      {`"format":"csv","ignoreLastRecordIfInvalid":true`, "1,2\n3\n", rows{{"1", "2"}}},
		"csv quote, tolerated":    {`"format":"csv","ignoreLastRecordIfInvalid":true`, "1,2\n3,\"4", rows{{"1", "2"}}},
		"tsv":                     {`"format":"tsv"`, "a\t\"b\tc\"\n", rows{{"a", "b\tc"}}},
		"scsv":                    {`"format":"scsv"`, "a;b\n", rows{{"a", "b"}}},
		"sohsv":                   {`"format":"sohsv"`, "a\x01b\n", rows{{"a", "b"}}},
		"psv":                     {`"format":"psv"`, "a|b\n", rows{{"a", "b"}}},
		"tsve":                    {`"format":"tsve"`, "a\\tb\tc\\nd\\\\n\n", rows{{"a\tb", "c\nd\\n"}}},
		"txt":                     {`"format":"txt"`, "a,b\n\nc\r\n", rows{{"a,b"}, {"c"}}},
		"raw":                     {`"format":"raw"`, "a\nb\n", rows{{"a\nb\n"}}},
		"json":                    {`"format":"json"`, "{\"b\":1,\"a\":\"x\"}\n{\"a\":null,\"c\":{\"d\": [1, 2]}}\n", rows{{"1", "x", ""}, {"", "", `{"d":[1,2]}`}}},
		"json cut, tolerated":     {`"format":"json","ignoreLastRecordIfInvalid":true`, "{\"a\":1}\n{\"a\":", rows{{"1"}}},
		"json has no header":      {`"format":"json","ignoreFirstRecord":true`, "{\"a\":1}\n", rows{{"1"}}},
		"multijson":               {`"format":"multijson"`, "[{\"a\":1},\n {\"a\":2}]\n{\n\"a\":3}", rows{{"1"}, {"2"}, {"3"}}},
		"singlejson":              {`"format":"singlejson"`, "{\n\"a\":\n1.50}", rows{{"1.50"}}},
		"w3clogfile":              {`"format":"w3clogfile"`, "#Version: 1.0\n#Fields: date cs-uri\n2025-10-01 /a\n2025-10-02 -\n", rows{{"2025-10-01", "/a"}, {"2025-10-02", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			c := newCaller(t, server)
			id := c.submit(test.properties, server.PutBlob("seed", "file", []byte(test.text)))
			equal(t, "rows", server.Rows("Samples", "Storms"), test.want)
			equal(t, "states", c.states(id), map[string]string{"file": "Succeeded"})
		})
	}
}

func TestFormats_binaryOnesAreCountedWithoutRows(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"avro", "apacheavro", "parquet", "orc", "sstream", "azmonstream"} {
		server := kustotest.NewServer(t)
		c := newCaller(t, server)
		blob := server.PutBlob("seed", "f."+format, []byte("\x00\x01"))
		id := c.submit(fmt.Sprintf(`"format":%q`, format), blob)
		equal(t, format, c.states(id), map[string]string{"f." + format: "Succeeded"})
		equal(t, format, server.Loads("Samples", "Storms"), map[string]int{blob: 1})
		equal(t, format, server.RowCount("Samples", "Storms"), 0)
	}
}

func TestFormats_archives(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		blob, properties string
		data             []byte
		want             rows
	}{
		"gzip":             {"a.csv.gz", "", gzipped(t, "1,2\n"), rows{{"1", "2"}}},
		"zip":              {"a.zip", `"ignoreFirstRecord":true`, zipped(t, "x.csv=h\n1\n", "dir/=", "dir/y.csv=h\n2\n"), rows{{"1"}, {"2"}}},
		"zip with pattern": {"a.ZIP", `"zipPattern":"^y.*\\.csv$"`, zipped(t, "x.csv=1\n", "y.csv=2\n"), rows{{"2"}}},
		"zip with a star":  {"a.zip", `"zipPattern":"*.csv"`, zipped(t, "x.csv=1\n", "y.txt=2\n"), rows{{"1"}}},
		"not by content":   {"a.csv", `"format":"raw"`, []byte("\x1f\x8b"), rows{{"\x1f\x8b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			newCaller(t, server).submit(test.properties, server.PutBlob("seed", test.blob, test.data))
			equal(t, "rows", server.Rows("Samples", "Storms"), test.want)
		})
	}
}

var typedColumns = kustotest.WithTable("Samples", "Storms",
	kustotest.Column{Name: "Id", Type: "long"}, kustotest.Column{Name: "Name", Type: "string"}, kustotest.Column{Name: "Real", Type: "real"})

func TestFormats_declaredColumns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		properties, text string
		want             rows
	}{
		"what does not fit is null":     {`"format":"csv"`, "x,x,x\n1,1,1.5\n", rows{{"", "x", ""}, {"1", "1", "1.5"}}},
		"too few and too many fields":   {`"format":"csv","validationPolicy":"{\"ValidationOptions\":0}"`, "1\n1,a,2,b\n", rows{{"1", "", ""}, {"1", "a", "2"}}},
		"JSON names are case-sensitive": {`"format":"json"`, `{"id":1,"Name":"n","Other":2}`, rows{{"", "n", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, typedColumns)
			newCaller(t, server).submit(test.properties, server.PutBlob("seed", "file", []byte(test.text)))
			equal(t, "rows", server.Rows("Samples", "Storms"), test.want)
		})
	}
}

func TestFormats_types(t *testing.T) {
	t.Parallel()
	types := []string{"int", "long", "real", "decimal", "bool", "guid", "datetime", "dynamic"}
	var columns []kustotest.Column
	for _, kind := range types {
		columns = append(columns, kustotest.Column{Name: kind, Type: kind})
	}
	server := kustotest.NewServer(t, kustotest.WithTable("Samples", "Storms", columns...))
	good := []string{"1", "9999999999", "1e3", "1.25", "true", "123a6999-411e-4226-a333-a79992dd9b95", "2025-10-01", "{}"}
	text := strings.Join(good, ",") + "\n9999999999,x,x,x,x,x,x,x\n"
	newCaller(t, server).submit("", server.PutBlob("seed", "file", []byte(text)))
	equal(t, "rows", server.Rows("Samples", "Storms"), rows{good, {"", "", "", "", "", "", "x", "x"}})
}

func TestMapping(t *testing.T) {
	t.Parallel()
	const record = `{"id":7,"in":{"name":"n","list":["a","b"]},"a b":1,"ms":1759320000123}`
	for name, test := range map[string]struct {
		format, mapping, text string
		want                  rows
	}{
		"by path, keys of the documentation": {
			"json", `[{"Column":"Id","Datatype":"long","Properties":{"Path":"$.id"}},{"column":"Name","Properties":{"path":"$.in.name"}}]`,
			record, rows{{"7", "n", ""}},
		},
		"keys of the Kotlin client": {
			"json", `[{"columnName":"Name","columnType":"string","properties":{"Path":"$.in.list[1]"}},{"columnName":"Real","columnType":"real","properties":{"Path":"$['a b']"}}]`,
			record, rows{{"", "b", "1"}},
		},
		"whole record":        {"json", `[{"Column":"Name","Properties":{"Path":"$"}}]`, record, rows{{"", record, ""}}},
		"nothing at the path": {"json", `[{"Column":"Name","Properties":{"Path":"$.in.list[9].x"}}]`, record, rows{{"", "", ""}}},
		"by ordinal":          {"csv", `[{"Column":"Name","Properties":{"Ordinal":"0"}},{"Column":"Id","Properties":{"Ordinal":1}}]`, "n,5\n", rows{{"5", "n", ""}}},
		"constant":            {"csv", `[{"Column":"Name","Properties":{"ConstValue":"seed"}},{"Column":"Id","Properties":{"Ordinal":"0"}}]`, "5\n", rows{{"5", "seed", ""}}},
		"flat form":           {"csv", `[{"Name":"Id","DataType":"long","Ordinal":"1"}]`, "n,5\n", rows{{"5", "", ""}}},
		"line number":         {"csv", `[{"Column":"Id","Properties":{"Transform":"SourceLineNumber"}}]`, "a\n\nb\n", rows{{"1", "", ""}, {"3", "", ""}}},
		"unix time":           {"json", `[{"Column":"Name","Properties":{"Path":"$.ms","Transform":"DateTimeFromUnixMilliseconds"}}]`, record, rows{{"", "2025-10-01T12:00:00.1230000Z", ""}}},
		"field of a log":      {"w3clogfile", `[{"Column":"Name","Properties":{"Field":"cs-uri"}}]`, "#Fields: date cs-uri\nd /a\n", rows{{"", "/a", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := map[string]string{"json": "Json", "csv": "Csv", "w3clogfile": "W3CLogFile"}[test.format]
			server := kustotest.NewServer(t, kustotest.WithMapping("Samples", "Storms", "m", kind, test.mapping), typedColumns)
			c := newCaller(t, server)
			blob := server.PutBlob("seed", "file", []byte(test.text))
			c.submit(fmt.Sprintf(`"format":%q,"ingestionMapping":%q`, test.format, test.mapping), blob)
			equal(t, "inline", server.Rows("Samples", "Storms"), test.want)
			server.ClearTable("Samples", "Storms")
			c.submit(fmt.Sprintf(`"format":%q,"ingestionMappingReference":"m"`, test.format), blob)
			equal(t, "by reference", server.Rows("Samples", "Storms"), test.want)
		})
	}
}
