package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// excerpt passes on what a person wants to see of a plan and an apply: which resource will be what, which blobs will be sent, progress,
// the outcome, and every warning and error but the one about development overrides, which are how the demo works.
type excerpt struct {
	out     io.Writer
	all     bool
	partial []byte

	box      []string // a warning or error that has begun
	inStatus bool     // in the blob_status of a planned resource
}

func newExcerpt(out io.Writer, all bool) *excerpt { return &excerpt{out: out, all: all} }

var (
	told = regexp.MustCompile(`^(  # |Plan: |No changes|Apply complete!|Interrupt|[a-z0-9_]+\.[^ ]+: )`)

	statusBegins = regexp.MustCompile(`^ {6}[+~] blob_status `)
	statusEnds   = regexp.MustCompile(`^ {8}\}`)
)

// Write takes text as it comes and passes on whole lines.
func (e *excerpt) Write(text []byte) (int, error) {
	e.partial = append(e.partial, text...)
	for {
		end := bytes.IndexByte(e.partial, '\n')
		if end < 0 {
			return len(text), nil
		}
		line := strings.TrimSuffix(string(e.partial[:end]), "\r")
		e.partial = e.partial[end+1:]
		e.take(line)
	}
}

// flush passes on what has no end of line.
func (e *excerpt) flush() {
	if len(e.partial) > 0 {
		e.take(string(e.partial))
		e.partial = nil
	}
	e.print(e.box...)
	e.box = nil
}

func (e *excerpt) take(line string) {
	switch {
	case e.all:
		e.print(line)
	case e.box != nil || strings.HasPrefix(line, "╷"):
		e.takeBoxed(line)
	case e.inStatus || statusBegins.MatchString(line):
		e.inStatus = !statusEnds.MatchString(line)
		e.print(line)
	case told.MatchString(line):
		e.print(line)
	}
}

func (e *excerpt) takeBoxed(line string) {
	e.box = append(e.box, line)
	if !strings.HasPrefix(line, "╵") {
		return
	}
	if !strings.Contains(strings.Join(e.box, "\n"), "development overrides are in effect") {
		e.print(e.box...)
	}
	e.box = nil
}

func (e *excerpt) print(lines ...string) {
	for _, line := range lines {
		_, _ = fmt.Fprintln(e.out, "  "+line)
	}
}
