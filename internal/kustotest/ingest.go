package kustotest

import (
	"context"
	"math"
)

// ingest ingests one blob of a sealed batch, or begins to play its scripted outcome.
func (s *Service) ingest(ctx context.Context, in *batch, b *blob) {
	s.mu.Lock()
	if b.done || !b.released && s.playLocked(b, in.ready) {
		s.mu.Unlock()
		return
	}
	mapping, fail := s.prepareLocked(b)
	s.mu.Unlock()
	var records []record
	if fail == nil {
		records, fail = s.read(ctx, b)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fail != nil {
		b.finish(stateFailed, fail, in.ready)
		return
	}
	s.commitLocked(in, b, records, mapping)
}

// prepareLocked checks what can be checked without the blob's content.
func (s *Service) prepareLocked(b *blob) ([]mappedColumn, *failure) {
	op := b.operation
	t := s.tables[op.key]
	if _, known := s.databases[op.key.database]; !known {
		return nil, permanent("BadRequest_DatabaseNotExist", "Database '%s' was not found.", op.database)
	}
	if t == nil {
		return nil, permanent("BadRequest_TableNotExist", "Table '%s' was not found.", op.table)
	}
	p := op.properties
	if b.rawSize > s.maxSize && !p.ignoreSize {
		return nil, permanent("BadRequest_FileTooLarge", "The blob has %d bytes; %d are allowed.", b.rawSize, s.maxSize)
	}
	if p.mappingReference == "" {
		return p.mapping, nil
	}
	text, found := t.mappings[mappingKey{dataFormats[p.format].mapping, p.mappingReference}]
	if !found {
		return nil, permanent("BadRequest_MappingReferenceWasNotFound", "Mapping reference '%s' of kind '%s' was not found.",
			p.mappingReference, dataFormats[p.format].mapping)
	}
	mapping, ok := parseMapping(text)
	if !ok {
		return nil, permanent("BadRequest_InvalidMapping", "Mapping '%s' is no JSON array of columns.", p.mappingReference)
	}
	return mapping, nil
}

// read downloads, unpacks and parses a blob.
func (s *Service) read(ctx context.Context, b *blob) ([]record, *failure) {
	p := b.operation.properties
	data, fail := s.download(ctx, b.url)
	if fail != nil {
		return nil, fail
	}
	if len(data) == 0 {
		return nil, permanent("BadRequest_EmptyBlob", "The blob is empty: %s", b.url.identity)
	}
	if dataFormats[p.format].binary {
		return nil, nil
	}
	limit := s.maxSize
	if p.ignoreSize {
		limit = math.MaxInt64 - 1
	}
	files, fail := unpack(b.url.name, data, p.zipPattern, limit)
	if fail != nil {
		return nil, fail
	}
	var size int64
	for _, file := range files {
		size += int64(len(file.data))
	}
	if size > limit {
		return nil, permanent("BadRequest_FileTooLarge", "The blob has %d bytes or more; %d are allowed.", size, s.maxSize)
	}
	if size == 0 {
		return nil, permanent("BadRequest_EmptyBlob", "The blob is empty: %s", b.url.identity)
	}
	return parseBlob(files, p)
}

// commitLocked writes the rows of a blob to its table.
func (s *Service) commitLocked(in *batch, b *blob, records []record, mapping []mappedColumn) {
	op := b.operation
	t := s.tables[op.key]
	if t == nil {
		b.finish(stateFailed, permanent("BadRequest_TableNotExist", "Table '%s' was not found.", op.table), in.ready)
		return
	}
	if tag := s.existingTagLocked(op); tag != "" && !b.raceWon {
		s.keepOutLocked(in, b, tag)
		return
	}
	rows, fail := t.shape(records, mapping, b.url.identity)
	if fail != nil {
		b.finish(stateFailed, fail, in.ready)
		return
	}
	if in.extent == nil {
		in.extent = &extent{id: s.newGUIDLocked(), tags: op.properties.tags, created: in.ready}
		if !op.properties.creationTime.IsZero() {
			in.extent.created = op.properties.creationTime.UTC()
		}
	}
	t.commit(in.extent, b.url.identity, rows)
	b.finish(stateSucceeded, nil, in.ready)
	if op.properties.deleteAfter && s.deletesLocked(b.url) {
		s.deleteLocked(b.url)
	}
}

// existingTagLocked finds a tag that ingestIfNotExists forbids. It is looked for behind ingest-by: only, so that a value which
// itself begins with the prefix forbids nothing (https://learn.microsoft.com/kusto/management/extent-tags).
func (s *Service) existingTagLocked(op *operation) string {
	t := s.tables[op.key]
	if t == nil {
		return ""
	}
	for _, value := range op.properties.ingestIfNotExists {
		if tag := "ingest-by:" + value; t.tags[tag] > 0 {
			return tag
		}
	}
	return ""
}

func (s *Service) keepOutLocked(in *batch, b *blob, tag string) {
	if s.existsState != stateFailed {
		b.finish(s.existsState, nil, in.ready)
		return
	}
	b.finish(stateFailed, permanent("General_BadRequest", "Data with the tag '%s' is in the table already.", tag), in.ready)
}
