package ledger

import (
	"errors"
	"slices"
)

// ErrAnonymous is returned by [Ledger.Import] for a blob of which the service told neither the url nor the source id.
var ErrAnonymous = errors.New("the service told neither the url nor the source id of a blob")

// Import fills the book from what the service says about an operation that this book does not come from. A blob without a key becomes a stray,
// which waits for a blob with its source id. Where several operations hold the same blob, the statement that makes a second ingestion least likely
// counts, so that the order of the operations does not matter.
func (l *Ledger) Import(operation string, seen []Observation) error {
	if !slices.Contains(l.Operations, operation) {
		l.Operations = append(l.Operations, operation)
	}
	strays := make(map[string]int, len(l.Strays))
	for i, e := range l.Strays {
		strays[fold(e.SourceID)] = i
	}
	l.Imported = true
	for _, o := range seen {
		e := Entry{SourceID: o.SourceID, Status: Queued, Operation: operation}.with(o)
		switch i, known := strays[fold(o.SourceID)]; {
		case o.Key != "":
			if former, ok := l.Entries[o.Key]; !ok || rank(former.Status) < rank(e.Status) {
				l.Set(o.Key, e)
			}
		case o.SourceID == "":
			return ErrAnonymous
		case !known:
			strays[fold(o.SourceID)] = len(l.Strays)
			l.Strays = append(l.Strays, e)
		case rank(l.Strays[i].Status) < rank(e.Status):
			l.Strays[i] = e
		}
	}
	return nil
}

// rank orders statuses by how surely the blob's rows are in the table, or will be.
func rank(s Status) int {
	order := []Status{NotSubmitted, Canceled, Failed, Queued, InProgress, Untracked, Unknown, Skipped, Succeeded}
	return slices.Index(order, s)
}

// Unmatched returns the source ids of imported entries that still wait for their blob and match none of the wanted ones, in the order of the import.
func (l *Ledger) Unmatched(wanted []Blob) []string {
	if len(l.Strays) == 0 {
		return nil
	}
	matched := make(map[string]bool, len(wanted))
	for _, b := range wanted {
		matched[fold(b.SourceID)] = true
	}
	var ids []string
	for _, e := range l.Strays {
		if !matched[fold(e.SourceID)] {
			ids = append(ids, e.SourceID)
		}
	}
	return ids
}
