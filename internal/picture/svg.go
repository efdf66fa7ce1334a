package main

import (
	"fmt"
	"html"
	"strings"
)

// The picture's measures in pixels. A character of the font is 0.6 of its size wide.
const (
	fontSize   = 13
	lineHeight = 19
	margin     = 18
	charWidth  = 0.6 * fontSize
)

// colours of the escape sequences that the CLI writes.
var colours = map[string]string{"31": "#f47067", "32": "#57ab5a", "33": "#c69026", "90": "#768390"}

// svg draws lines with their ANSI colours as a terminal would.
func svg(lines []string) string {
	widest := 0
	for _, line := range lines {
		widest = max(widest, len([]rune(escapes.ReplaceAllString(line, ""))))
	}
	width, height := int(float64(widest)*charWidth)+2*margin, len(lines)*lineHeight+2*margin
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="terraform apply sends only what is missing">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" rx="8" fill="#1c2128"/>`+"\n", width, height)
	fmt.Fprintf(&out, `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="%d" fill="#adbac7" xml:space="preserve">`+"\n", fontSize)
	for i, line := range lines {
		fmt.Fprintf(&out, `<text x="%d" y="%d">%s</text>`+"\n", margin, margin+(i+1)*lineHeight-5, spans(line))
	}
	out.WriteString("</g>\n</svg>\n")
	return out.String()
}

// spans turns the escape sequences of a line into spans.
func spans(line string) string {
	var out strings.Builder
	colour, bold := "", false
	for line != "" {
		at := escapes.FindStringIndex(line)
		text := line
		if at != nil {
			text = line[:at[0]]
		}
		out.WriteString(span(text, colour, bold))
		if at == nil {
			break
		}
		for code := range strings.SplitSeq(strings.Trim(line[at[0]:at[1]], "\x1b[m"), ";") {
			switch {
			case code == "0" || code == "":
				colour, bold = "", false
			case code == "1":
				bold = true
			case colours[code] != "":
				colour = colours[code]
			}
		}
		line = line[at[1]:]
	}
	return out.String()
}

func span(text, colour string, bold bool) string {
	if text == "" {
		return ""
	}
	style := ""
	if colour != "" {
		style += ` fill="` + colour + `"`
	}
	if bold {
		style += ` font-weight="bold" `
	}
	return "<tspan" + strings.TrimRight(style, " ") + ">" + html.EscapeString(text) + "</tspan>"
}
