package kustotest

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"regexp"
	"strings"
)

// member is one file to parse: the blob itself, unpacked, or a file of a ZIP archive.
type member struct {
	data []byte
}

// unpack undoes the compression that the blob's name tells; there is no field for it.
func unpack(name string, data []byte, zipPattern string, limit int64) ([]member, *failure) {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".gz") {
		return gunzip(data, limit)
	}
	if strings.HasSuffix(lower, ".zip") {
		return unzip(data, zipPattern, limit)
	}
	return []member{{data: data}}, nil
}

func gunzip(data []byte, limit int64) ([]member, *failure) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, permanent("BadRequest_InvalidArchive", "The blob is no gzip file.")
	}
	plain, err := readLimited(reader, limit)
	if err != nil {
		return nil, permanent("BadRequest_InvalidArchive", "The gzip file is damaged.")
	}
	return []member{{data: plain}}, nil
}

func unzip(data []byte, pattern string, limit int64) ([]member, *failure) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, permanent("BadRequest_InvalidArchive", "The blob is no ZIP archive.")
	}
	var members []member
	for _, file := range archive.File {
		if file.FileInfo().IsDir() || !matches(pattern, file.Name) {
			continue
		}
		reader, err := file.Open()
		if err != nil {
			return nil, permanent("BadRequest_InvalidArchive", "The ZIP archive is damaged.")
		}
		plain, err := readLimited(reader, limit)
		_ = reader.Close()
		if err != nil {
			return nil, permanent("BadRequest_InvalidArchive", "The ZIP archive is damaged.")
		}
		members = append(members, member{data: plain})
	}
	if len(members) == 0 {
		return nil, permanent("BadRequest_EmptyArchive", "No file of the ZIP archive is to be ingested.")
	}
	return members, nil
}

// readLimited reads one byte more than allowed at most, so that the size check sees the excess.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit+1))
}

// matches applies a zipPattern: a regular expression and, as the documentation's own example "*.csv" is none, else a wildcard.
func matches(pattern, name string) bool {
	if pattern == "" {
		return true
	}
	if expression, err := regexp.Compile(pattern); err == nil {
		return expression.MatchString(name)
	}
	matched, err := path.Match(pattern, path.Base(name))
	return err == nil && matched
}
