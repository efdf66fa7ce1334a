package kustotest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// put stores n blobs of one row each.
func put(server *kustotest.Server, prefix string, n int) []string {
	var urls []string
	for i := range n {
		urls = append(urls, server.PutBlob("seed", fmt.Sprintf("%s%d.csv", prefix, i), fmt.Appendf(nil, "%d\n", i)))
	}
	return urls
}

func TestBatching_noneSettlesAtOnce(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	s := c.status(c.submit("", put(server, "a", 3)...))
	equal(t, "succeeded", s.Status.Succeeded, 3)
	equal(t, "lastUpdated", s.LastUpdated, "2025-10-01T12:00:00.0000000Z")
	extents := server.Extents("Samples", "Storms")
	equal(t, "extents", len(extents), 1)
	equal(t, "rows", extents[0].Rows, 3)
}

func TestBatching_byTime(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(5*time.Minute), kustotest.WithProcessing(time.Minute))
	c := newCaller(t, server)
	first := c.submit("", put(server, "a", 2)...)
	server.Advance(4 * time.Minute)
	second := c.submit("", put(server, "b", 1)...)
	other := c.submit(`"tags":["x"]`, put(server, "c", 1)...)
	check := func(id string, want ...string) {
		t.Helper()
		var got []string
		for _, b := range c.status(id).Details {
			got = append(got, b.Status)
		}
		equal(t, "states", got, want)
	}
	check(first, "Queued", "Queued")
	equal(t, "lastUpdated", c.status(first).LastUpdated, "")
	equal(t, "rows", server.RowCount("Samples", "Storms"), 0)
	server.Advance(time.Minute)
	check(first, "InProgress", "InProgress")
	check(second, "InProgress")
	check(other, "Queued")
	server.Advance(time.Minute)
	check(first, "Succeeded", "Succeeded")
	check(second, "Succeeded")
	server.Advance(4 * time.Minute)
	check(other, "Succeeded")
	extents := server.Extents("Samples", "Storms")
	equal(t, "extents", len(extents), 2)
	equal(t, "blobs of the first", len(extents[0].Blobs), 3)
	equal(t, "creation", extents[0].CreationTime, time.Date(2025, 10, 1, 12, 6, 0, 0, time.UTC))
	equal(t, "tags of the second", extents[1].Tags, []string{"x"})
}

func TestBatching_byCount(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Hour), kustotest.WithMaxBlobs(600))
	c := newCaller(t, server)
	c.submit("", put(server, "a", 499)...)
	equal(t, "rows of 499", server.RowCount("Samples", "Storms"), 0)
	c.submit("", put(server, "b", 2)...)
	equal(t, "rows of 501", server.RowCount("Samples", "Storms"), 500)
	server.Advance(time.Hour)
	equal(t, "rows later", server.RowCount("Samples", "Storms"), 501)
}

func TestBatching_bySize(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Hour))
	c := newCaller(t, server)
	for i, blob := range put(server, "a", 2) {
		text := fmt.Sprintf(`{"blobs":[{"url":%q,"rawSize":%d}],"properties":{"format":"csv"}}`, blob, 600<<20)
		equal(t, "status", c.must(http.MethodPost, tablePath, text).status, http.StatusOK)
		equal(t, "rows", server.RowCount("Samples", "Storms"), 2*i)
	}
}

func TestBatching_aloneGoesAtOnce(t *testing.T) {
	t.Parallel()
	for name, properties := range map[string]string{
		"skipBatching":      `"skipBatching":true`,
		"ingest-by":         `"tags":["ingest-by:k"]`,
		"ingestIfNotExists": `"ingestIfNotExists":["k"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithBatching(time.Hour))
			newCaller(t, server).submit(properties, put(server, "a", 2)...)
			equal(t, "extents", len(server.Extents("Samples", "Storms")), 2)
		})
	}
}

func TestBatching_unknownSizeGoesAtOnce(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Hour))
	c := newCaller(t, server)
	equal(t, "states", c.states(c.submit("", server.URL+"/blobs/seed/none.csv")), map[string]string{"none.csv": "Failed Download_SourceNotFound"})
}

func TestBatching_aBlobIsReadAtItsTime(t *testing.T) {
	t.Parallel()
	clock := kustotest.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Minute), kustotest.WithClock(clock))
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	c.submit("", blob)
	server.PutBlob("seed", "a.csv", []byte("2\n")) // Before its batch seals.
	clock.Advance(time.Minute)
	server.PutBlob("seed", "a.csv", []byte("3\n")) // After.
	equal(t, "rows", server.Rows("Samples", "Storms"), rows{{"2"}})
	c.submit("", blob)
	clock.Advance(time.Minute)
	server.DeleteBlob(blob)
	equal(t, "rows", server.Rows("Samples", "Storms"), rows{{"2"}, {"3"}})
}

func TestOperations_cancelStopsWhatIsQueued(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithBatching(time.Minute), kustotest.WithProcessing(time.Minute))
	c := newCaller(t, server)
	started := c.submit(`"tags":["a"]`, put(server, "a", 2)...)
	server.Advance(time.Minute)
	queued := c.submit(`"tags":["b"]`, put(server, "b", 2)...)
	server.Cancel(started)
	server.Cancel(queued)
	equal(t, "queued", c.status(queued).Status.Canceled, 2)
	equal(t, "in progress", c.status(started).Status.InProgress, 2)
	server.Advance(time.Hour)
	equal(t, "finished", c.status(started).Status.Succeeded, 2)
	equal(t, "rows", server.RowCount("Samples", "Storms"), 2)
}

func TestOperations_expire(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithRetention(time.Hour))
	c := newCaller(t, server)
	read := func(id string) int { return c.must(http.MethodGet, tablePath+"/"+url.PathEscape(id), "").status }
	first := c.submit("", put(server, "a", 1)...)
	server.Advance(59 * time.Minute)
	second, third := c.submit("", put(server, "b", 1)...), c.submit("", put(server, "c", 1)...)
	equal(t, "first", read(first), http.StatusOK)
	server.Advance(time.Minute)
	equal(t, "first, expired", read(first), http.StatusNotFound)
	equal(t, "second", read(second), http.StatusOK)
	server.ForgetOperation(second)
	equal(t, "second, forgotten", read(second), http.StatusNotFound)
	equal(t, "third", read(third), http.StatusOK)
	server.ExpireOperations()
	equal(t, "third, expired", read(third), http.StatusNotFound)
	equal(t, "still known", len(server.Operations("Samples", "Storms")), 3)
}

func TestOperations_detailsAreShuffledAlike(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	urls := put(server, "a", 20)
	id := c.submit("", urls...)
	var order []string
	for _, d := range c.status(id).Details {
		order = append(order, d.URL)
	}
	var again []string
	for _, d := range c.status(id).Details {
		again = append(again, d.URL)
	}
	equal(t, "second read", again, order)
	moved := false
	for i := range urls {
		moved = moved || urls[i] != order[i]
	}
	equal(t, "another order than that of the request", moved, true)
}

func TestStatus_lagIsAllZero(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStatusLag(2))
	c := newCaller(t, server)
	id := c.submit("", put(server, "a", 1)...)
	for range 2 {
		s := c.status(id)
		equal(t, "status", s.Status, status{}.Status)
		equal(t, "details", len(s.Details), 0)
	}
	equal(t, "then", c.status(id).Status.Succeeded, 1)
}

func TestStatus_profileCanBeChangedForOneOperation(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	id := c.submit("", put(server, "a", 1)...)
	server.SetProfile(id, kustotest.ProfileDocs)
	got := c.must(http.MethodGet, tablePath+"/"+url.PathEscape(id), "").body
	equal(t, "document", got, `{"startTime":"2025-10-01T12:00:00.0000000Z","lastUpdated":"2025-10-01T12:00:00.0000000Z",`+
		`"status":{"Succeeded":1,"Failed":0,"InProgress":0,"Canceled":0}}`)
}
