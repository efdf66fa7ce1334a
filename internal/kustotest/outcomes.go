package kustotest

import (
	"context"
	"path"
	"time"
)

// Outcome is what becomes of a blob instead of its ingestion.
type Outcome struct {
	// State is the final state. "" and "Succeeded" ingest the blob. A word that is no state of the API is reported as it is.
	State string
	// ErrorCode, FailureStatus and Details go with State Failed; the first two default to General_BadRequest and Permanent.
	ErrorCode     string
	FailureStatus string
	Details       string
	// Polls is how many status reads show the blob running before State. With Flip it is how many show State before it changes.
	Polls int
	// Flip is what the outcome becomes after Polls reads, such as success after a Transient failure that the service mended itself.
	Flip *Outcome
	// Hang keeps the blob running until Heal: Queued when State is Queued, else InProgress.
	Hang bool
}

// Outcome scripts what becomes of a blob from now on. blob is its URL (a credential in it is ignored), container/name, or name.
func (s *Service) Outcome(blob string, o Outcome) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[s.outcomeKeyLocked(blob)] = o
}

// Heal forgets the scripted outcome of a blob. Where it is being played, the blob is ingested.
func (s *Service) Heal(blob string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.outcomeKeyLocked(blob)
	delete(s.outcomes, key)
	for _, op := range s.history {
		for _, b := range op.blobs {
			if b.script != nil && b.answersTo(key) {
				s.releaseLocked(b)
			}
		}
	}
}

func (s *Service) outcomeKeyLocked(blob string) string {
	if u, ok := s.parseBlobURL(blob); ok {
		return u.identity
	}
	return blob
}

// answersTo tells whether a name means the blob.
func (b *blob) answersTo(key string) bool {
	for _, name := range b.names() {
		if name == key {
			return true
		}
	}
	return false
}

func (b *blob) names() []string {
	u := b.url
	return []string{u.identity, u.container + "/" + u.name, u.name, path.Base(u.name)}
}

// playLocked begins to play the scripted outcome of a blob. It returns false when there is none, or it is to be ingested at once.
func (s *Service) playLocked(b *blob, at time.Time) bool {
	if len(s.outcomes) == 0 {
		return false
	}
	for _, name := range b.names() {
		if o, found := s.outcomes[name]; found {
			return s.beginLocked(b, o, at)
		}
	}
	return false
}

// beginLocked puts a blob in the first state of an outcome. It returns false when the blob is to be ingested.
func (s *Service) beginLocked(b *blob, o Outcome, at time.Time) bool {
	if !o.Hang && o.Flip == nil && o.Polls <= 0 {
		if o.State == "" || o.State == stateSucceeded {
			return false
		}
		b.finish(o.State, o.failure(), at)
		return true
	}
	state := stateInProgress
	b.failure = nil
	switch {
	case o.Flip != nil && o.State != "":
		state, b.failure = o.State, o.failure()
	case o.State == stateQueued:
		state = stateQueued
	}
	b.move(state, at)
	if state == stateQueued {
		b.started, b.updated = time.Time{}, time.Time{}
	}
	b.script, b.reads = &o, o.Polls
	if o.Flip != nil {
		b.reads = max(1, o.Polls) // A state that flips is seen at least once.
	}
	return true
}

func (o Outcome) failure() *failure {
	if o.State != stateFailed && o.ErrorCode == "" {
		return nil
	}
	f := &failure{code: o.ErrorCode, status: o.FailureStatus, details: o.Details}
	if f.code == "" {
		f.code = "General_BadRequest"
	}
	if f.status == "" {
		f.status = "Permanent"
	}
	return f
}

// countReadLocked counts a status read of a blob whose outcome is played, and ends or changes the outcome when its time has come.
func (s *Service) countReadLocked(b *blob) {
	if b.script == nil || b.script.Hang {
		return
	}
	if b.reads > 0 {
		b.reads--
		return
	}
	now := s.clock.Now()
	next := Outcome{State: b.script.State, ErrorCode: b.script.ErrorCode, FailureStatus: b.script.FailureStatus, Details: b.script.Details}
	if b.script.Flip != nil {
		next = *b.script.Flip
	}
	if !s.beginLocked(b, next, now) {
		s.releaseLocked(b)
	}
}

// releaseLocked lets a blob be ingested by itself.
func (s *Service) releaseLocked(b *blob) {
	now := s.clock.Now()
	b.script, b.failure, b.released = nil, nil, true
	b.move(stateInProgress, now)
	released := s.newBatchLocked(now, b)
	released.ready = now
	s.batches.sealed = append(s.batches.sealed, released)
}
