package kusto

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const upperHex = "0123456789ABCDEF"

// writePath writes the path decoded once. Octets that would read as a delimiter or that cannot be seen stay encoded,
// so that two different paths never become one text.
func writePath(out *strings.Builder, path string, storage bool) {
	switch {
	case path == "":
		out.WriteByte('/')
	case plain(path):
		out.WriteString(path)
	case storage: // an encoded slash is a slash there
		writeDecoded(out, path)
	default: // elsewhere the server decides, and may serve two things
		for {
			i := strings.Index(path, "%2F")
			if j := strings.Index(path, "%2f"); i < 0 || j >= 0 && j < i {
				i = j
			}
			if i < 0 {
				writeDecoded(out, path)
				return
			}
			writeDecoded(out, path[:i])
			out.WriteString("%2F")
			path = path[i+len("%2F"):]
		}
	}
}

// plain reports whether decoding would leave s as it is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '%' || c == '#' || c == '?' || c == ';' {
			return false
		}
	}
	return true
}

func writeDecoded(out *strings.Builder, s string) {
	decoded := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			decoded = append(decoded, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		decoded = append(decoded, s[i])
	}
	for i := 0; i < len(decoded); {
		r, size := utf8.DecodeRune(decoded[i:])
		broken := r == utf8.RuneError && size == 1
		if !broken && unicode.IsPrint(r) && !strings.ContainsRune("%#?;", r) {
			out.Write(decoded[i : i+size])
		} else {
			for _, c := range decoded[i : i+size] {
				out.WriteByte('%')
				out.WriteByte(upperHex[c>>4])
				out.WriteByte(upperHex[c&15])
			}
		}
		i += size
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

// sasParameters are the query parameters of a shared access signature, the ones that override response headers
// included: https://learn.microsoft.com/rest/api/storageservices/create-service-sas.
var sasParameters = setOf("sv", "ss", "srt", "sr", "sp", "st", "se", "spr", "sip", "si", "sig", "skoid", "sktid", "skt", "ske",
	"sks", "skv", "saoid", "suoid", "scid", "sdd", "ses", "epk", "erk", "spk", "srk", "tn", "rscc", "rscd", "rsce", "rscl", "rsct",
	"skdutid", "sduoid", "srh", "srq")

// presignParameters are those of presigned URLs besides X-Amz-* and X-Goog-*.
var presignParameters = setOf("awsaccesskeyid", "googleaccessid", "signature", "expires")

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// writeIdentityQuery writes the parameters that say which blob is meant. In storage these are snapshot and versionid.
// Elsewhere all are, except the parameters of a signature when the URL has one: "?sr=1" alone is no signature.
func writeIdentityQuery(out *strings.Builder, b *blobURL) {
	if b.query == "" {
		return
	}
	storage, secret := b.storage(), querySecret(b.query)
	separator := byte('?')
	for pair := range strings.SplitSeq(b.query, "&") {
		name := parameterName(pair)
		switch {
		case storage && name != "snapshot" && name != "versionid":
			continue
		case storage:
			_, value, _ := strings.Cut(pair, "=")
			if decoded, err := url.QueryUnescape(value); err == nil {
				value = url.QueryEscape(decoded)
			}
			pair = name + "=" + value
		case pair == "", signs(name, secret):
			continue
		}
		out.WriteByte(separator)
		writeQueryPair(out, pair)
		separator = '&'
	}
}

// signs reports whether a parameter belongs to a signature of the kind that the query has.
func signs(name, secret string) bool {
	switch secret {
	case "SAS":
		return sasParameters[name]
	case "presigned URL":
		return presignParameters[name] || strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-goog-")
	default:
		return false
	}
}

// writeQueryPair writes a pair as spelled, with what cannot be seen encoded.
func writeQueryPair(out *strings.Builder, pair string) {
	for i := 0; i < len(pair); {
		r, size := utf8.DecodeRuneInString(pair[i:])
		if unicode.IsPrint(r) && r != ' ' && (r != utf8.RuneError || size > 1) {
			out.WriteString(pair[i : i+size])
		} else {
			out.WriteString(url.QueryEscape(pair[i : i+size]))
		}
		i += size
	}
}
