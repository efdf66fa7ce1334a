package ledger

import (
	"encoding/json"
	"fmt"
)

// memory is what has to be kept of a ledger beside what its reader can see: which operation holds a blob that is still open, the entries that
// wait for their blob, and what stood before a refused new version. A ledger whose blobs are all ingested needs none.
type memory struct {
	// Open maps the key of a blob to the place of its operation in the list of operations.
	Open     map[string]int    `json:"open,omitempty"`
	Former   map[string]record `json:"former,omitempty"`
	Strays   []record          `json:"strays,omitempty"`
	Imported bool              `json:"imported,omitempty"`
}

type record struct {
	SourceID      string `json:"sourceId"`
	Status        Status `json:"status"`
	Operation     string `json:"operation,omitempty"`
	ErrorCode     string `json:"errorCode,omitempty"`
	FailureStatus string `json:"failureStatus,omitempty"`
	Details       string `json:"details,omitempty"`
}

// Remember returns the part of the ledger that its outputs do not show, as JSON for [Ledger.Recall]; nil when there is none.
func (l *Ledger) Remember() []byte {
	m := memory{Open: map[string]int{}, Former: map[string]record{}, Imported: l.Imported}
	place := make(map[string]int, len(l.Operations))
	for i, id := range l.Operations {
		place[id] = i
	}
	for key, e := range l.Entries {
		if i, ok := place[e.Operation]; ok && e.Status.Open() {
			m.Open[key] = i
		}
		if e.Former != nil {
			m.Former[key] = e.Former.record()
		}
	}
	for _, e := range l.Strays {
		m.Strays = append(m.Strays, e.record())
	}
	if len(m.Open)+len(m.Former)+len(m.Strays) == 0 && !m.Imported {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("ledger: a memory of strings and numbers is always JSON: %v", err))
	}
	return text
}

// Recall adds to a ledger what [Ledger.Remember] kept of it. Empty text is no memory. Entries and Operations have to be there already. A blob that
// is still open and of which no operation is remembered is looked for in the newest one, as only that one can never hold a submission that a later
// one has replaced.
func (l *Ledger) Recall(text []byte) error {
	var m memory
	if len(text) > 0 {
		if err := json.Unmarshal(text, &m); err != nil {
			return fmt.Errorf("reading what was remembered of the ledger: %w", err)
		}
	}
	for key, i := range m.Open {
		e, ok := l.Entries[key]
		if ok && i >= 0 && i < len(l.Operations) {
			e.Operation = l.Operations[i]
			l.Set(key, e)
		}
	}
	if n := len(l.Operations); n > 0 {
		for key, e := range l.Entries {
			if e.Status.Open() && e.Operation == "" {
				e.Operation = l.Operations[n-1]
				l.Set(key, e)
			}
		}
	}
	for key, r := range m.Former {
		if e, ok := l.Entries[key]; ok {
			former := r.entry()
			e.Former = &former
			l.Entries[key] = e
		}
	}
	for _, r := range m.Strays {
		l.Strays = append(l.Strays, r.entry())
	}
	l.Imported = m.Imported
	return nil
}

func (e Entry) record() record {
	return record{e.SourceID, e.Status, e.Operation, e.ErrorCode, e.FailureStatus, e.Details}
}

func (r record) entry() Entry {
	return Entry{SourceID: r.SourceID, Status: r.Status, Operation: r.Operation, ErrorCode: r.ErrorCode, FailureStatus: r.FailureStatus, Details: r.Details}
}
