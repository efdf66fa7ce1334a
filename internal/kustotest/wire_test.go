package kustotest_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// The documents in testdata are written by hand from the published pages of the API: the names and shapes in them are those of the
// documentation, the OpenAPI document and what clients observe, not those of this package.

// same compares an answer with a document of testdata, in which {…} stand for what differs from run to run.
func same(t *testing.T, file, got string, volatile ...string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"sig", "st"} {
		got = regexp.MustCompile(`\b`+text+`=[^&"]+`).ReplaceAllString(got, text+"={"+text+"}")
	}
	replacer := strings.NewReplacer(volatile...)
	equal(t, file, strings.Split(indent(t, replacer.Replace(got)), "\n"), strings.Split(indent(t, string(want)), "\n"))
}

func TestWire_submission(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	request, err := os.ReadFile(filepath.Join("testdata", "submit_request.json"))
	if err != nil {
		t.Fatal(err)
	}
	a := c.must(http.MethodPost, tablePath, string(request))
	equal(t, "status", a.status, http.StatusOK)
	id := server.Operations("Samples", "Storms")[0].ID
	if !regexp.MustCompile(`^[0-9a-f]{8};[0-9a-f]{8};[0-9a-f-]{36}$`).MatchString(id) {
		t.Errorf("operation id %q has another form", id)
	}
	same(t, "submit_response.json", a.body, id, "{operation}")
	untracked := strings.Replace(string(request), `"enableTracking": true`, `"enableTracking": false`, 1)
	same(t, "submit_response_untracked.json", c.must(http.MethodPost, tablePath, untracked).body)
}

func TestWire_statusInEachProfile(t *testing.T) {
	t.Parallel()
	for profile, file := range map[kustotest.Profile]string{
		kustotest.ProfileLive: "status_live", kustotest.ProfileDocs: "status_docs", kustotest.ProfileOpenAPI: "status_openapi",
	} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithProfile(profile), kustotest.WithStatusLag(1), kustotest.WithBatching(time.Minute))
			c := newCaller(t, server)
			good := server.PutBlob("seed", "good.csv", []byte("1,2\n"))
			missing := server.URL + "/blobs/seed/missing.csv"
			request := `{"blobs":[{"url":"` + good + `","sourceId":"123A6999-411E-4226-A333-A79992DD9B95","rawSize":4},` +
				`{"url":"` + missing + `","rawSize":4}],"properties":{"format":"csv","enableTracking":true}}`
			equal(t, "status", c.must(http.MethodPost, tablePath, request).status, http.StatusOK)
			path := tablePath + "/" + url.PathEscape(server.Operations("Samples", "Storms")[0].ID)
			read := func(query string) string { return ordered(c.must(http.MethodGet, path+query, "").body) }
			same(t, file+"_fresh.json", read("?details=true"), server.URL, "{url}")
			same(t, file+"_queued.json", read("?details=TRUE"), server.URL, "{url}")
			server.Advance(time.Minute)
			same(t, file+"_summary.json", read(""), server.URL, "{url}")
			same(t, file+"_summary.json", read("?details=False"), server.URL, "{url}")
			same(t, file+"_done.json", read("?details=true"), server.URL, "{url}")
			equal(t, "other word", c.must(http.MethodGet, path+"?details=1", "").status, http.StatusBadRequest)
		})
	}
}

// ordered puts the detail with the sourceId first: the service's order is none.
func ordered(document string) string {
	parts := regexp.MustCompile(`^(.*"details":\[)(\{[^}]*\}),(\{[^}]*\})(\]\})$`).FindStringSubmatch(document)
	if parts == nil || strings.Contains(parts[2], "sourceId") {
		return document
	}
	return parts[1] + parts[3] + "," + parts[2] + parts[4]
}

func TestWire_configuration(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1), kustotest.WithLakeFolders("https://onelake.dfs.fabric.microsoft.com/ws/item/Ingestion"))
	c := newCaller(t, server)
	first := c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "").body
	same(t, "configuration.json", first, server.URL, "{url}")
	if second := c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "").body; first == second {
		t.Error("the signature did not change")
	}
}

func TestWire_metadata(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	same(t, "metadata.json", c.must(http.MethodGet, "/v1/rest/auth/metadata", "").body)
	c = newCaller(t, kustotest.NewServer(t, kustotest.WithCloud(kustotest.Cloud{
		LoginEndpoint: "https://login.microsoftonline.us", Resource: "https://kusto.kusto.usgovcloudapi.net", MFARequired: true,
	})))
	body := c.must(http.MethodGet, "/v1/rest/auth/metadata", "").body
	for _, part := range []string{
		`"LoginEndpoint":"https://login.microsoftonline.us"`, `"LoginMfaRequired":true`,
		`"KustoServiceResourceId":"https://kusto.kusto.usgovcloudapi.net"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("%s lacks %s", body, part)
		}
	}
}

func TestWire_error(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t, kustotest.WithStrictTables()))
	c.header.Set("X-Ms-Client-Request-Id", "Test;1")
	a := c.must(http.MethodPost, tablePath, "{}")
	equal(t, "status", a.status, http.StatusBadRequest)
	same(t, "error.json", a.body, a.header.Get("X-Ms-Activity-Id"), "{activity}")
}
