package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// kind is the type of an argument as far as the resource and the action share it.
type kind int

const (
	kindString kind = iota
	kindBool
	kindTime
	kindJSON
	kindStrings
	kindJSONs
)

// argument describes one argument of the request body. The resource and the action make their schemas of the same list, so that the two cannot
// drift apart.
type argument struct {
	name     string
	kind     kind
	required bool
	text     string
}

// propertyArguments are the ingestion properties, required first, then in alphabetical order.
// See https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http.
var propertyArguments = []argument{
	{name: "format", required: true, text: "Data format of all blobs: `csv`, `tsv`, `scsv`, `sohsv`, `psv`, `tsve`, `txt`, `raw`, `json`, `singlejson`, `multijson`, " +
		"`avro`, `apacheavro`, `parquet`, `orc`, `sstream` or `w3clogfile`. Compression is not part of it: the service goes by the name, `.gz` or `.zip`."},
	{name: "additional_properties", kind: kindJSONs, text: "Further ingestion properties by their name in the request body, each value as JSON " +
		"(`jsonencode(...)`), for what the service offers and this provider does not know yet."},
	{name: "creation_time", kind: kindTime, text: "Creation time of the extents (RFC 3339), for data that is older than its ingestion. Retention and caching count from it. " +
		"It has to lie within the table's soft-delete period."},
	{name: "delete_after_download", kind: kindBool, text: "Whether the service deletes each blob once it is ingested. Needs a credential that may delete. The blob is then gone " +
		"for every later ingestion too."},
	{name: "enable_tracking", kind: kindBool, text: "Whether the service keeps a status for what was submitted. Default `true`. Without it the blobs stand as `Untracked`: " +
		"what became of them is never known here, and a failed blob is neither seen nor sent again."},
	{name: "extend_schema", kind: kindBool, text: "Sends `extend_schema`. The service documents it for commands that append query results; its effect on queued ingestion is not documented."},
	{name: "ignore_first_record", kind: kindBool, text: "Whether the first record of each file is left out, as for a CSV file with a header."},
	{name: "ignore_last_record_if_invalid", kind: kindBool, text: "Whether a last record that is cut off is left out instead of failing the blob."},
	{name: "ignore_size_limit", kind: kindBool, text: "Whether blobs beyond the service's size limit for one source are accepted."},
	{name: "ingest_if_not_exists", kind: kindStrings, text: "Keys, without the prefix `ingest-by:`. A blob is left out if the table has an extent with the tag `ingest-by:<key>`. " +
		"The key does not set the tag: name it in `tags` too. Only for a resource with a single blob, as the first blob that is ingested keeps out all others with the same key."},
	{name: "ingestion_mapping", kind: kindJSON, text: "Mapping of the fields to columns as JSON (`jsonencode([...])`), in place of `ingestion_mapping_reference`."},
	{name: "ingestion_mapping_reference", text: "Name of a mapping that exists on the table (or its database), of the kind that fits `format`."},
	{name: "recreate_schema", kind: kindBool, text: "Sends `recreate_schema`. The service documents it for commands that replace a table's data; its effect on queued ingestion is not documented."},
	{name: "skip_batching", kind: kindBool, text: "Whether each blob is ingested at once instead of together with others. It costs the cluster more, and helps only where minutes count."},
	{name: "tags", kind: kindStrings, text: "Tags of the extents. A tag `drop-by:<name>` lets you delete later what was ingested here; `ingest-by:<key>` is what `ingest_if_not_exists` looks for. " +
		"Each distinct tag keeps data from being batched and merged, so use few."},
	{name: "validation_policy", kind: kindJSON, text: "Validation of delimited text as JSON, `jsonencode({ ValidationOptions = 1, ValidationImplications = 1 })`."},
	{name: "zip_pattern", text: "Pattern that chooses the members of a ZIP archive."},
}

func (a argument) resourceAttribute() schema.Attribute {
	optional := !a.required
	switch a.kind {
	case kindBool:
		if a.name == "enable_tracking" {
			return schema.BoolAttribute{MarkdownDescription: a.text, Optional: true, Computed: true, Default: booldefault.StaticBool(true)}
		}
		return schema.BoolAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional}
	case kindTime:
		return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, CustomType: timetypes.RFC3339Type{}}
	case kindJSON:
		return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, CustomType: jsontypes.NormalizedType{}}
	case kindStrings:
		return schema.ListAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, ElementType: types.StringType}
	case kindJSONs:
		return schema.MapAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, ElementType: jsontypes.NormalizedType{}}
	case kindString:
	}
	return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional}
}

func resourceAttributes(arguments []argument) map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(arguments))
	for _, a := range arguments {
		attributes[a.name] = a.resourceAttribute()
	}
	return attributes
}

// Texts of the arguments that the resource and the action share.
const (
	textDatabase  = "Name of the database. The service does not tell upper from lower case in it."
	textTable     = "Name of the table. It has to exist; upper and lower case count."
	textTimestamp = "Time of the request (RFC 3339), sent as it is."
	textFile      = "Path of a local file, in place of `url`. It is uploaded to the cluster's own staging container, compressed where the format allows it. The path as it is written is " +
		"the identity of the blob, and the default `source_id` covers the content, so an edited file is ingested again. The rows of the former content stay."
	textURL = "URL of the blob: `https://` or `abfss://`. Its part without credentials is the blob's identity. Rather than into the URL, put a shared access " +
		"signature into `sas_token`, or append `;managed_identity=system` (or an object id), which is no secret."
	textSourceID = "Version of the blob; the service documents a GUID. By default it is derived from the database, the table and the blob's identity. " +
		"Another value than the one that was ingested asks for the blob to be ingested again."
	textRawSize  = "Size of the uncompressed data in bytes. Saves the service from asking the storage."
	textProps    = "Ingestion properties. They hold for all blobs of a request."
	textSASToken = "Shared access signature that is appended to each URL without a credential when it is submitted. Write-only: it is in no plan and no state. " +
		"A new value alone changes nothing."
)

// Schema describes the resource: the inputs mirror the body of the request, the outputs are the ledger.
func (r *queuedIngestionResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := map[string]schema.Attribute{
		"database": schema.StringAttribute{Required: true, MarkdownDescription: textDatabase + " A change replaces the resource: all blobs are sent to the new table, and the rows of the old one stay."},
		"table":    schema.StringAttribute{Required: true, MarkdownDescription: textTable + " A change replaces the resource."},
		"blobs": schema.ListNestedAttribute{
			Required:      true,
			PlanModifiers: []planmodifier.List{wholeList{}},
			MarkdownDescription: "Blobs to ingest. The order does not matter once a blob is submitted. A blob that is added is submitted; a blob that is removed is forgotten, " +
				"and its rows stay.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"file":      schema.StringAttribute{Optional: true, MarkdownDescription: textFile},
				"url":       schema.StringAttribute{Optional: true, MarkdownDescription: textURL},
				"raw_size":  schema.Int64Attribute{Optional: true, MarkdownDescription: textRawSize},
				"source_id": schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: textSourceID},
			}},
		},
		"properties": schema.SingleNestedAttribute{
			Required: true,
			MarkdownDescription: textProps + " A change sends nothing by itself: it holds for what is submitted from then on, which includes blobs that " +
				"are sent again because they failed.",
			Attributes: resourceAttributes(propertyArguments),
		},
		"retry_failed_blobs": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether blobs that failed or were cancelled are planned for submission again. " +
			"Default `true`, or `false` when `properties.ingest_if_not_exists` is set, as a blob that is left out is reported as failed."},
		"sas_token": schema.StringAttribute{Optional: true, Sensitive: true, WriteOnly: true, MarkdownDescription: textSASToken},
		"timeouts":  timeouts.Attributes(ctx, timeouts.Opts{Create: true, Update: true}),
		"timestamp": schema.StringAttribute{Optional: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: textTimestamp + " A change sends nothing by itself."},
		"wait_for_completion": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether apply waits until the blobs that it submitted are ingested or given up. Default `false`. The limits are `timeouts.create` and " +
				"`timeouts.update`, by default 60 minutes. A change sends nothing by itself."},
	}
	for name, a := range outputAttributes() {
		attributes[name] = a
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Submits blobs to a table through queued ingestion and keeps a ledger of what became of each of them, so that only what is missing is sent.",
		Attributes:          attributes,
	}
}

// wholeList keeps the framework from planning the elements of the list one by one, where it copies the whole list three times for each element: a
// list of 10,000 blobs costs gigabytes of copies. An unknown list has no elements to visit. ModifyPlan runs afterwards and sets the whole list.
type wholeList struct{}

// Description says what the modifier does.
func (wholeList) Description(context.Context) string { return "The list is planned as a whole." }

// MarkdownDescription says what the modifier does.
func (m wholeList) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyList hides the elements.
func (wholeList) PlanModifyList(ctx context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	resp.PlanValue = types.ListUnknown(req.PlanValue.ElementType(ctx))
}

func outputAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"blob_status": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Where each blob stands, by its identity (the URL without credentials): `NotSubmitted`, " +
			"`Unknown`, `Untracked`, `Queued`, `InProgress`, `Succeeded`, `Skipped`, `Failed` or `Canceled`."},
		"failed_blobs": schema.ListNestedAttribute{Computed: true, MarkdownDescription: "The blobs that failed or were cancelled, with what the service says about them.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"details":                schema.StringAttribute{Computed: true, MarkdownDescription: "What the service says, without credentials."},
				"error_code":             schema.StringAttribute{Computed: true, MarkdownDescription: "The service's error code, such as `Download_Forbidden`."},
				"failure_status":         schema.StringAttribute{Computed: true, MarkdownDescription: "`Permanent` or `Exhausted` (the service retried and gave up), where the service tells it."},
				"ingestion_operation_id": schema.StringAttribute{Computed: true, MarkdownDescription: "The operation in which the blob failed."},
				"source_id":              schema.StringAttribute{Computed: true, MarkdownDescription: "Version of the blob."},
				"url":                    schema.StringAttribute{Computed: true, MarkdownDescription: "Identity of the blob."},
			}}},
		"ingestion_operation_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "The id that the service returned for the latest request; null when the ingestion is not tracked."},
		"ingestion_operation_ids": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The ids of all accepted requests, oldest first."},
		"last_updated":            schema.StringAttribute{Computed: true, MarkdownDescription: "Time of the last update over all operations, as far as it was asked for."},
		"start_time":              schema.StringAttribute{Computed: true, MarkdownDescription: "Time at which the first operation began, as far as it was asked for."},
		"state": schema.StringAttribute{Computed: true, MarkdownDescription: "One word over all blobs, the first that holds: `NotSubmitted`, `Unknown`, `InProgress`, `Untracked`, `Succeeded` (all, " +
			"skipped ones included), `PartiallySucceeded`, `Failed`, `Canceled`."},
		"status": schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "Numbers of blobs.", Attributes: map[string]schema.Attribute{
			"canceled":    schema.Int64Attribute{Computed: true, MarkdownDescription: "Blobs whose ingestion was cancelled."},
			"failed":      schema.Int64Attribute{Computed: true, MarkdownDescription: "Blobs that the service gave up."},
			"in_progress": schema.Int64Attribute{Computed: true, MarkdownDescription: "Blobs that are queued or worked on."},
			"succeeded":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Blobs that are ingested, or skipped on purpose."},
		}},
	}
}

// Types of the nested values.
var (
	blobType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"file": types.StringType, "url": types.StringType, "raw_size": types.Int64Type, "source_id": types.StringType,
	}}
	failedBlobType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"details": types.StringType, "error_code": types.StringType, "failure_status": types.StringType,
		"ingestion_operation_id": types.StringType, "source_id": types.StringType, "url": types.StringType,
	}}
	statusType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"canceled": types.Int64Type, "failed": types.Int64Type, "in_progress": types.Int64Type, "succeeded": types.Int64Type,
	}}
)
