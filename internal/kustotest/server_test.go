package kustotest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestServer_tokenIsRequiredExceptForMetadata(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithToken("the-token"))
	for name, test := range map[string]struct {
		method, path, authorization string
		want                        int
	}{
		"submit without":           {http.MethodPost, tablePath, "", http.StatusUnauthorized},
		"status without":           {http.MethodGet, tablePath + "/x", "", http.StatusUnauthorized},
		"configuration without":    {http.MethodGet, "/v1/rest/ingestion/configuration", "", http.StatusUnauthorized},
		"command without":          {http.MethodPost, "/v1/rest/mgmt", "", http.StatusUnauthorized},
		"configuration with other": {http.MethodGet, "/v1/rest/ingestion/configuration", "Bearer other", http.StatusUnauthorized},
		"configuration with basic": {http.MethodGet, "/v1/rest/ingestion/configuration", "Basic the-token", http.StatusUnauthorized},
		"configuration with it":    {http.MethodGet, "/v1/rest/ingestion/configuration", "Bearer the-token", http.StatusOK},
		"metadata without":         {http.MethodGet, "/v1/rest/auth/metadata", "", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCaller(t, server)
			c.header.Set("Authorization", test.authorization)
			a := c.must(test.method, test.path, "{}")
			equal(t, "status", a.status, test.want)
			if test.want == http.StatusUnauthorized {
				equal(t, "challenge", a.header.Get("WWW-Authenticate"), "Bearer")
				equal(t, "body", a.body, "")
			}
		})
	}
}

func TestServer_anyTokenButNoneIsAcceptedByDefault(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	equal(t, "with a token", c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "").status, http.StatusOK)
	c.header.Set("Authorization", "Bearer ")
	equal(t, "with an empty one", c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "").status, http.StatusUnauthorized)
}

func TestServer_wrongMethodIsToldTheRightOne(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	for path, allowed := range map[string]string{
		tablePath:                          http.MethodPost,
		tablePath + "/id":                  http.MethodGet,
		"/v1/rest/ingestion/configuration": http.MethodGet,
		"/v1/rest/auth/metadata":           http.MethodGet,
		"/v1/rest/mgmt":                    http.MethodPost,
	} {
		a := c.must(http.MethodDelete, path, "")
		equal(t, path, a.status, http.StatusMethodNotAllowed)
		equal(t, path+" Allow", a.header.Get("Allow"), allowed)
	}
}

func TestServer_unknownRouteIsNotFound(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	for _, path := range []string{"/v1/rest/query", "/v1/rest/ingestion/queued/OnlyDatabase", tablePath + "/id/more", "/v1/rest/ingestion/queued//T"} {
		a := c.must(http.MethodGet, path, "")
		equal(t, path, a.status, http.StatusNotFound)
		equal(t, path, a.errorCode(t), "NotFound")
	}
}

func TestServer_requestIDIsEchoedAndActivityIDIsFresh(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	c.header.Set("X-Ms-Client-Request-Id", "Test.Ingest;1")
	good := c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "")
	bad := c.must(http.MethodGet, tablePath+"/none", "")
	for _, a := range []answer{good, bad} {
		equal(t, "echo", a.header.Get("X-Ms-Client-Request-Id"), "Test.Ingest;1")
	}
	first, second := good.header.Get("X-Ms-Activity-Id"), bad.header.Get("X-Ms-Activity-Id")
	if first == "" || first == second {
		t.Errorf("activity ids are %q and %q", first, second)
	}
	if !strings.Contains(bad.body, second) || !strings.Contains(bad.body, "Test.Ingest;1") {
		t.Errorf("the error document lacks the ids: %s", bad.body)
	}
	c.header.Del("X-Ms-Client-Request-Id")
	if id := c.must(http.MethodGet, "/v1/rest/auth/metadata", "").header.Get("X-Ms-Client-Request-Id"); id == "" {
		t.Error("no id was made for a request without one")
	}
}

func TestServer_errorIsPlainTextWithoutAccept(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	c.header.Del("Accept")
	a := c.must(http.MethodPost, tablePath, "[]")
	equal(t, "status", a.status, http.StatusBadRequest)
	equal(t, "body", a.body,
		"General_BadRequest: The request body is no JSON object. ActivityId='"+a.header.Get("X-Ms-Activity-Id")+"'")
}

func TestServer_namesAreEscapedPerSegment(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	a := c.must(http.MethodPost, "/v1/rest/ingestion/queued/My%20DB/My%20Table.v-1", body("", blob))
	equal(t, "status", a.status, http.StatusOK)
	id := server.Operations("My DB", "My Table.v-1")[0].ID
	if strings.Count(id, ";") != 2 {
		t.Fatalf("operation id %q has not three parts", id)
	}
	for _, path := range []string{url.PathEscape(id), id} {
		a = c.must(http.MethodGet, "/v1/rest/ingestion/queued/my%20db/My%20Table.v-1/"+path, "")
		equal(t, path, a.status, http.StatusOK)
	}
	equal(t, "rows", server.RowCount("MY DB", "My Table.v-1"), 1)
	equal(t, "rows of another table", server.RowCount("My DB", "my table.v-1"), 0)
}

func TestServer_operationIsReadUnderItsOwnTableOnly(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := url.PathEscape(c.submit("", server.PutBlob("seed", "a.csv", []byte("1\n"))))
	for path, want := range map[string]int{
		"/v1/rest/ingestion/queued/samples/Storms/" + id: http.StatusOK,
		"/v1/rest/ingestion/queued/Samples/storms/" + id: http.StatusNotFound,
		"/v1/rest/ingestion/queued/Other/Storms/" + id:   http.StatusNotFound,
	} {
		equal(t, path, c.must(http.MethodGet, path, "").status, want)
	}
}

func TestServer_latencyDelaysAnAnswer(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t, kustotest.WithLatency(30*time.Millisecond)))
	start := time.Now()
	c.must(http.MethodGet, "/v1/rest/auth/metadata", "")
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("the answer came after %v", took)
	}
}

func TestServer_resetKeepsBlobsAndDeclaredTables(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithTable("Samples", "Storms", kustotest.Column{Name: "Id", Type: "long"}))
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	id := c.submit("", blob)
	server.Inject(kustotest.FaultForbidden().On(kustotest.RouteSubmit))
	equal(t, "rows before", server.RowCount("Samples", "Storms"), 1)
	server.Reset()
	equal(t, "rows", server.RowCount("Samples", "Storms"), 0)
	equal(t, "requests", server.Count(kustotest.RouteAny), 0)
	equal(t, "operations", len(server.Operations("Samples", "Storms")), 0)
	equal(t, "status", c.must(http.MethodGet, tablePath+"/"+url.PathEscape(id), "").status, http.StatusNotFound)
	c.submit("", blob)
	equal(t, "rows after", server.Rows("Samples", "Storms"), [][]string{{"1"}})
	equal(t, "columns", server.Columns("Samples", "Storms"), []kustotest.Column{{Name: "Id", Type: "long"}})
}
