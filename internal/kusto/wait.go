package kusto

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// WaitOptions configures how often [Client.Wait] asks. Zero fields mean the defaults.
type WaitOptions struct {
	// Initial is the delay before the first poll, 1 s by default.
	Initial time.Duration
	// Max is the greatest delay between two polls, 30 s by default.
	Max time.Duration
	// Factor is by how much the delay grows, 2 by default.
	Factor float64
	// Jitter is the part of a delay that is random, 0.2 for ±20 % by default; negative means none.
	Jitter float64
}

// PendingOperation is an operation to wait for.
type PendingOperation struct {
	// ID is the ingestion operation id.
	ID string
	// Blobs is how many blobs were submitted with it, 0 when that is not known.
	Blobs int
}

// Progress are totals over all operations that are waited for.
type Progress struct {
	Total, Succeeded, Failed, Canceled int64
}

// WaitError says which operations were still running when [Client.Wait] ended.
type WaitError struct {
	// Pending are the ids of the operations that are not known to be complete.
	Pending []string
	// Err is why the wait ended: the context's error, why statuses could not be read, or both.
	Err error
}

// Error names the operations that were still running.
func (e *WaitError) Error() string {
	shown := e.Pending
	if len(shown) > 5 {
		shown = shown[:5]
	}
	return fmt.Sprintf("%d ingestion operations are not complete (%s): %v", len(e.Pending), strings.Join(shown, ", "), e.Err)
}

// Unwrap returns the cause.
func (e *WaitError) Unwrap() error { return e.Err }

func (o WaitOptions) withDefaults() WaitOptions {
	o.Initial = cmp.Or(max(o.Initial, 0), time.Second)
	o.Max = max(cmp.Or(max(o.Max, 0), 30*time.Second), o.Initial)
	if o.Factor < 1 {
		o.Factor = 2
	}
	if o.Jitter == 0 {
		o.Jitter = 0.2
	}
	return o
}

const (
	// notFoundGrace is how long after the start of a wait a 404 may mean "not known yet".
	notFoundGrace = time.Minute
	// toleratedFailures is how many polls of an operation may fail in a row; each has been retried already.
	toleratedFailures = 5
	// detailsEvery is how often details are asked for even though the counters say nothing new.
	detailsEvery = 5
	// lastReadLimit bounds the read of one status after the context ended, and lastReadsLimit all of them together:
	// whoever interrupted the wait expects its end.
	lastReadLimit, lastReadsLimit = 10 * time.Second, 30 * time.Second
)

// Wait polls the operations until all are complete or ctx ends. It returns the last known status by operation id, and
// a [*WaitError] when some are not complete. Polls begin soon and become rarer, up to one in 30 s for each operation.
// They ask for counters alone until these look complete, and then for details, which decide. When ctx ends, each
// incomplete operation is read once more. progress, which may be nil, is called whenever the totals change, by one
// goroutine at a time.
func (c *Client) Wait(ctx context.Context, database, table string, ops []PendingOperation, progress func(Progress)) (map[string]Status, error) {
	w := newWaiter(c, database, table, ops, progress)
	w.run(ctx)
	if ctx.Err() != nil {
		w.readOnceMore(ctx)
	}
	return w.result(ctx)
}
