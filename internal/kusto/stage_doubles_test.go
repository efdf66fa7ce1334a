package kusto

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
)

// storage is a double of the service's configuration and of its storage, in which every upload vanishes. It holds
// nothing in memory, so that what is left is the client's.
type storage struct {
	containers []string
	onBlock    func(*http.Request) *reply // nil, or what it returns is nil: the block is taken

	blocks, bytes, largest, inFlight, mostInFlight, committed atomic.Int64
}

// Do answers one request.
func (s *storage) Do(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/configuration") {
		var paths []string
		for _, c := range s.containers {
			paths = append(paths, fmt.Sprintf(`{"path":%q}`, c))
		}
		return answerOf(req, reply{status: http.StatusOK, body: `{"containerSettings":{"containers":[` + strings.Join(paths, ",") + `]}}`})
	}
	keepMost(&s.mostInFlight, s.inFlight.Add(1))
	defer s.inFlight.Add(-1)
	if s.onBlock != nil {
		if r := s.onBlock(req); r != nil {
			return answerOf(req, *r)
		}
	}
	n, err := io.Copy(io.Discard, req.Body)
	if err != nil {
		return nil, err
	}
	if req.URL.Query().Get("comp") == "blocklist" {
		s.committed.Add(1)
		return answerOf(req, reply{status: http.StatusCreated})
	}
	s.blocks.Add(1)
	s.bytes.Add(n)
	keepMost(&s.largest, n)
	return answerOf(req, reply{status: http.StatusCreated})
}

func keepMost(most *atomic.Int64, n int64) {
	for {
		old := most.Load()
		if n <= old || most.CompareAndSwap(old, n) {
			return
		}
	}
}

func answerOf(req *http.Request, r reply) (*http.Response, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.header == nil {
		r.header = http.Header{}
	}
	return &http.Response{StatusCode: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.body)), Request: req}, nil
}

// options returns those of a client of the storage.
func (s *storage) options() Options {
	o := staticToken(s)
	o.Retry = RetryOptions{Initial: time.Millisecond, Max: 2 * time.Millisecond}
	return o
}

// stageSecret is the signature in the doubles' containers.
const stageSecret = "s3cr3tS1gnature"

var oneContainer = []string{"https://acct.blob.core.windows.net/staging?sv=2024-11-04&sp=rw&sig=" + stageSecret}

func TestStage_whichContainersAreUsed(t *testing.T) {
	t.Parallel()
	const sas = "?sig=" + stageSecret
	tests := map[string]struct {
		container string
		want      string // the beginning of the blob's URL, "" when the container is not used
	}{
		"https":               {"https://acct.z1.blob.storage.azure.net/c" + sas, "https://acct.z1.blob.storage.azure.net/c/"},
		"slash at the end":    {"https://acct.blob.core.windows.net/c/" + sas, "https://acct.blob.core.windows.net/c/"},
		"path":                {"https://acct.blob.core.windows.net/a/b" + sas, "https://acct.blob.core.windows.net/a/b/"},
		"http here":           {"http://127.0.0.1:10000/acct/c" + sas, "http://127.0.0.1:10000/acct/c/"},
		"http here, by name":  {"http://localhost:10000/acct/c" + sas, "http://localhost:10000/acct/c/"},
		"without a SAS":       {"http://[::1]:10000/acct/c", "http://[::1]:10000/acct/c/"},
		"http elsewhere":      {"http://acct.blob.core.windows.net/c" + sas, ""},
		"looks like loopback": {"http://127.0.0.1.evil.example/c" + sas, ""},
		"other scheme":        {"file:///etc/" + sas, ""},
		"no scheme":           {"acct.blob.core.windows.net/c" + sas, ""},
		"no container":        {"https://acct.blob.core.windows.net/" + sas, ""},
		"no host":             {"https:///c" + sas, ""},
		"user name":           {"https://u:" + stageSecret + "@acct.blob.core.windows.net/c", ""},
		"account key":         {"https://acct.blob.core.windows.net/c;" + stageSecret, ""},
		"fragment":            {"https://acct.blob.core.windows.net/c#" + stageSecret, ""},
		"not a URL":           {"https://acct.blob.core.windows.net:port/c" + sas, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &storage{containers: []string{tt.container}}
			log := &recordedLog{}
			o := s.options()
			o.Log = log.add
			staged, err := newTestClient(t, o).Stage(t.Context(), writeFile(t, "a.csv", []byte("1\n")), csv)
			_, query, hasQuery := strings.Cut(tt.container, "?")
			switch {
			case tt.want == "":
				if !NotSent(err) || s.blocks.Load() != 0 || strings.Contains(err.Error(), stageSecret) {
					t.Errorf("got %v, %v after %d uploads", staged, err, s.blocks.Load())
				}
			case err != nil:
				t.Error(err)
			default:
				path, sas, _ := strings.Cut(staged.URL, "?")
				if !strings.HasPrefix(path, tt.want+stageSource) || strings.Count(path, "//") != 1 || hasQuery && sas != query {
					t.Errorf("got %s", staged.URL)
				}
			}
			log.expectNoSecret(t)
		})
	}
}

func TestStage_uploadsOfAllResourcesTogetherAreBounded(t *testing.T) {
	t.Parallel()
	f := writeFile(t, "a.csv", []byte("1\n"))
	synctest.Test(t, func(t *testing.T) {
		s := &storage{containers: oneContainer}
		release := make(chan struct{})
		s.onBlock = func(*http.Request) *reply {
			<-release
			return nil
		}
		c := newTestClient(t, s.options())
		group, ctx := errgroup.WithContext(t.Context())
		for range 3 * stagingFiles {
			group.Go(func() error {
				_, err := c.Stage(ctx, f, csv)
				return err
			})
		}
		synctest.Wait() // until nobody goes on
		if n := s.inFlight.Load(); n != stagingFiles {
			t.Errorf("%d uploads at a time, want %d", n, stagingFiles)
		}
		close(release)
		if err := group.Wait(); err != nil || s.blocks.Load() != 3*stagingFiles {
			t.Errorf("got %v after %d uploads", err, s.blocks.Load())
		}
	})
}
