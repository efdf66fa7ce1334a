package kustotest

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// blobURL is a blob's URL taken apart: which blob it is, and with which credential it is to be read
// (https://learn.microsoft.com/kusto/api/connection-strings/storage-connection-strings).
type blobURL struct {
	identity   string // without credentials; equal for two URLs of the same blob
	scheme     string
	host       string
	container  string // of the service's own store
	name       string // inside the container; elsewhere the path without its leading slash
	query      url.Values
	fetch      string // what an HTTP client asks for: without the ;suffix
	suffix     string // what follows the ";"
	credential string // the credential as it was sent
}

// storageParameters are the query parameters that belong to the credential and not to the blob.
var storageParameters = strings.Fields(`sv ss srt sr sp st se spr sip si sig skoid sktid skt ske sks skv saoid suoid scid sdd ses epk erk spk srk tn
	rscc rscd rsce rscl rsct awsaccesskeyid signature expires`)

func isCredential(parameter string) bool {
	parameter = strings.ToLower(parameter)
	return slices.Contains(storageParameters, parameter) || strings.HasPrefix(parameter, "x-amz-")
}

// cutSuffix parts a URL from its ;suffix. A semicolon inside a query is part of it, unless one of the known words follows.
func cutSuffix(raw string) (head, suffix string, found bool) {
	query := strings.IndexByte(raw, '?')
	if query < 0 {
		return strings.Cut(raw, ";")
	}
	if at := strings.IndexByte(raw[:query], ';'); at >= 0 {
		return raw[:at], raw[at+1:], true
	}
	for at := query; at < len(raw); at++ {
		if raw[at] == ';' && harmlessSuffix(raw[at+1:]) {
			return raw[:at], raw[at+1:], true
		}
	}
	return raw, "", false
}

func harmlessSuffix(suffix string) bool {
	lower := strings.ToLower(suffix)
	return strings.HasPrefix(lower, "managed_identity=") || lower == "impersonate"
}

// parseBlobURL takes a URL apart. It returns false for what is no absolute URL of a scheme that the service reads.
func (s *Service) parseBlobURL(raw string) (blobURL, bool) {
	head, suffix, _ := cutSuffix(raw)
	u, err := url.Parse(head)
	if err != nil || u.Host == "" {
		return blobURL{}, false
	}
	b := blobURL{scheme: strings.ToLower(u.Scheme), host: strings.ToLower(u.Host), query: u.Query(), suffix: suffix, fetch: head}
	path := u.EscapedPath()
	if b.scheme == "abfss" {
		if u.User == nil || u.User.Username() == "" {
			return blobURL{}, false
		}
		b.scheme, path = "https", "/"+url.PathEscape(u.User.Username())+path
	} else if u.User != nil {
		return blobURL{}, false
	}
	b.host = strings.TrimSuffix(b.host, map[string]string{"https": ":443", "http": ":80"}[b.scheme])
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	own := s.isOwn(b.scheme, b.host)
	if !own && b.scheme != "https" && (b.scheme != "http" || !isLoopback(u.Hostname())) {
		return blobURL{}, false
	}
	if own {
		b.scheme, b.host, _ = strings.Cut(s.base, "://")
		if len(segments) > 2 && segments[0] == "blobs" {
			b.container = unescape(segments[1])
		}
	}
	b.name = unescape(strings.Join(segments, "/"))
	if b.container != "" {
		b.name = unescape(strings.Join(segments[2:], "/"))
	}
	b.identity = b.scheme + "://" + b.host + "/" + escapePath(unescape(strings.Join(segments, "/")))
	b.identify(u.RawQuery)
	return b, true
}

// identify parts the query into what names the blob and what opens it.
func (b *blobURL) identify(rawQuery string) {
	var names, opens []string
	for parameter := range strings.SplitSeq(rawQuery, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if parameter == "" {
			continue
		}
		if isCredential(name) {
			opens = append(opens, parameter)
		} else {
			names = append(names, parameter)
		}
	}
	if len(names) > 0 {
		b.identity += "?" + strings.Join(names, "&")
	}
	b.credential = strings.Join(opens, "&")
	if b.suffix != "" {
		b.credential += ";" + b.suffix
	}
}

// isOwn tells whether a host is the service itself, under any name of the loopback interface.
func (s *Service) isOwn(scheme, host string) bool {
	base, err := url.Parse(s.base)
	if err != nil || base.Scheme != scheme {
		return false
	}
	if base.Host == host {
		return true
	}
	other := url.URL{Host: host}
	return other.Port() == base.Port() && isLoopback(other.Hostname()) && isLoopback(base.Hostname())
}

func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.IsLoopback()
}

func unescape(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// escapePath escapes each segment of a path in the one way that identities are written.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}
