package kustotest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestIngest_failuresHaveTheirCodes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		blob, properties string
		data             []byte
		want             string
	}{
		"empty":                        {"a.csv", "", nil, "BadRequest_EmptyBlob"},
		"empty inside":                 {"a.csv.gz", "", gzipped(t, ""), "BadRequest_EmptyBlob"},
		"header only":                  {"a.csv", `"ignoreFirstRecord":true`, []byte("h\n"), "BadRequest_NoRecordsOrWrongFormat"},
		"fields differ":                {"a.csv", "", []byte("1,2\n3\n"), "Stream_WrongNumberOfFields"},
		"quote missing":                {"a.csv", "", []byte("1,\"2\n"), "Stream_ClosingQuoteMissing"},
		"no JSON":                      {"a.json", `"format":"json"`, []byte("1,2\n"), "BadRequest_InvalidBlob"},
		"JSON over lines":              {"a.json", `"format":"json"`, []byte("{\n\"a\":1}"), "BadRequest_InvalidBlob"},
		"two values in singlejson":     {"a.json", `"format":"singlejson"`, []byte("{\"a\":1}\n{\"a\":2}"), "BadRequest_InvalidBlob"},
		"no objects":                   {"a.json", `"format":"multijson"`, []byte("[1]"), "BadRequest_InvalidBlob"},
		"no gzip":                      {"a.csv.gz", "", []byte("1,2\n"), "BadRequest_InvalidArchive"},
		"gzip cut":                     {"a.csv.gz", "", gzipped(t, "1,2\n")[:15], "BadRequest_InvalidArchive"},
		"no ZIP":                       {"a.zip", "", []byte("1,2\n"), "BadRequest_InvalidArchive"},
		"ZIP without a match":          {"a.zip", `"zipPattern":"x"`, zipped(t, "a.csv=1\n"), "BadRequest_EmptyArchive"},
		"mapping unknown":              {"a.csv", `"ingestionMappingReference":"none"`, []byte("1\n"), "BadRequest_MappingReferenceWasNotFound"},
		"mapping of another kind":      {"a.json", `"format":"json","ingestionMappingReference":"m"`, []byte(`{"a":1}`), "BadRequest_MappingReferenceWasNotFound"},
		"mapping broken":               {"a.csv", `"ingestionMappingReference":"broken"`, []byte("1\n"), "BadRequest_InvalidMapping"},
		"mapping against the schema":   {"a.csv", `"ingestionMappingReference":"m"`, []byte("1\n"), "BadRequest_InconsistentMapping"},
		"too large":                    {"a.csv", "", []byte(strings.Repeat("1\n", 60)), "BadRequest_FileTooLarge"},
		"too large inside":             {"a.csv.gz", "", gzipped(t, strings.Repeat("1\n", 60)), "BadRequest_FileTooLarge"},
		"too large, tolerated":         {"a.csv.gz", `"ignoreSizeLimit":true`, gzipped(t, strings.Repeat("1\n", 60)), ""},
		"log with another field count": {"a.log", `"format":"w3clogfile"`, []byte("#Fields: a b\n1\n"), "Stream_WrongNumberOfFields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithMaxDataSize(100), typedColumns,
				kustotest.WithMapping("Samples", "Storms", "m", "Csv", `[{"Column":"None","Properties":{"Ordinal":"0"}}]`),
				kustotest.WithMapping("Samples", "Storms", "broken", "Csv", `[{`))
			c := newCaller(t, server)
			blob := server.PutBlob("seed", test.blob, test.data)
			good := server.PutBlob("seed", "good", []byte("1\n"))
			id := c.submit(test.properties, blob, good)
			found := server.Operations("Samples", "Storms")[0]
			equal(t, "code", found.Blobs[0].ErrorCode, test.want)
			if test.want == "" {
				return
			}
			equal(t, "failureStatus", found.Blobs[0].FailureStatus, "Permanent")
			equal(t, "failed", c.status(id).Status.Failed >= 1, true)
			equal(t, "loads", server.Loads("Samples", "Storms")[blob], 0)
		})
	}
}

func TestIngest_declaredRawSizeCountsForTheLimit(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	c.must(http.MethodPost, tablePath, `{"blobs":[{"url":"`+blob+`","rawSize":6442450945}],"properties":{"format":"csv"}}`)
	equal(t, "code", server.Operations("Samples", "Storms")[0].Blobs[0].ErrorCode, "BadRequest_FileTooLarge")
}

func TestIngest_credentials(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob, sas := server.PutPrivateBlob("seed", "a.csv", []byte("1\n"))
	other, otherSAS := server.PutPrivateBlob("seed", "b.csv", []byte("1\n"))
	for name, test := range map[string]struct{ url, want string }{
		"its own":               {blob + "?" + sas, "Succeeded"},
		"of the container":      {blob + "?" + server.SAS("seed"), "Succeeded"},
		"managed identity":      {blob + ";managed_identity=system", "Succeeded"},
		"impersonation":         {blob + ";impersonate", "Succeeded"},
		"account key":           {blob + ";a/key+with=signs==", "Succeeded"},
		"none":                  {blob, "Failed Download_Forbidden"},
		"of another blob":       {blob + "?" + otherSAS, "Failed Download_Forbidden"},
		"of another container":  {blob + "?" + server.SAS("other"), "Failed Download_Forbidden"},
		"without its signature": {blob + "?" + strings.Replace(sas, "sig=", "sig=x", 1), "Failed Download_Forbidden"},
		"with more rights":      {blob + "?" + strings.Replace(sas, "sp=rd", "sp=rdw", 1), "Failed Download_Forbidden"},
		"expired":               {blob + "?" + server.SASUntil("seed", time.Date(2025, 10, 1, 12, 0, 0, 0, time.UTC)), "Failed Download_Forbidden"},
		"not expired":           {blob + "?" + server.SASUntil("seed", time.Date(2025, 10, 1, 12, 0, 1, 0, time.UTC)), "Succeeded"},
	} {
		equal(t, name, c.states(c.submit("", test.url)), map[string]string{"a.csv": test.want})
	}
	equal(t, "the other", c.states(c.submit("", other+"?"+otherSAS)), map[string]string{"b.csv": "Succeeded"})
	equal(t, "keys of Loads", server.Loads("Samples", "Storms")[blob], 6)
}

func TestIngest_sameBlobTwiceInARequest(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob, sas := server.PutPrivateBlob("seed", "a b.csv", []byte("1\n"))
	again := strings.Replace(strings.Replace(blob, "http://127.0.0.1", "HTTP://localhost", 1), "a%20b", "%61%20b", 1) + "?" + server.SAS("seed")
	s := c.status(c.submit("", blob+"?"+sas, again))
	equal(t, "counters", [2]int{s.Status.Succeeded, s.Status.Failed}, [2]int{1, 1})
	equal(t, "second", server.Operations("Samples", "Storms")[0].Blobs[1].ErrorCode, "BlobAlreadyReceived_BlobAlreadyFoundInBatch")
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{blob: 1})
}

func TestIngest_fromAnotherServer(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		statuses := map[string]int{"/missing": http.StatusNotFound, "/denied": http.StatusForbidden, "/broken": http.StatusInternalServerError, "/odd": http.StatusConflict}
		if status, ok := statuses[r.URL.Path]; ok {
			w.WriteHeader(status)
			return
		}
		_, _ = w.Write([]byte(r.URL.RequestURI() + "\n"))
	}))
	defer other.Close()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := c.submit(`"format":"txt"`, other.URL+"/good?version=2&sig=x;managed_identity=system", other.URL+"/missing", other.URL+"/denied",
		other.URL+"/broken", other.URL+"/odd", "https://unknown.invalid/far")
	equal(t, "states", c.states(id), map[string]string{
		"good?version=2": "Succeeded", "missing": "Failed Download_SourceNotFound", "denied": "Failed Download_Forbidden",
		"broken": "Failed Download_UnknownError", "odd": "Failed Download_BadRequest", "far": "Failed Download_SourceNotFound",
	})
	equal(t, "rows", server.Rows("Samples", "Storms"), rows{{"/good?version=2&sig=x"}})
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{other.URL + "/good?version=2": 1})
}

func TestIngest_overTLSWithAClient(t *testing.T) {
	t.Parallel()
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("1\n")) }))
	defer other.Close()
	server := kustotest.NewServer(t, kustotest.WithDownloads(other.Client()))
	newCaller(t, server).submit("", other.URL+"/a.csv")
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{other.URL + "/a.csv": 1})
}

func TestIngest_blobsOfRealLookingURLs(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	server.PutBlobAt("https://acct.blob.core.windows.net/seed/a.csv", []byte("1\n"))
	server.PutBlobAt("abfss://fs@acct.dfs.core.windows.net/b.csv", []byte("2\n"))
	c.submit("", "https://ACCT.blob.core.windows.net:443/seed/a.csv?sv=1&sig=2", "https://acct.dfs.core.windows.net/fs/b.csv;impersonate")
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{
		"https://acct.blob.core.windows.net/seed/a.csv": 1, "https://acct.dfs.core.windows.net/fs/b.csv": 1,
	})
}

func TestIngest_fromAServedFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "served", "in"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"served/in/a b.csv": "1\n", "secret.csv": "2\n"} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := kustotest.NewServer(t)
	server.ServeDir("samples", filepath.Join(folder, "served"))
	blob := server.URL + "/blobs/samples/in/a%20b.csv"
	equal(t, "blobs", server.Blobs("samples"), []string{blob})
	c := newCaller(t, server)
	id := c.submit(`"deleteAfterDownload":true`, blob, server.URL+"/blobs/samples/%2e%2e/secret.csv", server.URL+"/blobs/samples/..%2Fsecret.csv")
	equal(t, "succeeded", c.status(id).Status.Succeeded, 1)
	equal(t, "rows", server.Rows("Samples", "Storms"), rows{{"1"}})
	equal(t, "over HTTP", c.must(http.MethodGet, "/blobs/samples/in/a%20b.csv", "").body, "1\n")
	equal(t, "outside", c.must(http.MethodGet, "/blobs/samples/..%2Fsecret.csv", "").status, http.StatusNotFound)
	equal(t, "still there", server.HasBlob(blob), true)
}

func TestIngest_deleteAfterDownloadOnSuccessOnly(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	good := server.PutBlob("seed", "good.csv", []byte("1\n"))
	bad := server.PutBlob("seed", "bad.csv", []byte("1,2\n3\n"))
	kept := server.PutBlob("seed", "kept.csv", []byte("1\n"))
	c.submit(`"deleteAfterDownload":true`, good, bad)
	c.submit(`"deleteAfterDownload":false`, kept)
	equal(t, "good, bad, kept", [3]bool{server.HasBlob(good), server.HasBlob(bad), server.HasBlob(kept)}, [3]bool{false, true, true})
}
