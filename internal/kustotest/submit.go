package kustotest

import (
	"context"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

// entityName is what a database or table may be called
// (https://learn.microsoft.com/kusto/query/schema-entities/entity-names).
var entityName = regexp.MustCompile(`^[\pL\pN_ .\-]+$`)

// serveSubmit takes a request to ingest blobs. Each is a new operation: nothing in it is recognised from an earlier one.
func (s *Service) serveSubmit(ctx context.Context, c *call) reply {
	if kind, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return c.refuse(apiError{
			status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", permanent: true,
			message: "The Content-Type has to be application/json.",
		})
	}
	if s.racingTags {
		s.settle(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.findTableLocked(c); e != nil {
		return c.refuse(*e)
	}
	sent, e := s.parseSubmission(c.body)
	if e != nil {
		return c.refuse(*e)
	}
	id := s.acceptLocked(c.database, c.table, sent)
	c.operationID = id
	return c.json(struct {
		ID string `json:"ingestionOperationId"`
	}{id})
}

func (s *Service) findTableLocked(c *call) *apiError {
	for _, name := range []string{c.database, c.table} {
		if len(name) > 1024 || !entityName.MatchString(name) {
			return badRequest("BadRequest_EntityNameIsNotValid", "Entity name '%s' is not valid.", name)
		}
	}
	if !s.strict || s.asyncMissing {
		return nil
	}
	if _, known := s.databases[strings.ToLower(c.database)]; !known {
		return badRequest("BadRequest_DatabaseNotExist", "Entity ID '%s' of kind 'Database' was not found.", c.database)
	}
	if s.tables[keyOf(c.database, c.table)] == nil {
		return badRequest("BadRequest_TableNotExist", "Entity ID '%s' of kind 'Table' was not found.", c.table)
	}
	return nil
}

// acceptLocked queues the blobs of a request and returns the operation's id, "" when it is not tracked.
func (s *Service) acceptLocked(database, name string, sent submission) string {
	if s.tables[keyOf(database, name)] == nil && !s.asyncMissing {
		s.createLocked(database, name)
	}
	now := s.clock.Now()
	op := &operation{key: keyOf(database, name), database: database, table: name, accepted: now, properties: sent.properties, profile: s.profile}
	seen := map[string]bool{}
	for _, b := range sent.blobs {
		blob := &blob{submittedBlob: b, operation: op, state: stateQueued}
		op.blobs = append(op.blobs, blob)
		if seen[b.url.identity] {
			blob.finish(stateFailed, permanent("BlobAlreadyReceived_BlobAlreadyFoundInBatch", "The blob is in the request twice."), now)
			continue
		}
		seen[b.url.identity] = true
		if s.racingTags {
			blob.raceWon = s.existingTagLocked(op) == ""
		}
	}
	if sent.properties.tracking {
		id := s.newGUIDLocked()
		op.id = id[:8] + ";" + id[9:13] + id[14:18] + ";" + s.newGUIDLocked()
		s.operations[op.id] = op
	}
	s.history = append(s.history, op)
	s.batchLocked(op, now)
	return op.id
}
