package provider

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// maxBlobsPerRequest is the service's limit: it does not support more blobs in one request.
// See https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http.
const maxBlobsPerRequest = 20

// parallelRequests bounds the requests that one resource has under way. The client has a bound over all resources.
const parallelRequests = 8

// submission sends what a ledger wants to be sent and records in it what becomes of that. The resource and the action share it.
type submission struct {
	client          *kusto.Client
	database, table string
	timestamp       string
	properties      kusto.Properties
	sources         map[string]kusto.Blob // what to send for a blob, with its credential, by the blob's key
	staged          map[string]bool       // keys of blobs that are the provider's own uploads
	book            *ledger.Ledger

	problems []problem
	accepted []kusto.PendingOperation // the tracked ones
	taken    bool                     // whether any request was accepted, or may have been
	untold   []string                 // keys of blobs of which the service does not say what became of them, though it is done with them
}

// problem is a request that was not accepted, or of which nobody knows.
type problem struct {
	err   error
	blobs []ledger.Decision
}

// outcome is what became of one request; the zero value means that it was never begun.
type outcome struct {
	begun bool
	id    string
	err   error
}

// send submits the decisions in requests of at most 20 blobs, in order, some at a time. After the first request that is not accepted no further one
// is begun, and what is under way is waited for. A canceled context begins no further request either.
func (s *submission) send(ctx context.Context, sending []ledger.Decision) {
	requests := s.requests(sending)
	outcomes := make([]outcome, len(requests))
	var stop atomic.Bool
	var group errgroup.Group
	group.SetLimit(parallelRequests)
	for i := range requests {
		if stop.Load() || ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if !stop.Load() && ctx.Err() == nil {
				outcomes[i] = s.submit(ctx, requests[i])
			}
			if outcomes[i].err != nil {
				stop.Store(true)
			}
			return nil
		})
	}
	_ = group.Wait() // no member returns an error: what went wrong stands in the outcomes
	s.record(ctx, requests, outcomes)
}

// requests cuts what is to be sent. Staged blobs have requests of their own, because only they are to be deleted by the service once they are ingested.
func (s *submission) requests(sending []ledger.Decision) [][]ledger.Decision {
	var own, users []ledger.Decision
	for _, d := range sending {
		if s.staged[d.Key] {
			own = append(own, d)
		} else {
			users = append(users, d)
		}
	}
	return append(ledger.Split(users, maxBlobsPerRequest), ledger.Split(own, maxBlobsPerRequest)...)
}

func (s *submission) submit(ctx context.Context, request []ledger.Decision) outcome {
	body := kusto.Request{Timestamp: s.timestamp, Properties: s.properties, Blobs: make([]kusto.Blob, len(request))}
	if s.staged[request[0].Key] {
		body.Properties.DeleteAfterDownload = new(true)
	}
	for i, d := range request {
		body.Blobs[i] = s.sources[d.Key]
		body.Blobs[i].SourceID = d.SourceID
	}
	// The client logs the id at once: Terraform keeps no state of an apply that is killed, and with the id it can be imported.
	id, err := s.client.Submit(ctx, s.database, s.table, body)
	return outcome{begun: true, id: id, err: err}
}

// record enters the outcomes in list order, so that the ids stand oldest first whichever answer came first.
func (s *submission) record(ctx context.Context, requests [][]ledger.Decision, outcomes []outcome) {
	var unsent []ledger.Decision
	for i, o := range outcomes {
		switch {
		case !o.begun:
			unsent = append(unsent, requests[i]...)
			s.book.Refuse(requests[i])
		case o.err == nil:
			s.taken = true
			s.book.Accept(requests[i], o.id)
			if o.id != "" {
				s.accepted = append(s.accepted, kusto.PendingOperation{ID: o.id, Blobs: len(requests[i])})
			}
		case kusto.NotSent(o.err):
			s.book.Refuse(requests[i])
			s.problems = append(s.problems, problem{err: o.err, blobs: requests[i]})
		default:
			s.taken = true
			s.book.Doubt(requests[i])
			s.problems = append(s.problems, problem{err: o.err, blobs: requests[i]})
		}
	}
	if len(unsent) > 0 {
		s.problems = append(s.problems, problem{err: notBegun(ctx), blobs: unsent})
	}
}

// errNotBegun says why requests were not begun although nothing was wrong with them.
var errNotBegun = errors.New("not begun after an earlier request was not accepted")

func notBegun(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("not begun: %w", context.Cause(ctx))
	}
	return errNotBegun
}

// wait waits until the accepted operations are done or ctx ends, and records what the service says.
func (s *submission) wait(ctx context.Context, progress func(kusto.Progress)) error {
	if len(s.accepted) == 0 {
		return nil
	}
	statuses, err := s.client.Wait(ctx, s.database, s.table, s.accepted, progress)
	for _, operation := range s.accepted {
		if status, ok := statuses[operation.ID]; ok {
			s.untold = append(s.untold, observe(s.book, operation.ID, status)...)
		}
	}
	return err
}

// observe enters one operation's status into a ledger. It returns the blobs of which the service does not say what became of them although it is done
// with the operation: it told too few, or none that can be recognized. Only if the counters say that all were ingested is that enough; a failed blob
// that is not named must not be guessed, as it would be sent again.
func observe(book *ledger.Ledger, operation string, status kusto.Status) (untold []string) {
	book.Observe(operation, observations(status))
	book.Times(status.StartTime, status.LastUpdated)
	size := book.Size(operation)
	if status.AllSucceeded(size) {
		book.Conclude(operation)
	}
	if status.Ended(size) || status.Settled(size) {
		return book.Running(operation)
	}
	return nil
}

func observations(status kusto.Status) []ledger.Observation {
	seen := make([]ledger.Observation, len(status.Details))
	for i, d := range status.Details {
		seen[i] = ledger.Observation{
			SourceID: d.SourceID, Key: d.URL, Status: blobStatus(d),
			ErrorCode: d.ErrorCode, FailureStatus: d.FailureStatus, Details: d.Details,
		}
	}
	return seen
}

// blobStatus translates the service's word for a blob. A transient failure is still in progress, because the service retries it by itself, and so is
// a state that is not known here. A blob of which only a part was ingested is in doubt: neither sending it again nor leaving it is safe to decide
// without the user.
func blobStatus(d kusto.BlobDetail) ledger.Status {
	switch d.State {
	case kusto.StatePartiallySucceeded:
		return ledger.Unknown
	case kusto.StateQueued:
		return ledger.Queued
	}
	if !d.Terminal() {
		return ledger.InProgress
	}
	return ledger.Status(d.State)
}
