package kustotest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestOperator_tables(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	c.header = http.Header{}
	blob := server.PutBlob("seed", "a.json", []byte(`{"a":1}`+"\n"+`{"a":2}`))
	api := newCaller(t, server)
	api.submit(`"format":"json"`, blob)
	api.submit(`"format":"json"`, blob)
	var tables []map[string]any
	if err := json.Unmarshal([]byte(c.must(http.MethodGet, "/_mock/tables?rows=1", "").body), &tables); err != nil {
		t.Fatal(err)
	}
	equal(t, "tables", tables, []map[string]any{{
		"database": "Samples", "table": "Storms", "rowCount": 4.0, "extents": 2.0, "blobs": 1.0, "blobsIngestedMoreThanOnce": 1.0,
		"columns": []any{"a"}, "rows": []any{[]any{"1"}},
	}})
	equal(t, "no number", c.must(http.MethodGet, "/_mock/tables?rows=x", "").status, http.StatusBadRequest)
	var operations []map[string]any
	if err := json.Unmarshal([]byte(c.must(http.MethodGet, "/_mock/operations", "").body), &operations); err != nil {
		t.Fatal(err)
	}
	equal(t, "newest first", operations[0]["id"], any(server.Operations("Samples", "Storms")[1].ID))
}

func TestOperator_resetAndRequests(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	c.submit("", put(server, "a", 1)...)
	var requests []map[string]any
	if err := json.Unmarshal([]byte(c.must(http.MethodGet, "/_mock/requests?route=submit", "").body), &requests); err != nil {
		t.Fatal(err)
	}
	equal(t, "requests", len(requests), 1)
	equal(t, "route", requests[0]["route"], any("submit"))
	equal(t, "forget", c.must(http.MethodDelete, "/_mock/requests", "").status, http.StatusNoContent)
	equal(t, "count", server.Count(kustotest.RouteAny), 0)
	equal(t, "reset", c.must(http.MethodPost, "/_mock/reset", "").status, http.StatusNoContent)
	equal(t, "rows", server.RowCount("Samples", "Storms"), 0)
	equal(t, "unknown", c.must(http.MethodGet, "/_mock/other", "").status, http.StatusNotFound)
	c.header.Set("Origin", "https://evil.example")
	equal(t, "from a page elsewhere", c.must(http.MethodPost, "/_mock/reset", "").status, http.StatusForbidden)
}

func TestOperator_faultsByName(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	var names []string
	if err := json.Unmarshal([]byte(c.must(http.MethodGet, "/_mock/faults", "").body), &names); err != nil {
		t.Fatal(err)
	}
	equal(t, "names", len(names), 20)
	for _, name := range names {
		server.ClearFaults()
		server.ResetRequests()
		order := `{"fault":"` + name + `","route":"metadata","times":1,"retryAfter":"1ms","to":"/","code":"c","acceptsFirst":true}`
		equal(t, name, c.must(http.MethodPost, "/_mock/faults", order).status, http.StatusNoContent)
		_, _ = c.do(http.MethodGet, "/v1/rest/auth/metadata", "")
		if name == "DroppedBeforeRead" {
			equal(t, name, server.Count(kustotest.RouteAny), 0)
			continue
		}
		equal(t, name, server.Requests()[0].Fault, name)
	}
	for text, want := range map[string]string{
		`{"fault":"Other"}`:                        "there is no fault",
		`{"fault":"Slow","retryAfter":"a moment"}`: "no duration",
		`[]`: "no fault",
	} {
		a := c.must(http.MethodPost, "/_mock/faults", text)
		equal(t, text, a.status, http.StatusBadRequest)
		if !strings.Contains(a.body, want) {
			t.Errorf("%s lacks %q", a.body, want)
		}
	}
	server.Inject(kustotest.FaultForbidden())
	equal(t, "clear", c.must(http.MethodDelete, "/_mock/faults", "").status, http.StatusNoContent)
	equal(t, "cleared", c.must(http.MethodGet, "/v1/rest/auth/metadata", "").status, http.StatusOK)
}

func TestPage_escapesWhatWasIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	const evil = `<script>alert(1)</script>`
	c.submit(`"format":"txt"`, server.PutBlob("seed", "a.txt", []byte(evil+"\n")), server.URL+"/blobs/seed/none.csv?x=<b>")
	c.header = http.Header{}
	a := c.must(http.MethodGet, "/", "")
	equal(t, "status", a.status, http.StatusOK)
	for _, part := range []string{"Samples / Storms", "1 rows from 1 blobs", "&lt;script&gt;", "Download_SourceNotFound", server.URL} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(a.body, evil) || strings.Contains(a.body, "<b>") {
		t.Error("the page holds markup that was ingested")
	}
}
