package kusto

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

const stageSource = "11111111-2222-3333-4444-555555555555"

var csv = StageOptions{SourceID: stageSource, Format: "csv"}

// stagingClient returns a client of the mock service that does not wait long between its tries.
func stagingClient(t *testing.T, server *kustotest.Server) *Client {
	t.Helper()
	return newTestClient(t, Options{
		ClusterURI: server.URL, Credential: &credential{}, StaticToken: true,
		Retry: RetryOptions{Initial: time.Millisecond, Max: 2 * time.Millisecond},
	})
}

// writeFile puts a file into a directory of the test and inspects it.
func writeFile(tb testing.TB, name string, data []byte) File {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	f, err := InspectFile(path, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// noise returns bytes that do not compress.
func noise(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(data)
	return data
}

func download(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", resp.StatusCode, err)
	}
	return data
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// stagedBlobs returns the number of blobs in each of the mock service's containers.
func stagedBlobs(server *kustotest.Server, containers int) []int {
	n := make([]int, containers)
	for i := range n {
		n[i] = len(server.Blobs(fmt.Sprintf("staging-%d", i)))
	}
	return n
}

func TestStage_contentArrives(t *testing.T) {
	t.Parallel()
	rows := bytes.Repeat([]byte("1,Flood\n"), 100)
	large := noise(5<<20 + 5) // in blocks, compressed or not
	exact := noise(int(blockSize))
	tests := map[string]struct {
		file, format string
		data         []byte
		gzip         bool // on the way
		rawSize      int64
		suffix       string
	}{
		"text is compressed":        {"storms.csv", "csv", rows, true, 800, "_storms.csv.gz"},
		"without extension":         {"storms", "csv", rows, true, 800, "_storms.gz"},
		"JSON":                      {"a.json", "multijson", rows, true, 800, "_a.json.gz"},
		"in blocks":                 {"large.csv", "csv", large, true, int64(len(large)), "_large.csv.gz"},
		"gzip file":                 {"storms.csv.gz", "csv", gzipped(t, rows), false, 0, "_storms.csv.gz"},
		"gzip file, capitals":       {"STORMS.CSV.GZ", "csv", gzipped(t, rows), false, 0, "_STORMS.CSV.gz"},
		"ZIP file":                  {"storms.zip", "csv", rows, false, 0, "_storms.zip"},
		"Parquet":                   {"p.parquet", "parquet", rows, false, 0, "_p.parquet"},
		"Parquet in blocks":         {"p.parquet", "Parquet", large, false, 0, "_p.parquet"},
		"Parquet of just one block": {"p.parquet", "parquet", exact, false, 0, "_p.parquet"},
		"Avro":                      {"a.avro", "avro", rows, false, 0, "_a.avro"},
		"Apache Avro":               {"a.avro", "apacheavro", rows, false, 0, "_a.avro"},
		"ORC":                       {"o.orc", "orc", rows, false, 0, "_o.orc"},
		"name that needs escapes":   {"a b%20c?é.csv", "csv", rows, true, 800, "_a_b_20c__.csv.gz"},
		"no more than an extension": {".csv", "csv", rows, true, 800, "_.csv.gz"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithStaging(1))
			file := tt.file
			if filepath.Separator == '\\' {
				file = strings.ReplaceAll(file, "?", "_")
			}
			f := writeFile(t, file, tt.data)
			staged, err := stagingClient(t, server).Stage(t.Context(), f, StageOptions{SourceID: stageSource, Format: tt.format})
			if err != nil {
				t.Fatal(err)
			}
			got := download(t, staged.URL)
			if tt.gzip {
				got = gunzip(t, got)
			}
			if !bytes.Equal(got, tt.data) {
				t.Errorf("got %d bytes, want %d, or other ones", len(got), len(tt.data))
			}
			if staged.RawSize != tt.rawSize {
				t.Errorf("raw size %d, want %d", staged.RawSize, tt.rawSize)
			}
			path, _, _ := strings.Cut(staged.URL, "?")
			if !strings.HasPrefix(path, server.URL+"/blobs/staging-0/"+stageSource+"_") || !strings.HasSuffix(path, tt.suffix) {
				t.Errorf("staged as %s", path)
			}
		})
	}
}

func TestStage_stagedBlobsAreIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := stagingClient(t, server)
	f := writeFile(t, "storms.csv", []byte("1,Flood\n2,Hail\n"))
	staged, err := c.Stage(t.Context(), f, csv)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	id, err := c.Submit(t.Context(), "Samples", "Storms", Request{
		Blobs:      []Blob{{URL: staged.URL, SourceID: stageSource, RawSize: &staged.RawSize}},
		Properties: Properties{Format: "csv", EnableTracking: true, DeleteAfterDownload: &yes},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Wait(t.Context(), "Samples", "Storms", []PendingOperation{{ID: id, Blobs: 1}}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"1", "Flood"}, {"2", "Hail"}}, server.Rows("Samples", "Storms")); diff != "" {
		t.Error(diff)
	}
	if left := stagedBlobs(server, 2); left[0]+left[1] != 0 {
		t.Errorf("%v blobs are left", left)
	}
}

func TestStage_containersTakeTurns(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(3))
	c := stagingClient(t, server)
	f := writeFile(t, "storms.csv", []byte("1,Flood\n"))
	group, ctx := errgroup.WithContext(t.Context())
	for range 12 {
		group.Go(func() error {
			_, err := c.Stage(ctx, f, csv)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	// The same file with the same id: each upload is a blob of its own.
	if diff := cmp.Diff([]int{4, 4, 4}, stagedBlobs(server, 3)); diff != "" {
		t.Error(diff)
	}
	if n := server.Count(kustotest.RouteConfiguration); n != 1 {
		t.Errorf("the configuration was read %d times", n)
	}
}

func TestStage_nextContainerWhenOneIsDown(t *testing.T) {
	t.Parallel()
	faults := map[string]kustotest.Fault{
		"busy":       kustotest.FaultStorageBusy(),
		"forbidden":  kustotest.FaultForbidden().On(kustotest.RouteStaging),
		"gone":       kustotest.FaultEndpointMissing().On(kustotest.RouteStaging),
		"throttled":  kustotest.FaultThrottled(0).On(kustotest.RouteStaging),
		"error":      kustotest.FaultInternalError().On(kustotest.RouteStaging),
		"proxy":      kustotest.FaultGatewayHTML(http.StatusBadGateway).On(kustotest.RouteStaging),
		"cut off":    kustotest.FaultDroppedBeforeRead().On(kustotest.RouteStaging),
		"redirected": kustotest.FaultRedirect("https://evil.example/").On(kustotest.RouteStaging),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithStaging(2))
			server.Inject(fault.For("staging-0"))
			c := stagingClient(t, server)
			f := writeFile(t, "storms.parquet", noise(5<<20))
			for range 2 { // both turns
				staged, err := c.Stage(t.Context(), f, StageOptions{Format: "parquet"})
				if err != nil {
					t.Fatal(err)
				}
				if got := download(t, staged.URL); int64(len(got)) != f.Size {
					t.Errorf("%d bytes arrived, want %d", len(got), f.Size)
				}
			}
			if diff := cmp.Diff([]int{0, 2}, stagedBlobs(server, 2)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStage_transientFailureIsRetriedInPlace(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(2))
	server.Inject(kustotest.FaultStorageBusy().Times(2))
	if _, err := stagingClient(t, server).Stage(t.Context(), writeFile(t, "a.csv", []byte("1\n")), csv); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 0}, stagedBlobs(server, 2)); diff != "" {
		t.Error(diff)
	}
}

func TestStage_sizeLimitCanBeIgnored(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithMaxDataSize(3))
	c := stagingClient(t, server)
	for name, want := range map[string]bool{"abc": true, "abcd": false} {
		_, err := c.Stage(t.Context(), writeFile(t, "a.csv", []byte(name)), csv)
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Stage(t.Context(), writeFile(t, "a.csv", []byte("abcd")), StageOptions{Format: "csv", IgnoreSizeLimit: true}); err != nil {
		t.Error(err)
	}
}

func TestStage_nothingIsSentWhenCanceledBefore(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := stagingClient(t, server)
	f := writeFile(t, "a.csv", []byte("1\n"))
	if _, err := c.Configuration(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Stage(ctx, f, csv)
	var e *Error
	if !errors.As(err, &e) || e.Kind != KindCanceled || e.Operation != "stage" || !errors.Is(err, context.Canceled) || !NotSent(err) {
		t.Errorf("got %v", err)
	}
	if n := server.Count(kustotest.RouteStaging); n != 0 {
		t.Errorf("%d requests to the storage", n)
	}
}
