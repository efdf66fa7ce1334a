package kusto

import (
	"regexp"
	"strings"
)

// redacted stands in the place of each secret.
const redacted = "REDACTED"

// Redact returns text without its secrets: the queries and credential suffixes of all URLs in it, signatures, keys and
// tokens outside of URLs. Hosts, paths, ids, ";managed_identity=…" and ";impersonate" stay readable. It works on any
// text and any number of URLs; what it returned once, it returns again unchanged.
func Redact(text string) string {
	// URLs come first, since a secret's name in front of a URL would take its beginning for the value.
	text = redactURLs(text)
	// Each of the regular expressions is spared the texts that it cannot match: most texts are harmless.
	if containsBearer(text) {
		text = bearer.ReplaceAllString(text, "${1} "+redacted)
	}
	if strings.Contains(text, "eyJ") {
		text = jwt.ReplaceAllString(text, redacted)
	}
	encoded := strings.Contains(text, "%3")
	if encoded || strings.Contains(text, "=") || strings.Contains(text, `"`) {
		text = namedSecret.ReplaceAllString(text, "${1}"+redacted)
		text = signature.ReplaceAllString(text, "${1}"+redacted)
	}
	if encoded || strings.Contains(text, "==") {
		text = accountKey.ReplaceAllString(text, redacted)
	}
	return text
}

func containsBearer(text string) bool {
	const word = "bearer"
	for i := 0; i+len(word) <= len(text); i++ {
		if text[i]|' ' == 'b' && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

var (
	// namedSecret matches "AccountKey=…" and the like, also in JSON and percent-encoded. A value ends at white space,
	// quotes, "&" and ";", except that a SharedAccessSignature and AwsCredentials contain such delimiters themselves.
	namedSecret = regexp.MustCompile(`(?i)((?:` +
		`(?:account_?key|shared_?key|shared_?access_?key|access_?token|refresh_?token|id_?token|client_?secret|client_?assertion|` +
		`password|x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|x-goog-credential|secret_?access_?key)` +
		assigned + `|(?:;|%3b)\s*token\s*(?:=|%3d)))` + `[^\s"'<>&;\\` + "`" + `]+`)
	// signature matches what has delimiters in its value, and the short names that need something before them.
	signature = regexp.MustCompile(`(?i)(` +
		`(?:awscredentials|sharedaccesssignature)` + assigned + `|` +
		`(?:^|[^a-z0-9]|%[0-9a-f]{2}|\\u0026)(?:sig|signature|token)` + assignedTightly + `)` +
		`[^\s"'<>;\\` + "`" + `]+`)
	bearer     = regexp.MustCompile(`(?i)\b(bearer)(?:\s|%20|\+)+[^\s"'<>,;\\` + "`" + `]+`)
	jwt        = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}`)
	accountKey = regexp.MustCompile(`(?i)(?:[a-z0-9+/]|%2[bf]){86}(?:==|%3d%3d)`)
)

// assigned matches what stands between a name and its value: "=", "%3D", or the punctuation of JSON, be it in a string
// of JSON itself. assignedTightly does so where prose could follow: a bare colon is none.
const (
	assigned        = `\\*"?\s*(?:=|%3d|:\s*\\*")\s*\\*["']?`
	assignedTightly = `(?:=|%3d|\\*"\s*:\s*\\*")`
)

// schemes are the beginnings of what is a URL here.
var schemes = [...]string{"https", "http", "abfss", "abfs", "wasbs", "wasb", "s3", "adl"}

// redactURLs redacts each URL of the text. A URL ends at white space, a quote or an angle bracket.
func redactURLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	for {
		start := urlStart(text)
		if start < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:start])
		text = text[start:]
		end := strings.IndexAny(text, " \t\r\n\v\f\"'<>`")
		if end < 0 {
			end = len(text)
		}
		// Punctuation at the end belongs to the sentence.
		for end > 0 && strings.IndexByte(").,]}:!", text[end-1]) >= 0 {
			end--
		}
		end = beforeName(text[:end])
		redactURL(&out, text[:end])
		text = text[end:]
	}
}

// secretNames are the names whose value may stand behind white space or a quote, where a URL has ended.
var secretNames = setOf("bearer", "token", "sig", "signature", "accountkey", "account_key", "sharedkey", "shared_key",
	"sharedaccesskey", "shared_access_key", "sharedaccesssignature", "awscredentials", "access_token", "refresh_token", "id_token",
	"client_secret", "client_assertion", "password", "secretaccesskey", "secret_access_key",
	"x-amz-signature", "x-amz-security-token", "x-amz-credential", "x-goog-signature", "x-goog-credential")

// beforeName returns the length of a URL without the name of a secret at its very end, so that the URL does not
// swallow the name and leave its value unrecognized: "https://h/f;Bearer abc".
func beforeName(raw string) int {
	end := len(strings.TrimRight(raw, "=:"))
	start := end
	for start > 0 && (raw[start-1] == '_' || raw[start-1] == '-' || 'a' <= raw[start-1]|' ' && raw[start-1]|' ' <= 'z') {
		start--
	}
	// No key and no signature has one of these in it, so that nothing of one is left over.
	if start > 0 && strings.IndexByte(";?&#", raw[start-1]) >= 0 && secretNames[strings.ToLower(raw[start:end])] {
		return start
	}
	return len(raw)
}

// urlStart returns where the first URL of the text begins, -1 when there is none.
func urlStart(text string) int {
	for from := 0; ; {
		at := strings.Index(text[from:], "://")
		if at < 0 {
			return -1
		}
		at += from
		for _, s := range schemes {
			if start := at - len(s); start >= 0 && strings.EqualFold(text[start:at], s) {
				return start
			}
		}
		from = at + len("://")
	}
}

// redactURL writes one URL without its secrets. Nothing of it is lost silently: each cut leaves a mark.
func redactURL(out *strings.Builder, raw string) {
	scheme, rest, _ := strings.Cut(raw, "://")
	out.WriteString(scheme + "://")
	end := strings.IndexAny(rest, "/?#;\\")
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if strings.Contains(authority[:at], ":") || strings.HasPrefix(strings.ToLower(scheme), "http") {
			authority = redacted + authority[at:]
		}
	}
	out.WriteString(authority)

	end = strings.IndexAny(rest, "?#;")
	if end < 0 {
		out.WriteString(rest)
		return
	}
	out.WriteString(rest[:end])
	mark, rest := rest[end], rest[end+1:]
	if mark != ';' {
		// A query may end in suffixes of its own, of which the harmless ones are worth showing.
		query, suffixes, found := strings.Cut(rest, ";")
		out.WriteByte(mark)
		if query != "" && !harmlessQuery(query) {
			query = redacted
		}
		out.WriteString(query)
		if !found {
			return
		}
		rest = suffixes
	}
	for suffix := range strings.SplitSeq(rest, ";") {
		out.WriteByte(';')
		redactSuffix(out, suffix)
	}
}

// harmlessQuery reports whether a query only has parameters that are no secret and help to understand a message.
func harmlessQuery(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "details", "snapshot", "versionid":
		default:
			return false
		}
		if len(value) > 40 || strings.ContainsAny(value, "?=/") {
			return false
		}
	}
	return true
}

// redactSuffix writes one ";…" of a storage connection string.
func redactSuffix(out *strings.Builder, suffix string) {
	if urlStart(suffix) == 0 { // a list of URLs
		redactURL(out, suffix)
		return
	}
	name, value, hasValue := strings.Cut(suffix, "=")
	switch strings.ToLower(name) {
	case "":
		if !hasValue {
			return
		}
		out.WriteString(redacted)
	case "impersonate":
		out.WriteString(name)
		if hasValue {
			out.WriteString("=" + redacted)
		}
	case "managed_identity":
		if len(value) > 40 || strings.ContainsFunc(value, notIdentity) {
			value = redacted
		}
		out.WriteString(name + "=" + value)
	case "token", "sharedkey", "awscredentials":
		out.WriteString(name + "=" + redacted)
	default:
		out.WriteString(redacted)
	}
}

func notIdentity(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
}
