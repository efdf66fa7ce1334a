package kustotest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestFault_eachFires(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault      kustotest.Fault
		wantStatus int // 0: a transport error
		wantCode   string
		wantHeader [2]string
		wantText   string
		accepted   bool
		unrecorded bool
	}{
		"throttled":           {fault: kustotest.FaultThrottled(1500 * time.Millisecond), wantStatus: 429, wantCode: "TooManyRequests", wantHeader: [2]string{"Retry-After", "2"}},
		"throttled, no hint":  {fault: kustotest.FaultThrottled(0), wantStatus: 429, wantCode: "TooManyRequests", wantHeader: [2]string{"Retry-After", ""}},
		"unavailable":         {fault: kustotest.FaultUnavailable(time.Second), wantStatus: 503, wantCode: "General_ServiceUnavailable", wantHeader: [2]string{"Retry-After", "1"}},
		"internal error":      {fault: kustotest.FaultInternalError(), wantStatus: 500, wantCode: "General_InternalServerError"},
		"accepted, then 500":  {fault: kustotest.FaultInternalError().InState(true), wantStatus: 500, wantCode: "General_InternalServerError", accepted: true},
		"gateway timeout":     {fault: kustotest.FaultGatewayTimeout(), wantStatus: 504, wantCode: "RequestExecutionTimeout"},
		"520":                 {fault: kustotest.FaultServiceError520(), wantStatus: 520, wantCode: "ServiceError"},
		"gateway page":        {fault: kustotest.FaultGatewayHTML(502), wantStatus: 502, wantText: "<html>", wantHeader: [2]string{"Content-Type", "text/html"}},
		"truncated":           {fault: kustotest.FaultTruncatedBody(), accepted: true},
		"empty":               {fault: kustotest.FaultEmptyBody(), wantStatus: 200, accepted: true},
		"dropped before read": {fault: kustotest.FaultDroppedBeforeRead(), unrecorded: true},
		"dropped after":       {fault: kustotest.FaultDroppedAfterAccept(), accepted: true},
		"unreadable":          {fault: kustotest.FaultUnreadableAccept(), wantStatus: 200, wantText: "not json", accepted: true},
		"unauthorized":        {fault: kustotest.FaultUnauthorizedOnce(), wantStatus: 401, wantHeader: [2]string{"WWW-Authenticate", "Bearer"}},
		"forbidden":           {fault: kustotest.FaultForbidden(), wantStatus: 403, wantCode: "Forbidden"},
		"endpoint missing":    {fault: kustotest.FaultEndpointMissing(), wantStatus: 404},
		"slow":                {fault: kustotest.FaultSlow(time.Millisecond), wantStatus: 200, accepted: true},
		"redirect":            {fault: kustotest.FaultRedirect("https://evil.example/"), wantStatus: 307, wantHeader: [2]string{"Location", "https://evil.example/"}},
		"bad request":         {fault: kustotest.FaultBadRequest("BadRequest_SyntaxError", "no"), wantStatus: 400, wantCode: "BadRequest_SyntaxError", wantText: `"@message":"no"`},
		"too large":           {fault: kustotest.FaultPayloadTooLarge(), wantStatus: 413, wantCode: "Payload too large"},
		"with a header":       {fault: kustotest.FaultInternalError().WithHeader("Retry-After", "0"), wantStatus: 500, wantHeader: [2]string{"Retry-After", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			c := newCaller(t, server)
			blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
			server.Inject(test.fault.On(kustotest.RouteSubmit).Times(1))
			a, err := c.do(http.MethodPost, tablePath, body("", blob))
			if (err != nil) != (test.wantStatus == 0) {
				t.Fatalf("answer %+v, error %v", a, err)
			}
			if err == nil {
				equal(t, "status", a.status, test.wantStatus)
			}
			if test.wantCode != "" {
				equal(t, "code", a.errorCode(t), test.wantCode)
			}
			if test.wantHeader[0] != "" {
				equal(t, "header", a.header.Get(test.wantHeader[0]), test.wantHeader[1])
			}
			if !strings.Contains(a.body, test.wantText) {
				t.Errorf("%q lacks %q", a.body, test.wantText)
			}
			equal(t, "accepted", len(server.Operations("Samples", "Storms")) == 1, test.accepted)
			equal(t, "rows", server.RowCount("Samples", "Storms") == 1, test.accepted)
			equal(t, "recorded", server.Count(kustotest.RouteSubmit) == 0, test.unrecorded)
			if !test.unrecorded {
				equal(t, "name", server.Requests()[0].Fault, test.fault.Name)
			}
			equal(t, "the next", c.must(http.MethodPost, tablePath, body("", blob)).status, http.StatusOK)
		})
	}
}

func TestFault_routesCountsAndTexts(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blobs := put(server, "a", 2)
	post := func(blob string) int { return c.must(http.MethodPost, tablePath, body("", blob)).status }
	server.Inject(kustotest.FaultThrottled(0).On(kustotest.RouteSubmit).After(1).Times(2))
	server.Inject(kustotest.FaultInternalError().On(kustotest.RouteSubmit).For("a1.csv"))
	var got []int
	for range 5 {
		got = append(got, post(blobs[0]))
	}
	equal(t, "one passes, two are hit, the rest pass", got, []int{200, 429, 429, 200, 200})
	equal(t, "the named blob, always", []int{post(blobs[1]), post(blobs[1])}, []int{500, 500})
	server.ClearFaults()
	equal(t, "cleared", post(blobs[1]), 200)
	server.Inject(kustotest.FaultInternalError())
	for _, path := range []string{"/v1/rest/ingestion/configuration", "/v1/rest/auth/metadata", "/blobs/seed/a0.csv", "/nowhere"} {
		equal(t, path, c.must(http.MethodGet, path, "").status, 500)
	}
	equal(t, "operator", c.must(http.MethodGet, "/_mock/health", "").status, 200)
}

func TestFault_notFoundGrace(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := url.PathEscape(c.submit("", put(server, "a", 1)...))
	server.Inject(kustotest.FaultNotFoundGrace(2))
	var got []int
	for range 3 {
		got = append(got, c.must(http.MethodGet, tablePath+"/"+id, "").status)
	}
	equal(t, "statuses", got, []int{404, 404, 200})
}

func TestFault_invalidRequestKeepsItsRefusal(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	server.Inject(kustotest.FaultDroppedAfterAccept().On(kustotest.RouteSubmit))
	a := newCaller(t, server).must(http.MethodPost, tablePath, "{}")
	equal(t, "status", a.status, http.StatusBadRequest)
}

func TestFault_slowRequestOfACallerWhoLeftIsNotAccepted(t *testing.T) {
	t.Parallel()
	for name, accepts := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			server.Inject(kustotest.FaultSlow(time.Hour).On(kustotest.RouteSubmit).InState(accepts))
			blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
			left := make(chan struct{})
			go func() {
				defer close(left)
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				defer cancel()
				request := httptest.NewRequestWithContext(ctx, http.MethodPost, tablePath, strings.NewReader(body("", blob)))
				request.Header = newCaller(t, server).header
				defer func() { _ = recover() }() // net/http's word for a connection that is closed.
				server.ServeHTTP(httptest.NewRecorder(), request)
			}()
			<-left
			equal(t, "accepted", len(server.Operations("Samples", "Storms")) == 1, accepts)
			equal(t, "recorded", server.Count(kustotest.RouteSubmit), 1)
		})
	}
}

func TestFault_closeLetsGoOfSlowAnswers(t *testing.T) {
	t.Parallel()
	server := kustotest.StartServer()
	server.Inject(kustotest.FaultSlow(time.Hour))
	left := make(chan error, 1)
	go func() {
		_, err := newCaller(t, server).do(http.MethodGet, "/v1/rest/auth/metadata", "")
		left <- err
	}()
	server.Shutdown()
	if err := <-left; err == nil {
		t.Error("the answer came")
	}
	server.Close()
}

func TestFault_storageHitsDownloads(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	server.Inject(kustotest.FaultForbidden().On(kustotest.RouteBlobs).For("a1").Times(1))
	server.Inject(kustotest.FaultThrottled(0).Times(1).After(1))
	id := c.submit("", put(server, "a", 2)...)
	c.must(http.MethodGet, "/v1/rest/auth/metadata", "")
	equal(t, "states", c.states(id), map[string]string{"a0.csv": "Succeeded", "a1.csv": "Failed Download_Forbidden"})
}
