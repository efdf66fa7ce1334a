package ledger

import (
	"slices"
	"strings"
	"time"
)

// Accept records that the service took a request with these blobs. An empty operation id means that it told none, so nothing can be asked later.
func (l *Ledger) Accept(request []Decision, operation string) {
	status := Queued
	if operation == "" {
		status = Untracked
	} else {
		l.Operations = append(l.Operations, operation)
	}
	for _, d := range request {
		l.Set(d.Key, Entry{SourceID: d.SourceID, Status: status, Operation: operation})
	}
}

// Doubt records that a request with these blobs was sent and that nobody knows whether it was taken.
func (l *Ledger) Doubt(request []Decision) {
	for _, d := range request {
		l.Set(d.Key, Entry{SourceID: d.SourceID, Status: Unknown})
	}
}

// Refuse records that these blobs were certainly not taken. What stood in the book for another version is kept as the former entry. A blob that was to be
// sent once more stands as before: its operation is asked about again before the next try.
func (l *Ledger) Refuse(request []Decision) {
	for _, d := range request {
		e := Entry{SourceID: d.SourceID, Status: NotSubmitted}
		switch d.Class {
		case Changed:
			former := d.Prior
			former.Former = nil
			e.Former = &former
		case Unsent:
			if d.Prior.Former != nil {
				e.Former = d.Prior.Former
			}
		case Retry:
			continue
		case Added, Done, Waiting, Doubtful, Held:
		}
		l.Set(d.Key, e)
	}
}

// Observation is what the service says about one blob of an operation.
type Observation struct {
	// SourceID and Key say which blob; either may be "".
	SourceID, Key string
	Status        Status
	// ErrorCode, FailureStatus and Details are kept only for blobs that the service gave up.
	ErrorCode, FailureStatus, Details string
}

// Observe records what the service says about an operation. Only blobs whose latest submission is in that operation are touched. A blob is found
// by its source id, else by its key; what matches neither is of no concern here.
func (l *Ledger) Observe(operation string, seen []Observation) {
	bySource, byKey := l.index(operation)
	strays := map[string]int{}
	for i, e := range l.Strays {
		if e.Operation == operation {
			strays[fold(e.SourceID)] = i
		}
	}
	for _, o := range seen {
		key, ok := bySource[fold(o.SourceID)]
		if !ok || o.SourceID == "" {
			key, ok = o.Key, byKey[o.Key]
		}
		if ok {
			l.Entries[key] = l.Entries[key].with(o)
		}
		if i, isStray := strays[fold(o.SourceID)]; isStray {
			l.Strays[i] = l.Strays[i].with(o)
		}
	}
}

// Conclude records that the service ingested every blob of an operation, which it may say without naming them.
func (l *Ledger) Conclude(operation string) {
	for _, key := range l.Running(operation) {
		l.Entries[key] = l.Entries[key].with(Observation{Status: Succeeded})
	}
}

// Running returns the keys of the operation's blobs that the service may still change, sorted.
func (l *Ledger) Running(operation string) []string {
	var keys []string
	for _, key := range l.members[operation] {
		if e, ok := l.Entries[key]; ok && e.Operation == operation && e.Status.Running() {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Size returns how many blobs have their latest submission in an operation.
func (l *Ledger) Size(operation string) int {
	_, keys := l.index(operation)
	return len(keys)
}

// index returns the keys of the operation's blobs by source id, and as a set.
func (l *Ledger) index(operation string) (bySource map[string]string, byKey map[string]bool) {
	bySource, byKey = map[string]string{}, map[string]bool{}
	for _, key := range l.members[operation] {
		e, ok := l.Entries[key]
		if !ok || e.Operation != operation {
			continue
		}
		byKey[key] = true
		if e.SourceID != "" {
			bySource[fold(e.SourceID)] = key
		}
	}
	return bySource, byKey
}

// with returns the entry with what was observed. What is settled stays settled: a late or muddled answer must not reopen it.
func (e Entry) with(o Observation) Entry {
	if !e.Status.Open() {
		return e
	}
	e.Status = o.Status
	e.ErrorCode, e.FailureStatus, e.Details = "", "", ""
	if o.Status.GivenUp() {
		e.ErrorCode, e.FailureStatus, e.Details = o.ErrorCode, o.FailureStatus, o.Details
	}
	return e
}

// Times widens the span of the book by one operation's start and last update (RFC 3339; "" or unreadable text says nothing).
func (l *Ledger) Times(start, updated string) {
	if isBefore(start, l.StartTime) {
		l.StartTime = start
	}
	if isBefore(l.LastUpdated, updated) || l.LastUpdated == "" {
		l.LastUpdated = pick(updated, l.LastUpdated)
	}
}

// isBefore reports whether a is a time and b is either no time or a later one.
func isBefore(a, b string) bool {
	ta, err := time.Parse(time.RFC3339Nano, a)
	if err != nil {
		return false
	}
	tb, err := time.Parse(time.RFC3339Nano, b)
	return err != nil || ta.Before(tb)
}

func pick(candidate, otherwise string) string {
	if _, err := time.Parse(time.RFC3339Nano, candidate); err != nil {
		return otherwise
	}
	return candidate
}

// OpenOperations returns the ids of the operations that hold blobs worth asking about, newest first.
func (l *Ledger) OpenOperations() []string {
	open := map[string]bool{}
	for _, e := range l.Entries {
		if e.Status.Open() {
			open[e.Operation] = true
		}
	}
	for _, e := range l.Strays {
		if e.Status.Open() {
			open[e.Operation] = true
		}
	}
	var ids []string
	for i := len(l.Operations) - 1; i >= 0; i-- {
		if id := l.Operations[i]; open[id] {
			ids = append(ids, id)
			delete(open, id)
		}
	}
	return ids
}

func fold(s string) string { return strings.ToLower(s) }
