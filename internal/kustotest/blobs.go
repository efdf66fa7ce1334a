package kustotest

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// container is a container of the service's blob store.
type container struct {
	private bool // needs a shared access signature
	blobs   map[string]storedBlob
	blocks  map[string]map[string][]byte // uncommitted blocks by blob
	folder  string                       // a folder of the machine, for ServeDir
}

type storedBlob struct {
	data    []byte
	private bool
}

func newContainer(private bool) *container {
	return &container{private: private, blobs: map[string]storedBlob{}, blocks: map[string]map[string][]byte{}}
}

func stagingName(i int) string { return "staging-" + strconv.Itoa(i) }

// PutBlob stores a blob that anybody may read, and returns its URL.
func (s *Service) PutBlob(container, name string, data []byte) string {
	return s.putBlob(container, name, data, false)
}

// PutPrivateBlob stores a blob that is read with a shared access signature only, and returns its URL without one, and a signature
// ("sv=…&sig=…") to put behind a "?". SAS and SASUntil give further ones.
func (s *Service) PutPrivateBlob(container, name string, data []byte) (url, sas string) {
	url = s.putBlob(container, name, data, true)
	s.mu.Lock()
	defer s.mu.Unlock()
	return url, s.signLocked(container, name, "rd", farFuture)
}

// PutBlobAt stores data as the blob of a URL on any host, such as https://acct.blob.core.windows.net/seed/a.csv, so that
// configurations in the shape of real ones work without a network. The credential in a request's URL is not looked at.
func (s *Service) PutBlobAt(url string, data []byte) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.parseBlobURL(url); ok {
		s.foreign[u.identity] = data
	}
}

func (s *Service) putBlob(name, blob string, data []byte, private bool) string {
	s.settle(context.Background()) // What was due until now was to see the former content.
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.containers[name]
	if c == nil {
		c = newContainer(false)
		s.containers[name] = c
	}
	c.blobs[blob] = storedBlob{data: data, private: private}
	return s.blobURLLocked(name, blob)
}

func (s *Service) blobURLLocked(container, name string) string {
	return s.base + "/blobs/" + escapePath(container) + "/" + escapePath(name)
}

// DeleteBlob removes a blob by its URL. A blob of a folder that is served stays.
func (s *Service) DeleteBlob(url string) {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.parseBlobURL(url); ok {
		s.deleteLocked(u)
	}
}

func (s *Service) deleteLocked(u blobURL) {
	if c := s.containers[u.container]; c != nil {
		delete(c.blobs, u.name)
	}
	delete(s.foreign, u.identity)
}

// HasBlob tells whether the blob of a URL is in the store.
func (s *Service) HasBlob(url string) bool {
	s.settle(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.parseBlobURL(url)
	if !ok {
		return false
	}
	if _, found := s.foreign[u.identity]; found {
		return true
	}
	_, found := s.storedLocked(u)
	return found
}

// ServeDir serves the files of a folder as the blobs of a container that anybody may read. They are read when they are asked for,
// and never deleted.
func (s *Service) ServeDir(container, dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := newContainer(false)
	c.folder = dir
	s.containers[container] = c
}

// Blobs lists the URLs of the blobs of a container, in no order.
func (s *Service) Blobs(container string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.containers[container]
	if c == nil {
		return nil
	}
	var urls []string
	for name := range c.blobs {
		urls = append(urls, s.blobURLLocked(container, name))
	}
	if c.folder == "" {
		return urls
	}
	_ = fs.WalkDir(os.DirFS(c.folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			urls = append(urls, s.blobURLLocked(container, path))
		}
		return nil
	})
	return urls
}

// storedLocked finds a blob of the service's own store.
func (s *Service) storedLocked(u blobURL) (storedBlob, bool) {
	c := s.containers[u.container]
	if c == nil {
		return storedBlob{}, false
	}
	if c.folder != "" {
		data, err := readInside(c.folder, u.name)
		return storedBlob{data: data}, err == nil
	}
	blob, found := c.blobs[u.name]
	blob.private = blob.private || c.private
	return blob, found
}

// readInside reads a file of a folder, and none outside of it, not even through a link.
func readInside(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.ReadFile(name)
}

// sizeLocked is the size of a blob that the service can look at without asking another server.
func (s *Service) sizeLocked(u blobURL) (int64, bool) {
	if data, found := s.foreign[u.identity]; found {
		return int64(len(data)), true
	}
	blob, found := s.storedLocked(u)
	return int64(len(blob.data)), found
}

// download reads a blob for ingestion. Its own blobs are read in memory; others are asked for over HTTP.
func (s *Service) download(ctx context.Context, u blobURL) ([]byte, *failure) {
	s.mu.Lock()
	// A fault of the storage hits the service's own downloads too; one of every route is meant for the caller's requests.
	fault := s.takeFaultLocked(func(f *Fault) bool { return f.Route == RouteBlobs && !f.passes && strings.Contains(u.identity, f.Text) })
	data, foreign := s.foreign[u.identity]
	blob, stored := s.storedLocked(u)
	forbidden := stored && blob.private && !s.opensLocked(u)
	own := u.container != ""
	s.mu.Unlock()
	switch {
	case fault != nil:
		return nil, downloadFailure(cmp.Or(fault.status, http.StatusServiceUnavailable), u)
	case foreign:
		return data, nil
	case forbidden:
		return nil, downloadFailure(http.StatusForbidden, u)
	case stored:
		return blob.data, nil
	case own || !s.downloadsFrom(u.host):
		return nil, downloadFailure(http.StatusNotFound, u)
	}
	return s.get(ctx, u)
}

// get downloads a blob from another server.
func (s *Service) get(ctx context.Context, u blobURL) ([]byte, *failure) {
	request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, u.fetch, nil)
	if err != nil {
		return nil, permanent("BadRequest_InvalidBlobUri", "The blob's URL cannot be used: %s", u.identity)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, &failure{"Download_UnknownError", "Exhausted", "The blob could not be downloaded: " + u.identity}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, downloadFailure(response.StatusCode, u)
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, &failure{"Download_UnknownError", "Exhausted", "The download broke off: " + u.identity}
	}
	return data, nil
}

// downloadFailure is how an HTTP status of the storage shows in the status of the blob.
func downloadFailure(status int, u blobURL) *failure {
	switch {
	case status == http.StatusNotFound:
		return permanent("Download_SourceNotFound", "The blob was not found: %s", u.identity)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return permanent("Download_Forbidden", "Access to the blob was denied: %s", u.identity)
	case status == http.StatusPreconditionFailed:
		return permanent("Download_AccessConditionNotSatisfied", "An access condition of the blob is not satisfied: %s", u.identity)
	case status < http.StatusInternalServerError && status != http.StatusTooManyRequests:
		return permanent("Download_BadRequest", "The storage refused to deliver the blob (%d): %s", status, u.identity)
	}
	return &failure{"Download_UnknownError", "Exhausted", "The storage kept failing to deliver the blob: " + u.identity}
}
