package kustotest

import (
	"context"
	"crypto/rand"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// Server is a Service that listens on a loopback port.
type Server struct {
	*httptest.Server
	*Service
}

// NewServer starts a Service for a test and closes it when the test ends. Its clock is a FakeClock unless WithClock says otherwise.
func NewServer(t testing.TB, opts ...Option) *Server {
	t.Helper()
	server := StartServer(append([]Option{WithClock(NewFakeClock(epoch))}, opts...)...)
	t.Cleanup(server.Close)
	return server
}

// StartServer starts a Service on a loopback port, for callers that have no testing.TB. The caller closes it.
func StartServer(opts ...Option) *Server {
	service := New(opts...)
	listening := httptest.NewUnstartedServer(service)
	// The faults of this package would fill a test's output with net/http's complaints about them.
	listening.Config.ErrorLog = log.New(io.Discard, "", 0)
	listening.Start()
	service.SetBaseURL(listening.URL)
	return &Server{Server: listening, Service: service}
}

// Close ends the server. Answers that are being held back are let go first, so it does not wait for them.
func (s *Server) Close() {
	s.Shutdown()
	s.Server.Close()
}

// Service is the service behind a Server: an http.Handler that keeps databases, tables, blobs and operations in memory.
// All its methods may be called at any time from any goroutine.
type Service struct {
	settings

	// ingesting is held while blobs are ingested. It is apart from mu since a download may take its time.
	ingesting sync.Mutex

	mu         sync.Mutex
	base       string
	containers map[string]*container
	foreign    map[string][]byte
	signingKey []byte
	signatures int
	databases  map[string]string
	tables     map[tableKey]*table
	outcomes   map[string]Outcome
	batches    batches
	operations map[string]*operation
	history    []*operation
	numbered   int
	faults     []*Fault
	requests   []Request

	stop sync.Once
	done chan struct{}
}

// New returns a Service that is not listening yet. Its clock is the machine's unless WithClock says otherwise. Who serves it under
// an address tells it with SetBaseURL.
func New(opts ...Option) *Service {
	s := &Service{settings: defaults(), base: "http://127.0.0.1", done: make(chan struct{})}
	for _, opt := range opts {
		opt(&s.settings)
	}
	// A random key keeps ids apart from those of an earlier run: a state file may still hold them.
	s.signingKey = make([]byte, 32)
	_, _ = rand.Read(s.signingKey)
	s.empty()
	for _, declare := range slices.Concat(s.declare, s.mappings) {
		declare(s)
	}
	return s
}

// empty makes the service as it was before its first request, without the declared tables.
func (s *Service) empty() {
	s.containers = map[string]*container{}
	s.foreign = map[string][]byte{}
	s.databases = map[string]string{}
	s.tables = map[tableKey]*table{}
	s.outcomes = map[string]Outcome{}
	s.batches = batches{open: map[string]*batch{}}
	s.operations = map[string]*operation{}
	s.history, s.faults, s.requests = nil, nil, nil
	for i := range s.staging {
		s.containers[stagingName(i)] = newContainer(true)
	}
}

// SetBaseURL tells the service under which URL it is reached, such as http://127.0.0.1:8080. Blob URLs start with it.
func (s *Service) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// BaseURL is the URL under which the service is reached.
func (s *Service) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

// Shutdown lets go of every answer that is being held back.
func (s *Service) Shutdown() {
	s.stop.Do(func() { close(s.done) })
}

// Advance moves the clock forward when it is a FakeClock, and ingests what has become due.
func (s *Service) Advance(d time.Duration) {
	if clock, ok := s.clock.(*FakeClock); ok {
		clock.Advance(d)
	}
	s.settle(context.Background())
}

// Reset forgets operations, rows, requests, faults and scripted outcomes. Blobs, folders, tables and mappings stay.
func (s *Service) Reset() {
	s.ingesting.Lock()
	defer s.ingesting.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	containers, foreign, tables, databases := s.containers, s.foreign, s.tables, s.databases
	s.empty()
	s.containers, s.foreign, s.tables, s.databases = containers, foreign, tables, databases
	for key, t := range s.tables {
		if !t.declared {
			delete(s.tables, key)
			continue
		}
		t.clear()
	}
}

// ServeHTTP answers a request: the API, the blobs under /blobs/, and the operator's routes under /_mock/.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(r)
	if c.operator {
		s.operate(r.Context(), c).write(w)
		return
	}
	if err := c.readBody(w); err != nil {
		reply{drop: true}.write(w)
		return
	}
	fault := s.takeFault(c)
	answer := s.answer(r.Context(), c, fault)
	if fault == nil || !fault.unrecorded {
		s.record(c, fault, answer)
	}
	answer.write(w)
}

// answer runs the handler of the route, with the fault, if any, in its way.
func (s *Service) answer(ctx context.Context, c *call, fault *Fault) reply {
	if c.isAPI() && !s.hold(ctx, s.latency) {
		return reply{drop: true}
	}
	if fault == nil {
		return s.handle(ctx, c)
	}
	if !fault.acceptFirst {
		if !s.hold(ctx, fault.delay) {
			return reply{drop: true}
		}
		if fault.passes {
			return s.handle(ctx, c)
		}
		return fault.disturb(c, reply{})
	}
	proper := s.handle(ctx, c)
	if !s.hold(ctx, fault.delay) {
		return reply{drop: true}
	}
	if fault.passes || proper.status >= http.StatusMultipleChoices {
		return proper // A request that was not taken keeps its refusal: the fault is meant for one that was.
	}
	return fault.disturb(c, proper)
}

// hold waits for d of real time. It returns false when the caller went away or the service is closed.
func (s *Service) hold(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.done:
		return false
	}
}
