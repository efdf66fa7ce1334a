package kusto

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

var (
	errDial  = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func after(value string) http.Header { return http.Header{"Retry-After": {value}} }

func TestSubmit_sentAtMostOnceUnlessProvenUntaken(t *testing.T) {
	t.Parallel()
	ok := reply{status: 200, body: acceptedOne}
	tests := map[string]struct {
		replies []reply
		kind    Kind // 0: accepted
		sent    int
	}{
		"accepted":                 {[]reply{ok}, 0, 1},
		"other success":            {[]reply{{status: 202, body: acceptedOne}}, 0, 1},
		"no content":               {[]reply{{status: 204}}, KindOutcomeUnknown, 1},
		"dial error, then ok":      {[]reply{{err: errDial}, {err: errDial}, ok}, 0, 3},
		"name error, then ok":      {[]reply{{err: &net.DNSError{IsNotFound: true}}, ok}, 0, 2},
		"dial error for ever":      {[]reply{{err: errDial}}, KindRefused, 6},
		"throttled, then ok":       {[]reply{{status: 429}, {status: 429, header: after("3")}, ok}, 0, 3},
		"throttled for ever":       {[]reply{{status: 429}}, KindRefused, 6},
		"busy, then ok":            {[]reply{{status: 503, header: after("1")}, ok}, 0, 2},
		"busy for ever":            {[]reply{{status: 503, header: after("1")}}, KindRefused, 6},
		"busy, no Retry-After":     {[]reply{{status: 503}, ok}, KindOutcomeUnknown, 1},
		"busy, odd Retry-After":    {[]reply{{status: 503, header: after("soon")}, ok}, KindOutcomeUnknown, 1},
		"refused, then reset":      {[]reply{{status: 429}, {err: errReset}, ok}, KindOutcomeUnknown, 2},
		"refused, then 500":        {[]reply{{err: errDial}, {status: 500}, ok}, KindOutcomeUnknown, 2},
		"reset":                    {[]reply{{err: errReset}, ok}, KindOutcomeUnknown, 1},
		"end of file":              {[]reply{{err: io.EOF}, ok}, KindOutcomeUnknown, 1},
		"unknown error":            {[]reply{{err: errors.New("x")}, ok}, KindOutcomeUnknown, 1},
		"time out":                 {[]reply{{err: context.DeadlineExceeded}, ok}, KindOutcomeUnknown, 1},
		"500":                      {[]reply{{status: 500}, ok}, KindOutcomeUnknown, 1},
		"500, called not accepted": {[]reply{{status: 500, header: after("1")}, ok}, KindOutcomeUnknown, 1},
		"502":                      {[]reply{{status: 502}, ok}, KindOutcomeUnknown, 1},
		"504":                      {[]reply{{status: 504, header: after("1")}, ok}, KindOutcomeUnknown, 1},
		"520":                      {[]reply{{status: 520}, ok}, KindOutcomeUnknown, 1},
		"600":                      {[]reply{{status: 600}, ok}, KindOutcomeUnknown, 1},
		"100":                      {[]reply{{status: 100}, ok}, KindOutcomeUnknown, 1},
		"redirect":                 {[]reply{{status: 307, header: http.Header{"Location": {"https://evil.example/?sig=abc"}}}, ok}, KindRefused, 1},
		"not modified":             {[]reply{{status: 304}, ok}, KindRefused, 1},
		"400":                      {[]reply{{status: 400}, ok}, KindRefused, 1},
		"static token, 401":        {[]reply{{status: 401}, ok}, KindUnauthorized, 1},
		"403":                      {[]reply{{status: 403}, ok}, KindUnauthorized, 1},
		"404":                      {[]reply{{status: 404}, ok}, KindNotFound, 1},
		"408":                      {[]reply{{status: 408}, ok}, KindRefused, 1},
		"409":                      {[]reply{{status: 409}, ok}, KindRefused, 1},
		"413":                      {[]reply{{status: 413}, ok}, KindRefused, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &transport{replies: tt.replies}
				id, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
				var e *Error
				errors.As(err, &e)
				switch {
				case tt.kind == 0 && err != nil:
					t.Errorf("got %v", err)
				case tt.kind != 0 && (e == nil || e.Kind != tt.kind || id != ""):
					t.Errorf("got %q, %v, want the kind %s", id, err, tt.kind)
				}
				if e != nil {
					if e.Attempts != tt.sent || e.ClientRequestID == "" || e.Operation != "submit" {
						t.Errorf("attempts %d, client request id %q, operation %q", e.Attempts, e.ClientRequestID, e.Operation)
					}
					if strings.Contains(err.Error(), "sig=") {
						t.Errorf("a secret in %v", err)
					}
				}
				if d.count() != tt.sent {
					t.Errorf("sent %d times, want %d", d.count(), tt.sent)
				}
				for i, body := range d.bodies {
					if body != d.bodies[0] || body == "" {
						t.Errorf("request %d has another body: %q", i, body)
					}
				}
			})
		})
	}
}

// TestSubmit_connectionHandedOutMeansUnknown plays a transport with net/http's hooks.
func TestSubmit_connectionHandedOutMeansUnknown(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hooks string // g: asked for a connection, c: got one
		kind  Kind
		sent  int
	}{
		"never connected":           {"g", KindRefused, 6},
		"connected":                 {"gc", KindOutcomeUnknown, 1},
		"stale one, then no other":  {"gcg", KindRefused, 6},
		"stale one, then another":   {"gcgc", KindOutcomeUnknown, 1},
		"no hooks and no proof":     {"", KindOutcomeUnknown, 1},
		"got one that it never ask": {"c", KindOutcomeUnknown, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &transport{answer: func(req *http.Request) reply {
					trace := httptrace.ContextClientTrace(req.Context())
					for _, h := range tt.hooks {
						if h == 'g' {
							trace.GetConn("h:443")
						} else {
							trace.GotConn(httptrace.GotConnInfo{})
						}
					}
					return reply{err: errors.New("broken")}
				}}
				_, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
				if !hasKind(err, tt.kind) || d.count() != tt.sent {
					t.Errorf("%v after %d requests", err, d.count())
				}
			})
		})
	}
}

func TestSubmit_waitsBetweenTries(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header      http.Header
		least, most time.Duration
	}{
		"back-off":       {nil, 800 * time.Millisecond, 1200 * time.Millisecond},
		"seconds":        {after("7"), 7 * time.Second, 7 * time.Second},
		"capped":         {after("3600"), time.Minute, time.Minute},
		"zero":           {after("0"), 800 * time.Millisecond, 1200 * time.Millisecond},
		"negative":       {after("-5"), 800 * time.Millisecond, 1200 * time.Millisecond},
		"date":           {after("Sat, 01 Jan 2000 00:00:20 GMT"), 20 * time.Second, 20 * time.Second},
		"date in a day":  {after("Sun, 02 Jan 2000 00:00:00 GMT"), time.Minute, time.Minute},
		"date gone by":   {after("Fri, 31 Dec 1999 00:00:00 GMT"), 800 * time.Millisecond, 1200 * time.Millisecond},
		"out of numbers": {after("99999999999999999999"), 800 * time.Millisecond, 1200 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the clock begins at 2000-01-01
				d := &transport{replies: []reply{{status: 429, header: tt.header}, {status: 200, body: acceptedOne}}}
				if _, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob()); err != nil {
					t.Fatal(err)
				}
				if got := d.at[1].Sub(d.at[0]); got < tt.least || got > tt.most {
					t.Errorf("waited %s, want %s to %s", got, tt.least, tt.most)
				}
			})
		})
	}
}

func TestSubmit_backsOffExponentially(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &transport{replies: []reply{{status: 429}}}
		o := staticToken(d)
		o.Retry = RetryOptions{Tries: 10, Max: 20 * time.Second}
		_, err := newTestClient(t, o).Submit(t.Context(), "D", "T", oneBlob())
		if !hasKind(err, KindRefused) || d.count() != 10 {
			t.Fatalf("%v after %d", err, d.count())
		}
		for i, want := range []float64{1, 2, 4, 8, 16, 20, 20, 20, 20} {
			if got := d.at[i+1].Sub(d.at[i]).Seconds(); got < want*0.79 || got > want*1.21 {
				t.Errorf("pause %d is %.1f s, want about %.0f s", i+1, got, want)
			}
		}
	})
}

func TestSubmit_brokenBodies(t *testing.T) {
	t.Parallel()
	cut := readerFunc(func([]byte) (int, error) { return 0, io.ErrUnexpectedEOF })
	tests := map[string]struct {
		status int
		body   io.Reader
		kind   Kind
	}{
		"cut behind the answer":  {200, io.MultiReader(strings.NewReader(acceptedOne), cut), 0},
		"cut within the answer":  {200, io.MultiReader(strings.NewReader(acceptedOne[:20]), cut), KindOutcomeUnknown},
		"cut within a refusal":   {400, io.MultiReader(strings.NewReader(`{"error":{"code":"BadRequest_TableNotExist"`), cut), KindRefused},
		"refusal without a body": {400, cut, KindRefused},
		"endless answer":         {200, readerFunc(func(p []byte) (int, error) { return len(p), nil }), KindOutcomeUnknown},
		"endless refusal":        {400, readerFunc(func(p []byte) (int, error) { return len(p), nil }), KindRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			o := staticToken(doFunc(func(req *http.Request) (*http.Response, error) {
				sent++
				return &http.Response{StatusCode: tt.status, Header: http.Header{}, Body: io.NopCloser(tt.body), Request: req}, nil
			}))
			_, err := newTestClient(t, o).Submit(t.Context(), "D", "T", oneBlob())
			if tt.kind == 0 && err != nil || tt.kind != 0 && !hasKind(err, tt.kind) || sent != 1 {
				t.Errorf("%v after %d requests", err, sent)
			}
		})
	}
}

func TestSubmit_concurrencyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gauge{}
		c := newTestClient(t, staticToken(g))
		done := make(chan error)
		for i := range 100 {
			go func() {
				_, err := c.Submit(t.Context(), "D", "T"+strconv.Itoa(i), oneBlob())
				done <- err
			}()
		}
		for range 100 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := g.most.Load(); got != MaxConcurrency {
			t.Errorf("%d submissions in flight, want %d", got, MaxConcurrency)
		}
	})
}

// gauge is a transport that takes a second for each request and counts how many it has at a time.
type gauge struct {
	inFlight, most atomic.Int64
}

// Do accepts a submission.
func (g *gauge) Do(req *http.Request) (*http.Response, error) {
	now := g.inFlight.Add(1)
	defer g.inFlight.Add(-1)
	for {
		seen := g.most.Load()
		if now <= seen || g.most.CompareAndSwap(seen, now) {
			break
		}
	}
	if err := sleep(req.Context(), time.Second); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(acceptedOne)), Request: req}, nil
}
