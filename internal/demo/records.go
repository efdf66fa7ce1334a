package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// countRecords counts the records of a file, by reading it rather than by asking anyone who has ingested it.
func countRecords(path, format string, ignoreFirst bool) (count int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()

	var text io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		unpacked, gzipErr := gzip.NewReader(file)
		if gzipErr != nil {
			return 0, fmt.Errorf("%s: %w", filepath.Base(path), gzipErr)
		}
		text = unpacked
	}

	switch format {
	case "csv":
		count, err = countDelimited(text, ',')
	case "tsv":
		count, err = countDelimited(text, '\t')
	case "json":
		count, err = countLines(text)
	default:
		err = fmt.Errorf("the demo cannot count records of format %q", format)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	if ignoreFirst && count > 0 {
		count--
	}
	return count, nil
}

func countDelimited(text io.Reader, delimiter rune) (int, error) {
	reader := csv.NewReader(text)
	reader.Comma = delimiter
	reader.LazyQuotes = delimiter == '\t' // in tab-separated text a quote is a character like any other
	reader.ReuseRecord = true
	for count := 0; ; count++ {
		if _, err := reader.Read(); errors.Is(err, io.EOF) {
			return count, nil
		} else if err != nil {
			return 0, err
		}
	}
}

func countLines(text io.Reader) (int, error) {
	count := 0
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) > 0 {
			count++
		}
	}
	return count, lines.Err()
}
