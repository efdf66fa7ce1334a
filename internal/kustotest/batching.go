package kustotest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// batches are blobs that wait: in open batches for company, in sealed ones for their turn.
type batches struct {
	open   map[string]*batch
	sealed []*batch
	number int
}

// batch is what is committed as one extent.
type batch struct {
	number   int
	blobs    []*blob
	size     int64
	deadline time.Time // when it seals by time
	ready    time.Time // when it is ingested
	extent   *extent
}

// batchLocked puts the blobs of an operation in batches, by the rules of
// https://learn.microsoft.com/kusto/management/batching-policy.
func (s *Service) batchLocked(op *operation, now time.Time) {
	key := op.batchKey()
	if s.batching == 0 {
		key = fmt.Sprint("at once ", len(s.history)) // What came with one request stays together.
	}
	for _, b := range op.blobs {
		if b.done {
			continue
		}
		size, known := b.rawSize, b.rawSize > 0
		if !known {
			size, known = s.sizeLocked(b.url)
		}
		if op.properties.alone() || s.batching > 0 && !known {
			s.sealLocked(s.newBatchLocked(now, b), now)
			continue
		}
		joined := s.batches.open[key]
		if joined == nil {
			joined = s.newBatchLocked(now.Add(s.batching))
			s.batches.open[key] = joined
		}
		joined.blobs = append(joined.blobs, b)
		joined.size += size
		if len(joined.blobs) >= batchCount || joined.size >= batchSize {
			delete(s.batches.open, key)
			s.sealLocked(joined, now)
		}
	}
	if joined := s.batches.open[key]; joined != nil && s.batching == 0 {
		delete(s.batches.open, key)
		s.sealLocked(joined, now)
	}
}

func (s *Service) newBatchLocked(deadline time.Time, blobs ...*blob) *batch {
	s.batches.number++
	return &batch{number: s.batches.number, deadline: deadline, blobs: blobs}
}

func (s *Service) sealLocked(b *batch, at time.Time) {
	b.ready = at.Add(s.processing)
	for _, blob := range b.blobs {
		if !blob.done {
			blob.move(stateInProgress, at)
		}
	}
	s.batches.sealed = append(s.batches.sealed, b)
}

// alone tells whether the blobs of a request are committed one by one.
func (p properties) alone() bool {
	return p.skipBatching || len(p.ingestIfNotExists) > 0 || slices.ContainsFunc(p.tags, func(tag string) bool {
		return strings.HasPrefix(tag, "ingest-by:")
	})
}

// batchKey is equal for operations whose blobs may share a batch.
func (op *operation) batchKey() string {
	return fmt.Sprintf("%q %s", op.key, op.properties.recorded)
}

// settle ingests all that is due by the clock. It runs before anything is looked at or changed, which makes the result the same as
// if each batch had been ingested at its time.
func (s *Service) settle(ctx context.Context) {
	s.ingesting.Lock()
	defer s.ingesting.Unlock()
	for {
		s.mu.Lock()
		due := s.dueLocked(s.clock.Now())
		s.mu.Unlock()
		if len(due) == 0 {
			return
		}
		for _, b := range due {
			for _, blob := range b.blobs {
				s.ingest(ctx, b, blob)
			}
		}
	}
}

// dueLocked takes the batches that are to be ingested, in the order of their times.
func (s *Service) dueLocked(now time.Time) []*batch {
	for key, b := range s.batches.open {
		if !b.deadline.After(now) {
			delete(s.batches.open, key)
			s.sealLocked(b, b.deadline)
		}
	}
	var due, later []*batch
	for _, b := range s.batches.sealed {
		if b.ready.After(now) {
			later = append(later, b)
		} else {
			due = append(due, b)
		}
	}
	s.batches.sealed = later
	slices.SortFunc(due, func(a, b *batch) int {
		return cmp.Or(a.ready.Compare(b.ready), cmp.Compare(a.number, b.number))
	})
	return due
}
