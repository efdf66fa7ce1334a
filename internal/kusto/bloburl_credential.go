package kusto

import (
	"net/url"
	"strings"
	"time"
)

// suffixSecret returns the kind of secret in one suffix, "" when it is none.
func suffixSecret(s string) string {
	name, value, hasValue := strings.Cut(s, "=")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "managed_identity", "impersonate", "":
		if strings.TrimSpace(name) == "" && hasValue && value != "" {
			return "account key"
		}
		return ""
	case "token":
		return "token"
	case "awscredentials":
		return "AWS credentials"
	default: // "sharedkey=…", or the bare key of a storage account
		return "account key"
	}
}

// SecretKind returns what secret the URL carries: "", "SAS", "account key", "token", "AWS credentials" or
// "presigned URL". A URL that it cannot read carries none.
func SecretKind(raw string) string {
	b, err := splitBlobURL(raw)
	if err != nil {
		return ""
	}
	for _, s := range b.suffixes {
		if kind := suffixSecret(s); kind != "" {
			return kind
		}
	}
	return querySecret(b.query)
}

// HasCredential reports whether the URL says how the service shall read the blob: by a secret, by a managed identity
// or by impersonation.
func HasCredential(raw string) bool {
	b, err := splitBlobURL(raw)
	if err != nil {
		return false
	}
	for _, s := range b.suffixes {
		if knownSuffix(s) || suffixSecret(s) != "" {
			return true
		}
	}
	return querySecret(b.query) != ""
}

// querySecret returns the kind of secret in a query.
func querySecret(query string) string {
	names := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		names[parameterName(pair)] = true
	}
	switch {
	case names["x-amz-signature"], names["x-goog-signature"], names["signature"] && (names["awsaccesskeyid"] || names["googleaccessid"]):
		return "presigned URL"
	case names["sig"]:
		return "SAS"
	default:
		return ""
	}
}

// parameterName returns the decoded name of a query pair in lower case, so that "s%69g" does not hide a signature.
func parameterName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	return strings.ToLower(name)
}

// SASExpiry returns the expiry (se=) of the SAS in raw, which is a URL or a SAS token alone.
func SASExpiry(raw string) (time.Time, bool) {
	query := strings.TrimLeft(raw, "?&")
	if strings.Contains(raw, "://") {
		b, err := splitBlobURL(raw)
		if err != nil {
			return time.Time{}, false
		}
		query = b.query
	}
	if querySecret(query) != "SAS" {
		return time.Time{}, false
	}
	for pair := range strings.SplitSeq(query, "&") {
		if parameterName(pair) != "se" {
			continue
		}
		_, value, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if err != nil {
			return time.Time{}, false
		}
		// https://learn.microsoft.com/rest/api/storageservices/formatting-datetime-values
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
			if t, err := time.Parse(layout, value); err == nil {
				return t.UTC(), true
			}
		}
		return time.Time{}, false
	}
	return time.Time{}, false
}

// WithSAS appends a SAS token, with or without its "?", to a URL that carries no credential. Other URLs are returned
// as they are, and so are those of S3, which has no use for it and would only be told a secret.
func WithSAS(raw, sas string) string {
	sas = strings.TrimLeft(strings.TrimSpace(sas), "?&")
	b, err := splitBlobURL(raw)
	if err != nil || sas == "" || b.aws() || HasCredential(raw) {
		return raw
	}
	whole := raw[:b.separator]
	if len(b.suffixes) > 0 { // empty ones
		whole = strings.TrimRight(whole, ";")
	}
	switch {
	case !b.hasQuery:
		return whole + "?" + sas
	case strings.Trim(b.query, "&") == "":
		return strings.TrimRight(whole, "&") + sas
	default:
		return strings.TrimRight(whole, "&") + "&" + sas
	}
}

// TakesNoSAS reports whether [WithSAS] leaves a URL without a credential as it is, since its host has no use for one.
func TakesNoSAS(raw string) bool {
	b, err := splitBlobURL(raw)
	return err != nil || b.aws()
}
