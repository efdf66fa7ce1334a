package kustotest_test

import (
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

const onceK = `"ingestIfNotExists":["K"],"tags":["ingest-by:K","drop-by:seed"]`

func TestTags_ingestIfNotExistsTrap(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"Failed", "Skipped", "Succeeded"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithIngestIfNotExistsHit(state))
			c := newCaller(t, server)
			c.submit(onceK, put(server, "a", 3)...)
			var states []string
			for _, b := range server.Operations("Samples", "Storms")[0].Blobs {
				states = append(states, b.State)
			}
			equal(t, "states", states, []string{"Succeeded", state, state})
			equal(t, "rows", server.Rows("Samples", "Storms"), rows{{"0"}})
		})
	}
}

func TestTags_keyIsFreeAgainWithoutItsExtent(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	urls := put(server, "a", 3)
	c.submit(onceK, urls[0])
	c.submit(onceK, urls[1])
	equal(t, "rows", server.RowCount("Samples", "Storms"), 1)
	server.DropExtents("Samples", "Storms", "drop-by:other")
	equal(t, "rows after another tag", server.RowCount("Samples", "Storms"), 1)
	server.DropExtents("Samples", "Storms", "drop-by:seed")
	equal(t, "rows after the drop", server.RowCount("Samples", "Storms"), 0)
	c.submit(onceK, urls[2])
	equal(t, "rows at the end", server.Rows("Samples", "Storms"), rows{{"2"}})
}

func TestTags_whatProtectsNothing(t *testing.T) {
	t.Parallel()
	for name, properties := range map[string]string{
		"no tag is added":            `"ingestIfNotExists":["K"]`,
		"a prefix is not understood": `"ingestIfNotExists":["ingest-by:K"],"tags":["ingest-by:K"]`,
		"another kind of tag":        `"ingestIfNotExists":["K"],"tags":["drop-by:K","K"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			newCaller(t, server).submit(properties, put(server, "a", 2)...)
			equal(t, "rows", server.RowCount("Samples", "Storms"), 2)
		})
	}
}

func TestTags_concurrentKeysRaceWhenAllowed(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithRacingTags(), kustotest.WithProcessing(time.Minute))
	c := newCaller(t, server)
	urls := put(server, "a", 3)
	c.submit(onceK, urls[0])
	c.submit(onceK, urls[1])
	server.Advance(time.Minute)
	equal(t, "both load", server.RowCount("Samples", "Storms"), 2)
	c.submit(onceK, urls[2])
	server.Advance(time.Minute)
	equal(t, "a later one does not", server.RowCount("Samples", "Storms"), 2)
}

func TestTags_creationTimeIsTheExtents(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	newCaller(t, server).submit(`"creationTime":"2024-05-06T07:08:09+02:00","tags":["drop-by:x","free"]`, put(server, "a", 1)...)
	extent := server.Extents("Samples", "Storms")[0]
	equal(t, "creation", extent.CreationTime, time.Date(2024, 5, 6, 5, 8, 9, 0, time.UTC))
	equal(t, "tags", extent.Tags, []string{"drop-by:x", "free"})
}
