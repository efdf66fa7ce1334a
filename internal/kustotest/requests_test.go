package kustotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestRequests_holdWhatWasSentWithoutSecrets(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	urls := []string{
		"https://acct.blob.core.windows.net/c/a.csv?sv=1&sig=SECRET1%2Fx%3D&sp=r",
		"https://acct.blob.core.windows.net/c/b.csv;SECRET2/with+slash==",
		"https://acct.dfs.core.windows.net/c/c.csv;sharedkey=SECRET3==",
		"https://acct.blob.core.windows.net/c/d.csv;token=SECRET4.x.y",
		"https://bucket.s3.eu-west-1.amazonaws.com/e.csv;AwsCredentials=ID,SECRET5/x",
		"https://bucket.s3.eu-west-1.amazonaws.com/f.csv?X-Amz-Signature=SECRET6&X-Amz-Date=1",
		"https://acct.blob.core.windows.net/c/g.csv;managed_identity=system",
	}
	text := strings.Replace(body("", urls...), "&sig", `\u0026sig`, 1)
	equal(t, "status", c.must(http.MethodPost, tablePath, text).status, http.StatusOK)
	r := server.Requests(kustotest.RouteSubmit)[0]
	everything := fmt.Sprintf("%+v", server.Requests()) + string(r.Body) + fmt.Sprintf("%+v", server.SubmittedBlobs()) +
		fmt.Sprintf("%+v", server.Operations("Samples", "Storms"))
	for _, secret := range []string{"SECRET", "secret-token"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%s is in\n%s", secret, r.Body)
		}
	}
	for _, kept := range []string{`"format":"csv"`, "sv=1&sig=sha256:", "&sp=r", ";managed_identity=system", "X-Amz-Date=1", ";sharedkey=sha256:"} {
		if !strings.Contains(string(r.Body), kept) {
			t.Errorf("%q is not in\n%s", kept, r.Body)
		}
	}
	equal(t, "request", [5]any{r.Method, r.Path, r.Status, r.Database, r.Table}, [5]any{"POST", tablePath, 200, "Samples", "Storms"})
	equal(t, "operation", r.OperationID, server.Operations("Samples", "Storms")[0].ID)
	equal(t, "same secret, same hash", r.Header.Get("Authorization"), "Bearer sha256:930bbdc51b6aed5c")
	blobs := server.SubmittedBlobs()
	equal(t, "blobs", len(blobs), 7)
	equal(t, "url", blobs[0].URL, "https://acct.blob.core.windows.net/c/a.csv")
	equal(t, "credential", strings.HasPrefix(blobs[0].Credential, "sha256:"), true)
	equal(t, "properties", string(blobs[0].Properties), `{"enableTracking":true,"format":"csv"}`)
}

func TestRequests_areCountedByRoute(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := c.submit("", put(server, "a", 1)...)
	c.status(id)
	c.must(http.MethodGet, "/v1/rest/auth/metadata", "")
	c.must(http.MethodGet, "/_mock/health", "")
	counts := map[kustotest.Route]int{}
	for _, route := range []kustotest.Route{kustotest.RouteSubmit, kustotest.RouteStatus, kustotest.RouteMetadata, kustotest.RouteBlobs, kustotest.RouteAny} {
		counts[route] = server.Count(route)
		equal(t, string(route), len(server.Requests(route)), counts[route])
	}
	equal(t, "counts", counts, map[kustotest.Route]int{"submit": 1, "status": 1, "metadata": 1, "blobs": 0, "": 3})
	equal(t, "two routes", len(server.Requests(kustotest.RouteSubmit, kustotest.RouteMetadata)), 2)
	server.ResetRequests()
	equal(t, "after the reset", server.Count(kustotest.RouteAny), 0)
	equal(t, "operations stay", len(server.Operations("Samples", "Storms")), 1)
}

func TestSubmittedBlobs_inOrder(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	urls := put(server, "a", 3)
	first, second := c.submit("", urls[2], urls[0]), c.submit("", urls[1])
	var got []string
	for _, b := range server.SubmittedBlobs() {
		got = append(got, b.Operation+" "+b.URL)
	}
	equal(t, "blobs", got, []string{first + " " + urls[2], first + " " + urls[0], second + " " + urls[1]})
}

func TestService_manyAtOnce(t *testing.T) {
	t.Parallel()
	const requests, each = 100, 20
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	urls := put(server, "a", requests*each)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := worker; i < requests; i += 4 {
				recorded := request(t, server, http.MethodPost, tablePath, body("", urls[i*each:(i+1)*each]...))
				if recorded != http.StatusOK {
					t.Errorf("request %d: %d", i, recorded)
				}
				server.RowCount("Samples", "Storms")
			}
		})
	}
	group.Wait()
	equal(t, "rows", server.RowCount("Samples", "Storms"), requests*each)
	equal(t, "blobs", len(server.Loads("Samples", "Storms")), requests*each)
	for _, op := range server.Operations("Samples", "Storms") {
		equal(t, op.ID, c.status(op.ID).Status.Succeeded, each)
	}
}

func BenchmarkService_tenThousandBlobs(b *testing.B) {
	for b.Loop() {
		server := kustotest.NewServer(b)
		urls := put(server, "a", 10_000)
		for i := 0; i < len(urls); i += 20 {
			if status := request(b, server, http.MethodPost, tablePath, body("", urls[i:i+20]...)); status != http.StatusOK {
				b.Fatal(status)
			}
		}
		if n := server.RowCount("Samples", "Storms"); n != 10_000 {
			b.Fatal(n)
		}
		server.Close()
	}
}
