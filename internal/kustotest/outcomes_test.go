package kustotest_test

import (
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestOutcome_states(t *testing.T) {
	t.Parallel()
	transient := kustotest.Outcome{State: "Failed", ErrorCode: "Timeout", FailureStatus: "Transient", Details: "again", Polls: 2}
	mended := transient
	mended.Flip = &kustotest.Outcome{State: "Succeeded"}
	for name, test := range map[string]struct {
		outcome  kustotest.Outcome
		want     []string // the state at each status read
		wantRows int
	}{
		"failed":              {kustotest.Outcome{State: "Failed"}, []string{"Failed General_BadRequest"}, 0},
		"failed with a code":  {kustotest.Outcome{State: "Failed", ErrorCode: "Timeout"}, []string{"Failed Timeout"}, 0},
		"canceled":            {kustotest.Outcome{State: "Canceled"}, []string{"Canceled"}, 0},
		"skipped":             {kustotest.Outcome{State: "Skipped"}, []string{"Skipped"}, 0},
		"unknown word":        {kustotest.Outcome{State: "Paused"}, []string{"Paused", "Paused"}, 0},
		"succeeded":           {kustotest.Outcome{State: "Succeeded"}, []string{"Succeeded"}, 1},
		"slow":                {kustotest.Outcome{Polls: 2}, []string{"InProgress", "InProgress", "Succeeded", "Succeeded"}, 1},
		"slow and failed":     {transient, []string{"InProgress", "InProgress", "Failed Timeout"}, 0},
		"failed, then mended": {mended, []string{"Failed Timeout", "Failed Timeout", "Succeeded"}, 1},
		"flip without a count": {
			kustotest.Outcome{Flip: &kustotest.Outcome{State: "Failed", ErrorCode: "OutOfMemory"}}, []string{"InProgress", "Failed OutOfMemory"}, 0,
		},
		"hanging":        {kustotest.Outcome{Hang: true}, []string{"InProgress", "InProgress", "InProgress"}, 0},
		"hanging queued": {kustotest.Outcome{State: "Queued", Hang: true}, []string{"Queued", "Queued"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			c := newCaller(t, server)
			blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
			server.Outcome(blob+"?sv=1&sig=x", test.outcome)
			id := c.submit("", blob)
			for _, want := range test.want {
				equal(t, "state", c.states(id), map[string]string{"a.csv": want})
			}
			equal(t, "rows", server.RowCount("Samples", "Storms"), test.wantRows)
		})
	}
}

func TestOutcome_detailsAreReported(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	server.Outcome(blob, kustotest.Outcome{State: "Failed", ErrorCode: "Timeout", FailureStatus: "Exhausted", Details: "took too long"})
	d := c.status(c.submit("", blob)).Details[0]
	equal(t, "detail", [3]string{d.ErrorCode, d.FailureStatus, d.Details}, [3]string{"Timeout", "Exhausted", "took too long"})
}

func TestOutcome_blobIsNamedInAnyWay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dir/a.csv", "a.csv", "seed/dir/a.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			c := newCaller(t, server)
			server.Outcome(name, kustotest.Outcome{State: "Canceled"})
			id := c.submit("", server.PutBlob("seed", "dir/a.csv", []byte("1\n")), server.PutBlob("seed", "b.csv", []byte("1\n")))
			equal(t, "states", c.states(id), map[string]string{"a.csv": "Canceled", "b.csv": "Succeeded"})
		})
	}
}

func TestOutcome_healIngestsWhatHangs(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	server.Outcome("a.csv", kustotest.Outcome{Hang: true})
	id := c.submit("", blob)
	equal(t, "before", c.states(id), map[string]string{"a.csv": "InProgress"})
	server.Heal("a.csv")
	equal(t, "after", c.states(id), map[string]string{"a.csv": "Succeeded"})
	equal(t, "a later one", c.states(c.submit("", blob)), map[string]string{"a.csv": "Succeeded"})
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{blob: 2})
}

func TestOutcome_queuedBlobIsCancelledAndNotIngestedByHeal(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	server.Outcome("a.csv", kustotest.Outcome{State: "Queued", Hang: true})
	id := c.submit("", server.PutBlob("seed", "a.csv", []byte("1\n")))
	equal(t, "lastUpdated", c.status(id).LastUpdated, "")
	server.Cancel(id)
	server.Heal("a.csv")
	equal(t, "state", c.states(id), map[string]string{"a.csv": "Canceled"})
	equal(t, "rows", server.RowCount("Samples", "Storms"), 0)
}
