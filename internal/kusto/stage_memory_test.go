package kusto

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// writeRows makes a CSV file of at least size bytes without holding it in memory.
func writeRows(tb testing.TB, size int64) File {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "large.csv")
	out, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 64<<10)
	source := rand.New(rand.NewPCG(1, 2))
	var row []byte
	for written := int64(0); written < size; written += int64(len(row)) {
		row = append(strconv.AppendUint(row[:0], source.Uint64(), 10), ",Thunderstorm Wind,"...)
		row = append(strconv.AppendUint(row, source.Uint64(), 10), '\n')
		if _, err = w.Write(row); err != nil {
			tb.Fatal(err)
		}
	}
	if err = w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err = out.Close(); err != nil {
		tb.Fatal(err)
	}
	f, err := InspectFile(path, 0)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// TestStage_memoryDoesNotGrowWithTheFile measures what is alive whenever a block arrives. azblob keeps the blocks
// themselves outside of the heap; their number and size bound them.
func TestStage_memoryDoesNotGrowWithTheFile(t *testing.T) { //nolint:paralleltest // the heap is everybody's
	const size, bound = 64 << 20, 8 << 20
	f := writeRows(t, size)
	alive := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc) //nolint:gosec // no heap has 2^63 bytes
	}
	for _, format := range []string{"csv", "parquet"} {
		var most atomic.Int64
		before := alive()
		s := &storage{containers: oneContainer}
		s.onBlock = func(*http.Request) *reply {
			keepMost(&most, alive()-before)
			return nil
		}
		if _, err := newTestClient(t, s.options()).Stage(t.Context(), f, StageOptions{Format: format}); err != nil {
			t.Fatal(err)
		}
		if s.blocks.Load() < stagingBlocks || s.committed.Load() != 1 {
			t.Errorf("%s: %d blocks, %d commits", format, s.blocks.Load(), s.committed.Load())
		}
		if most.Load() > bound {
			t.Errorf("%s: %d bytes of heap for a file of %d, want at most %d", format, most.Load(), f.Size, bound)
		}
		if s.largest.Load() > blockSize || s.mostInFlight.Load() > stagingBlocks {
			t.Errorf("%s: %d blocks at a time, of up to %d bytes", format, s.mostInFlight.Load(), s.largest.Load())
		}
	}
}

// TestStage_refusedBlockEndsTheReading keeps a large file from being read, and compressed, for nothing.
func TestStage_refusedBlockEndsTheReading(t *testing.T) {
	t.Parallel()
	s := &storage{containers: oneContainer}
	s.onBlock = func(*http.Request) *reply { return &reply{status: http.StatusBadRequest} }
	const size = 16 * blockSize
	source := &countingReader{left: size}
	err := newTestClient(t, s.options()).uploadStream(t.Context(), oneContainer[0], &uploadWatch{ctx: t.Context(), source: source}, size)
	if err == nil || plainText(err) != "HTTP 400" {
		t.Errorf("got %v", err)
	}
	// As much as there was room for before the first answer.
	if source.n > stagingBlocks*blockSize {
		t.Errorf("%d bytes were read of a file that nobody takes", source.n)
	}
}

// countingReader is a file of zeros.
type countingReader struct{ n, left int64 }

// Read reads on.
func (r *countingReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), r.left)
	r.n, r.left = r.n+n, r.left-n
	return int(n), nil
}

// BenchmarkStage_largeFile stages a file of 256 MiB. peak-heap-MB is what the heap takes while it does, garbage
// included; peak-rss-MB, where the system tells it, is what the whole process takes, azblob's blocks included.
func BenchmarkStage_largeFile(b *testing.B) {
	for _, format := range []string{"csv", "parquet"} {
		b.Run(format, func(b *testing.B) {
			f := writeRows(b, 256<<20)
			var heap, resident atomic.Int64
			s := &storage{containers: oneContainer}
			s.onBlock = func(*http.Request) *reply {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				keepMost(&heap, int64(m.HeapInuse)) //nolint:gosec // no heap has 2^63 bytes
				keepMost(&resident, residentBytes())
				return nil
			}
			c := newTestClient(b, s.options())
			b.SetBytes(f.Size)
			for b.Loop() {
				if _, err := c.Stage(b.Context(), f, StageOptions{Format: format}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heap.Load())/1e6, "peak-heap-MB")
			if resident.Load() > 0 {
				b.ReportMetric(float64(resident.Load())/1e6, "peak-rss-MB")
			}
		})
	}
}

// residentBytes returns how much memory the process takes, 0 where the system has no /proc.
func residentBytes() int64 {
	data, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(data))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
