package kusto

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// exchange records what happened to one call over all its HTTP requests. The policies write it, and it alone decides
// in the end what an error means. It travels in the request's context.
type exchange struct {
	operation string // as in Error.Operation
	tracePart string // as in x-ms-client-request-id
	body      []byte // nil for a GET
	limit     int64  // of the body of a good answer

	attempts        int
	clientRequestID string
	connection      *connection // of the last HTTP request, nil before the first
	answer          *answer     // to the last HTTP request, nil when there was none
	refreshed       bool        // whether a 401 was met with a fresh token already
	unsigned        bool        // whether the last HTTP request carried no token
	interrupted     error       // why waiting for the next try was given up
}

// answer is an HTTP response whose body was read.
type answer struct {
	status  int
	header  http.Header
	data    []byte
	readErr error // why data is not the whole body
}

type exchangeKey struct{}

func (x *exchange) into(ctx context.Context) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// exchangeOf returns the exchange of a request's context. Policies may be called without one, in tests.
func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// connection says how far one HTTP request came. Its fields are atomic because net/http may call the hooks late.
type connection struct {
	asked, got atomic.Bool
}

// begin prepares for the next HTTP request and returns the hooks that watch its connection.
func (x *exchange) begin() *httptrace.ClientTrace {
	x.attempts++
	x.answer = nil
	c := &connection{}
	x.connection = c
	return &httptrace.ClientTrace{
		// net/http asks for another connection only when it wrote nothing to the one before, see newTransport.
		GetConn: func(string) { c.asked.Store(true); c.got.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	}
}

// neverSent reports whether it is certain that no byte of the last HTTP request reached anybody: name resolution,
// dialling, the proxy's CONNECT or the TLS handshake failed. A connection counts as used once it was handed out, even
// if nothing was written yet.
func (x *exchange) neverSent(err error) bool {
	if x.connection == nil {
		return true
	}
	if x.connection.asked.Load() {
		return !x.connection.got.Load()
	}
	// A transport without net/http's hooks: only the type of the error can prove it.
	var dns *net.DNSError
	var op *net.OpError
	return errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial"
}
