package kustotest

import (
	"cmp"
	"context"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// statusDocument is the answer to a status request; its members are spelled by the profile.
type statusDocument struct {
	StartTime   string          `json:"startTime"`
	LastUpdated string          `json:"lastUpdated,omitempty"`
	Status      any             `json:"status"`
	Details     *[]detailMember `json:"details,omitempty"`
}

type counters struct {
	Succeeded  int `json:"succeeded"`
	Failed     int `json:"failed"`
	InProgress int `json:"inProgress"`
	Canceled   int `json:"canceled"`
}

type pascalCounters struct {
	Succeeded  int
	Failed     int
	InProgress int
	Canceled   int
}

type detailMember struct {
	SourceID       string `json:"sourceId,omitempty"`
	URL            string `json:"url,omitempty"`
	Status         string `json:"status"`
	StartTime      string `json:"startTime,omitempty"`
	StartedAt      string `json:"startedAt,omitempty"`
	LastUpdated    string `json:"lastUpdated,omitempty"`
	LastUpdateTime string `json:"lastUpdateTime,omitempty"`
	ErrorCode      string `json:"errorCode,omitempty"`
	FailureStatus  string `json:"failureStatus,omitempty"`
	Details        string `json:"details,omitempty"`
}

// serveStatus answers what became of an operation.
func (s *Service) serveStatus(ctx context.Context, c *call) reply {
	withDetails := false
	if values, given := c.request.URL.Query()["details"]; given {
		word := strings.ToLower(values[0])
		if word != "true" && word != "false" {
			return c.refuse(*badRequest("General_BadRequest", "The value of 'details' is neither true nor false."))
		}
		withDetails = word == "true"
	}
	s.settle(ctx)
	op, lagging := s.readOperation(c)
	if op == nil {
		return c.refuse(apiError{
			status: http.StatusNotFound, code: "BadRequest_EntityNotFound", permanent: true,
			message: "Ingestion operation '" + c.operationID + "' was not found.",
		})
	}
	s.settle(ctx) // What the read itself let go of.
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.json(op.document(withDetails, lagging))
}

// readOperation finds the operation of a status request under its own database and table, and counts the read.
func (s *Service) readOperation(c *call) (op *operation, lagging bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op, found := s.findLocked(c.operationID)
	if !found || op.key != keyOf(c.database, c.table) {
		return nil, false
	}
	op.reads++
	if op.reads <= s.statusLag {
		return op, true
	}
	for _, b := range op.blobs {
		s.countReadLocked(b)
	}
	return op, false
}

func (op *operation) document(withDetails, lagging bool) statusDocument {
	document := statusDocument{StartTime: timestamp(op.accepted)}
	var count counters
	details := []detailMember{}
	if !lagging {
		count = op.count()
		document.LastUpdated = optionalTime(op.updated())
		for _, b := range op.shuffled() {
			details = append(details, b.detail(op.profile))
		}
	}
	document.Status = count
	if op.profile == ProfileDocs {
		document.Status = pascalCounters(count)
	}
	if withDetails {
		document.Details = &details
	}
	return document
}

// count counts the blobs by state. There is no counter for other states than these four: a skipped blob counts as succeeded, and
// one in a state that is not known as in progress.
func (op *operation) count() counters {
	var count counters
	for _, b := range op.blobs {
		switch b.state {
		case stateSucceeded, stateSkipped, statePartially:
			count.Succeeded++
		case stateFailed:
			count.Failed++
		case stateCanceled:
			count.Canceled++
		default:
			count.InProgress++
		}
	}
	return count
}

// updated is the time of the last transition, zero before the first.
func (op *operation) updated() time.Time {
	var last time.Time
	for _, b := range op.blobs {
		if b.updated.After(last) {
			last = b.updated
		}
	}
	return last
}

// shuffled gives the blobs in another order than that of the request, always the same one: the order is not promised.
func (op *operation) shuffled() []*blob {
	order := make(map[*blob]uint64, len(op.blobs))
	for i, b := range op.blobs {
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(op.id + strconv.Itoa(i)))
		order[b] = sum.Sum64()
	}
	blobs := slices.Clone(op.blobs)
	slices.SortFunc(blobs, func(a, b *blob) int { return cmp.Compare(order[a], order[b]) })
	return blobs
}

func (b *blob) detail(profile Profile) detailMember {
	d := detailMember{SourceID: b.sourceID, Status: b.state}
	started, updated := optionalTime(b.started), optionalTime(b.updated)
	if profile == ProfileOpenAPI {
		d.StartedAt, d.LastUpdateTime = started, updated
	} else {
		d.URL, d.StartTime, d.LastUpdated = b.url.identity, started, updated
	}
	if b.failure != nil {
		d.ErrorCode, d.FailureStatus, d.Details = b.failure.code, b.failure.status, b.failure.details
	}
	return d
}

func optionalTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return timestamp(t)
}
