package kusto

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blobURL is a storage connection string in its parts. It is cut by hand, since net/url leaves ";key" in the path,
// drops query pairs with a ";" in them, and refuses what the service accepts.
//
// Forms: https://learn.microsoft.com/kusto/api/connection-strings/storage-connection-strings.
type blobURL struct {
	scheme    string   // lower case
	user      string   // what stands before "@": the file system of an abfss URL
	host      string   // lower case, with the port when it is not the scheme's own
	path      string   // as spelled, begins with "/" or is empty
	query     string   // as spelled, without "?" and without suffixes
	hasQuery  bool     //
	suffixes  []string // what follows ";", for instance "managed_identity=system"
	separator int      // where a SAS goes in the raw text
}

var errNotAbsolute = errors.New("the URL is not absolute: it has to begin with https://, abfss://, abfs:// or http://")

// splitBlobURL cuts raw into its parts without decoding anything.
func splitBlobURL(raw string) (blobURL, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return blobURL{}, errNotAbsolute
	}
	b := blobURL{scheme: strings.ToLower(scheme)}
	switch b.scheme {
	case "https", "http", "abfss", "abfs":
	default:
		return blobURL{}, errors.New("the URL's scheme is none that the service reads: use https://, abfss://, abfs:// or http://")
	}
	rest, _, _ = strings.Cut(rest, "#")
	b.separator = len(raw[:strings.Index(raw, "://")]) + len("://") + len(rest)

	end := strings.IndexAny(rest, "/?;")
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		b.user, authority = authority[:at], authority[at+1:]
	}
	b.host = strings.ToLower(authority)

	// The first ";" of the path begins the credential, and an account key may contain "/", "+" and "=" itself. So
	// nothing after it is path or query.
	cut := strings.IndexAny(rest, "?;")
	switch {
	case cut < 0:
		b.path = rest
	case rest[cut] == ';':
		b.path = rest[:cut]
		b.suffixes = strings.Split(rest[cut+1:], ";")
	default:
		b.path, b.hasQuery = rest[:cut], true
		b.query = rest[cut+1:]
		b.cutQuerySuffix()
	}
	return b, nil
}

// cutQuerySuffix takes "…;managed_identity=system" off the query. On a host that is not storage a ";" may be part of
// the query, so only what is surely a credential is cut there.
func (b *blobURL) cutQuerySuffix() {
	for i := 0; i < len(b.query); i++ {
		if b.query[i] != ';' {
			continue
		}
		first, _, _ := strings.Cut(b.query[i+1:], ";")
		if b.storage() || knownSuffix(first) || looksLikeKey(first) {
			b.suffixes = strings.Split(b.query[i+1:], ";")
			b.query = b.query[:i]
			return
		}
	}
}

// storageSuffixes are the hosts of Azure Storage, OneLake and S3, where a query only carries credentials and versions.
var storageSuffixes = []string{
	".core.windows.net", ".core.usgovcloudapi.net", ".core.chinacloudapi.cn", ".core.cloudapi.de", ".core.eaglex.ic.gov",
	".core.microsoft.scloud", ".storage.azure.net", ".fabric.microsoft.com", ".amazonaws.com", ".amazonaws.com.cn",
}

func (b *blobURL) storage() bool {
	host, _, _ := strings.Cut(b.host, ":")
	return slices.ContainsFunc(storageSuffixes, func(s string) bool { return strings.HasSuffix(host, s) })
}

func (b *blobURL) aws() bool {
	host, _, _ := strings.Cut(b.host, ":")
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

func knownSuffix(s string) bool {
	name, _, _ := strings.Cut(s, "=")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "managed_identity", "impersonate", "token", "sharedkey", "awscredentials":
		return true
	default:
		return false
	}
}

// looksLikeKey reports whether s could be a bare account key: 32 or more characters of base64.
func looksLikeKey(s string) bool {
	if len(s) < 32 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isBase64(s[i]) {
			return false
		}
	}
	return true
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("+/=-_", c) >= 0
}

// BlobIdentity returns the part of a blob's URL that says which blob it is: the URL without credentials, in one
// spelling. Two URLs of one blob have the same identity whatever their SAS; two blobs never share one. It returns an
// error when raw is not an absolute URL of a scheme the service reads.
func BlobIdentity(raw string) (string, error) {
	b, err := splitBlobURL(raw)
	if err != nil {
		return "", err
	}
	if err := b.normalizeHost(); err != nil {
		return "", err
	}
	var out strings.Builder
	out.Grow(len(b.scheme) + len(b.host) + len(b.path) + 4)
	out.WriteString(b.scheme)
	out.WriteString("://")
	out.WriteString(b.host)
	writePath(&out, b.path, b.storage())
	writeIdentityQuery(&out, &b)
	return out.String(), nil
}

// CheckBlobURL returns why a URL cannot be that of a blob, nil when it can.
func CheckBlobURL(raw string) error {
	if strings.ContainsFunc(raw, unicode.IsControl) {
		return errors.New("the URL has a control character in it, such as a line break")
	}
	if _, err := BlobIdentity(raw); err != nil {
		return err
	}
	b, err := splitBlobURL(raw)
	for _, suffix := range b.suffixes {
		if name, value, _ := strings.Cut(suffix, "="); strings.EqualFold(strings.TrimSpace(name), "managed_identity") && strings.TrimSpace(value) == "" {
			return errors.New("the URL ends in ;managed_identity= without an identity: write ;managed_identity=system or the object id of an identity")
		}
	}
	return err
}

// normalizeHost rewrites abfss URLs to their https form and drops the default port.
func (b *blobURL) normalizeHost() error {
	switch b.scheme {
	case "abfss", "abfs":
		if b.user == "" {
			return fmt.Errorf("an %s URL has the form %s://<file system>@<account>.dfs.core.windows.net/<path>", b.scheme, b.scheme)
		}
		b.scheme, b.path, b.user = "https", "/"+b.user+b.path, ""
	default:
		if b.user != "" {
			return errors.New("the URL has a user name before its host, which the service does not use")
		}
	}
	host, port, err := splitPort(b.host)
	if err != nil {
		return err
	}
	if port == 443 && b.scheme == "https" || port == 80 && b.scheme == "http" {
		port = 0
	}
	if b.host = host; port != 0 {
		b.host += ":" + strconv.Itoa(port)
	}
	return nil
}

// splitPort cuts a lower-case authority into host and port, which is 0 when there is none. The host may have letters
// beyond ASCII; whether it exists is not asked.
func splitPort(authority string) (host string, port int, err error) {
	host, digits, hasPort := strings.Cut(authority, ":")
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']') + 1
		host, digits = authority[:end], authority[end:]
		digits, hasPort = strings.CutPrefix(digits, ":")
		if _, err := netip.ParseAddr(unbracket(host)); err != nil || !hasPort && digits != "" {
			return "", 0, errNotHost
		}
	} else if strings.ContainsFunc(host, notHostRune) || !utf8.ValidString(host) {
		return "", 0, errNotHost
	}
	if host == "" {
		return "", 0, errors.New("the URL has no host")
	}
	if hasPort && digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return "", 0, errors.New("the URL's port is not a number")
		}
		port = int(n)
	}
	return host, port, nil
}

var errNotHost = errors.New("the URL's host is not a host name")

func notHostRune(r rune) bool {
	if r >= utf8.RuneSelf {
		return !unicode.IsPrint(r)
	}
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}
