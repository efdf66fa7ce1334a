package kustotest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// stagingURL asks the configuration for its first container and puts a blob's name into the URL.
func stagingURL(t *testing.T, c caller, name string) string {
	t.Helper()
	var document struct {
		ContainerSettings struct {
			Containers []struct {
				Path string `json:"path"`
			} `json:"containers"`
		} `json:"containerSettings"`
	}
	a := c.must(http.MethodGet, "/v1/rest/ingestion/configuration", "")
	if err := json.Unmarshal([]byte(a.body), &document); err != nil {
		t.Fatal(err)
	}
	equal(t, "containers", len(document.ContainerSettings.Containers), 2)
	container, sas, _ := strings.Cut(document.ContainerSettings.Containers[0].Path, "?")
	return container + "/" + name + "?" + sas
}

func blobClient(t *testing.T, blobURL string) *blockblob.Client {
	t.Helper()
	options := &blockblob.ClientOptions{}
	options.Retry = policy.RetryOptions{MaxRetries: -1}
	client, err := blockblob.NewClientWithNoCredential(blobURL, options)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestStaging_azblobUploadsAreIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	long := bytes.Repeat([]byte("0123456789\n"), 300_000) // More than three blocks of 1 MiB.
	whole, blocks := stagingURL(t, c, "whole.csv"), stagingURL(t, c, "in blocks.csv")
	if _, err := blobClient(t, whole).UploadBuffer(t.Context(), []byte("1\n"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := blobClient(t, blocks).UploadStream(t.Context(), bytes.NewReader(long), &blockblob.UploadStreamOptions{BlockSize: 1 << 20, Concurrency: 3}); err != nil {
		t.Fatal(err)
	}
	equal(t, "uploads", server.Count(kustotest.RouteStaging) > 4, true)
	// azblob writes the path once more; the service reads it under either spelling.
	id := c.submit(`"deleteAfterDownload":true`, whole, strings.Replace(blocks, "in blocks", "in%20blocks", 1))
	equal(t, "states", c.states(id), map[string]string{"whole.csv": "Succeeded", "in%20blocks.csv": "Succeeded"})
	equal(t, "rows", server.RowCount("Samples", "Storms"), 300_001)
	equal(t, "left in staging", len(server.Blobs("staging-0")), 0)
}

func TestStaging_refusals(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	good := stagingURL(t, c, "a.csv")
	expired := strings.Replace(good, "se=2099", "se=2020", 1)
	path, _, _ := strings.Cut(good, "?")
	for name, test := range map[string]struct {
		url  string
		want bloberror.Code
	}{
		"no signature":        {path, bloberror.AuthenticationFailed},
		"changed expiry":      {expired, bloberror.AuthenticationFailed},
		"of other container":  {strings.Replace(good, "staging-0", "staging-1", 1), bloberror.AuthenticationFailed},
		"read only":           {path + "?" + server.SAS("staging-0"), bloberror.AuthorizationPermissionMismatch},
		"expired by now":      {path + "?" + server.SASUntil("staging-0", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)), bloberror.AuthenticationFailed},
		"no such container":   {strings.Replace(good, "staging-0", "staging-9", 1), bloberror.ContainerNotFound},
		"container, not blob": {strings.Replace(good, "/a.csv", "/", 1), bloberror.InvalidURI},
	} {
		_, err := blobClient(t, test.url).UploadBuffer(t.Context(), []byte("1\n"), nil)
		if !bloberror.HasCode(err, test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	server.Inject(kustotest.FaultStorageBusy().Times(1))
	_, err := blobClient(t, good).UploadBuffer(t.Context(), []byte("1\n"), nil)
	if !bloberror.HasCode(err, bloberror.ServerBusy) {
		t.Errorf("busy: %v", err)
	}
	equal(t, "blobs", len(server.Blobs("staging-0")), 0)
}

func TestBlobs_overHTTP(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	c.header = http.Header{}
	server.PutBlob("open", "a b.txt", []byte("hello"))
	_, sas := server.PutPrivateBlob("closed", "a.txt", []byte("hello"))
	for name, test := range map[string]struct {
		method, path string
		status       int
		body, code   string
	}{
		"1 open":                     {http.MethodGet, "/blobs/open/a%20b.txt", 200, "hello", ""},
		"2 head":                     {http.MethodHead, "/blobs/open/a%20b.txt", 200, "", ""},
		"3 none":                     {http.MethodGet, "/blobs/open/none", 404, "", "BlobNotFound"},
		"4 no container":             {http.MethodGet, "/blobs/none/a", 404, "", "ContainerNotFound"},
		"5 closed":                   {http.MethodGet, "/blobs/closed/a.txt", 403, "", "AuthenticationFailed"},
		"6 closed, signed":           {http.MethodGet, "/blobs/closed/a.txt?" + sas, 200, "hello", ""},
		"7 upload":                   {http.MethodPut, "/blobs/closed/b.txt?" + sas, 403, "", "AuthenticationFailed"},
		"8 other method":             {http.MethodPost, "/blobs/open/a%20b.txt", 405, "", "UnsupportedHttpVerb"},
		"9 delete without signature": {http.MethodDelete, "/blobs/open/a%20b.txt", 403, "", "AuthenticationFailed"},
	} {
		a := c.must(test.method, test.path, "")
		equal(t, name, a.status, test.status)
		equal(t, name, a.header.Get("X-Ms-Error-Code"), test.code)
		if test.code == "" {
			equal(t, name, a.body, test.body)
		} else if !strings.Contains(a.body, "<Code>"+test.code+"</Code>") {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	equal(t, "delete", c.must(http.MethodDelete, "/blobs/closed/a.txt?"+sas, "").status, http.StatusAccepted)
	equal(t, "deleted", c.must(http.MethodGet, "/blobs/closed/a.txt?"+sas, "").status, http.StatusNotFound)
	for _, r := range server.Requests(kustotest.RouteBlobs) {
		if strings.Contains(r.Query.Encode(), url.QueryEscape(mustQuery(t, sas).Get("sig"))) {
			t.Errorf("%s %s holds the signature", r.Method, r.Path)
		}
	}
}

func mustQuery(t *testing.T, text string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
