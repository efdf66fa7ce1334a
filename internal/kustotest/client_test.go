package kustotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// answer is what came back for a request.
type answer struct {
	status int
	header http.Header
	body   string
}

// caller is a plain HTTP client of the service: it knows paths and headers, and decodes nothing by itself.
type caller struct {
	t      *testing.T
	base   string
	header http.Header
}

func newCaller(t *testing.T, server *kustotest.Server) caller {
	return caller{t, server.URL, http.Header{
		"Authorization": {"Bearer secret-token"}, "Accept": {"application/json"}, "Content-Type": {"application/json"},
	}}
}

// do sends a request; err is that of the transport.
func (c caller) do(method, path, body string) (answer, error) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header = c.header.Clone()
	client := http.Client{
		// A connection for each request: a kept one that breaks would be replaced silently.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content)}, err
}

func (c caller) must(method, path, body string) answer {
	c.t.Helper()
	a, err := c.do(method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

const tablePath = "/v1/rest/ingestion/queued/Samples/Storms"

// blobs writes a request body with tracking on. properties are further members, as JSON text.
func body(properties string, urls ...string) string {
	var blobs []string
	for _, u := range urls {
		blobs = append(blobs, fmt.Sprintf(`{"url":%q}`, u))
	}
	if !strings.Contains(properties, `"format"`) {
		properties = `"format":"csv",` + properties
	}
	return fmt.Sprintf(`{"blobs":[%s],"properties":{"enableTracking":true,%s}}`, strings.Join(blobs, ","), strings.Trim(properties, ","))
}

// submit sends blobs to Samples/Storms and returns the operation's id.
func (c caller) submit(properties string, urls ...string) string {
	c.t.Helper()
	a := c.must(http.MethodPost, tablePath, body(properties, urls...))
	if a.status != http.StatusOK {
		c.t.Fatalf("submission was answered with %d: %s", a.status, a.body)
	}
	var accepted struct {
		ID string `json:"ingestionOperationId"`
	}
	if err := json.Unmarshal([]byte(a.body), &accepted); err != nil {
		c.t.Fatal(err)
	}
	return accepted.ID
}

// status is a status document in the live profile.
type status struct {
	StartTime   string
	LastUpdated string
	Status      struct{ Succeeded, Failed, InProgress, Canceled int }
	Details     []struct{ SourceID, URL, Status, ErrorCode, FailureStatus, Details string }
}

func (c caller) status(id string) status {
	c.t.Helper()
	a := c.must(http.MethodGet, tablePath+"/"+url.PathEscape(id)+"?details=true", "")
	if a.status != http.StatusOK {
		c.t.Fatalf("status was answered with %d: %s", a.status, a.body)
	}
	var s status
	if err := json.Unmarshal([]byte(a.body), &s); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// states gives the states of an operation's blobs by the last segment of their URL, with the error code where there is one.
func (c caller) states(id string) map[string]string {
	c.t.Helper()
	states := map[string]string{}
	for _, d := range c.status(id).Details {
		name := d.URL[strings.LastIndex(d.URL, "/")+1:]
		states[name] = strings.TrimSuffix(d.Status+" "+d.ErrorCode, " ")
	}
	return states
}

// errorCode is the code of a OneApiError document.
func (a answer) errorCode(t *testing.T) string {
	t.Helper()
	var document struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal([]byte(a.body), &document); err != nil {
		t.Fatalf("%d %q is no error document: %v", a.status, a.body, err)
	}
	return document.Error.Code
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// indent makes JSON comparable line by line.
func indent(t *testing.T, document string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(document), "", "  "); err != nil {
		t.Fatalf("%q is no JSON: %v", document, err)
	}
	return strings.TrimSpace(b.String())
}

// request asks the handler itself, without a connection.
func request(t testing.TB, server *kustotest.Server, method, path, body string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header = http.Header{"Authorization": {"Bearer x"}, "Accept": {"application/json"}, "Content-Type": {"application/json"}}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, r)
	return recorder.Code
}
