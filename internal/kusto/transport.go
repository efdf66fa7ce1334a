package kusto

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// sharedTransport serves all clients of the process, so that they share connections.
var sharedTransport = sync.OnceValue(func() *http.Client { return withoutRedirects(&http.Client{Transport: newTransport()}) })

// newTransport returns the transport of this package.
//
// It must not repeat a POST that a server may have read. net/http's HTTP/1 transport repeats a request by itself on a
// fresh connection when the pooled one turned out to be closed. For a POST it does so only if no byte was written to
// the old connection (Transport's "nothing written" case); the other cases are for methods it considers idempotent, or
// for a request with an Idempotency-Key header, which is why there must never be one.
//
// Its HTTP/2 transport is different. It repeats any request after GOAWAY for streams that the server says it did not
// process, and after REFUSED_STREAM; both are proofs (RFC 9113, sections 6.8 and 8.7). But it also repeats after a
// stream reset with PROTOCOL_ERROR, and that proves nothing: a gateway may reset a stream that it passed on. So HTTP/2
// is not offered. With few requests in flight and connections kept alive it would not be faster either.
func newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: dialer.DialContext,
		Protocols:   protocols,
		// Submissions and status reads at the same time.
		MaxIdleConnsPerHost: 2 * MaxConcurrency,
		MaxIdleConns:        8 * MaxConcurrency,
		// Longer than the longest pause between two polls, shorter than what servers and load balancers allow: a
		// connection that they closed first would leave the outcome of a POST open.
		IdleConnTimeout:       50 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

// withoutRedirects returns a copy of the client that hands out 3xx answers: a redirected POST would be a second one,
// and would carry blob credentials to another host.
func withoutRedirects(c *http.Client) *http.Client {
	cp := *c
	cp.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &cp
}

// maxErrorBody bounds what is read of an error's body. Gateways send pages of HTML.
const maxErrorBody = 64 << 10

// bodyReader reads the whole body of each answer, up to a limit, before the pipeline sees it. azcore would read it
// without a limit, and would lose the status of an answer whose body was cut: but a 400 is a refusal even then.
type bodyReader struct {
	next policy.Transporter
}

// Do sends the request and reads the answer.
func (t bodyReader) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.next.Do(req)
	if err != nil {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the transport returned no response")
	}
	x := exchangeOf(req.Context())
	limit := x.limit
	if resp.StatusCode >= http.StatusMultipleChoices || limit == 0 {
		limit = maxErrorBody
	}
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if resp.Body != nil {
		a.data, a.readErr = io.ReadAll(io.LimitReader(resp.Body, limit+1))
		_ = resp.Body.Close()
	}
	if int64(len(a.data)) > limit {
		a.data, a.readErr = a.data[:limit], errors.New("the body is too large")
	}
	x.answer = a
	resp.Body = io.NopCloser(bytes.NewReader(a.data))
	return resp, nil
}
