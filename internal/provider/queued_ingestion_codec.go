package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The model is read and written by name and not by the framework's reflection over struct tags: that compiles a pattern for each field each time, which
// is a good part of a plan with many small resources.

// getter is what configurations, plans and states have in common; setter what responses do.
type (
	getter interface {
		Get(context.Context, any) diag.Diagnostics
	}
	setter interface {
		Set(context.Context, any) diag.Diagnostics
	}
)

// read fills the model.
func (m *queuedIngestionModel) read(ctx context.Context, from getter) diag.Diagnostics {
	var object types.Object
	diags := from.Get(ctx, &object)
	if diags.HasError() {
		return diags
	}
	m.kind = object.AttributeTypes(ctx)
	attributes := object.Attributes()
	m.Blobs, _ = attributes["blobs"].(types.List)
	m.Database, _ = attributes["database"].(types.String)
	m.Properties, _ = attributes["properties"].(types.Object)
	m.RetryFailedBlobs, _ = attributes["retry_failed_blobs"].(types.Bool)
	m.SASToken, _ = attributes["sas_token"].(types.String)
	m.Table, _ = attributes["table"].(types.String)
	m.Timeouts, _ = attributes["timeouts"].(timeouts.Value)
	m.Timestamp, _ = attributes["timestamp"].(timetypes.RFC3339)
	m.WaitForCompletion, _ = attributes["wait_for_completion"].(types.Bool)

	m.BlobStatus, _ = attributes["blob_status"].(types.Map)
	m.FailedBlobs, _ = attributes["failed_blobs"].(types.List)
	m.IngestionOperationID, _ = attributes["ingestion_operation_id"].(types.String)
	m.IngestionOperationIDs, _ = attributes["ingestion_operation_ids"].(types.List)
	m.LastUpdated, _ = attributes["last_updated"].(types.String)
	m.StartTime, _ = attributes["start_time"].(types.String)
	m.State, _ = attributes["state"].(types.String)
	m.Status, _ = attributes["status"].(types.Object)
	return diags
}

// write sets the whole of a plan or a state.
func (m *queuedIngestionModel) write(ctx context.Context, to setter) diag.Diagnostics {
	object, diags := types.ObjectValue(m.kind, map[string]attr.Value{
		"blobs": m.Blobs, "database": m.Database, "properties": m.Properties, "retry_failed_blobs": m.RetryFailedBlobs, "sas_token": m.SASToken,
		"table": m.Table, "timeouts": m.Timeouts, "timestamp": m.Timestamp, "wait_for_completion": m.WaitForCompletion,
		"blob_status": m.BlobStatus, "failed_blobs": m.FailedBlobs, "ingestion_operation_id": m.IngestionOperationID,
		"ingestion_operation_ids": m.IngestionOperationIDs, "last_updated": m.LastUpdated, "start_time": m.StartTime, "state": m.State, "status": m.Status,
	})
	if diags.HasError() {
		return diags
	}
	return to.Set(ctx, object)
}
