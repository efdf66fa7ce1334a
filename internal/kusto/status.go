package kusto

// States of a blob, in the spelling that [BlobDetail.State] uses whatever the service's case. Any other word is an
// unknown state, which means "still running".
const (
	StateQueued             = "Queued"
	StateInProgress         = "InProgress"
	StateSucceeded          = "Succeeded"
	StateSkipped            = "Skipped"
	StateFailed             = "Failed"
	StateCanceled           = "Canceled"
	StatePartiallySucceeded = "PartiallySucceeded"
)

// Failure statuses of a failed blob, in the spelling that [BlobDetail.FailureStatus] uses.
const (
	FailureUnknown   = "Unknown"
	FailurePermanent = "Permanent"
	FailureTransient = "Transient"
	FailureExhausted = "Exhausted"
)

// Status is what the service says about one ingestion operation.
type Status struct {
	// StartTime and LastUpdated are RFC 3339 in UTC, empty when absent.
	StartTime, LastUpdated string
	// Counters count the operation's blobs.
	Counters Counters
	// Details has one entry per blob, in no particular order; nil when not asked for or not told.
	Details []BlobDetail
	// HasDetails says whether the answer had details at all, be they empty.
	HasDetails bool
}

// Counters count the blobs of an operation by state. All are zero right after a submission.
type Counters struct {
	Succeeded, Failed, InProgress, Canceled int64
	// Other is the sum of all counters this package does not know. They count as running.
	Other int64
}

// BlobDetail is what the service says about one blob.
type BlobDetail struct {
	// SourceID is the id given with the blob, as the service spells it; it may be missing.
	SourceID string
	// URL is the blob's identity without any credential; it may be missing.
	URL string
	// State is one of the State constants, or a word this package does not know.
	State string
	// StartTime and LastUpdated are RFC 3339 in UTC, empty when absent.
	StartTime, LastUpdated string
	// ErrorCode, FailureStatus and Details say why a blob failed. Details is redacted.
	ErrorCode, FailureStatus, Details string
}

// Terminal reports whether the blob's state is final. A transient failure is not: the service retries it by itself.
func (d BlobDetail) Terminal() bool {
	switch d.State {
	case StateSucceeded, StateSkipped, StateCanceled, StatePartiallySucceeded:
		return true
	case StateFailed:
		return d.FailureStatus != FailureTransient
	default:
		return false
	}
}

// Complete reports whether the counters say that all expected blobs are finished. It never follows from zero counters.
func (s Status) Complete(expected int) bool {
	c := s.Counters
	return expected > 0 && c.InProgress == 0 && c.Other == 0 && c.Succeeded+c.Failed+c.Canceled >= int64(expected)
}

// Ended reports whether the counters say that all expected blobs are finished and no detail says otherwise, be the details
// complete or not.
func (s Status) Ended(expected int) bool {
	for _, d := range s.Details {
		if !d.Terminal() {
			return false
		}
	}
	return s.Complete(max(expected, 1))
}

// AllSucceeded reports whether all expected blobs are ingested by the counters alone, which is all there is to go by where
// the details do not name them.
func (s Status) AllSucceeded(expected int) bool {
	for _, d := range s.Details {
		if d.State != StateSucceeded && d.State != StateSkipped {
			return false
		}
	}
	return s.Ended(expected) && s.Counters.Failed == 0 && s.Counters.Canceled == 0
}

// Settled reports whether all expected blobs are finished, judged by the details and checked against the counters: as
// long as they disagree, the answer is no. expected may be 0 when the number is not known.
func (s Status) Settled(expected int) bool {
	if len(s.Details) == 0 || len(s.Details) < expected {
		return false
	}
	// States without a counter of their own may be counted under a name this package does not know, or not at all.
	var uncounted int64
	for _, d := range s.Details {
		if !d.Terminal() {
			return false
		}
		if d.State == StateSkipped || d.State == StatePartiallySucceeded {
			uncounted++
		}
	}
	c := s.Counters
	finished := saturatingAdd(c.Succeeded+c.Failed+c.Canceled, uncounted)
	return c.InProgress == 0 && c.Other <= uncounted && finished >= int64(len(s.Details))
}
