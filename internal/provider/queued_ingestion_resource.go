package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

var (
	_ resource.Resource                   = (*queuedIngestionResource)(nil)
	_ resource.ResourceWithConfigure      = (*queuedIngestionResource)(nil)
	_ resource.ResourceWithValidateConfig = (*queuedIngestionResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*queuedIngestionResource)(nil)
	_ resource.ResourceWithImportState    = (*queuedIngestionResource)(nil)
)

// defaultTimeout bounds a create or an update when the configuration names no other time. Batching alone takes the service five minutes by default.
const defaultTimeout = 60 * time.Minute

func newQueuedIngestionResource() resource.Resource { return &queuedIngestionResource{} }

// queuedIngestionResource submits blobs to a table and keeps the ledger of what became of them.
type queuedIngestionResource struct {
	data *providerData
}

// Metadata names the resource.
func (r *queuedIngestionResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_queued_ingestion"
}

// Configure takes the client over from the provider.
func (r *queuedIngestionResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = providerDataOf(req.ProviderData, &resp.Diagnostics)
}

// Create submits all blobs. It fails only when nothing was accepted: Terraform replaces a resource whose creation failed, and that would ingest
// everything again. So whatever goes wrong after an acceptance is told as a warning, and stands in the state and in the next plan.
func (r *queuedIngestionResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, plan queuedIngestionModel
	resp.Diagnostics.Append(config.read(ctx, req.Config)...)
	resp.Diagnostics.Append(plan.read(ctx, req.Plan)...)
	files, diags := plannedFiles(ctx, resp.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Create(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	a := application{data: r.data, config: config, plan: plan, book: ledger.New(), allowed: func(string) bool { return true }, files: files}
	resp.Diagnostics.Append(a.prepare()...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(a.stage(ctx, a.sending())...)
	if resp.Diagnostics.HasError() {
		return
	}
	a.run(ctx, a.sending())
	switch {
	case !a.taken:
		resp.Diagnostics.Append(a.report(asError)...)
		return
	case a.nothingIngested():
		resp.Diagnostics.Append(allBlobsFailedError(a.report(asError)))
		return
	}
	resp.Diagnostics.Append(a.report(asWarning)...)
	resp.Diagnostics.Append(a.save(ctx, &resp.State, resp.Private)...)
}

// Read asks the service about the blobs that may still change. A settled resource costs no request.
func (r *queuedIngestionResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	if settled(ctx, req.State) {
		return
	}
	var state queuedIngestionModel
	resp.Diagnostics.Append(state.read(ctx, req.State)...)
	memory, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !r.data.known {
		return
	}
	book, err := state.ledger(memory)
	if err != nil {
		resp.Diagnostics.Append(unreadableLedger(err))
		return
	}
	open := book.OpenOperations()
	if len(open) == 0 {
		return
	}
	client, diags := r.data.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	database, table := state.Database.ValueString(), state.Table.ValueString()
	resp.Diagnostics.Append(askStatus(ctx, client, database, table, open).enter(book, database, table)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(saveLedger(ctx, &state, book, &resp.State, resp.Private)...)
}

// settled reports whether everything is ingested, without reading a list of blobs that may be long.
func settled(ctx context.Context, state tfsdk.State) bool {
	var word types.String
	diags := state.GetAttribute(ctx, path.Root("state"), &word)
	return !diags.HasError() && word.ValueString() == string(ledger.Succeeded)
}

// Update submits what the plan says, and nothing else. What is not ingested afterwards is told as an error: Terraform keeps the state of a failed
// update and taints nothing.
func (r *queuedIngestionResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, plan, state queuedIngestionModel
	resp.Diagnostics.Append(config.read(ctx, req.Config)...)
	resp.Diagnostics.Append(plan.read(ctx, req.Plan)...)
	resp.Diagnostics.Append(state.read(ctx, req.State)...)
	memory, diags := req.Private.GetKey(ctx, memoryKey)
	resp.Diagnostics.Append(diags...)
	files, diags := plannedFiles(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Update(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	book, err := state.ledger(memory)
	if err != nil {
		resp.Diagnostics.Append(unreadableLedger(err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	a := application{data: r.data, config: config, plan: plan, book: book, allowed: plan.mayBeSent, files: files}
	resp.Diagnostics.Append(a.prepare()...)
	if resp.Diagnostics.HasError() {
		return
	}
	sending, diags := a.confirm(ctx, a.sending())
	resp.Diagnostics.Append(diags...)
	if diags := a.stage(ctx, sending); diags.HasError() {
		resp.Diagnostics.Append(diags...)
		return
	}
	a.run(ctx, sending)
	resp.Diagnostics.Append(a.report(asError)...)
	resp.Diagnostics.Append(a.save(ctx, &resp.State, resp.Private)...)
}

// Delete forgets. Ingested data stays; a tag "drop-by:" lets the user delete it.
func (r *queuedIngestionResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// saveLedger writes the outputs and the memory of a ledger.
func saveLedger(ctx context.Context, m *queuedIngestionModel, book *ledger.Ledger, state setter, private privateSetter) diag.Diagnostics {
	m.setOutputs(book, ledgerBlobs(m.Blobs))
	diags := m.write(ctx, state)
	diags.Append(private.SetKey(ctx, memoryKey, book.Remember())...)
	diags.Append(private.SetKey(ctx, filesKey, nil)...) // of use only from the plan to its apply
	return diags
}

// privateSetter is what the private data of all responses have in common.
type privateSetter interface {
	SetKey(context.Context, string, []byte) diag.Diagnostics
}
