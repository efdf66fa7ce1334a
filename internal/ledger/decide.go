package ledger

// Class is the one answer to "what happens to this blob when the configuration is applied".
type Class int

// The classes. Those from Added on send the blob.
const (
	// Done: ingested, skipped or untracked. Nothing happens.
	Done Class = iota
	// Waiting: the service still works on it. Nothing happens.
	Waiting
	// Doubtful: a request was sent and its outcome is open. Nothing happens until the user decides.
	Doubtful
	// Held: the service gave it up and a retry is not wanted, or it was given up because the service had received it already.
	Held
	// Added: it was never in the book.
	Added
	// Unsent: it is in the book, and no request with it was ever accepted.
	Unsent
	// Changed: the configuration asks for another version.
	Changed
	// Retry: the service gave it up.
	Retry
)

// Sends reports whether a blob of this class is submitted.
func (c Class) Sends() bool { return c >= Added }

// Decision is the class of one wanted blob, with what was known about it.
type Decision struct {
	Blob
	// Index is the blob's place in the list that was decided on.
	Index int
	Class Class
	// Prior is the entry that the decision was taken from; zero for Added.
	Prior Entry
}

// Decide puts every wanted blob into one class, in the order of the list. It changes nothing. Retry tells whether blobs that the service gave up
// are to be sent again.
func (l *Ledger) Decide(wanted []Blob, retry bool) []Decision {
	strays := l.strayIndex()
	decisions := make([]Decision, len(wanted))
	for i, b := range wanted {
		d := Decision{Blob: b, Index: i, Class: Added}
		if e, ok := l.entryFor(b, strays); ok {
			d.Prior = e
			d.Class = l.classify(b, e, retry)
		}
		decisions[i] = d
	}
	return decisions
}

func (l *Ledger) entryFor(b Blob, strays map[string]Entry) (Entry, bool) {
	if e, ok := l.Entries[b.Key]; ok {
		if e.Former != nil && !l.sameVersion(b, e) {
			return *e.Former, true
		}
		return e, true
	}
	e, ok := strays[fold(b.SourceID)]
	return e, ok
}

func (l *Ledger) classify(b Blob, e Entry, retry bool) Class {
	switch {
	case e.Status == NotSubmitted:
		return Unsent
	case !l.sameVersion(b, e):
		return Changed
	case e.Status == Unknown:
		return Doubtful
	case e.Status.Running():
		return Waiting
	case e.Status.GivenUp() && retry && !e.Received():
		return Retry
	case e.Status.GivenUp():
		return Held
	}
	return Done
}

func (l *Ledger) sameVersion(b Blob, e Entry) bool {
	return l.Imported || e.SourceID == "" || SameVersion(b.SourceID, e.SourceID)
}

// strayIndex returns what an import found by source id: also the blobs with a key, as a file is known to the service by the URL that it was staged
// under.
func (l *Ledger) strayIndex() map[string]Entry {
	index := make(map[string]Entry, len(l.Strays))
	for _, e := range l.Strays {
		index[fold(e.SourceID)] = e
	}
	if !l.Imported {
		return index
	}
	for _, e := range l.Entries {
		if e.SourceID != "" {
			index[fold(e.SourceID)] = e
		}
	}
	return index
}

// Adopt enters what the decisions were taken from: the versions that the configuration names, strays under their blob's key, and the former entry
// where the configuration went back to it. Everything that is not wanted any more is forgotten, and the ledger no longer counts as imported.
func (l *Ledger) Adopt(decisions []Decision) {
	blobs := make([]Blob, len(decisions))
	for i, d := range decisions {
		blobs[i] = d.Blob
		if d.Class == Added || d.Class == Changed || d.Class == Unsent {
			continue
		}
		e := d.Prior
		e.SourceID = d.SourceID
		l.Set(d.Key, e)
	}
	l.Forget(blobs)
	l.Imported, l.Strays = false, nil
}

// Sending returns the decisions that send, in list order.
func Sending(decisions []Decision) []Decision {
	var out []Decision
	for _, d := range decisions {
		if d.Class.Sends() {
			out = append(out, d)
		}
	}
	return out
}

// Split cuts what is to be sent into requests of at most size blobs, in order. Every request but the last is full.
func Split(sending []Decision, size int) [][]Decision {
	var requests [][]Decision
	for len(sending) > size {
		requests = append(requests, sending[:size:size])
		sending = sending[size:]
	}
	if len(sending) > 0 {
		requests = append(requests, sending)
	}
	return requests
}
