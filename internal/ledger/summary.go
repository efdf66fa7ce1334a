package ledger

// Counters are the numbers of blobs as the service's status document has them.
type Counters struct {
	Succeeded, Failed, InProgress, Canceled int64
}

// Summary is what is said about a list of blobs as a whole.
type Summary struct {
	Counters Counters
	// State is one word over all blobs; see [Ledger.Summarize].
	State string
}

// The words of a state that are not also words of a [Status].
const (
	// PartiallySucceeded means that all blobs are settled, and some but not all of them are ingested.
	PartiallySucceeded = "PartiallySucceeded"
)

// Summarize counts the given blobs, with those of an import that still wait for theirs, and finds the one word for them, the first that holds: any
// NotSubmitted; any Unknown; any running: InProgress; any Untracked; all ingested: Succeeded; some ingested: PartiallySucceeded; any Failed; else
// Canceled.
func (l *Ledger) Summarize(blobs []Blob) Summary {
	counts := map[Status]int64{}
	for _, b := range blobs {
		e, ok := l.Entries[b.Key]
		if !ok {
			e.Status = NotSubmitted
		}
		counts[e.Status]++
	}
	for _, e := range l.Strays {
		counts[e.Status]++
	}
	ingested := counts[Succeeded] + counts[Skipped]
	running := counts[Queued] + counts[InProgress]
	s := Summary{Counters: Counters{Succeeded: ingested, Failed: counts[Failed], InProgress: running, Canceled: counts[Canceled]}}
	switch {
	case counts[NotSubmitted] > 0:
		s.State = string(NotSubmitted)
	case counts[Unknown] > 0:
		s.State = string(Unknown)
	case running > 0:
		s.State = string(InProgress)
	case counts[Untracked] > 0:
		s.State = string(Untracked)
	case ingested == int64(len(blobs)+len(l.Strays)):
		s.State = string(Succeeded)
	case ingested > 0:
		s.State = PartiallySucceeded
	case counts[Failed] > 0:
		s.State = string(Failed)
	default:
		s.State = string(Canceled)
	}
	return s
}

// NothingIngested reports whether it is certain that no blob of the list is in the table: each was given up as Failed, or never accepted. A blob that
// the service had received already may be there.
func (l *Ledger) NothingIngested(blobs []Blob) bool {
	for _, b := range blobs {
		if e := l.Entries[b.Key]; e.Status != Failed && e.Status != NotSubmitted || e.Received() {
			return false
		}
	}
	return true
}
