package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// wire carries requests to the service without a network, so that time can be that of a testing/synctest bubble. It behaves as net/http's client does
// when connections are refused or break, and when the caller's context ends.
type wire struct {
	service *kustotest.Service

	mu        sync.Mutex
	refusals  int // how many submissions find nobody listening
	stop      interruption
	requests  int
	aborts    int // connections that closed without an answer
	refused   int
	stopped   int
	confirmed []string // operation ids that reached the client
}

// interruption ends an apply while it has a request under way.
type interruption struct {
	end  func() // nil: none
	at   int    // before or after this request, counted from 0
	when moment
}

type moment int

const (
	beforeSending moment = iota
	afterAcceptance
	afterAnswer
)

// Do carries one request.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(req.URL.Host)
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	stop, refuse := w.begin(req)
	if refuse {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if err := travel(ctx, body); err != nil {
		return nil, err
	}
	if stop.end != nil && stop.when == beforeSending {
		stop.end()
		return nil, gone(ctx)
	}
	answer := w.serve(req, body)
	if stop.end != nil {
		stop.end()
		if stop.when == afterAcceptance {
			return nil, gone(ctx)
		}
	} else if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return w.deliver(req, answer)
}

// gone is what a client says of a request that it gave up, or that somebody else gave up.
func gone(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// begin counts a request and says what comes in its way.
func (w *wire) begin(req *http.Request) (stop interruption, refuse bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop.end != nil && w.stop.at == w.requests {
		stop, w.stop.end = w.stop, nil
		w.stopped++
	}
	w.requests++
	if req.Method == http.MethodPost && w.refusals > 0 {
		w.refusals--
		w.refused++
		refuse = true
	}
	return stop, refuse
}

// travel takes a little time, another one for each body, so that requests that are under way together arrive in the same order each time that a history
// is repeated.
func travel(ctx context.Context, body []byte) error {
	var blobs struct{ Blobs []struct{ URL string } }
	_ = json.Unmarshal(body, &blobs)
	sum := fnv.New32a()
	for _, b := range blobs.Blobs {
		path, _, _ := strings.Cut(b.URL, "?")
		_, _ = sum.Write([]byte(path))
	}
	timer := time.NewTimer(time.Millisecond + time.Duration(sum.Sum32()%10_000)*time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *wire) serve(req *http.Request, body []byte) (answer *recorder) {
	answer = &recorder{header: http.Header{}}
	served := req.Clone(req.Context())
	served.RequestURI, served.Host = req.URL.RequestURI(), req.URL.Host
	served.Body = io.NopCloser(bytes.NewReader(body))
	served.Header = http.Header{}
	for name, values := range req.Header {
		served.Header[http.CanonicalHeaderKey(name)] = values // as a server reads them
	}
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			answer.aborted = true
		default:
			panic(reason)
		}
	}()
	w.service.ServeHTTP(answer, served)
	return answer
}

func (w *wire) deliver(req *http.Request, answer *recorder) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if answer.status == 0 {
		w.aborts++
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	body := io.Reader(bytes.NewReader(answer.body.Bytes()))
	if answer.aborted {
		body = io.MultiReader(body, broken{})
	} else if req.Method == http.MethodPost && answer.status == http.StatusOK {
		var accepted struct{ IngestionOperationID string }
		if json.Unmarshal(answer.body.Bytes(), &accepted) == nil && accepted.IngestionOperationID != "" {
			w.confirmed = append(w.confirmed, accepted.IngestionOperationID)
		}
	}
	return &http.Response{
		Status: fmt.Sprint(answer.status), StatusCode: answer.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.header, Body: io.NopCloser(body), Request: req,
	}, nil
}

// recorder is an http.ResponseWriter whose answer may break off.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	aborted bool
}

// Header is part of http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader is part of http.ResponseWriter.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write is part of http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }

type broken struct{}

// Read is part of io.Reader.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
