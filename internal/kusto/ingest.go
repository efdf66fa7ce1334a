package kusto

import (
	"context"
	"encoding/json"
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
// https://learn.microsoft.com/kusto/api/rest/queued-ingestion-rest-api for their meaning.
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
func (c *Client) Submit(ctx context.Context, database, table string, r Request) (operationID string, err error) {
	return "", &Error{Operation: "submit", Kind: KindRefused}
}
