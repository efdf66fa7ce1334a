package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	data := []byte(text)
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		data = packed.Bytes()
	}
	if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCountRecords(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file, text, format string
		ignoreFirst        bool
		want               int
	}{
		"header":                       {file: "a.csv", text: "h\n1\n2\n", format: "csv", ignoreFirst: true, want: 2},
		"no line break at the end":     {file: "a.csv", text: "1\n2", format: "csv", want: 2},
		"a record over two lines":      {file: "a.csv", text: "1,\"a\nb\"\n2,c\n", format: "csv", want: 2},
		"packed":                       {file: "a.csv.gz", text: "h\n1\n", format: "csv", ignoreFirst: true, want: 1},
		"a quote that quotes nothing":  {file: "a.tsv", text: "1\t5\" pipe\n2\tx\n", format: "tsv", want: 2},
		"empty lines are no documents": {file: "a.json", text: "{}\n\n{}\n", format: "json", want: 2},
		"empty file":                   {file: "a.csv", text: "", format: "csv", ignoreFirst: true, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, tt.file, tt.text)
			got, err := countRecords(filepath.Join(folder, tt.file), tt.format, tt.ignoreFirst)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestCountRecords_unknownFormatIsNotZero(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, folder, "a.orc", "x")
	if got, err := countRecords(filepath.Join(folder, "a.orc"), "orc", false); err == nil {
		t.Errorf("got %d without an error", got)
	}
}

func TestCompare_setsRowsBesideRecords(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"data", "seed"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(folder, "data"), "trips-1.csv.gz", "id\n1\n2\n")
	write(t, filepath.Join(folder, "data"), "trips-2.csv.gz", "id\n3\n")
	write(t, filepath.Join(folder, "seed"), "trips-3.csv", "id\n4\n5\n")
	state := `{"values":{"root_module":{"resources":[
	  {"type":"terraform_data","values":{"input":1}},
	  {"type":"kusto_queued_ingestion","values":{"database":"Fleet","table":"Trips","state":"Succeeded",
	    "blobs":[{"url":"http://127.0.0.1:1/blobs/samples/trips-1.csv.gz"},{"url":"http://127.0.0.1:1/blobs/samples/trips-2.csv.gz"},{"file":"./seed/trips-3.csv","url":null}],
	    "properties":{"format":"csv","ignore_first_record":true,"tags":null}}}]}}}`
	ingestions, err := readState([]byte(state))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := compare(ingestions, map[tableName]content{{"Fleet", "Trips"}: {rows: 5}, {"Other", "Trips"}: {rows: 9}}, folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []line{{table: "Fleet.Trips", state: "Succeeded", content: content{rows: 5}, records: 5, files: []string{"trips-1.csv.gz", "trips-2.csv.gz", "trips-3.csv"}}}
	if diff := cmp.Diff(want, lines, cmp.AllowUnexported(line{}, content{})); diff != "" {
		t.Error(diff)
	}
	wantText := "" +
		"  TABLE        STATE      ROWS  RECORDS  FILES\n" +
		"  Fleet.Trips  Succeeded     5        5  trips-1.csv.gz, trips-2.csv.gz, trips-3.csv\n"
	if diff := cmp.Diff(wantText, table(lines)); diff != "" {
		t.Error(diff)
	}
}

func TestVerdict_anythingAmissIsAnError(t *testing.T) {
	t.Parallel()
	good := line{table: "Fleet.Trips", state: "Succeeded", content: content{rows: 3}, records: 3, files: []string{"a"}}
	for name, tt := range map[string]struct {
		change    func(*line)
		noChanges bool
		sent      requestCount
		wrong     bool
	}{
		"as it should be":         {noChanges: true},
		"a row is missing":        {noChanges: true, change: func(l *line) { l.rows = 2 }, wrong: true},
		"a row too many":          {noChanges: true, change: func(l *line) { l.rows = 4 }, wrong: true},
		"one lost, another twice": {noChanges: true, change: func(l *line) { l.twice = 1 }, wrong: true},
		"nothing to load":         {noChanges: true, change: func(l *line) { l.rows, l.records = 0, 0 }, wrong: true},
		"still running":           {noChanges: true, change: func(l *line) { l.state = "InProgress" }, wrong: true},
		"second apply plans":      {wrong: true},
		"second apply submits":    {noChanges: true, sent: requestCount{submissions: 1}, wrong: true},
		"second apply asks":       {noChanges: true, sent: requestCount{statuses: 1}, wrong: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := good
			if tt.change != nil {
				tt.change(&l)
			}
			err := verdict(io.Discard, []line{l}, tt.noChanges, tt.sent)
			if errors.Is(err, errDiffers) != tt.wrong {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := verdict(io.Discard, nil, true, requestCount{}); !errors.Is(err, errDiffers) {
		t.Errorf("a state without ingestions: got %v", err)
	}
}
