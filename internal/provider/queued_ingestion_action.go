package provider

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

var (
	_ action.Action                   = (*queuedIngestionAction)(nil)
	_ action.ActionWithConfigure      = (*queuedIngestionAction)(nil)
	_ action.ActionWithModifyPlan     = (*queuedIngestionAction)(nil)
	_ action.ActionWithValidateConfig = (*queuedIngestionAction)(nil)
)

func newQueuedIngestionAction() action.Action { return &queuedIngestionAction{} }

// queuedIngestionAction submits blobs each time it is invoked. It keeps no ledger.
type queuedIngestionAction struct {
	data *providerData
}

// queuedIngestionActionModel is the action's schema in Go.
type queuedIngestionActionModel struct {
	Blobs             types.List           `tfsdk:"blobs"`
	Database          types.String         `tfsdk:"database"`
	Properties        types.Object         `tfsdk:"properties"`
	SASToken          types.String         `tfsdk:"sas_token"`
	Table             types.String         `tfsdk:"table"`
	Timeout           timetypes.GoDuration `tfsdk:"timeout"`
	Timestamp         timetypes.RFC3339    `tfsdk:"timestamp"`
	WaitForCompletion types.Bool           `tfsdk:"wait_for_completion"`
}

// Metadata names the action.
func (a *queuedIngestionAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_queued_ingestion"
}

// Configure takes the client over from the provider.
func (a *queuedIngestionAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = providerDataOf(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig judges what is known of the configuration, offline, as the resource does.
func (a *queuedIngestionAction) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var config queuedIngestionActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.validate()...)
	}
}

func (m queuedIngestionActionModel) validate() diag.Diagnostics {
	v := validation{database: m.Database, table: m.Table, sasToken: m.SASToken}
	v.blobs, v.blobsKnown = knownBlobs(m.Blobs)
	properties, ok := propertiesOf(m.Properties)
	v.run(properties, ok)
	if ok && !properties.EnableTracking.IsUnknown() && !properties.tracked() && (m.WaitForCompletion.IsNull() || m.WaitForCompletion.ValueBool()) {
		v.add(needsTrackingError(path.Root("wait_for_completion"), "wait_for_completion, which is true by default,"))
	}
	v.duration(path.Root("timeout"), m.Timeout)
	return v.diags
}

// ModifyPlan refuses a cluster that cannot be used, in the plan, where it is known there.
func (a *queuedIngestionAction) ModifyPlan(_ context.Context, _ action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	if a.data != nil && a.data.known {
		_, diags := a.data.client() // makes no request
		resp.Diagnostics.Append(diags...)
	}
}

// Invoke submits all blobs and, unless told otherwise, waits for them. Whatever is not ingested, or not known to be, is an error: an action has no
// state in which it could stand.
func (a *queuedIngestionAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config queuedIngestionActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(config.validate().Errors()...)
	resp.Diagnostics.Append(config.expired(time.Now())...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := config.timeout()
	resp.Diagnostics.Append(diags...)
	client, diags := a.data.client()
	resp.Diagnostics.Append(diags...)
	properties, _ := propertiesOf(config.Properties)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	i := config.invocation(client, properties)
	files, gone, diags := inspectFiles(config.Blobs, config.Properties)
	resp.Diagnostics.Append(diags...)
	sending, places := i.book.Decide(i.blobs, false), fileArguments(config.Blobs)
	resp.Diagnostics.Append(judgeGone(gone, sending, places)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(i.stage(ctx, sending, files, places)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	i.progress = func(text string) { resp.SendProgress(action.InvokeProgressEvent{Message: text}) }
	resp.Diagnostics.Append(i.run(ctx, config.WaitForCompletion.IsNull() || config.WaitForCompletion.ValueBool())...)
}

func (m queuedIngestionActionModel) timeout() (time.Duration, diag.Diagnostics) {
	if m.Timeout.IsNull() {
		return defaultTimeout, nil
	}
	return m.Timeout.ValueGoDuration()
}

func (m queuedIngestionActionModel) expired(now time.Time) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, b := range blobArguments(m.Blobs) {
		if b.isFile() {
			continue
		}
		if at, expired := expiredCredential(b.URL.ValueString(), "", now); expired {
			diags.Append(expiredCredentialError(path.Root("blobs").AtListIndex(i).AtName("url"), at))
		} else if at, expired = expiredCredential(b.URL.ValueString(), m.SASToken.ValueString(), now); expired {
			diags.Append(expiredCredentialError(path.Root("sas_token"), at))
			break
		}
	}
	return diags
}

// invocation is one run of the action.
type invocation struct {
	submission
	blobs    []ledger.Blob
	progress func(text string)
}

func (m queuedIngestionActionModel) invocation(client *kusto.Client, properties propertiesModel) invocation {
	i := invocation{submission: submission{
		client: client, database: m.Database.ValueString(), table: m.Table.ValueString(), timestamp: m.Timestamp.ValueString(),
		properties: properties.request(), sources: map[string]kusto.Blob{}, book: ledger.New(),
	}}
	for _, b := range blobArguments(m.Blobs) {
		key, _ := b.key()
		id := b.SourceID.ValueString()
		if id == "" {
			// Each invocation is an ingestion of its own, so that nothing is derived that would look like an earlier one.
			id = uuid.NewString()
		}
		i.blobs = append(i.blobs, ledger.Blob{Key: key, SourceID: id})
		if b.isFile() {
			continue
		}
		i.sources[key] = kusto.Blob{URL: kusto.WithSAS(b.URL.ValueString(), m.SASToken.ValueString()), RawSize: b.RawSize.ValueInt64Pointer()}
	}
	return i
}

func (i *invocation) run(ctx context.Context, wait bool) diag.Diagnostics {
	i.send(ctx, i.book.Decide(i.blobs, false))
	i.progress(submittedProgress(len(i.blobs)-i.unaccepted(), len(i.blobs), i.book.Operations))
	var waitErr error
	if wait {
		waitErr = i.wait(ctx, func(p kusto.Progress) { i.progress(countsProgress(p)) })
	}
	return i.report(wait, waitErr)
}

func (i *invocation) unaccepted() int {
	n := 0
	for _, p := range i.problems {
		n += len(p.blobs)
	}
	return n
}

// report says what is not, or not surely, in the table. After waiting without an error nothing may be left that is not known: to end without an error
// says that the data is there.
func (i *invocation) report(waited bool, waitErr error) diag.Diagnostics {
	diags := actionProblems(i.database, i.table, i.problems)
	if waitErr != nil {
		diags.Append(actionNotFinishedError(waitErr, i.book, i.accepted))
	}
	byCode := map[string][]string{}
	var partly, untold []string
	for _, b := range i.blobs {
		e, name := i.book.Entries[b.Key], kusto.Redact(b.Key)
		switch {
		case e.Status.GivenUp():
			code := cmp.Or(e.ErrorCode, string(e.Status))
			byCode[code] = append(byCode[code], name)
		case e.Status == ledger.Unknown && e.Operation != "": // without an operation it stands among the problems
			partly = append(partly, name)
		case waited && (e.Status == ledger.Untracked || waitErr == nil && e.Status.Running()):
			untold = append(untold, name)
		}
	}
	if len(byCode) > 0 {
		diags.Append(actionFailedError(i.database, i.table, byCode))
	}
	if len(partly) > 0 {
		diags.Append(actionPartlyError(i.database, i.table, partly))
	}
	if len(untold) > 0 {
		diags.Append(actionUntoldError(i.database, i.table, untold))
	}
	return diags
}

func submittedProgress(accepted, total int, operations []string) string {
	text := fmt.Sprintf("%d of %d blobs submitted", accepted, total)
	if n := len(operations); n > 0 {
		text += fmt.Sprintf(" in %s, the latest %s", count(n, "operation"), operations[n-1])
	}
	return text
}

func countsProgress(p kusto.Progress) string {
	text := fmt.Sprintf("%d of %d blobs succeeded", p.Succeeded, p.Total)
	if p.Failed > 0 {
		text += fmt.Sprintf(", %d failed", p.Failed)
	}
	if p.Canceled > 0 {
		text += fmt.Sprintf(", %d cancelled", p.Canceled)
	}
	return text
}
