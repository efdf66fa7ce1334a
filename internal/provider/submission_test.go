package provider

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// submissionTo is a submission of the blobs at the URLs to a service, and the decisions to send all of them.
func submissionTo(t *testing.T, service string, urls []string) (*submission, []ledger.Decision) {
	t.Helper()
	s := &submission{
		client:   clientOf(t.Context(), t, block{"cluster_uri": service, "access_token": "t"}, variablesOf(nil), withWait(quickWait)),
		database: "Samples", table: "Events", properties: kusto.Properties{Format: "csv", EnableTracking: true},
		sources: map[string]kusto.Blob{}, staged: map[string]bool{}, book: ledger.New(),
	}
	wanted := make([]ledger.Blob, len(urls))
	for i, url := range urls {
		wanted[i] = ledger.Blob{Key: url, SourceID: defaultSourceID(s.database, s.table, url)}
		s.sources[url] = kusto.Blob{URL: url}
	}
	return s, s.book.Decide(wanted, true)
}

// What is wrong with one request is mostly wrong with all, so that a thousand of them must not follow it.
func TestSubmission_beginsNothingAfterARefusal(t *testing.T) {
	t.Parallel()
	refused := make(chan struct{})
	once := sync.OnceFunc(func() { close(refused) })
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "part-000.csv") {
			w.WriteHeader(http.StatusForbidden)
			once()
			return
		}
		<-refused
		_, _ = io.WriteString(w, `{"ingestionOperationId":"op"}`)
	}))
	t.Cleanup(service.Close)
	const requests = 100
	s, decisions := submissionTo(t, service.URL, putBlobs(kustotest.NewServer(t), requests*maxBlobsPerRequest))
	s.send(t.Context(), decisions)
	if n := len(s.accepted); n == 0 || n > requests/2 {
		t.Errorf("%d requests were accepted, want those that were under way", n)
	}
	if len(s.problems) != 2 || len(s.problems[0].blobs) != maxBlobsPerRequest || s.problems[1].err != errNotBegun { //nolint:errorlint // it is that very one
		t.Fatalf("%d problems, want the refusal and what was not begun", len(s.problems))
	}
	unsent := 0
	for _, e := range s.book.Entries {
		if e.Status == ledger.NotSubmitted {
			unsent++
		}
	}
	if want := maxBlobsPerRequest + len(s.problems[1].blobs); unsent != want || unsent+maxBlobsPerRequest*len(s.accepted) != len(decisions) {
		t.Errorf("%d blobs stand as not submitted, want %d", unsent, want)
	}
}

// The service is to delete the provider's own uploads when they are ingested, and never a user's blob.
func TestSubmission_onlyUploadsAreDeletedAfterDownload(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 3)
	s, decisions := submissionTo(t, server.URL, urls)
	s.staged[urls[1]] = true
	s.send(t.Context(), decisions)
	if len(s.problems) > 0 || len(s.accepted) != 2 {
		t.Fatalf("problems %v, operations %v", s.problems, s.accepted)
	}
	for _, r := range server.Requests() {
		body := string(r.Body)
		upload := strings.Contains(body, "part-001.csv")
		if upload == strings.Contains(body, "part-000.csv") || upload == strings.Contains(body, "part-002.csv") {
			t.Errorf("an upload shares a request with a user's blob: %s", body)
		}
		if strings.Contains(body, `"deleteAfterDownload":true`) != upload {
			t.Errorf("deleteAfterDownload is wrong: %s", body)
		}
	}
}

// The plan has told a status for what it does not send, and the apply sends nothing of it.
func TestSending_isOnlyWhatThePlanLeftOpen(t *testing.T) {
	t.Parallel()
	_, decisions := submissionTo(t, "http://127.0.0.1:1", []string{"open", "told", "new"})
	m := &queuedIngestionModel{BlobStatus: types.MapValueMust(types.StringType, map[string]attr.Value{
		"open": types.StringUnknown(), "told": types.StringValue("Succeeded"),
	})}
	a := application{decisions: decisions, allowed: m.mayBeSent}
	var keys []string
	for _, d := range a.sending() {
		keys = append(keys, d.Key)
	}
	if got := strings.Join(keys, " "); got != "open new" {
		t.Errorf("%q is sent", got)
	}
	m.BlobStatus = types.MapUnknown(types.StringType)
	if got := len(a.sending()); got != 3 {
		t.Errorf("%d blobs are sent where the plan knew of none, want 3", got)
	}
}

// Between a plan and its apply, the service may have mended what it had given up.
func TestConfirm_sendsOnlyWhatIsCertainlyGivenUp(t *testing.T) {
	t.Parallel()
	failed := kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden"}
	for name, c := range map[string]struct {
		now    kustotest.Outcome
		change func(server *kustotest.Server)
		sends  bool
		status ledger.Status
		error  bool
	}{
		"still failed": {now: failed, sends: true, status: ledger.Failed},
		"mended":       {status: ledger.Succeeded},
		"taken up":     {now: kustotest.Outcome{Hang: true}, status: ledger.InProgress},
		"received":     {now: kustotest.Outcome{State: "Failed", ErrorCode: "BlobAlreadyReceived_BlobAlreadyFoundInBatch"}, status: ledger.Failed},
		"forgotten":    {now: failed, change: func(s *kustotest.Server) { s.ExpireOperations() }, sends: true, status: ledger.Failed},
		"no answer": {now: failed, change: func(s *kustotest.Server) {
			s.Inject(kustotest.FaultForbidden().On(kustotest.RouteStatus))
		}, status: ledger.Failed, error: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			urls := putBlobs(server, 2)
			server.Outcome(urls[0], c.now)
			s, decisions := submissionTo(t, server.URL, urls)
			s.send(t.Context(), decisions)
			if len(s.accepted) != 1 {
				t.Fatalf("problems %v", s.problems)
			}
			s.book.Set(urls[0], ledger.Entry{SourceID: decisions[0].SourceID, Status: ledger.Failed, Operation: s.accepted[0].ID})
			wanted := []ledger.Blob{decisions[0].Blob, decisions[1].Blob}
			a := application{submission: *s, book: s.book, decisions: s.book.Decide(wanted, true), allowed: func(string) bool { return true }}
			if c.change != nil {
				c.change(server)
			}
			sending, diags := a.confirm(t.Context(), a.sending())
			if got := len(sending) == 1; got != c.sends || diags.HasError() != c.error {
				t.Errorf("sends %v, says %q", sending, messages(diags))
			}
			if got := s.book.Entries[urls[0]].Status; got != c.status {
				t.Errorf("status %q, want %q", got, c.status)
			}
			if got := s.book.Entries[urls[1]].Status; got != ledger.Queued {
				t.Errorf("the blob that the plan has a status for became %q", got)
			}
		})
	}
}

// A creation may fail, and so be repeated, only where no row can be in the table.
func TestNothingIngested_needsCertainty(t *testing.T) {
	t.Parallel()
	blobs := []blobArgument{{URL: types.StringValue("https://a.example.com/c/1.csv"), SourceID: types.StringValue("1")}}
	certain := func() *application {
		a := &application{waited: true, book: ledger.New(), plan: queuedIngestionModel{Blobs: blobList(blobs)}}
		a.book.Set("https://a.example.com/c/1.csv", ledger.Entry{SourceID: "1", Status: ledger.Failed})
		return a
	}
	for name, c := range map[string]struct {
		change func(a *application)
		want   bool
	}{
		"failed":         {func(*application) {}, true},
		"not waited for": {func(a *application) { a.waited = false }, false},
		"waited in vain": {func(a *application) { a.waitErr = io.ErrUnexpectedEOF }, false},
		"only if not there": {func(a *application) {
			a.asked.IngestIfNotExists = types.ListValueMust(types.StringType, []attr.Value{types.StringValue("once")})
		}, false},
		"in progress": {func(a *application) {
			a.book.Set("https://a.example.com/c/1.csv", ledger.Entry{Status: ledger.InProgress})
		}, false},
		"canceled": {func(a *application) {
			a.book.Set("https://a.example.com/c/1.csv", ledger.Entry{Status: ledger.Canceled})
		}, false},
		"open": {func(a *application) {
			a.book.Set("https://a.example.com/c/1.csv", ledger.Entry{Status: ledger.Unknown})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := certain()
			c.change(a)
			if got := a.nothingIngested(); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
