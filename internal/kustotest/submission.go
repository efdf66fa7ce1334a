package kustotest

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// submission is the body of a queued ingestion request.
type submission struct {
	blobs      []submittedBlob
	properties properties
}

type submittedBlob struct {
	url      blobURL
	sourceID string
	rawSize  int64
}

// properties are the ingestion properties of a request.
type properties struct {
	format            string
	tracking          bool
	tags              []string
	skipBatching      bool
	deleteAfter       bool
	mappingReference  string
	mapping           []mappedColumn
	creationTime      time.Time
	ingestIfNotExists []string
	ignoreFirst       bool
	ignoreLast        bool
	ignoreSize        bool
	constantColumns   bool
	zipPattern        string
	recorded          string // all members as they were sent, the unknown ones too
}

// members are those of a JSON object. Names are compared exactly: encoding/json would find "Blobs" for "blobs" in a struct.
type members map[string]json.RawMessage

func (m members) has(name string) bool {
	raw, ok := m[name]
	return ok && string(raw) != "null"
}

// read decodes a member unless it is absent or null.
func (m members) read(name string, into any) *apiError {
	if !m.has(name) {
		return nil
	}
	if err := json.Unmarshal(m[name], into); err != nil {
		return badRequest("BadRequest_MalformedIngestionProperty", "The value of '%s' has the wrong type.", name)
	}
	return nil
}

// readTime decodes a member that is an RFC 3339 time, with any number of fraction digits.
func (m members) readTime(name string, into *time.Time) *apiError {
	var text string
	if e := m.read(name, &text); e != nil || !m.has(name) {
		return e
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return badRequest("BadRequest_MalformedIngestionProperty", "The value of '%s' is no RFC 3339 time.", name)
	}
	*into = t
	return nil
}

// parseSubmission reads and checks a request body, as lightly as the service does: a wrong blob fails later, in the status.
func (s *Service) parseSubmission(body []byte) (submission, *apiError) {
	var top members
	if err := json.Unmarshal(body, &top); err != nil || top == nil {
		return submission{}, badRequest("General_BadRequest", "The request body is no JSON object.")
	}
	var ignored time.Time
	if e := top.readTime("timestamp", &ignored); e != nil {
		return submission{}, e
	}
	var sent []members
	if e := top.read("blobs", &sent); e != nil {
		return submission{}, e
	}
	if len(sent) == 0 {
		return submission{}, badRequest("General_BadRequest", "The request has no blobs.")
	}
	if len(sent) > s.maxBlobs {
		return submission{}, badRequest("General_BadRequest", "The request has %d blobs; %d are allowed.", len(sent), s.maxBlobs)
	}
	if !top.has("properties") {
		return submission{}, badRequest("General_BadRequest", "The request has no properties.")
	}
	parsed := submission{}
	for i, blob := range sent {
		b, e := s.parseBlobLocked(blob, i)
		if e != nil {
			return submission{}, e
		}
		parsed.blobs = append(parsed.blobs, b)
	}
	var sentProperties members
	if e := top.read("properties", &sentProperties); e != nil {
		return submission{}, e
	}
	var e *apiError
	parsed.properties, e = parseProperties(sentProperties)
	parsed.properties.recorded = string(top["properties"])
	return parsed, e
}

func (s *Service) parseBlobLocked(sent members, at int) (submittedBlob, *apiError) {
	var b submittedBlob
	var raw string
	if e := sent.read("url", &raw); e != nil {
		return b, e
	}
	if raw == "" {
		return b, badRequest("BadRequest_EmptyBlobUri", "The URL of blob %d is empty.", at)
	}
	var ok bool
	if b.url, ok = s.parseBlobURL(raw); !ok {
		return b, badRequest("BadRequest_InvalidBlobUri", "The URL of blob %d is no absolute URL of a supported storage.", at)
	}
	if e := sent.read("sourceId", &b.sourceID); e != nil {
		return b, e
	}
	if sent.has("sourceId") && !s.anySourceID && !isGUID(b.sourceID) {
		return b, badRequest("BadRequest_MalformedIngestionProperty", "The sourceId of blob %d is no GUID.", at)
	}
	b.sourceID = strings.ToLower(b.sourceID)
	if e := sent.read("rawSize", &b.rawSize); e != nil {
		return b, e
	}
	if b.rawSize < 0 {
		return b, badRequest("BadRequest_MalformedIngestionProperty", "The rawSize of blob %d is negative.", at)
	}
	return b, nil
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isGUID(text string) bool { return guid.MatchString(text) }

// parseProperties reads the properties. Unknown ones are let through, as the published schema does.
func parseProperties(sent members) (properties, *apiError) {
	var p properties
	for _, member := range []struct {
		name string
		into any
	}{
		{"format", &p.format}, {"enableTracking", &p.tracking}, {"tags", &p.tags}, {"skipBatching", &p.skipBatching},
		{"deleteAfterDownload", &p.deleteAfter}, {"ingestionMappingReference", &p.mappingReference},
		{"ingestIfNotExists", &p.ingestIfNotExists}, {"ignoreFirstRecord", &p.ignoreFirst}, {"ignoreLastRecordIfInvalid", &p.ignoreLast},
		{"ignoreSizeLimit", &p.ignoreSize}, {"zipPattern", &p.zipPattern}, {"extend_schema", new(bool)}, {"recreate_schema", new(bool)},
	} {
		if e := sent.read(member.name, member.into); e != nil {
			return p, e
		}
	}
	p.format = strings.ToLower(p.format)
	if _, known := dataFormats[p.format]; !known {
		return p, badRequest("BadRequest_FormatNotSupported", "The format '%s' is not supported.", p.format)
	}
	if e := sent.readTime("creationTime", &p.creationTime); e != nil {
		return p, e
	}
	if e := p.readMapping(sent); e != nil {
		return p, e
	}
	return p, p.readValidationPolicy(sent)
}

func (p *properties) readMapping(sent members) *apiError {
	if sent.has("ingestionMapping") && sent.has("ingestionMappingReference") {
		return badRequest("BadRequest_DuplicateMapping", "A request has either a mapping or a reference to one.")
	}
	if sent.has("ingestionMappingReference") && p.mappingReference == "" {
		return badRequest("BadRequest_EmptyMappingReference", "The mapping reference is empty.")
	}
	if !sent.has("ingestionMapping") {
		return nil
	}
	var text string
	if e := sent.read("ingestionMapping", &text); e != nil {
		return e
	}
	var ok bool
	if p.mapping, ok = parseMapping(text); !ok {
		return badRequest("BadRequest_InvalidMapping", "The mapping is no JSON array of columns.")
	}
	return nil
}

// readValidationPolicy reads the policy, a string of JSON. The default checks that the records of a file have as many fields as
// its first, and fails the file.
func (p *properties) readValidationPolicy(sent members) *apiError {
	policy := struct{ ValidationOptions, ValidationImplications int }{1, 0}
	var text string
	if e := sent.read("validationPolicy", &text); e != nil {
		return e
	}
	if sent.has("validationPolicy") {
		if err := json.Unmarshal([]byte(text), &policy); err != nil {
			return badRequest("BadRequest_MalformedIngestionProperty", "The validation policy is no JSON object.")
		}
	}
	p.constantColumns = policy.ValidationOptions == 1 && policy.ValidationImplications == 0
	return nil
}
