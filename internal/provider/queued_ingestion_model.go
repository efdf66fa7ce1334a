package provider

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// queuedIngestionModel is the resource's schema in Go.
type queuedIngestionModel struct {
	Blobs             types.List
	Database          types.String
	Properties        types.Object
	RetryFailedBlobs  types.Bool
	SASToken          types.String
	Table             types.String
	Timeouts          timeouts.Value
	Timestamp         timetypes.RFC3339
	WaitForCompletion types.Bool

	BlobStatus            types.Map
	FailedBlobs           types.List
	IngestionOperationID  types.String
	IngestionOperationIDs types.List
	LastUpdated           types.String
	StartTime             types.String
	State                 types.String
	Status                types.Object

	kind map[string]attr.Type // of the schema
}

// blobArgument is one element of the list of blobs.
type blobArgument struct {
	URL      types.String
	File     types.String
	SourceID types.String
	RawSize  types.Int64
}

// blobArguments reads the list without reflection: it may have thousands of elements.
func blobArguments(list types.List) []blobArgument {
	elements := list.Elements()
	blobs := make([]blobArgument, len(elements))
	for i, element := range elements {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() {
			blobs[i] = blobArgument{URL: types.StringUnknown(), File: types.StringUnknown(), SourceID: types.StringUnknown(), RawSize: types.Int64Unknown()}
			continue
		}
		attributes := object.Attributes()
		blobs[i].URL, _ = attributes["url"].(types.String)
		blobs[i].File, _ = attributes["file"].(types.String)
		blobs[i].SourceID, _ = attributes["source_id"].(types.String)
		blobs[i].RawSize, _ = attributes["raw_size"].(types.Int64)
	}
	return blobs
}

func blobList(blobs []blobArgument) types.List {
	elements := make([]attr.Value, len(blobs))
	for i, b := range blobs {
		elements[i] = types.ObjectValueMust(blobType.AttrTypes, map[string]attr.Value{
			"url": b.URL, "file": b.File, "source_id": b.SourceID, "raw_size": b.RawSize,
		})
	}
	return types.ListValueMust(blobType, elements)
}

// key returns the identity of the blob, the path as it is written or the URL without credentials, and false while it is not known. A URL without an
// identity is refused by the validation; until then it is its own.
func (b blobArgument) key() (string, bool) {
	if b.isFile() {
		return b.File.ValueString(), true
	}
	if b.URL.IsNull() || b.URL.IsUnknown() || b.File.IsUnknown() {
		return "", false
	}
	identity, err := kusto.BlobIdentity(b.URL.ValueString())
	if err != nil {
		return kusto.Redact(b.URL.ValueString()), true
	}
	return identity, true
}

// isFile reports whether the blob is a local file whose path is known.
func (b blobArgument) isFile() bool { return b.File.ValueString() != "" }

// sourceIDSpace is the namespace of the source ids that are derived and not given.
var sourceIDSpace = uuid.MustParse("5d1f6c0e-6a0b-4c3f-9a57-0c2b6f4be1a7")

// defaultSourceID derives the version of a blob for which the configuration names none. It is the same in every plan. The name of the database
// counts without case, as it does for the service. For a file the hash of its content is given too, so that an edited file is another version.
func defaultSourceID(database, table, key string, content ...string) string {
	name := append([]string{strings.ToLower(database), table, key}, content...)
	return uuid.NewSHA1(sourceIDSpace, []byte(strings.Join(name, "\n"))).String()
}

// ledgerBlobs returns the blobs of a list whose keys and source ids are known.
func ledgerBlobs(list types.List) []ledger.Blob {
	arguments := blobArguments(list)
	blobs := make([]ledger.Blob, 0, len(arguments))
	for _, a := range arguments {
		if key, known := a.key(); known {
			blobs = append(blobs, ledger.Blob{Key: key, SourceID: a.SourceID.ValueString()})
		}
	}
	return blobs
}

// ledger reads the book back from the outputs and from what was remembered beside them.
func (m *queuedIngestionModel) ledger(memory []byte) (*ledger.Ledger, error) {
	book := ledger.New()
	book.Operations = stringsOf(m.IngestionOperationIDs)
	book.StartTime, book.LastUpdated = m.StartTime.ValueString(), m.LastUpdated.ValueString()
	failed := m.failedEntries()
	status := m.BlobStatus.Elements()
	for _, b := range ledgerBlobs(m.Blobs) {
		text, ok := status[b.Key].(types.String)
		if !ok || text.IsNull() || text.IsUnknown() {
			continue
		}
		entry := ledger.Entry{SourceID: b.SourceID, Status: ledger.Status(text.ValueString())}
		if f, isFailed := failed[b.Key]; isFailed && entry.Status.GivenUp() {
			entry.Operation, entry.ErrorCode, entry.FailureStatus, entry.Details = f.Operation, f.ErrorCode, f.FailureStatus, f.Details
		}
		book.Set(b.Key, entry)
	}
	if err := book.Recall(memory); err != nil {
		return nil, fmt.Errorf("the private state of the resource: %w", err)
	}
	return book, nil
}

func (m *queuedIngestionModel) failedEntries() map[string]ledger.Entry {
	entries := map[string]ledger.Entry{}
	for _, element := range m.FailedBlobs.Elements() {
		object, ok := element.(types.Object)
		if !ok {
			continue
		}
		text := func(name string) string {
			value, _ := object.Attributes()[name].(types.String)
			return value.ValueString()
		}
		entries[text("url")] = ledger.Entry{
			Operation: text("ingestion_operation_id"), ErrorCode: text("error_code"), FailureStatus: text("failure_status"), Details: text("details"),
		}
	}
	return entries
}

// setOutputs shows the book in the outputs, for the given blobs.
func (m *queuedIngestionModel) setOutputs(book *ledger.Ledger, blobs []ledger.Blob) {
	status := make(map[string]attr.Value, len(blobs))
	var failed []attr.Value
	for _, b := range blobs {
		entry, ok := book.Entries[b.Key]
		if !ok {
			entry = ledger.Entry{SourceID: b.SourceID, Status: ledger.NotSubmitted}
		}
		status[b.Key] = types.StringValue(string(entry.Status))
		if entry.Status.GivenUp() {
			failed = append(failed, failedBlob(b, entry))
		}
	}
	summary := book.Summarize(blobs)
	m.BlobStatus = types.MapValueMust(types.StringType, status)
	m.FailedBlobs = types.ListValueMust(failedBlobType, failed)
	m.State = types.StringValue(summary.State)
	m.Status = types.ObjectValueMust(statusType.AttrTypes, map[string]attr.Value{
		"canceled": types.Int64Value(summary.Counters.Canceled), "failed": types.Int64Value(summary.Counters.Failed),
		"in_progress": types.Int64Value(summary.Counters.InProgress), "succeeded": types.Int64Value(summary.Counters.Succeeded),
	})
	m.IngestionOperationIDs = stringList(book.Operations)
	m.IngestionOperationID = types.StringNull()
	if n := len(book.Operations); n > 0 {
		m.IngestionOperationID = types.StringValue(book.Operations[n-1])
	}
	m.StartTime, m.LastUpdated = textOrNull(book.StartTime), textOrNull(book.LastUpdated)
}

func failedBlob(b ledger.Blob, e ledger.Entry) attr.Value {
	return types.ObjectValueMust(failedBlobType.AttrTypes, map[string]attr.Value{
		"details": textOrNull(e.Details), "error_code": textOrNull(e.ErrorCode), "failure_status": textOrNull(e.FailureStatus),
		"ingestion_operation_id": textOrNull(e.Operation), "source_id": textOrNull(e.SourceID), "url": types.StringValue(b.Key),
	})
}

func textOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func stringsOf(list types.List) []string {
	var out []string
	for _, element := range list.Elements() {
		if s, ok := element.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

func stringList(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.ListValueMust(types.StringType, elements)
}
