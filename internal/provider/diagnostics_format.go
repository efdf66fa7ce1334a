package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// maxListed bounds how many blobs or operations a message names.
const maxListed = 20

// paragraphs joins the parts that are not empty.
func paragraphs(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

// listed shows lines as a list and says how many were left out.
func listed(lines []string) string {
	shown := lines[:min(len(lines), maxListed)]
	text := "  - " + strings.Join(shown, "\n  - ")
	if more := len(lines) - len(shown); more > 0 {
		text += fmt.Sprintf("\n  - … and %d more", more)
	}
	return text
}

// count says "1 blob" or "3 blobs".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// said returns what the service said, or what kept it from saying anything.
func said(err error) string {
	var e *kusto.Error
	if errors.As(err, &e) && e.StatusCode != 0 {
		if e.Message == "" && e.StatusCode < 300 && e.Err != nil {
			return fmt.Sprintf("The service answered with HTTP status %d, and the answer could not be read: %s", e.StatusCode, kusto.Redact(e.Err.Error()))
		}
		if e.Message == "" {
			return fmt.Sprintf("The service answered with HTTP status %d and no explanation.", e.StatusCode)
		}
		return "The service said: " + e.Message
	}
	if e != nil && e.Err != nil {
		err = e.Err
	}
	return "The request failed: " + kusto.Redact(err.Error())
}

// answered reports whether an error tells of an answer of the service.
func answered(err error) bool {
	var e *kusto.Error
	return errors.As(err, &e) && e.StatusCode != 0
}

// whyEnded says why waiting ended.
func whyEnded(err error) string {
	why := kusto.Redact(err.Error())
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		why = "the time ran out"
	case errors.Is(err, context.Canceled):
		why = "the apply was interrupted"
	default:
		return why
	}
	var e *kusto.Error
	if errors.As(err, &e) && e.StatusCode != 0 {
		return fmt.Sprintf("%s, and the status could not be read (HTTP status %d). %s", why, e.StatusCode, strings.TrimSuffix(said(e), "."))
	}
	return why
}

// whileRunning says when waiting ended.
func whileRunning(n int) string {
	if n == 0 {
		return "before the service said that all is done"
	}
	return "while " + countWere(n) + " still queued or in progress"
}

// ids is the block of facts that support asks for.
func ids(err error) string {
	var e *kusto.Error
	if !errors.As(err, &e) {
		return ""
	}
	var lines []string
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, fmt.Sprintf("%-20s %s", name+":", value))
		}
	}
	if e.StatusCode != 0 {
		add("Status code", fmt.Sprint(e.StatusCode))
	}
	add("Error code", e.Code)
	if e.Permanent != nil {
		add("Permanent", fmt.Sprint(*e.Permanent))
	}
	add("Client request id", e.ClientRequestID)
	add("Activity id", e.ActivityID)
	return strings.Join(lines, "\n")
}

func keys(decisions []ledger.Decision) string {
	lines := make([]string, len(decisions))
	for i, d := range decisions {
		lines[i] = kusto.Redact(d.Key)
	}
	return listed(lines)
}

func countWere(n int) string {
	if n == 1 {
		return "1 blob was"
	}
	return fmt.Sprintf("%d blobs were", n)
}

func pronoun(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

type failedLine struct {
	key   string
	entry ledger.Entry
}

func (f failedLine) String() string {
	text := kusto.Redact(f.key) + ": " + string(f.entry.Status)
	for _, part := range []string{f.entry.ErrorCode, f.entry.FailureStatus} {
		if part != "" {
			text += ", " + part
		}
	}
	if f.entry.Details != "" {
		text += ": " + kusto.Redact(f.entry.Details)
	}
	return text
}

func failedLines(failed []failedLine) string {
	lines := make([]string, len(failed))
	for i, f := range failed {
		lines[i] = f.String()
	}
	return listed(lines)
}

// upperFirst makes a sentence of an error's text.
func upperFirst(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
