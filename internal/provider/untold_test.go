package provider

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// retold returns the URL of a service that tells otherwise what became of an operation.
func retold(t *testing.T, server *kustotest.Server, tell func(document map[string]any)) string {
	t.Helper()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(resp *http.Response) error {
			if resp.Request.Method != http.MethodGet || !strings.Contains(resp.Request.URL.Path, "/ingestion/queued/") || resp.StatusCode != http.StatusOK {
				return nil
			}
			var document map[string]any
			if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
				return err
			}
			tell(document)
			text, err := json.Marshal(document)
			resp.Body = io.NopCloser(bytes.NewReader(text))
			resp.Header.Set("Content-Length", strconv.Itoa(len(text)))
			resp.ContentLength = int64(len(text))
			return err
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	return front.URL
}

// rows changes each row of the details, or drops it.
func rows(document map[string]any, change func(row map[string]any) bool) {
	details, ok := document["details"].([]any)
	if !ok {
		return
	}
	kept := []any{}
	for _, row := range details {
		if members, ok := row.(map[string]any); ok && change(members) {
			kept = append(kept, row)
		}
	}
	document["details"] = kept
}

func anonymous(document map[string]any) {
	rows(document, func(row map[string]any) bool {
		delete(row, "url")
		delete(row, "sourceId")
		return true
	})
}

// What the service says of a blob may not be recognizable as that blob's. Then it is asked for by each plan, and said by each, until it is told.
func TestAccUntold_isSaidInEachPlanAndNeverSentAgain(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(map[string]any){
		"neither url nor source id": anonymous,
		"another source id": func(document map[string]any) {
			rows(document, func(row map[string]any) bool {
				delete(row, "url")
				row["sourceId"] = "11111111-2222-4333-8444-555555555555"
				return true
			})
		},
		"the failed one is missing": func(document map[string]any) {
			rows(document, func(row map[string]any) bool { return row["status"] != "Failed" })
		},
		"no rows":    func(document map[string]any) { rows(document, func(map[string]any) bool { return false }) },
		"no details": func(document map[string]any) { delete(document, "details") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			urls := putBlobs(server, 2)
			server.Outcome(urls[1], kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden"})
			config := strings.Replace(seed{blobs: blobsAt(urls...)}.in(server), server.URL+`"`, retold(t, server, tell)+`"`, 1)
			w := newWorkspace(t, config)
			w.do(0, "apply", "-auto-approve")
			for range 2 {
				output := w.do(0, "plan", "-detailed-exitcode", "-no-color")
				for _, want := range []string{"Warning: The service does not tell what became of blobs", "part-001.csv"} {
					if !strings.Contains(output, want) {
						t.Errorf("%q is not said:\n%s", want, output)
					}
				}
			}
			expectSent(t, server, 1)
		})
	}
}

// Where all blobs are ingested, it does not matter which is which.
func TestAccUntold_allSucceededByTheCounters(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(map[string]any){
		"neither url nor source id": anonymous,
		"no details":                func(document map[string]any) { delete(document, "details") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			config := strings.Replace(seed{blobs: blobsAt(putBlobs(server, 2)...)}.in(server), server.URL+`"`, retold(t, server, tell)+`"`, 1)
			w := newWorkspace(t, config)
			w.do(0, "apply", "-auto-approve")
			w.do(0, "apply", "-refresh-only", "-auto-approve")
			if got := w.state().Attributes.State; got != "Succeeded" {
				t.Errorf("state %q", got)
			}
			expectSent(t, server, 1)
		})
	}
}

func TestObserve_countersAloneNeverFailABlob(t *testing.T) {
	t.Parallel()
	succeeded, failed := kusto.BlobDetail{State: kusto.StateSucceeded}, kusto.BlobDetail{State: kusto.StateFailed}
	transient := kusto.BlobDetail{State: kusto.StateFailed, FailureStatus: kusto.FailureTransient}
	for name, c := range map[string]struct {
		status kusto.Status
		want   ledger.Status
		untold int
	}{
		"all succeeded":          {kusto.Status{Counters: kusto.Counters{Succeeded: 2}}, ledger.Succeeded, 0},
		"all failed":             {kusto.Status{Counters: kusto.Counters{Failed: 2}}, ledger.Queued, 2},
		"one of each":            {kusto.Status{Counters: kusto.Counters{Succeeded: 1, Canceled: 1}}, ledger.Queued, 2},
		"too few":                {kusto.Status{Counters: kusto.Counters{Succeeded: 1}}, ledger.Queued, 0},
		"still running":          {kusto.Status{Counters: kusto.Counters{Succeeded: 2, InProgress: 1}}, ledger.Queued, 0},
		"unknown counter":        {kusto.Status{Counters: kusto.Counters{Succeeded: 2, Other: 1}}, ledger.Queued, 0},
		"a row says otherwise":   {kusto.Status{Counters: kusto.Counters{Succeeded: 2}, Details: []kusto.BlobDetail{succeeded, failed}}, ledger.Queued, 2},
		"a row may still change": {kusto.Status{Counters: kusto.Counters{Failed: 2}, Details: []kusto.BlobDetail{failed, transient}}, ledger.Queued, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := ledger.New()
			book.Accept([]ledger.Decision{{Blob: ledger.Blob{Key: "a", SourceID: "1"}}, {Blob: ledger.Blob{Key: "b", SourceID: "2"}}}, "op")
			untold := observe(book, "op", c.status)
			if book.Entries["a"].Status != c.want || book.Entries["b"].Status != c.want || len(untold) != c.untold {
				t.Errorf("%v, untold %q", book.Entries, untold)
			}
		})
	}
}
