package kusto

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// logbook keeps log lines.
type logbook struct {
	mu    sync.Mutex
	lines []logLine
}

type logLine struct {
	level  Level
	msg    string
	fields map[string]any
}

func (l *logbook) log(_ context.Context, level Level, msg string, fields map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, logLine{level, msg, fields})
}

// Who was killed finds in the log which operations to import, and which blobs nobody knows about.
func TestLog_eachRequestIsToldBeforeAndAfter(t *testing.T) {
	t.Parallel()
	const sending, accepted, refused = "Sending an ingestion to Kusto", "Kusto accepted an ingestion", "Kusto did not take an ingestion"
	for name, c := range map[string]struct {
		fault *kustotest.Fault
		want  []string
	}{
		"accepted":    {nil, []string{sending, accepted}},
		"refused":     {new(kustotest.FaultForbidden()), []string{sending, refused}},
		"no answer":   {new(kustotest.FaultDroppedAfterAccept()), []string{sending}},
		"not read":    {new(kustotest.FaultDroppedBeforeRead()), []string{sending}},
		"cut in half": {new(kustotest.FaultUnreadableAccept()), []string{sending}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kustotest.NewServer(t)
			if c.fault != nil {
				s.Inject(c.fault.On(kustotest.RouteSubmit))
			}
			book := &logbook{}
			o := emulator(s)
			o.Log = book.log
			request := upload(s, "a.csv", "b.csv")
			ids := request.Blobs[0].SourceID + "," + request.Blobs[1].SourceID
			id, _ := newTestClient(t, o).Submit(t.Context(), "My DB", "T", request)
			var told []string
			for _, line := range book.lines {
				if line.level != LevelInfo {
					continue
				}
				told = append(told, line.msg)
				want := map[string]any{"database": "My DB", "table": "T", "blobs": 2, "source_ids": ids}
				if line.msg == accepted {
					want["ingestion_operation_id"] = id
				}
				if diff := cmp.Diff(want, line.fields); diff != "" {
					t.Errorf("%s: %s", line.msg, diff)
				}
			}
			if diff := cmp.Diff(c.want, told); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLog_onlyWhatIsOnTheLists(t *testing.T) {
	t.Parallel()
	d := &transport{replies: []reply{
		{status: 429, body: `{"error":{"@message":"body-secret"}}`, header: http.Header{"Retry-After": {"0"}, "X-Ms-Activity-Id": {"act"}, "Set-Cookie": {"cookie-secret"}}},
		{status: 200, body: `{"ingestionOperationId":"op"}`},
		{status: 200, body: `{"status":{}}`},
	}}
	book := &logbook{}
	o := Options{ClusterURI: testHost, Credential: fixedToken("token-secret"), StaticToken: true, Transport: d, Log: book.log, Retry: RetryOptions{Initial: 1}}
	c := newTestClient(t, o)
	if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context(), "D", "T", "op", true); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"method": true, "url": true, "attempt": true, "duration_ms": true, "status": true, "x-ms-client-request-id": true,
		"x-ms-activity-id": true, "x-ms-app": true, "x-ms-client-version": true, "x-ms-version": true, "content-type": true, "accept": true,
		"retry-after": true, "content-length": true, "date": true}
	for _, line := range book.lines {
		text := fmt.Sprint(line.msg, line.fields)
		for _, secret := range []string{"-secret", "sig=", "Authorization", "Bearer", "acct.blob"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q in %s", secret, text)
			}
		}
		for name := range line.fields {
			if line.level == LevelDebug && !allowed[name] {
				t.Errorf("the field %s is on no list", name)
			}
		}
	}
	if len(book.lines) != 2*3+2 {
		t.Errorf("%d lines", len(book.lines))
	}
	if got := book.lines[len(book.lines)-1].fields["status"]; got != 200 {
		t.Errorf("status %v", got)
	}
	if got := book.lines[len(book.lines)-2].fields["url"]; got != testHost+"/v1/rest/ingestion/queued/D/T/op?details=true" {
		t.Errorf("url %v", got)
	}
}

// The errors of net/http name the URL, and what a proxy says may hold anything.
func TestLog_errorsAreRedacted(t *testing.T) {
	t.Parallel()
	book := &logbook{}
	d := &transport{replies: []reply{{err: fmt.Errorf("Get \"https://acct.blob.core.windows.net/c/f.csv?%s\": EOF", testSAS)}}}
	o := Options{ClusterURI: testHost, Credential: fixedToken("t"), StaticToken: true, Transport: d, Log: book.log}
	if _, err := newTestClient(t, o).Submit(t.Context(), "D", "T", oneBlob()); !IsOutcomeUnknown(err) {
		t.Fatal(err)
	}
	told := 0
	for _, line := range book.lines {
		text := fmt.Sprint(line.fields["error"])
		if strings.Contains(text, "sig=") {
			t.Errorf("a secret in %q", text)
		}
		if line.msg == "Kusto did not answer" && strings.Contains(text, "EOF") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the error is told %d times in %v", told, book.lines)
	}
}
