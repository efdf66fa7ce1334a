package kusto

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

const (
	// stagingBlocks is the number of blocks of one file in memory and on their way at a time.
	stagingBlocks = 4
	// blockSize is the size of a block, unless the file needs larger ones.
	blockSize int64 = 4 << 20
	// blockTimeout bounds one try to send a block. It is enough for a line of 1 Mbit/s.
	blockTimeout = 5 * time.Minute
	// blockRetries is how often a block is sent again to the same container. Sending it twice does no harm.
	blockRetries = 2
)

// blockSizeFor returns the size of the blocks of a file. Compression may make a file slightly larger.
func blockSizeFor(size int64) int64 {
	size += size/1000 + 1024
	const mib = 1 << 20
	least := (size + blockblob.MaxBlocks - 1) / blockblob.MaxBlocks
	return max(blockSize, (least+mib-1)/mib*mib)
}

// upload sends the file to a container and returns the blob's URL. Each call makes a blob of its own: an upload whose
// answer was lost may be there, and nobody knows it.
func (c *Client) upload(ctx context.Context, container stagingContainer, f File, o StageOptions) (string, error) {
	source, err := openFile(f.Path)
	if err != nil {
		return "", err
	}
	defer func() { _ = source.Close() }()
	verified := newVerifiedReader(source, f)
	content := io.Reader(verified)
	if wrapped(f.Path, o.Format) {
		content = newGzipReader(verified)
	}

	blob := container.blobURL(stagedName(f.Path, o))
	if err := c.uploadStream(ctx, blob, &uploadWatch{ctx: ctx, source: content}, f.Size); err != nil {
		return "", err
	}
	if !verified.verified { // the blob is there, but nobody vouches for it
		return "", ErrFileChanged
	}
	return blob, nil
}

// uploadStream makes a blob of what the watch reads, about size bytes.
func (c *Client) uploadStream(ctx context.Context, blob string, watch *uploadWatch, size int64) error {
	client, err := blockblob.NewClientWithNoCredential(blob, c.blobOptions(watch))
	if err != nil {
		return err
	}
	_, err = client.UploadStream(ctx, watch, &blockblob.UploadStreamOptions{BlockSize: blockSizeFor(size), Concurrency: stagingBlocks})
	if first := watch.failure(); first != nil {
		return first
	}
	return err
}

// blobOptions returns the options of azblob's client.
func (c *Client) blobOptions(watch *uploadWatch) *blockblob.ClientOptions {
	retry := c.options.Retry.withDefaults(stagingTries)
	options := &blockblob.ClientOptions{ClientOptions: policy.ClientOptions{
		PerCallPolicies: []policy.Policy{watch},
		Retry: policy.RetryOptions{
			MaxRetries: blockRetries, TryTimeout: blockTimeout, RetryDelay: retry.Initial, MaxRetryDelay: retry.Max,
		},
	}}
	switch t := c.options.Transport.(type) {
	case nil:
		options.Transport = withoutURLs{sharedTransport()}
	case *http.Client:
		options.Transport = withoutURLs{withoutRedirects(t)}
	default:
		options.Transport = withoutURLs{t}
	}
	return options
}

// withoutURLs takes the URL, which is a secret, out of the errors of net/http before azcore sees them: it logs them when
// AZURE_SDK_GO_LOGGING is set.
type withoutURLs struct{ next policy.Transporter }

// Do sends the request.
func (t withoutURLs) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.next.Do(req)
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return resp, err
}

// uploadWatch stands between azblob and both the file and the storage. It ends the reading of the file when a block
// was refused: azblob itself would read, and here compress, a large file to its end. And it keeps the first failure,
// which is the cause of all that follow.
type uploadWatch struct {
	ctx    context.Context
	source io.Reader

	mu    sync.Mutex
	first error // of the file or of the storage
}

// errUploadStopped ends the reading of a file whose upload failed already.
var errUploadStopped = errors.New("the upload has failed")

// Read reads the content of the blob.
func (w *uploadWatch) Read(p []byte) (int, error) {
	if w.failure() != nil {
		return 0, errUploadStopped
	}
	n, err := 0, w.ctx.Err()
	if err == nil {
		n, err = w.source.Read(p)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.fail(err) // before azblob cancels the blocks that are on their way
	}
	return n, err
}

// Do sends one request, with its retries.
func (w *uploadWatch) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err == nil && !runtime.HasStatusCode(resp, http.StatusCreated) {
		err = runtime.NewResponseError(resp)
	}
	if err != nil {
		w.fail(err)
		return nil, err
	}
	return resp, nil
}

func (w *uploadWatch) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first == nil {
		w.first = err
	}
}

func (w *uploadWatch) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}
