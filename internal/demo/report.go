package main

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// line is one table of the report.
type line struct {
	table   string
	state   string
	content     // of the table
	records int // of the files
	files   []string
}

func (l line) wrong() bool {
	return l.state != "Succeeded" || l.rows != l.records || l.twice != 0 || l.records == 0
}

// compare sets what the state says of each table beside the rows of the table and the records of the files: those that are served as blobs are in
// the data folder of the example, the others are where the configuration says.
func compare(ingestions []ingestion, contents map[tableName]content, example string) ([]line, error) {
	lines := make([]line, 0, len(ingestions))
	for _, i := range ingestions {
		l := line{table: i.Database + "." + i.Table, state: i.State, content: contents[tableName{i.Database, i.Table}]}
		for _, blob := range i.Blobs {
			name := path.Base(blob.URL)
			file := filepath.Join(example, "data", name)
			if blob.File != "" {
				name, file = path.Base(blob.File), filepath.Join(example, filepath.FromSlash(blob.File))
			}
			records, err := countRecords(file, i.Properties.Format, i.Properties.IgnoreFirstRecord)
			if err != nil {
				return nil, err
			}
			l.records += records
			l.files = append(l.files, name)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// table is the report as text, in columns.
func table(lines []line) string {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	row := func(cells ...any) { _, _ = fmt.Fprintf(columns, "  %v\t%v\t%v\t%v\t%v\n", cells...) }
	row("TABLE", "STATE", "ROWS", "RECORDS", "FILES")
	for _, l := range lines {
		row(l.table, l.state, fmt.Sprintf("%4d", l.rows), fmt.Sprintf("%7d", l.records), strings.Join(l.files, ", "))
	}
	// Nothing is written but into memory.
	_ = columns.Flush()
	return text.String()
}
