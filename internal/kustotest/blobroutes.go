package kustotest

import (
	"context"
	"encoding/hex"
	"encoding/xml"
	"hash/fnv"
	"net/http"
	"slices"
)

// serveBlob answers for the blob store, in the manner of Azure Storage: Get Blob, Delete Blob, Put Blob, Put Block, Put Block List.
func (s *Service) serveBlob(ctx context.Context, c *call) reply {
	if c.blob == "" {
		return c.storageError(http.StatusBadRequest, "InvalidUri", "The requested URI does not represent any resource on the server.")
	}
	s.settle(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	store := s.containers[c.container]
	if store == nil {
		return c.storageError(http.StatusNotFound, "ContainerNotFound", "The specified container does not exist.")
	}
	query := c.request.URL.Query()
	blob, found := s.storedLocked(blobURL{container: c.container, name: c.blob})
	needs := map[string]string{http.MethodPut: "cw", http.MethodDelete: "d"}[c.request.Method]
	if needs == "" && (blob.private || !found && store.private) {
		needs = "r"
	}
	if needs != "" {
		if denial := s.permittedLocked(c.container, c.blob, query, needs); denial != nil {
			return c.storageError(http.StatusForbidden, denial.code, denial.message)
		}
	}
	if c.request.Method == http.MethodPut {
		return store.upload(c, query.Get("comp"), query.Get("blockid"))
	}
	if !found {
		return c.storageError(http.StatusNotFound, "BlobNotFound", "The specified blob does not exist.")
	}
	if c.request.Method == http.MethodDelete {
		delete(store.blobs, c.blob)
		return c.storageReply(http.StatusAccepted, nil)
	}
	if c.request.Method != http.MethodGet && c.request.Method != http.MethodHead {
		return c.storageError(http.StatusMethodNotAllowed, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.")
	}
	answer := c.storageReply(http.StatusOK, blob.data)
	answer.header.Set("X-Ms-Blob-Type", "BlockBlob")
	return answer
}

// upload takes a blob whole or in blocks.
func (store *container) upload(c *call, comp, blockID string) reply {
	if store.folder != "" {
		return c.storageError(http.StatusForbidden, "AuthorizationFailure", "A folder that is served takes no uploads.")
	}
	if comp == "block" {
		if store.blocks[c.blob] == nil {
			store.blocks[c.blob] = map[string][]byte{}
		}
		store.blocks[c.blob][blockID] = c.body
		return c.storageReply(http.StatusCreated, nil)
	}
	if c.request.Header.Get("If-None-Match") == "*" {
		if _, exists := store.blobs[c.blob]; exists {
			return c.storageError(http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists.")
		}
	}
	data := c.body
	if comp == "blocklist" {
		var ok bool
		if data, ok = store.assemble(c.blob, c.body); !ok {
			return c.storageError(http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid.")
		}
		delete(store.blocks, c.blob)
	} else if c.request.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
		return c.storageError(http.StatusBadRequest, "InvalidHeaderValue", "The value for the header x-ms-blob-type is not supported.")
	}
	store.blobs[c.blob] = storedBlob{data: data}
	return c.storageReply(http.StatusCreated, nil)
}

// assemble puts the listed blocks together.
func (store *container) assemble(blob string, list []byte) ([]byte, bool) {
	var document struct {
		Blocks []struct {
			ID string `xml:",chardata"`
		} `xml:",any"`
	}
	err := xml.Unmarshal(list, &document) //nolint:gosec // Into a struct of strings; a caller of the mock service may send what it likes.
	if err != nil {
		return nil, false
	}
	var parts [][]byte
	for _, listed := range document.Blocks {
		block, found := store.blocks[blob][listed.ID]
		if !found {
			return nil, false
		}
		parts = append(parts, block)
	}
	return slices.Concat(parts...), true
}

func (c *call) storageReply(status int, body []byte) reply {
	sum := fnv.New64a()
	_, _ = sum.Write(body)
	_, _ = sum.Write(c.body)
	header := http.Header{
		"X-Ms-Request-Id": {c.activity},
		"X-Ms-Version":    {"2024-11-04"},
		"Etag":            {`"0x` + hex.EncodeToString(sum.Sum(nil)) + `"`},
		"Last-Modified":   {c.service.clock.Now().UTC().Format(http.TimeFormat)},
		"Content-Type":    {"application/octet-stream"},
	}
	return reply{status: status, header: header, body: body}
}

func (c *call) storageError(status int, code, message string) reply {
	body := storageErrorBody(code, message+"\nRequestId:"+c.activity+"\nTime:"+timestamp(c.service.clock.Now()))
	return reply{
		status: status, body: []byte(body),
		header: http.Header{"Content-Type": {"application/xml"}, "X-Ms-Error-Code": {code}, "X-Ms-Request-Id": {c.activity}},
	}
}

func storageErrorBody(code, message string) string {
	return `<?xml version="1.0" encoding="utf-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message></Error>`
}
