package kusto

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordedLog keeps log lines.
type recordedLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *recordedLog) add(_ context.Context, _ Level, msg string, fields map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%s %v", msg, fields))
}

func (l *recordedLog) expectNoSecret(t *testing.T) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == 0 {
		t.Error("nothing was logged")
	}
	for _, line := range l.lines {
		if strings.Contains(line, stageSecret) {
			t.Errorf("logged: %s", line)
		}
	}
}

// chain returns the texts of an error and of everything that it wraps.
func chain(err error) []string {
	if err == nil {
		return nil
	}
	texts := []string{err.Error(), fmt.Sprintf("%v %+v %#v", err, err, err)}
	switch e := err.(type) { //nolint:errorlint // walks the chain itself
	case interface{ Unwrap() error }:
		texts = append(texts, chain(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			texts = append(texts, chain(inner)...)
		}
	}
	return texts
}

func TestStage_noSecretInErrorsAndLog(t *testing.T) {
	t.Parallel()
	refuse := func(status int, body string) func(*http.Request) *reply {
		return func(req *http.Request) *reply {
			header := http.Header{"X-Ms-Request-Id": {req.URL.String()}, "Location": {req.URL.String()}}
			return &reply{status: status, header: header, body: strings.ReplaceAll(body, "URL", req.URL.String())}
		}
	}
	fail := func(err error) func(*http.Request) *reply {
		return func(req *http.Request) *reply {
			return &reply{err: &url.Error{Op: "Put", URL: req.URL.String(), Err: err}}
		}
	}
	const xml = `<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>Denied URL to you.&#10;RequestId:1</Message>` +
		`<AuthenticationErrorDetail>sig=` + stageSecret + `</AuthenticationErrorDetail></Error>`
	tests := map[string]struct {
		onBlock func(*http.Request) *reply
		want    string
	}{
		"XML":      {refuse(403, strings.ReplaceAll(xml, "URL", "'https://h/c?sig="+stageSecret+"'")), "Denied 'https://h/c?REDACTED' to you."},
		"HTML":     {refuse(502, "<html>URL</html>"), "HTTP 502"},
		"text":     {refuse(400, "URL"), "HTTP 400"},
		"JSON":     {refuse(409, `{"error":{"code":"URL","message":"URL"}}`), "HTTP 409"},
		"redirect": {refuse(307, "URL"), "HTTP 307"},
		"dialling": {fail(&net.OpError{Op: "dial", Err: errors.New("refused")}), "dial: refused"},
		"prose":    {fail(errors.New("no way to https://h/c?sig=" + stageSecret)), "no way to https://h/c?REDACTED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &storage{containers: oneContainer, onBlock: tt.onBlock}
			log := &recordedLog{}
			o := s.options()
			o.Log = log.add
			_, err := newTestClient(t, o).Stage(t.Context(), writeFile(t, "a.csv", []byte("1\n")), csv)
			if !NotSent(err) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "acct.blob.core.windows.net/staging") {
				t.Errorf("got %v", err)
			}
			for _, text := range chain(err) {
				if strings.Contains(text, stageSecret) {
					t.Errorf("secret in %s", text)
				}
			}
			log.expectNoSecret(t)
		})
	}
}

func TestStaged_printsWithoutTheSecret(t *testing.T) {
	t.Parallel()
	staged := Staged{URL: "https://acct.blob.core.windows.net/c/a.csv.gz?sv=1&sig=" + stageSecret, RawSize: 1}
	container, err := parseStagingContainer(oneContainer[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{staged, &staged, []Staged{staged}, container} {
			if text := fmt.Sprintf(format, value); strings.Contains(text, stageSecret) || !strings.Contains(text, "acct.blob.core.windows.net/") {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
}

func TestStage_canceledOnTheWay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := &storage{containers: []string{oneContainer[0], oneContainer[0]}}
	s.onBlock = func(*http.Request) *reply {
		cancel()
		return &reply{err: ctx.Err()}
	}
	_, err := newTestClient(t, s.options()).Stage(ctx, writeFile(t, "a.parquet", noise(5<<20)), StageOptions{Format: "parquet"})
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	want := Error{Operation: "stage", Kind: KindCanceled, Attempts: 1, Err: context.Canceled}
	if diff := cmp.Diff(want, *e, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
		t.Error(diff)
	}
	if s.committed.Load() != 0 || !NotSent(err) {
		t.Errorf("%d blobs, %v", s.committed.Load(), err)
	}
}

// TestUploadStream_noURLInErrorsOfTheTransport is about what azcore may log by itself.
func TestUploadStream_noURLInErrorsOfTheTransport(t *testing.T) {
	t.Parallel()
	s := &storage{onBlock: func(req *http.Request) *reply {
		return &reply{err: &url.Error{Op: "Put", URL: req.URL.String(), Err: net.ErrClosed}}
	}}
	watch := &uploadWatch{ctx: t.Context(), source: strings.NewReader("1\n")}
	err := newTestClient(t, s.options()).uploadStream(t.Context(), oneContainer[0], watch, 2)
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	for _, text := range chain(err) {
		if strings.Contains(text, stageSecret) {
			t.Errorf("secret in %s", text)
		}
	}
}
