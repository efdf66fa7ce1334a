package kusto

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// What can be wrong with a local file. Errors of [InspectFile] and [Client.Stage] wrap one of these.
var (
	// ErrFileMissing says that there is no such file.
	ErrFileMissing = errors.New("the file does not exist")
	// ErrFileUnreadable says that the file, or a directory on the way to it, cannot be read.
	ErrFileUnreadable = errors.New("the file cannot be read")
	// ErrFileIsDirectory says that the path is a directory.
	ErrFileIsDirectory = errors.New("the path is a directory, not a file")
	// ErrFileNotRegular says that the path is a device, a pipe or a socket, whose content cannot be known in advance.
	ErrFileNotRegular = errors.New("the path is not a regular file")
	// ErrFileEmpty says that the file has no content. The service fails such a blob.
	ErrFileEmpty = errors.New("the file is empty")
	// ErrFileTooLarge says that the file is larger than the service takes as one blob.
	ErrFileTooLarge = errors.New("the file is too large")
	// ErrFileChanged says that the file is not any more what [InspectFile] saw.
	ErrFileChanged = errors.New("the file has changed since it was inspected")
)

// DefaultMaxDataSize is the greatest uncompressed size of one blob in bytes, 6 GiB, unless the service's
// [Configuration] has another one: https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http.
const DefaultMaxDataSize int64 = defaultDataSize

// File is a local file as [InspectFile] saw it.
type File struct {
	// Path is the path as it was given.
	Path string
	// Size is the size in bytes.
	Size int64
	// SHA256 is the hash of the content as it is on the disk, compressed or not.
	SHA256 [sha256.Size]byte
}

// InspectFile reads a file to its end and returns its size and hash. A file of more than limit bytes is not read, unless
// limit is 0; its size is returned with the error. The error wraps [ErrFileMissing], [ErrFileUnreadable],
// [ErrFileIsDirectory], [ErrFileNotRegular], [ErrFileEmpty] or [ErrFileTooLarge].
func InspectFile(path string, limit int64) (File, error) {
	source, err := openFile(path)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = source.Close() }()
	info, err := source.Stat()
	if err != nil {
		return File{}, fileError(err)
	}
	f := File{Path: path, Size: info.Size()}
	if err = f.CheckSize(limit); limit > 0 && err != nil {
		return f, err
	}
	digest := sha256.New()
	if f.Size, err = io.Copy(digest, source); err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFileUnreadable, err)
	}
	if f.Size == 0 {
		return File{}, ErrFileEmpty
	}
	f.SHA256 = [sha256.Size]byte(digest.Sum(nil))
	return f, nil
}

// CheckSize returns an error that wraps [ErrFileTooLarge] when the file has more than limit bytes. Of a compressed file
// these are the compressed ones, so that what passes may still prove too large once it is unpacked.
func (f File) CheckSize(limit int64) error {
	if f.Size <= limit {
		return nil
	}
	return fmt.Errorf("%w: it has %d bytes, and the service takes %d as one blob", ErrFileTooLarge, f.Size, limit)
}

// openFile opens a regular file. What the path is, is asked first: opening a pipe would wait for its writer.
func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fileError(err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, ErrFileIsDirectory
	case !mode.IsRegular():
		return nil, ErrFileNotRegular
	}
	source, err := os.Open(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fileError(err)
	}
	return source, nil
}

// fileError says what an error of the operating system means.
func fileError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %w", ErrFileMissing, err)
	}
	return fmt.Errorf("%w: %w", ErrFileUnreadable, err)
}
