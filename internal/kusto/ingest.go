package kusto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Request is the body of one submission.
type Request struct {
	// Timestamp is when the request was made, RFC 3339; omitted when empty.
	Timestamp string `json:"timestamp,omitempty"`
	// Blobs are at most 20, the service's limit.
	Blobs []Blob `json:"blobs"`
	// Properties hold for all blobs of the request.
	Properties Properties `json:"properties"`
}

// Blob is one blob to ingest.
type Blob struct {
	// URL is the storage connection string, credential included: a secret.
	URL string `json:"url"`
	// SourceID identifies the blob in the status; documented as a GUID.
	SourceID string `json:"sourceId,omitempty"`
	// RawSize is the uncompressed size in bytes.
	RawSize *int64 `json:"rawSize,omitempty"`
}

// Properties are the ingestion properties of a request. See
// https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http for their meaning.
type Properties struct {
	Format                    string   `json:"format"`
	EnableTracking            bool     `json:"enableTracking"`
	Tags                      []string `json:"tags,omitempty"`
	SkipBatching              *bool    `json:"skipBatching,omitempty"`
	DeleteAfterDownload       *bool    `json:"deleteAfterDownload,omitempty"`
	IngestionMappingReference string   `json:"ingestionMappingReference,omitempty"`
	IngestionMapping          string   `json:"ingestionMapping,omitempty"`
	CreationTime              string   `json:"creationTime,omitempty"`
	IngestIfNotExists         []string `json:"ingestIfNotExists,omitempty"`
	IgnoreFirstRecord         *bool    `json:"ignoreFirstRecord,omitempty"`
	IgnoreLastRecordIfInvalid *bool    `json:"ignoreLastRecordIfInvalid,omitempty"`
	IgnoreSizeLimit           *bool    `json:"ignoreSizeLimit,omitempty"`
	ValidationPolicy          string   `json:"validationPolicy,omitempty"`
	ZipPattern                string   `json:"zipPattern,omitempty"`
	ExtendSchema              *bool    `json:"extend_schema,omitempty"`
	RecreateSchema            *bool    `json:"recreate_schema,omitempty"`

	// Additional are properties that this package has no field for. A name that it has a field for is ignored here.
	Additional map[string]json.RawMessage `json:"-"`
}

// Submit sends one request and returns the id of the ingestion operation. An empty id without an error means that the
// request was accepted and is not tracked. Every error is an [*Error]; ask [NotSent] and [IsOutcomeUnknown] what it
// means. A nil error means "queued", never "ingested".
//
// The log has a line before each request, and one after it when it is certain whether it was taken. So the log of a
// process that was killed tells the operations to import, and the source ids of which nobody knows.
func (c *Client) Submit(ctx context.Context, database, table string, r Request) (operationID string, err error) {
	x := newExchange("submit", "Submit")
	path, err := queuedPath(database, table)
	if err != nil {
		return "", &Error{Operation: x.operation, Kind: KindRefused, Err: err}
	}
	if x.body, err = encode(r); err != nil {
		return "", &Error{Operation: x.operation, Kind: KindRefused, Err: redactedError{err}}
	}
	if err = acquire(ctx, c.submissions); err != nil {
		return "", &Error{Operation: x.operation, Kind: KindCanceled, Err: err}
	}
	defer func() { <-c.submissions }()

	told := map[string]any{"database": database, "table": table, "blobs": len(r.Blobs), "source_ids": sourceIDs(r)}
	c.log(ctx, LevelInfo, "Sending an ingestion to Kusto", told)
	err = c.send(ctx, c.submitting, x, path)
	if a := x.answer; a != nil && a.status >= 200 && a.status < 300 {
		// The answer counts even if the context ended meanwhile, or if the connection broke behind its last byte.
		if id, ok := operationIDOf(a.data); ok {
			told = maps.Clone(told)
			told["ingestion_operation_id"] = id
			c.log(ctx, LevelInfo, "Kusto accepted an ingestion", told)
			return id, nil
		}
		if err == nil && a.readErr == nil {
			err = errors.New("the service accepted the request, but its answer has no readable operation id")
		}
	}
	failure := x.failure(ctx, err, x.submissionKind(ctx, err))
	if NotSent(failure) {
		c.log(ctx, LevelInfo, "Kusto did not take an ingestion", told)
	}
	return "", failure
}

// sourceIDs joins the source ids of a request with commas.
func sourceIDs(r Request) string {
	ids := make([]string, len(r.Blobs))
	for i, b := range r.Blobs {
		ids[i] = b.SourceID
	}
	return strings.Join(ids, ",")
}

// operationIDOf reads the answer to a submission. A missing or empty id is no error: tracking may be off.
func operationIDOf(data []byte) (id string, ok bool) {
	o, err := parseObject(data)
	if err != nil {
		return "", false
	}
	v := o.get("ingestionOperationId")
	return o.text("ingestionOperationId"), v == nil || v[0] == '"'
}

// submissionKind says what the failure of a POST means. Whatever does not prove the contrary leaves the outcome open.
func (x *exchange) submissionKind(ctx context.Context, err error) Kind {
	var token *tokenError
	switch {
	case errors.As(err, &token) && ctx.Err() != nil, x.interrupted != nil:
		return KindCanceled
	case errors.As(err, &token):
		return KindAuthentication
	case x.answer == nil && x.neverSent(err) && ctx.Err() != nil:
		return KindCanceled
	case x.answer == nil && x.neverSent(err):
		return KindRefused
	case x.answer == nil:
		return KindOutcomeUnknown
	case refusedForNow(x.answer):
		return KindRefused
	case x.answer.status >= 300 && x.answer.status < 500:
		return answerKind(x.answer.status)
	default:
		return KindOutcomeUnknown
	}
}

// encode returns v as JSON, with "&" in URLs left readable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fmt.Errorf("the request cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// MarshalJSON writes the properties, then those of Additional in the order of their names.
func (p Properties) MarshalJSON() ([]byte, error) {
	type fields Properties // without this method
	data, err := encode(fields(p))
	if err != nil || len(p.Additional) == 0 {
		return data, err
	}
	data = bytes.TrimSuffix(data, []byte("}"))
	for _, name := range slices.Sorted(maps.Keys(p.Additional)) {
		if knownProperty(name) {
			continue
		}
		value := p.Additional[name]
		if !json.Valid(value) {
			return nil, fmt.Errorf("the additional property %q is not valid JSON", name)
		}
		key, err := encode(name)
		if err != nil {
			return nil, err
		}
		data = append(data, ',')
		data = append(data, key...)
		data = append(data, ':')
		data = append(data, value...)
	}
	return append(data, '}'), nil
}

// knownProperty reports whether Properties has a field of that name. Case is ignored, as the service may.
func knownProperty(name string) bool {
	t := reflect.TypeFor[Properties]()
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag != "-" && strings.EqualFold(tag, name) {
			return true
		}
	}
	return false
}
