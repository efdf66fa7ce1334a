package kustotest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Request is one request that the service saw. Secrets in it are replaced by a hash, which is the same for the same secret.
type Request struct {
	Route       Route
	Method      string
	Path        string // escaped, as it was sent
	Query       url.Values
	Header      http.Header
	Body        []byte // none for uploads
	Status      int    // 0 when the connection was closed without an answer
	Fault       string // the name of the fault that it met
	Database    string
	Table       string
	OperationID string // asked for, or created
}

// Requests returns the requests of the routes, all of them when none is named, in the order of their answers.
func (s *Service) Requests(routes ...Route) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.requests {
		if len(routes) == 0 || slices.Contains(routes, RouteAny) || slices.Contains(routes, r.Route) {
			found = append(found, r)
		}
	}
	return found
}

// Count is how many requests of the route the service saw.
func (s *Service) Count(route Route) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if route == RouteAny || r.Route == route {
			n++
		}
	}
	return n
}

// ResetRequests empties the request log.
func (s *Service) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Service) record(c *call, fault *Fault, answer reply) {
	r := Request{
		Route: c.route, Method: c.request.Method, Path: c.request.URL.EscapedPath(), Query: redactQuery(c.request.URL.Query()),
		Header: c.request.Header.Clone(), Status: answer.status,
		Database: c.database, Table: c.table, OperationID: c.operationID,
	}
	if answer.drop {
		r.Status = 0
	}
	if fault != nil {
		r.Fault = fault.Name
	}
	if c.isAPI() {
		r.Body = redactBody(c.body)
	}
	for _, name := range []string{"Authorization", "X-Ms-S2s-Actor-Authorization"} {
		if value := r.Header.Get(name); value != "" {
			scheme, token, _ := strings.Cut(value, " ")
			r.Header.Set(name, scheme+" "+hashed(token))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

// hashed stands for a secret.
func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "sha256:" + hex.EncodeToString(sum[:8])
}

func redactQuery(query url.Values) url.Values {
	if query.Has("sig") {
		query.Set("sig", hashed(query.Get("sig")))
	}
	return query
}

var (
	urlMember = regexp.MustCompile(`("url"\s*:\s*)("(?:[^"\\]|\\.)*")`)
	secrets   = regexp.MustCompile(`(?i)([?&](?:sig|X-Amz-Signature|X-Amz-Security-Token|Signature|code|token)=)([^&;"\s]+)`)
)

// redactBody replaces the secrets of the blob URLs in a request body, and leaves every other byte as it was sent.
func redactBody(body []byte) []byte {
	return urlMember.ReplaceAllFunc(body, func(member []byte) []byte {
		parts := urlMember.FindSubmatch(member)
		var plain string
		if err := json.Unmarshal(parts[2], &plain); err != nil {
			return []byte(`"url":"(unreadable)"`)
		}
		return append(slices.Clone(parts[1]), encode(redactURL(plain))...)
	})
}

func redactURL(raw string) string {
	head, suffix, found := cutSuffix(raw)
	if found && !harmlessSuffix(suffix) {
		name, secret, named := strings.Cut(suffix, "=")
		if named && !strings.ContainsAny(name, "/+") && secret != "" {
			suffix = name + "=" + hashed(secret)
		} else {
			suffix = hashed(suffix)
		}
	}
	head = secrets.ReplaceAllStringFunc(head, func(m string) string {
		parts := secrets.FindStringSubmatch(m)
		return parts[1] + hashed(parts[2])
	})
	if found {
		return head + ";" + suffix
	}
	return head
}
