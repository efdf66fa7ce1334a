package kusto

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// TestSubmit_faultsOnTheWire counts rows: what the service really took.
func TestSubmit_faultsOnTheWire(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault kustotest.Fault
		kind  Kind // 0: accepted
		posts int  // which the service read
		rows  int  // which the fault leaves behind
	}{
		"throttled":             {kustotest.FaultThrottled(time.Second), 0, 2, 1},
		"busy":                  {kustotest.FaultUnavailable(time.Second), 0, 2, 1},
		"gateway":               {kustotest.FaultGatewayHTML(502), KindOutcomeUnknown, 1, 0},
		"gateway time out":      {kustotest.FaultGatewayTimeout().InState(true), KindOutcomeUnknown, 1, 1},
		"internal error":        {kustotest.FaultInternalError().InState(true), KindOutcomeUnknown, 1, 1},
		"520":                   {kustotest.FaultServiceError520(), KindOutcomeUnknown, 1, 0},
		"dropped before":        {kustotest.FaultDroppedBeforeRead(), KindOutcomeUnknown, 0, 0},
		"dropped after":         {kustotest.FaultDroppedAfterAccept(), KindOutcomeUnknown, 1, 1},
		"unreadable answer":     {kustotest.FaultUnreadableAccept(), KindOutcomeUnknown, 1, 1},
		"truncated answer":      {kustotest.FaultTruncatedBody(), KindOutcomeUnknown, 1, 1},
		"empty answer":          {kustotest.FaultEmptyBody(), KindOutcomeUnknown, 1, 1},
		"redirect":              {kustotest.FaultRedirect("http://127.0.0.1:1/"), KindRefused, 1, 0},
		"bad request":           {kustotest.FaultBadRequest("BadRequest_X", "no"), KindRefused, 1, 0},
		"forbidden":             {kustotest.FaultForbidden(), KindUnauthorized, 1, 0},
		"unauthorized":          {kustotest.FaultUnauthorizedOnce(), KindUnauthorized, 1, 0},
		"no queued ingestion":   {kustotest.FaultEndpointMissing(), KindNotFound, 1, 0},
		"too large for gateway": {kustotest.FaultPayloadTooLarge(), KindRefused, 1, 0},
	}
	for name, tt := range tests {
		for _, reused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reused connection %t", name, reused), func(t *testing.T) {
				t.Parallel()
				s := kustotest.NewServer(t)
				c := newTestClient(t, emulator(s))
				if reused {
					if _, err := c.Configuration(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				r := upload(s, "a.csv")
				s.Inject(tt.fault.On(kustotest.RouteSubmit).Times(1))
				id, err := c.Submit(t.Context(), "D", "T", r)
				if tt.kind == 0 && (err != nil || id == "") || tt.kind != 0 && (!hasKind(err, tt.kind) || id != "") {
					t.Errorf("got %q, %v", id, err)
				}
				if got := s.Count(kustotest.RouteSubmit); got != tt.posts {
					t.Errorf("%d submissions, want %d", got, tt.posts)
				}
				if got := s.RowCount("D", "T"); got != tt.rows {
					t.Errorf("%d rows, want %d", got, tt.rows)
				}
				if NotSent(err) && tt.rows > 0 {
					t.Error("said not to be sent, but there are rows")
				}
			})
		}
	}
}

func TestSubmit_slowAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	s := kustotest.NewServer(t)
	o := emulator(s)
	o.Retry.TryTimeout = 100 * time.Millisecond
	c := newTestClient(t, o)
	r := upload(s, "a.csv")
	s.Inject(kustotest.FaultSlow(10 * time.Second).InState(true).On(kustotest.RouteSubmit))
	if _, err := c.Submit(t.Context(), "D", "T", r); !IsOutcomeUnknown(err) || len(s.Operations("D", "T")) != 1 {
		t.Errorf("%v with %d operations", err, len(s.Operations("D", "T")))
	}
}

func TestSubmit_nobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err = listener.Close(); err != nil {
		t.Fatal(err)
	}
	c := newTestClient(t, Options{ClusterURI: "http://" + address, Retry: RetryOptions{Tries: 3, Initial: 1}})
	_, err = c.Submit(t.Context(), "D", "T", oneBlob())
	if e, ok := err.(*Error); !ok || !NotSent(err) || e.Attempts != 3 { //nolint:errorlint // the error itself is looked at
		t.Errorf("got %v", err)
	}
}

func TestSubmit_untrustedCertificateIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	c := newTestClient(t, Options{ClusterURI: server.URL, TrustedHosts: []string{"127.0.0.1"}, Credential: fixedToken("abc"), StaticToken: true})
	_, err := c.Submit(t.Context(), "D", "T", oneBlob())
	if e, ok := err.(*Error); !ok || e.Kind != KindRefused || e.Attempts != 1 { //nolint:errorlint // the error itself is looked at
		t.Errorf("got %v", err)
	}
}

// TestSubmit_staleConnection plays a server that closes a kept-alive connection when the next request comes in on it.
// The bytes were written, so the outcome is open: net/http must not send the POST again.
func TestSubmit_staleConnection(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveOnce(conn, &requests)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	client := &http.Client{Transport: newTransport()}
	t.Cleanup(client.CloseIdleConnections)
	c := newTestClient(t, Options{ClusterURI: "http://" + listener.Addr().String(), Transport: client})
	if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); !IsOutcomeUnknown(err) || requests.Load() != 2 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

// serveOnce accepts the first submission of a connection, and hangs up when it has read the next one.
func serveOnce(conn net.Conn, requests *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	for first := true; ; first = false {
		req, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_, _ = reader.Discard(int(req.ContentLength))
		requests.Add(1)
		if !first {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(acceptedOne), acceptedOne)
	}
}

func TestTransport_doesNotSpeakHTTP2(t *testing.T) {
	t.Parallel()
	var major atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		major.Store(int64(r.ProtoMajor))
		_, _ = fmt.Fprint(w, acceptedOne)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := newTransport()
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest
	client := &http.Client{Transport: transport}
	t.Cleanup(client.CloseIdleConnections)
	c := newTestClient(t, Options{ClusterURI: server.URL, TrustedHosts: []string{"127.0.0.1"}, Transport: client})
	if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); err != nil || major.Load() != 1 {
		t.Errorf("HTTP/%d, %v", major.Load(), err)
	}
}

func TestTransport_refusesOldTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // what must be refused
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := newTransport()
	transport.TLSClientConfig.InsecureSkipVerify = true
	client := &http.Client{Transport: transport}
	c := newTestClient(t, Options{ClusterURI: server.URL, TrustedHosts: []string{"127.0.0.1"}, Transport: client, Retry: RetryOptions{Tries: 1}})
	if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); !NotSent(err) || hasKind(err, KindNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTransport_followsNoRedirectsOfAnyClient(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int64
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(evil.Close)
	s := kustotest.NewServer(t)
	s.Inject(kustotest.FaultRedirect(evil.URL))
	for name, client := range map[string]*http.Client{"shared": nil, "given": s.Client()} {
		o := emulator(s)
		if client != nil {
			o.Transport = client
		}
		c := newTestClient(t, o)
		_, submitErr := c.Submit(t.Context(), "D", "T", oneBlob())
		_, statusErr := c.Status(t.Context(), "D", "T", "op", true)
		_, metadataErr := c.Cloud(t.Context())
		if !hasKind(submitErr, KindRefused) || !hasKind(statusErr, KindRefused) || !hasKind(metadataErr, KindRefused) {
			t.Errorf("%s: %v, %v, %v", name, submitErr, statusErr, metadataErr)
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("%d requests were redirected", elsewhere.Load())
	}
}

func TestTransport_usesTheProxyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	// ProxyFromEnvironment reads the environment once per process, so that only the wiring can be tested here.
	transport := newTransport()
	if transport.Proxy == nil {
		t.Fatal("no proxy function")
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8080/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := transport.Proxy(req); proxy != nil || err != nil {
		t.Errorf("loopback goes through the proxy %v, %v", proxy, err)
	}
}
