package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// ImportState fills the ledger from what the service says about the operations of "database/table/operation_id[,operation_id…]". It sends nothing,
// and neither does the next apply for the blobs that it finds.
func (r *queuedIngestionResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id, ok := parseImportID(req.ID)
	if !ok {
		resp.Diagnostics.Append(importIDError(req.ID))
		return
	}
	client, diags := r.data.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	book := ledger.New()
	for _, answer := range askStatus(ctx, client, id.database, id.table, id.operations) {
		resp.Diagnostics.Append(answer.importInto(book)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	state := importedModel(resp, id, book)
	resp.Diagnostics.Append(saveLedger(ctx, &state, book, &resp.State, resp.Private)...)
}

func (a answer) importInto(book *ledger.Ledger) diag.Diagnostics {
	if a.err != nil {
		return diag.Diagnostics{importError(a.operation, a.err)}
	}
	if counters := a.status.Counters; len(a.status.Details) == 0 ||
		int64(len(a.status.Details)) < counters.Succeeded+counters.Failed+counters.InProgress+counters.Canceled+counters.Other {
		return diag.Diagnostics{importIncompleteError(a.operation, len(a.status.Details))}
	}
	if err := book.Import(a.operation, observations(a.status)); err != nil {
		if errors.Is(err, ledger.ErrAnonymous) {
			return diag.Diagnostics{importAnonymousError(a.operation)}
		}
		return diag.Diagnostics{importError(a.operation, err)}
	}
	book.Times(a.status.StartTime, a.status.LastUpdated)
	return nil
}

// importedModel lists the blobs that the service named, in the order of their identity. Everything that only the configuration knows is null.
func importedModel(resp *resource.ImportStateResponse, id importID, book *ledger.Ledger) queuedIngestionModel {
	blobs := make([]blobArgument, 0, len(book.Entries))
	for key, e := range book.Entries {
		blobs = append(blobs, blobArgument{URL: types.StringValue(key), File: types.StringNull(), SourceID: textOrNull(e.SourceID), RawSize: types.Int64Null()})
	}
	slices.SortFunc(blobs, func(a, b blobArgument) int { return cmp.Compare(a.URL.ValueString(), b.URL.ValueString()) })
	return queuedIngestionModel{
		kind:  schemaAttributeTypes(resp),
		Blobs: blobList(blobs), Database: types.StringValue(id.database), Table: types.StringValue(id.table),
		Properties: types.ObjectNull(attributeTypes(resp, "properties")), RetryFailedBlobs: types.BoolNull(), SASToken: types.StringNull(),
		Timeouts:  timeouts.Value{Object: types.ObjectNull(attributeTypes(resp, "timeouts"))},
		Timestamp: timetypes.NewRFC3339Null(), WaitForCompletion: types.BoolNull(),
	}
}

// schemaAttributeTypes returns the types of the schema's attributes.
func schemaAttributeTypes(resp *resource.ImportStateResponse) map[string]attr.Type {
	if object, ok := resp.State.Schema.Type().(attr.TypeWithAttributeTypes); ok {
		return object.AttributeTypes()
	}
	return nil
}

// attributeTypes returns the types of an object attribute of the schema.
func attributeTypes(resp *resource.ImportStateResponse, name string) map[string]attr.Type {
	if object, ok := schemaAttributeTypes(resp)[name].(attr.TypeWithAttributeTypes); ok {
		return object.AttributeTypes()
	}
	return nil
}

type importID struct {
	database, table string
	operations      []string
}

// parseImportID cuts at "/" and ",", which neither names nor operation ids contain.
func parseImportID(text string) (importID, bool) {
	parts := strings.SplitN(text, "/", 3)
	if len(parts) != 3 {
		return importID{}, false
	}
	id := importID{database: parts[0], table: parts[1]}
	for operation := range strings.SplitSeq(parts[2], ",") {
		if operation = strings.TrimSpace(operation); operation != "" && !slices.Contains(id.operations, operation) {
			id.operations = append(id.operations, operation)
		}
	}
	return id, id.database != "" && id.table != "" && len(id.operations) > 0
}
