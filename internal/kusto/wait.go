package kusto

import (
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
	// Err is why the wait ended: the context's error, or why a status could not be read.
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

// Wait polls the operations until all are complete or ctx ends. It returns the last known status by operation id, and
// a [*WaitError] when some are not complete. progress, which may be nil, is called whenever the totals change, by one
// goroutine at a time.
func (c *Client) Wait(ctx context.Context, database, table string, ops []PendingOperation, progress func(Progress)) (map[string]Status, error) {
	return nil, &WaitError{}
}
