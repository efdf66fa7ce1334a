package kusto

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestInspectFile(t *testing.T) {
	t.Parallel()
	data := noise(200_000)
	f := writeFile(t, "a.csv", data)
	if diff := cmp.Diff(File{Path: f.Path, Size: 200_000, SHA256: sha256.Sum256(data)}, f); diff != "" {
		t.Error(diff)
	}
}

func TestInspectFile_refusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path string
		want error
	}{
		"missing":        {filepath.Join(dir, "none.csv"), ErrFileMissing},
		"below a file":   {filepath.Join(empty, "none.csv"), ErrFileMissing},
		"no path at all": {"", ErrFileMissing},
		"empty":          {empty, ErrFileEmpty},
		"directory":      {dir, ErrFileIsDirectory},
	}
	if runtime.GOOS != "windows" {
		tests["device"] = struct {
			path string
			want error
		}{"/dev/zero", ErrFileNotRegular}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f, err := InspectFile(tt.path, 0); !errors.Is(err, tt.want) || f != (File{}) {
				t.Errorf("got %v, %v", f, err)
			}
			// The same at the time of the upload, for a file that was inspected when it was fine.
			if tt.want == ErrFileEmpty { //nolint:errorlint // the expectation itself
				return
			}
			server := kustotest.NewServer(t)
			_, err := stagingClient(t, server).Stage(t.Context(), File{Path: tt.path, Size: 1}, csv)
			if !errors.Is(err, tt.want) || !NotSent(err) || server.Count(kustotest.RouteStaging) != 0 {
				t.Errorf("got %v after %d requests", err, server.Count(kustotest.RouteStaging))
			}
		})
	}
}

// A file that is too large is not read: that would take minutes to say what its size says at once.
func TestInspectFile_tooLarge(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "a.csv", []byte("1234")).Path
	if f, err := InspectFile(path, 3); !errors.Is(err, ErrFileTooLarge) || f != (File{Path: path, Size: 4}) {
		t.Errorf("got %v, %v", f, err)
	}
	if f, err := InspectFile(path, 4); err != nil || f.SHA256 == [sha256.Size]byte{} {
		t.Errorf("got %v, %v", f, err)
	}
}

func TestInspectFile_unreadable(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "a.csv", []byte("1\n")).Path
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		_ = f.Close()
		t.Skip("this user reads every file")
	}
	if _, err := InspectFile(path, 0); !errors.Is(err, ErrFileUnreadable) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestFileError_onlyWhatIsNotThereIsMissing(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]error{
		fs.ErrNotExist: ErrFileMissing, fs.ErrPermission: ErrFileUnreadable, io.ErrNoProgress: ErrFileUnreadable,
	} {
		if err := fileError(&fs.PathError{Op: "open", Path: "a.csv", Err: cause}); !errors.Is(err, want) || !errors.Is(err, cause) {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}

func TestStage_zeroFileIsEmpty(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	if _, err := stagingClient(t, server).Stage(t.Context(), File{}, csv); !errors.Is(err, ErrFileEmpty) || !NotSent(err) {
		t.Errorf("got %v", err)
	}
	if n := server.Count(kustotest.RouteAny); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestStage_changedFileMakesNoBlob(t *testing.T) {
	t.Parallel()
	large := noise(5<<20 + 1)
	changedEnd := append(large[:5<<20:5<<20], large[5<<20]+1)
	tests := map[string]struct {
		before, after []byte
		sent          bool // whether blocks may be on their way already
	}{
		"same size":           {[]byte("1,a\n"), []byte("1,b\n"), false},
		"shorter":             {[]byte("1,a\n"), []byte("1,a"), false},
		"longer":              {[]byte("1,a\n"), []byte("1,a\n2"), false},
		"empty by now":        {[]byte("1,a\n"), nil, false},
		"large, other end":    {large, changedEnd, true},
		"large, cut":          {large, large[:5<<20], true},
		"large, longer":       {large, append(large[:len(large):len(large)], 1), true},
		"large, grew a block": {large, append(large[:len(large):len(large)], large...), true},
	}
	for name, tt := range tests {
		for _, format := range []string{"csv", "parquet"} {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				server := kustotest.NewServer(t, kustotest.WithStaging(2))
				f := writeFile(t, "a.dat", tt.before)
				if err := os.WriteFile(f.Path, tt.after, 0o600); err != nil {
					t.Fatal(err)
				}
				staged, err := stagingClient(t, server).Stage(t.Context(), f, StageOptions{Format: format})
				if !errors.Is(err, ErrFileChanged) || !NotSent(err) || staged != (Staged{}) {
					t.Errorf("got %v, %v", staged, err)
				}
				if diff := cmp.Diff([]int{0, 0}, stagedBlobs(server, 2)); diff != "" {
					t.Error(diff)
				}
				if n := server.Count(kustotest.RouteStaging); !tt.sent && n != 0 {
					t.Errorf("%d requests to the storage", n)
				}
			})
		}
	}
}

func TestVerifiedReader_readErrorIsNoEnd(t *testing.T) {
	t.Parallel()
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("abc")))
	r := newVerifiedReader(broken, File{Size: 3, SHA256: sha256.Sum256([]byte("abc"))})
	_, err := io.ReadAll(newGzipReader(r))
	if !errors.Is(err, ErrFileUnreadable) || r.verified {
		t.Errorf("got %v", err)
	}
}

// TestGzipReader_isTheSameForEveryReader reads in all kinds of portions.
func TestGzipReader_isTheSameForEveryReader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.SliceOfN(rapid.Byte(), 0, 300_000/100).Draw(rt, "data")
		for range rapid.IntRange(0, 6).Draw(rt, "doubled") {
			data = append(data, data...)
		}
		source := rapid.SampledFrom([]func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.DataErrReader, iotest.HalfReader, iotest.OneByteReader,
		}).Draw(rt, "source")
		f := File{Size: int64(len(data)), SHA256: sha256.Sum256(data)}
		r := newVerifiedReader(source(strings.NewReader(string(data))), f)
		packed, err := io.ReadAll(iotest.HalfReader(newGzipReader(r)))
		if err != nil || !r.verified {
			rt.Fatalf("got %v, verified %t", err, r.verified)
		}
		if got := gunzip(t, packed); string(got) != string(data) {
			rt.Fatalf("%d bytes became %d, or other ones", len(data), len(got))
		}
	})
}

// TestStagedName_isPlainAndUnique holds for whatever files and ids are called.
func TestStagedName_isPlainAndUnique(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^[A-Za-z0-9._-]{1,250}$`)
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.String().Draw(t, "path") + rapid.SampledFrom([]string{"", ".csv", ".gz", ".ZIP", ".tar.gz", "."}).Draw(t, "extension")
		o := StageOptions{SourceID: rapid.String().Draw(t, "source"), Format: rapid.SampledFrom([]string{"csv", "parquet"}).Draw(t, "format")}
		name := stagedName(path, o)
		if !plain.MatchString(name) || strings.HasSuffix(name, ".") {
			t.Fatalf("staged as %q", name)
		}
		if again := stagedName(path, o); again == name {
			t.Fatalf("twice %q", name)
		}
		packed := strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zip")
		if want := o.Format == "csv" || compression(path) != ""; packed != want {
			t.Fatalf("staged as %q, packed %t", name, want)
		}
	})
}

func TestBlockSizeFor_staysWithinTheNumberOfBlocks(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for size, want := range map[int64]int64{1: 4 * mib, 6 << 30: 4 * mib, 190 << 30: 4 * mib, 300 << 30: 7 * mib, 1 << 40: 21 * mib} {
		got := blockSizeFor(size)
		if got != want || got*50_000 < size {
			t.Errorf("%d bytes: blocks of %d, want %d", size, got, want)
		}
	}
}
