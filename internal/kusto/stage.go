package kusto

import (
	"context"
	"errors"
)

// ErrLakeOnly is the cause of an error of [Client.Stage] when the cluster takes staged files in lake folders only. Such
// an upload needs an identity of its own at the lake, which this package does not bring.
var ErrLakeOnly = errors.New("the cluster stages files in lake folders only, to which this client does not upload: " +
	"put the file into a storage account or into OneLake yourself, and give its URL instead, " +
	`in Azure Data Explorer for instance with ";managed_identity=system"`)

// StageOptions says how a file is staged.
type StageOptions struct {
	// SourceID begins the blob's name, so that a staged blob can be traced to what it was made from.
	SourceID string
	// Format is the ingestion format, which decides whether the file may be compressed on its way.
	Format string
	// IgnoreSizeLimit uploads a file that is larger than the service's limit for one blob.
	IgnoreSizeLimit bool
}

// Staged is a file that was uploaded to the cluster's staging storage.
type Staged struct {
	// URL is what to submit. It is a secret: it carries the container's SAS.
	URL string
	// RawSize is the size of the uncompressed data in bytes, 0 when it is not known.
	RawSize int64
}

// String returns the URL without its secrets.
func (s Staged) String() string { return Redact(s.URL) }

// GoString returns the URL without its secrets.
func (s Staged) GoString() string { return "kusto.Staged{" + s.String() + "}" }

// Stage uploads a file to one of the cluster's staging containers and returns what to submit.
func (c *Client) Stage(_ context.Context, _ File, _ StageOptions) (Staged, error) {
	return Staged{}, &Error{Operation: "stage", Kind: KindRefused, Err: errors.New("not available yet")}
}
