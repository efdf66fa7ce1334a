package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

var (
	_ datasource.DataSource              = (*queuedIngestionDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*queuedIngestionDataSource)(nil)
)

func newQueuedIngestionDataSource() datasource.DataSource { return &queuedIngestionDataSource{} }

// queuedIngestionDataSource reads one ingestion operation, whoever submitted it.
type queuedIngestionDataSource struct {
	data *providerData
}

type queuedIngestionDataSourceModel struct {
	Blobs                types.List   `tfsdk:"blobs"`
	Database             types.String `tfsdk:"database"`
	IngestionOperationID types.String `tfsdk:"ingestion_operation_id"`
	LastUpdated          types.String `tfsdk:"last_updated"`
	StartTime            types.String `tfsdk:"start_time"`
	State                types.String `tfsdk:"state"`
	Status               types.Object `tfsdk:"status"`
	Table                types.String `tfsdk:"table"`
}

// Metadata names the data source.
func (d *queuedIngestionDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_queued_ingestion"
}

// Configure takes the client over from the provider.
func (d *queuedIngestionDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = providerDataOf(req.ProviderData, &resp.Diagnostics)
}

// Schema describes the data source.
func (d *queuedIngestionDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	number := func(text string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: text}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the status of one ingestion operation, whoever submitted it. The service keeps it for a limited time.",
		Attributes: map[string]schema.Attribute{
			"database":               schema.StringAttribute{Required: true, MarkdownDescription: "Name of the database that the operation was submitted to."},
			"ingestion_operation_id": schema.StringAttribute{Required: true, MarkdownDescription: "Id that the service returned for the request."},
			"table":                  schema.StringAttribute{Required: true, MarkdownDescription: "Name of the table that the operation was submitted to."},
			"blobs": schema.ListNestedAttribute{Computed: true, MarkdownDescription: "The blobs of the operation, in the order of the service.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"details":        computed("What the service says about a blob that failed, without credentials."),
					"error_code":     computed("The service's error code."),
					"failure_status": computed("`Transient` while the service retries by itself, `Permanent`, or `Exhausted`."),
					"last_updated":   computed("Time of the blob's last update."),
					"source_id":      computed("Identifier that was submitted with the blob."),
					"start_time":     computed("Time at which the service began with the blob."),
					"status":         computed("The service's word for the blob: `Queued`, `InProgress`, `Succeeded`, `Failed`, `Canceled` or another."),
					"url":            computed("Identity of the blob, where the service tells it: the URL without credentials."),
				}}},
			"last_updated": computed("Time of the operation's last update."),
			"start_time":   computed("Time at which the operation began."),
			"state": computed("One word over all blobs, the first that holds: `Unknown` (a blob was ingested in part), `InProgress`, `Succeeded`, `PartiallySucceeded`, " +
				"`Failed`, `Canceled`."),
			"status": schema.SingleNestedAttribute{Computed: true, MarkdownDescription: "Numbers of blobs as the service counts them.", Attributes: map[string]schema.Attribute{
				"canceled": number("Blobs whose ingestion was cancelled."), "failed": number("Blobs that the service gave up."),
				"in_progress": number("Blobs that are queued or worked on."), "succeeded": number("Blobs that are ingested."),
			}},
		},
	}
}

// Read asks for the status, details included.
func (d *queuedIngestionDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m queuedIngestionDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	client, diags := d.data.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	status, err := client.Status(ctx, m.Database.ValueString(), m.Table.ValueString(), m.IngestionOperationID.ValueString(), true)
	switch {
	case kusto.IsNotFound(err):
		resp.Diagnostics.Append(operationNotFoundError(m.Database.ValueString(), m.Table.ValueString(), m.IngestionOperationID.ValueString(), err))
		return
	case err != nil:
		resp.Diagnostics.Append(statusError(m.IngestionOperationID.ValueString(), err))
		return
	}
	m.set(status)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

var detailType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"details": types.StringType, "error_code": types.StringType, "failure_status": types.StringType, "last_updated": types.StringType,
	"source_id": types.StringType, "start_time": types.StringType, "status": types.StringType, "url": types.StringType,
}}

func (m *queuedIngestionDataSourceModel) set(status kusto.Status) {
	blobs := make([]attr.Value, len(status.Details))
	book, all := ledger.New(), make([]ledger.Blob, len(status.Details))
	for i, d := range status.Details {
		blobs[i] = types.ObjectValueMust(detailType.AttrTypes, map[string]attr.Value{
			"details": textOrNull(d.Details), "error_code": textOrNull(d.ErrorCode), "failure_status": textOrNull(d.FailureStatus),
			"last_updated": textOrNull(d.LastUpdated), "source_id": textOrNull(d.SourceID), "start_time": textOrNull(d.StartTime),
			"status": textOrNull(d.State), "url": textOrNull(d.URL),
		})
		all[i].Key = fmt.Sprint(i)
		book.Set(all[i].Key, ledger.Entry{Status: blobStatus(d)})
	}
	m.Blobs = types.ListValueMust(detailType, blobs)
	m.StartTime, m.LastUpdated = textOrNull(status.StartTime), textOrNull(status.LastUpdated)
	m.Status = types.ObjectValueMust(statusType.AttrTypes, map[string]attr.Value{
		"canceled": types.Int64Value(status.Counters.Canceled), "failed": types.Int64Value(status.Counters.Failed),
		"in_progress": types.Int64Value(status.Counters.InProgress), "succeeded": types.Int64Value(status.Counters.Succeeded),
	})
	m.State = types.StringValue(book.Summarize(all).State)
	if len(all) == 0 {
		// Right after the submission the service lists no blobs yet.
		m.State = types.StringValue(string(ledger.InProgress))
	}
}
