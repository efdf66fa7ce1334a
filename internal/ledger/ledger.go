// Package ledger decides which blobs of a list have to be submitted for ingestion and keeps book of what became of them.
//
// It is pure: no HTTP, no Terraform, no clock. A [Ledger] is what is known so far. [Ledger.Decide] compares it with the blobs that are wanted and
// puts each of them into exactly one [Class]; the classes that send are cut into requests by [Split]. What the service then says is recorded with
// [Ledger.Accept], [Ledger.Refuse], [Ledger.Doubt] and [Ledger.Observe].
//
// Two properties hold for every history: a blob that was ingested, or may have been, is never sent again unless its version (source id) is another
// one, and a blob that was not ingested never leaves the book without being said.
package ledger

import "strings"

// Status says where one blob stands.
type Status string

// The statuses of a blob. All but the first three are the service's own words.
const (
	// NotSubmitted means that no request with this version of the blob was accepted. It is safe to send.
	NotSubmitted Status = "NotSubmitted"
	// Unknown means that a request was sent and its outcome never became known. It is never sent again by itself.
	Unknown Status = "Unknown"
	// Untracked means that the request was accepted without an operation id, so that nothing can be asked about it.
	Untracked Status = "Untracked"
	// Queued means that the service accepted the blob and has not begun to ingest it.
	Queued Status = "Queued"
	// InProgress means that the service works on the blob or retries it by itself.
	InProgress Status = "InProgress"
	// Succeeded means that the blob's rows are in the table.
	Succeeded Status = "Succeeded"
	// Skipped means that the service left the blob out on purpose, because of ingestIfNotExists.
	Skipped Status = "Skipped"
	// Failed means that the service gave the blob up.
	Failed Status = "Failed"
	// Canceled means that the blob's ingestion was cancelled before it was done.
	Canceled Status = "Canceled"
)

// Running reports whether the service may still change the status by itself.
func (s Status) Running() bool { return s == Queued || s == InProgress }

// GivenUp reports whether the service ended without ingesting the blob.
func (s Status) GivenUp() bool { return s == Failed || s == Canceled }

// Ingested reports whether the service is done with the blob to the user's satisfaction.
func (s Status) Ingested() bool { return s == Succeeded || s == Skipped }

// Open reports whether it is worth asking the service: the status may change, or may have been mended since.
func (s Status) Open() bool { return s.Running() || s.GivenUp() }

// Blob is one blob that is wanted in the table.
type Blob struct {
	// Key is the identity of the blob: its URL without credentials, or its path.
	Key string
	// SourceID is the version of the blob. Another value asks for another ingestion.
	SourceID string
}

// Entry is what is known about one blob.
type Entry struct {
	// SourceID is the version that the entry speaks of; "" when the service did not tell it.
	SourceID string
	// Status is the last known status of that version.
	Status Status
	// Operation is the id of the accepted operation that holds the latest submission; "" when there is none or it is not known.
	Operation string
	// ErrorCode, FailureStatus and Details are the service's words about a blob that it gave up.
	ErrorCode, FailureStatus, Details string
	// Former is what stood here before a new version was refused, so that going back to it sends nothing.
	Former *Entry
}

// alreadyReceived is how the service says that it holds the same blob already, from another URL of the request or from another request. That other
// submission is ingested, or fails by itself. See https://learn.microsoft.com/kusto/management/data-ingestion/error-codes.
const alreadyReceived = "BlobAlreadyReceived_BlobAlreadyFoundInBatch"

// Received reports whether the service gave the blob up because it had received it already, so that to send it again would ingest it twice.
func (e Entry) Received() bool {
	return e.Status.GivenUp() && strings.EqualFold(e.ErrorCode, alreadyReceived)
}

// Ledger is the book of one table's blobs.
type Ledger struct {
	// Entries holds what is known, by the blob's key.
	Entries map[string]Entry
	// Operations holds the ids of all accepted operations, oldest first.
	Operations []string
	// Imported tells that the book was filled from the service and not by submissions. The versions of its blobs are then taken from the
	// configuration, once, because an import must never cause a submission.
	Imported bool
	// Strays are imported entries whose blob the service did not name. They wait for a blob with their source id.
	Strays []Entry
	// StartTime and LastUpdated are the first start and the last update over all operations, RFC 3339 in UTC, or "".
	StartTime, LastUpdated string

	members map[string][]string // keys by operation; a key counts only while its entry names that operation
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{Entries: map[string]Entry{}, members: map[string][]string{}}
}

// Set puts an entry into the book.
func (l *Ledger) Set(key string, e Entry) {
	former := l.Entries[key].Operation
	l.Entries[key] = e
	if e.Operation != "" && e.Operation != former {
		l.members[e.Operation] = append(l.members[e.Operation], key)
	}
}

// Rename gives an entry another key.
func (l *Ledger) Rename(from, to string) {
	e := l.Entries[from]
	delete(l.Entries, from)
	l.Set(to, e)
}

// Forget removes all entries but those of the given blobs. Data that was ingested stays where it is.
func (l *Ledger) Forget(keep []Blob) {
	wanted := make(map[string]bool, len(keep))
	for _, b := range keep {
		wanted[b.Key] = true
	}
	for key := range l.Entries {
		if !wanted[key] {
			delete(l.Entries, key)
		}
	}
}

// Version returns the source id for a blob whose configuration names none: the one in the book, so that nothing is sent because of a default, or
// else the given default.
func (l *Ledger) Version(key, byDefault string) string {
	if e, ok := l.Entries[key]; ok && e.SourceID != "" {
		return e.SourceID
	}
	return byDefault
}

// SameVersion reports whether two source ids name the same version. The service spells GUIDs in lower case whatever it was sent.
func SameVersion(a, b string) bool { return strings.EqualFold(a, b) }
