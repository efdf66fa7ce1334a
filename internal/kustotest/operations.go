package kustotest

import (
	"context"
	"encoding/json"
	"time"
)

// The states of a blob.
const (
	stateQueued     = "Queued"
	stateInProgress = "InProgress"
	stateSucceeded  = "Succeeded"
	stateSkipped    = "Skipped"
	stateFailed     = "Failed"
	stateCanceled   = "Canceled"
	statePartially  = "PartiallySucceeded"
)

// operation is one accepted request.
type operation struct {
	id         string // "" when untracked
	key        tableKey
	database   string
	table      string
	accepted   time.Time
	properties properties
	blobs      []*blob
	profile    Profile
	reads      int
	canceled   bool
	forgotten  bool
}

// blob is a blob of an operation on its way.
type blob struct {
	submittedBlob
	operation *operation
	state     string
	done      bool
	started   time.Time
	updated   time.Time
	failure   *failure
	script    *Outcome // a scripted outcome that is being played
	reads     int      // how many more status reads it is held for
	released  bool     // from its script: it is ingested now
	raceWon   bool     // no other blob had its ingest-by tag when it was submitted
}

func (b *blob) move(state string, at time.Time) {
	if b.started.IsZero() {
		b.started = at
	}
	b.state, b.updated = state, at
}

func (b *blob) finish(state string, f *failure, at time.Time) {
	b.move(state, at)
	b.failure, b.done, b.script = f, true, nil
}

// Operation is what the service knows about an accepted request.
type Operation struct {
	ID       string // "" when enableTracking was not set
	Database string
	Table    string
	Accepted time.Time
	Blobs    []OperationBlob
}

// OperationBlob is a blob of an operation.
type OperationBlob struct {
	URL           string // without credentials
	SourceID      string
	State         string
	ErrorCode     string
	FailureStatus string
	Details       string
}

// SubmittedBlob is a blob as it was submitted.
type SubmittedBlob struct {
	Operation  string
	Database   string
	Table      string
	URL        string // without credentials
	SourceID   string
	RawSize    int64  // 0 when not given
	Credential string // hash of what followed the URL, "" when there was nothing
	Format     string
	Properties json.RawMessage
}

// Operations returns the accepted requests of a table, oldest first, those whose status has expired too.
func (s *Service) Operations(database, table string) []Operation {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Operation
	for _, op := range s.history {
		if op.key == keyOf(database, table) {
			found = append(found, op.public())
		}
	}
	return found
}

func (op *operation) public() Operation {
	o := Operation{ID: op.id, Database: op.database, Table: op.table, Accepted: op.accepted}
	for _, b := range op.blobs {
		public := OperationBlob{URL: b.url.identity, SourceID: b.sourceID, State: b.state}
		if b.failure != nil {
			public.ErrorCode, public.FailureStatus, public.Details = b.failure.code, b.failure.status, b.failure.details
		}
		o.Blobs = append(o.Blobs, public)
	}
	return o
}

// SubmittedBlobs returns every blob of every accepted request, in the order of their acceptance.
func (s *Service) SubmittedBlobs() []SubmittedBlob {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []SubmittedBlob
	for _, op := range s.history {
		for _, b := range op.blobs {
			submitted := SubmittedBlob{
				Operation: op.id, Database: op.database, Table: op.table, URL: b.url.identity, SourceID: b.sourceID, RawSize: b.rawSize,
				Format: op.properties.format, Properties: json.RawMessage(op.properties.recorded),
			}
			if b.url.credential != "" {
				submitted.Credential = hashed(b.url.credential)
			}
			all = append(all, submitted)
		}
	}
	return all
}

// ForgetOperation makes the status of an operation unreadable: 404, as after its retention.
func (s *Service) ForgetOperation(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.operations[id]; op != nil {
		op.forgotten = true
	}
}

// ExpireOperations makes the status of all operations so far unreadable.
func (s *Service) ExpireOperations() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range s.history {
		op.forgotten = true
	}
}

// SetProfile changes the spelling of the status of an operation, or of all that are still to come when id is "".
func (s *Service) SetProfile(id string, p Profile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.operations[id]; op != nil {
		op.profile = p
	}
	if id == "" {
		s.profile = p
	}
}

// Cancel cancels an operation: blobs that are Queued become Canceled, those in progress finish.
func (s *Service) Cancel(id string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if op := s.operations[id]; op != nil {
		s.cancelLocked(op)
	}
}

func (s *Service) cancelLocked(op *operation) {
	op.canceled = true
	for _, b := range op.blobs {
		if b.state == stateQueued {
			b.finish(stateCanceled, nil, s.clock.Now())
		}
	}
}

// findLocked finds the operation that can be read under a database and table.
func (s *Service) findLocked(id string) (*operation, bool) {
	op := s.operations[id]
	if op == nil || op.forgotten || !s.clock.Now().Before(op.accepted.Add(s.retention)) {
		return nil, false
	}
	return op, true
}
