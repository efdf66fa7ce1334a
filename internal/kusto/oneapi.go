package kusto

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMessage bounds what of an error is shown, in bytes.
const maxMessage = 2000

// describe fills in what an error's body says. It may be a OneApiError in any spelling, plain text, a page of HTML, or
// nothing, cut anywhere: https://learn.microsoft.com/kusto/api/rest/response.
func (e *Error) describe(body []byte, contentType string) {
	body = bytes.TrimPrefix(bytes.TrimSpace(body), []byte("\ufeff"))
	if len(body) == 0 {
		return
	}
	if o, err := parseObject(body); err == nil {
		e.describeObject(o)
		if e.Message != "" || e.Code != "" {
			return
		}
	}
	if text := string(body); strings.Contains(strings.ToLower(contentType), "html") || looksLikeHTML(text) {
		e.Message = readable(htmlText(text))
	} else {
		e.Message = readable(text)
	}
}

// describeObject takes the useful members of a OneApiError: "@message" is written for users, "message" is general.
func (e *Error) describeObject(o object) {
	inner := o
	for _, name := range []string{"error", "odata.error"} {
		if sub, err := parseObject(o.get(name)); err == nil {
			inner = sub
			break
		}
	}
	messages := []string{inner.text("@message"), messageOf(inner)}
	for deeper, depth := inner, 0; depth < 8; depth++ {
		sub, err := parseObject(deeper.get("innererror", "innerError", "inner_error"))
		if err != nil {
			break
		}
		messages = append(messages, sub.text("@message"), sub.text("message"))
		e.takeCode(sub)
		deeper = sub
	}
	// The outer code is the one that the documentation lists.
	if code := inner.text("code"); code != "" {
		e.Code = readable(code)
	} else if code := o.text("error", "code"); code != "" { // {"error":"invalid_request","error_description":"…"}
		e.Code = readable(code)
	}
	messages = append(messages, o.text("error_description", "message", "detail", "title"))
	for _, m := range messages {
		if m = readable(m); m != "" {
			e.Message = m
			break
		}
	}
	if permanent, ok := inner.boolean("@permanent"); ok {
		e.Permanent = &permanent
	}
	if context, err := parseObject(inner.get("@context")); err == nil && e.ActivityID == "" {
		e.ActivityID = readable(context.text("activityId"))
	}
}

// takeCode keeps the first code and opinion of the inner errors, for an outer error that has none.
func (e *Error) takeCode(o object) {
	if e.Code == "" {
		e.Code = readable(o.text("code"))
	}
	if permanent, ok := o.boolean("@permanent"); ok && e.Permanent == nil {
		e.Permanent = &permanent
	}
}

// messageOf reads "message", which some gateways make an object with a "value".
func messageOf(o object) string {
	if sub, err := parseObject(o.get("message")); err == nil {
		return sub.text("value")
	}
	return o.text("message")
}

// readable makes one line of printable text without secrets.
func readable(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = Redact(strings.Join(strings.Fields(s), " "))
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + " …"
}

var (
	htmlHidden = regexp.MustCompile(`(?is)<(?:script|style)\b.*?(?:</(?:script|style)\s*>|$)|<!--.*?(?:-->|$)`)
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)(?:</title|$)`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*(?:>|$)`)
)

func looksLikeHTML(text string) bool {
	start := strings.ToLower(text[:min(len(text), 200)])
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") || strings.Contains(start, "<head")
}

// htmlText returns the title of a page, or all its text when it has none.
func htmlText(page string) string {
	if m := htmlTitle.FindStringSubmatch(page); m != nil && strings.TrimSpace(m[1]) != "" {
		return html.UnescapeString(htmlTag.ReplaceAllString(m[1], " "))
	}
	return html.UnescapeString(htmlTag.ReplaceAllString(htmlHidden.ReplaceAllString(page, " "), " "))
}
