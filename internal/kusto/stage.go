package kusto

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
)

// ErrLakeOnly is the cause of an error of [Client.Stage] when the cluster takes staged files in lake folders only. Such
// an upload needs an identity of its own at the lake, which this package does not bring.
var ErrLakeOnly = errors.New("the cluster stages files in lake folders only, to which this client does not upload: " +
	"put the file into a storage account or into OneLake yourself, and give its URL instead, " +
	`in Azure Data Explorer for instance with ";managed_identity=system"`)

const (
	// stagingFiles is the number of files that one client uploads at a time. Each has stagingBlocks blocks in memory,
	// together 48 MiB.
	stagingFiles = 3
	// stagingTries is how often a file is uploaded when there are few containers, and mostStagingTries when there are
	// many: with each of them tried once, one of which is down costs nothing.
	stagingTries     = 3
	mostStagingTries = 6
)

// staging is what all uploads of a client share. Its zero value is ready.
type staging struct {
	next   atomic.Uint64 // the turn among the containers
	once   sync.Once
	places chan struct{}
}

// acquire takes a place among the files that are uploaded, and returns how to give it back.
func (s *staging) acquire(ctx context.Context) (func(), error) {
	s.once.Do(func() { s.places = make(chan struct{}, stagingFiles) })
	if err := acquire(ctx, s.places); err != nil {
		return nil, err
	}
	return func() { <-s.places }, nil
}

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

// Stage uploads a file to one of the cluster's staging containers, which take turns, and returns what to submit. When a
// container does not take it, the next one is tried. Text that is not compressed yet is compressed on the way; the
// memory that it takes does not grow with the file.
//
// The content is hashed while it is read. When it is not what [InspectFile] saw, no blob comes into being and the error
// wraps [ErrFileChanged].
//
// Every error is an [*Error] of the operation "stage" for which [NotSent] holds: staging alone ingests nothing. Its
// cause may be [ErrLakeOnly] or one of the errors of files. A blob that was staged and never submitted is the
// service's, which clears its staging storage by itself.
func (c *Client) Stage(ctx context.Context, f File, o StageOptions) (Staged, error) {
	if f.Size <= 0 {
		return Staged{}, stageError(ErrFileEmpty)
	}
	configuration, err := c.Configuration(ctx)
	if err != nil {
		return Staged{}, stageConfigurationError(err)
	}
	if !o.IgnoreSizeLimit {
		if err = f.CheckSize(configuration.MaxDataSize); err != nil {
			return Staged{}, stageError(err)
		}
	}
	containers, err := c.stagingContainers(ctx, configuration)
	if err != nil {
		return Staged{}, stageError(err)
	}
	release, err := c.staging.acquire(ctx)
	if err != nil {
		return Staged{}, stageError(err)
	}
	defer release()
	return c.stageInTurn(ctx, containers, f, o)
}

// stageInTurn tries the containers one after the other until one takes the file, beginning with the one whose turn it
// is.
func (c *Client) stageInTurn(ctx context.Context, containers []stagingContainer, f File, o StageOptions) (Staged, error) {
	turn := c.staging.next.Add(1) - 1
	tries := max(stagingTries, min(len(containers), mostStagingTries))
	retry := c.options.Retry.withDefaults(stagingTries)
	var failures stagingFailures
	for try := 1; ; try++ {
		container := containers[(turn+uint64(try)-1)%uint64(len(containers))] //nolint:gosec // both are positive
		url, err := c.upload(ctx, container, f, o)
		if err == nil {
			c.log(ctx, LevelDebug, "Staged a file", map[string]any{"file": f.Path, "size": f.Size, "blob": Redact(url)})
			return Staged{URL: url, RawSize: rawSize(f, o.Format)}, nil
		}
		failures.add(container, err)
		c.log(ctx, LevelDebug, "A staging container did not take a file", map[string]any{
			"file": f.Path, "container": container.name(), "error": plainText(err),
		})
		if try >= tries || ctx.Err() != nil || pointless(err) {
			return Staged{}, failures.err(ctx)
		}
		if round := try / len(containers); try%len(containers) == 0 {
			if sleep(ctx, backoff(retry.Initial, retry.Max, 2, 0.2, round)) != nil {
				return Staged{}, failures.err(ctx)
			}
		}
	}
}

// binaryFormats compress their data themselves, and the service does not unpack them.
var binaryFormats = map[string]bool{"avro": true, "apacheavro": true, "parquet": true, "orc": true}

// wrapped reports whether a file is compressed on its way.
func wrapped(path, format string) bool {
	return compression(path) == "" && !binaryFormats[strings.ToLower(format)]
}

// rawSize returns the size of the uncompressed data, 0 when only the compressed size is known. The size of a compressed
// file is worse than none: the service would plan its batches by it.
func rawSize(f File, format string) int64 {
	if !wrapped(f.Path, format) {
		return 0
	}
	return f.Size
}

// compression returns the extension by which the service recognises compressed data, "" when there is none.
func compression(path string) string {
	for _, extension := range []string{".gz", ".zip"} {
		if len(path) >= len(extension) && strings.EqualFold(path[len(path)-len(extension):], extension) {
			return extension
		}
	}
	return ""
}

// stagingContainers returns the containers that the service offers and that a file may be sent to.
func (c *Client) stagingContainers(ctx context.Context, configuration Configuration) ([]stagingContainer, error) {
	var usable []stagingContainer
	var refusal error
	for _, raw := range configuration.Containers {
		container, err := parseStagingContainer(raw)
		if err != nil {
			refusal = cmp.Or(refusal, err)
			c.log(ctx, LevelWarn, "Not using a staging container", map[string]any{"container": Redact(raw), "reason": err.Error()})
			continue
		}
		usable = append(usable, container)
	}
	switch {
	case len(usable) > 0:
		return usable, nil
	case refusal != nil:
		return nil, refusal
	case len(configuration.LakeFolders) > 0 || configuration.PreferredUploadMethod == uploadMethods["lake"]:
		return nil, ErrLakeOnly
	default:
		return nil, errors.New("the service offers no staging containers")
	}
}
