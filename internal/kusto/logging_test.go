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

func TestLog_acceptedOperationIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := kustotest.NewServer(t)
	book := &logbook{}
	o := emulator(s)
	o.Log = book.log
	id := submit(t, newTestClient(t, o), upload(s, "a.csv", "b.csv"))
	last := book.lines[len(book.lines)-1]
	want := map[string]any{"database": "My DB", "table": "T", "ingestion_operation_id": id, "blobs": 2}
	if diff := cmp.Diff(want, last.fields); diff != "" || last.level != LevelInfo {
		t.Errorf("level %d: %s", last.level, diff)
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
	if len(book.lines) != 2*3+1 {
		t.Errorf("%d lines", len(book.lines))
	}
	if got := book.lines[len(book.lines)-1].fields["status"]; got != 200 {
		t.Errorf("status %v", got)
	}
	if got := book.lines[len(book.lines)-2].fields["url"]; got != testHost+"/v1/rest/ingestion/queued/D/T/op?details=true" {
		t.Errorf("url %v", got)
	}
}
