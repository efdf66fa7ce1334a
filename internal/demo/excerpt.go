package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// excerpt passes on what a person wants to see of a plan and an apply: which resource will be what, which blobs will be sent, progress,
// the outcome, and every warning and error that tells something.
//
// It reads coloured text: without colours Terraform leaves out the frames that tell where a warning ends.
type excerpt struct {
	out     io.Writer
	all     bool
	colours bool
	partial []byte

	box      []string // a warning or error that has begun, as printed
	boxed    string   // the same, plain
	inStatus bool     // in the blob_status of a planned resource
	errors   int      // how many were passed on
}

var (
	told = regexp.MustCompile(`^(  # |Plan: |No changes|Apply complete!|Interrupt|[a-z0-9_]+\.[^ ]+: )`)

	statusBegins = regexp.MustCompile(`^ {6}[+~] blob_status `)
	statusEnds   = regexp.MustCompile(`^ {8}\}`)

	colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)
)

func plain(text string) string { return colour.ReplaceAllString(text, "") }

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
	e.endBox()
}

func (e *excerpt) take(line string) {
	text := plain(line)
	switch {
	case e.all:
		e.print(line)
	case e.box != nil || strings.HasPrefix(text, "╷"):
		e.box = append(e.box, line)
		e.boxed += text + "\n"
		if strings.HasPrefix(text, "╵") {
			e.endBox()
		}
	case e.inStatus || statusBegins.MatchString(text):
		e.inStatus = !statusEnds.MatchString(text)
		e.print(line)
	case told.MatchString(text):
		e.print(line)
	}
}

// leftOut are warnings and errors that tell a person nothing: the overrides are how the demo works, and an interrupted apply says for each
// resource that it halted.
var leftOut = regexp.MustCompile(`development overrides are in effect|Error: execution halted`)

func (e *excerpt) endBox() {
	if !leftOut.MatchString(e.boxed) {
		e.print(e.box...)
	}
	if strings.Contains(e.boxed, "│ Error: ") {
		e.errors++
	}
	e.box, e.boxed = nil, ""
}

func (e *excerpt) print(lines ...string) {
	for _, line := range lines {
		if e.colours {
			line += "\x1b[0m" // what ends a colour may stand in a line that is left out
		} else {
			line = plain(line)
		}
		_, _ = fmt.Fprintln(e.out, "  "+line)
	}
}
