package kusto

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	testHost    = "https://ingest-help.kusto.windows.net"
	acceptedOne = `{"ingestionOperationId":"0001;0002;abc"}`
)

// reply is what the double of a transport does with one request.
type reply struct {
	status int
	body   string
	header http.Header
	err    error
}

// transport is a double that answers from a script and keeps what it was asked. The last reply is repeated.
type transport struct {
	mu      sync.Mutex
	replies []reply
	answer  func(*http.Request) reply // instead of replies
	seen    []*http.Request
	bodies  []string
	at      []time.Time
}

// Do answers one request.
func (d *transport) Do(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	d.seen = append(d.seen, req)
	d.bodies = append(d.bodies, string(body))
	d.at = append(d.at, time.Now())
	var r reply
	if d.answer != nil {
		r = d.answer(req)
	} else {
		r = d.replies[min(len(d.seen), len(d.replies))-1]
	}
	if r.err != nil {
		return nil, r.err
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

func (d *transport) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen)
}

// credential is a double that issues numbered tokens.
type credential struct {
	mu     sync.Mutex
	err    error
	calls  int
	scopes []string
}

// GetToken issues the next token.
func (c *credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	c.scopes = o.Scopes
	if c.err != nil {
		return azcore.AccessToken{}, c.err
	}
	return azcore.AccessToken{Token: fmt.Sprintf("token-%d", c.calls), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// tokenFunc is a credential that does something else before it issues a token.
type tokenFunc func()

// GetToken calls the function.
func (f tokenFunc) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f()
	return azcore.AccessToken{Token: "abc", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// staticToken returns options for a token that the user gave.
func staticToken(t policy.Transporter) Options {
	return Options{ClusterURI: testHost, Credential: &credential{}, StaticToken: true, Transport: t}
}

func newTestClient(tb testing.TB, o Options) *Client {
	tb.Helper()
	c, err := NewClient(o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// oneBlob is a request with a single blob, whose URL carries a secret.
func oneBlob() Request {
	return Request{
		Blobs:      []Blob{{URL: "https://acct.blob.core.windows.net/c/f.csv?" + testSAS, SourceID: "11111111-2222-3333-4444-555555555555"}},
		Properties: Properties{Format: "csv", EnableTracking: true},
	}
}

func compact(tb testing.TB, s string) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}
