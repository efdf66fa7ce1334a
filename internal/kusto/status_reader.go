package kusto

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Status asks for the status of one operation, with an entry per blob when details is set. Every error is an [*Error].
func (c *Client) Status(ctx context.Context, database, table, operationID string, details bool) (Status, error) {
	x := newExchange("status", "Status")
	path, err := queuedPath(database, table, operationID)
	if err != nil {
		return Status{}, &Error{Operation: x.operation, Kind: KindRefused, Err: err}
	}
	if details {
		path += "?details=true"
	} else {
		path += "?details=false"
	}
	if err = c.takePoll(ctx); err != nil {
		return Status{}, &Error{Operation: x.operation, Kind: KindCanceled, Err: err}
	}
	defer func() { <-c.polls }()

	data, err := c.get(ctx, c.reading, x, path)
	if err != nil {
		return Status{}, err
	}
	s, err := parseStatus(data)
	if err != nil {
		return Status{}, x.failure(ctx, fmt.Errorf("the status cannot be read: %w", err), KindInvalidResponse)
	}
	return s, nil
}

// takePoll waits for a place among the status reads: few at a time, and few in a second.
func (c *Client) takePoll(ctx context.Context) error {
	reservation := c.pollRate.Reserve()
	if err := sleep(ctx, reservation.Delay()); err != nil {
		reservation.Cancel()
		return err
	}
	return acquire(ctx, c.polls)
}

// parseStatus reads a status in any of the known spellings. What is unknown is ignored or, for a counter, summed up;
// only an answer that contradicts itself or is no status at all is an error.
func parseStatus(data []byte) (Status, error) {
	o, err := parseObject(data)
	if err != nil {
		return Status{}, err
	}
	s := Status{
		StartTime:   o.timeText("startTime", "startedAt", "startedOn"),
		LastUpdated: o.timeText("lastUpdated", "lastUpdateTime", "lastUpdatedOn", "completedAt"),
	}
	if v := o.get("status"); v != nil {
		counters, err := parseObject(v)
		if err != nil {
			return Status{}, fmt.Errorf("status: %w", err)
		}
		if s.Counters, err = parseCounters(counters); err != nil {
			return Status{}, err
		}
	}
	v := o.get("details")
	if v == nil {
		return s, nil
	}
	if v[0] != '[' {
		return Status{}, errNotDetails
	}
	entries := elements(v)
	s.HasDetails = true
	s.Details = make([]BlobDetail, 0, len(entries))
	for _, e := range entries {
		if e[0] != '{' {
			return Status{}, errNotDetails
		}
		s.Details = append(s.Details, parseDetail(members(e)))
	}
	return s, nil
}

// counterNames maps the spellings of the known counters, in lower case.
var counterNames = map[string]int{"succeeded": 0, "failed": 1, "inprogress": 2, "canceled": 3, "cancelled": 3}

var errNotDetails = errors.New("details: it is not a JSON array of objects")

// parseCounters reads the counters. One that is told twice with different values makes the answer unusable: a wrong
// guess could end a wait too early.
func parseCounters(o object) (Counters, error) {
	var values [4]int64
	var seen [4]bool
	var other int64
	for _, m := range o {
		n, ok := whole(m.value)
		i, known := counterNames[strings.ToLower(m.name)]
		switch {
		case known && !ok:
			return Counters{}, fmt.Errorf("status: the counter %s is not a number", readable(m.name))
		case known && seen[i] && values[i] != n:
			return Counters{}, fmt.Errorf("status: the counter %s is told twice with different values", readable(m.name))
		case known:
			values[i], seen[i] = n, true
		case ok:
			other = saturatingAdd(other, n)
		}
	}
	return Counters{Succeeded: values[0], Failed: values[1], InProgress: values[2], Canceled: values[3], Other: other}, nil
}

func saturatingAdd(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func parseDetail(o object) BlobDetail {
	d := BlobDetail{
		SourceID:      strings.TrimSpace(o.text("sourceId")),
		URL:           o.text("url", "blobUrl", "blobPath"),
		State:         canonical(o.text("status", "state", "ingestionStatus"), blobStates),
		StartTime:     o.timeText("startTime", "startedAt", "startedOn"),
		LastUpdated:   o.timeText("lastUpdated", "lastUpdateTime", "lastUpdatedOn", "completedAt"),
		ErrorCode:     readable(o.text("errorCode")),
		FailureStatus: canonical(o.text("failureStatus"), failureStatuses),
		Details:       readable(o.text("details", "failedReason", "failedReasons")),
	}
	if d.URL != "" {
		if identity, err := BlobIdentity(d.URL); err == nil {
			d.URL = identity
		} else {
			d.URL = Redact(d.URL)
		}
	}
	return d
}

var (
	blobStates = map[string]string{
		"queued": StateQueued, "pending": StateQueued, "inprogress": StateInProgress, "succeeded": StateSucceeded,
		"skipped": StateSkipped, "failed": StateFailed, "canceled": StateCanceled, "cancelled": StateCanceled,
		"partiallysucceeded": StatePartiallySucceeded,
	}
	failureStatuses = map[string]string{
		"unknown": FailureUnknown, "permanent": FailurePermanent, "transient": FailureTransient, "exhausted": FailureExhausted,
	}
)

// canonical returns the known spelling of a word, or the word itself.
func canonical(word string, known map[string]string) string {
	word = strings.TrimSpace(word)
	if c, ok := known[word]; ok {
		return c
	}
	if c, ok := known[strings.ToLower(word)]; ok {
		return c
	}
	return readable(word)
}
