package provider

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// application is one apply of the resource: a creation or an update.
type application struct {
	data         *providerData
	config, plan queuedIngestionModel
	book         *ledger.Ledger
	allowed      func(key string) bool // whether the plan said that the blob may be sent
	files        localFiles            // as they were when the plan was made

	submission
	asked     propertiesModel // the properties as arguments
	decisions []ledger.Decision
	waited    bool
	waitErr   error
}

// prepare judges the configuration again, now that all of it is known, and gathers what is needed to submit.
func (a *application) prepare() diag.Diagnostics {
	diags := validateAtApply(a.config)
	if diags.HasError() {
		return diags
	}
	properties, _ := propertiesOf(a.plan.Properties)
	client, more := a.data.client()
	diags.Append(more...)
	if diags.HasError() {
		return diags
	}
	retry, _ := retryWanted(a.config)
	a.asked = properties
	respell(a.book, blobArguments(a.plan.Blobs))
	a.decisions = a.book.Decide(ledgerBlobs(a.plan.Blobs), retry)
	a.book.Adopt(a.decisions)
	a.submission = submission{
		client: client, database: a.plan.Database.ValueString(), table: a.plan.Table.ValueString(),
		timestamp: a.config.Timestamp.ValueString(), properties: properties.request(), sources: a.sources(), book: a.book,
	}
	return diags
}

// sources takes the URLs from the configuration and not from the plan, which keeps a former credential for the sake of a quiet plan.
func (a *application) sources() map[string]kusto.Blob {
	sources := map[string]kusto.Blob{}
	for _, b := range blobArguments(a.config.Blobs) {
		if key, known := b.key(); known && !b.isFile() {
			sources[key] = kusto.Blob{URL: kusto.WithSAS(b.URL.ValueString(), a.config.SASToken.ValueString()), RawSize: b.RawSize.ValueInt64Pointer()}
		}
	}
	return sources
}

// sending returns what is to be sent, as far as the plan said so.
func (a *application) sending() []ledger.Decision {
	var sending []ledger.Decision
	for _, d := range ledger.Sending(a.decisions) {
		if a.allowed(d.Key) {
			sending = append(sending, d)
		}
	}
	return sending
}

// mayBeSent reports whether the plan left the status of the blob open.
func (m *queuedIngestionModel) mayBeSent(key string) bool {
	if m.BlobStatus.IsUnknown() {
		return true
	}
	status, planned := m.BlobStatus.Elements()[key]
	return !planned || status.IsUnknown()
}

// confirm asks once more about the blobs that are to be sent because they failed: the service may have mended them since the plan was made, and a
// plan may be old. A blob about which no answer could be had is left alone.
func (a *application) confirm(ctx context.Context, sending []ledger.Decision) ([]ledger.Decision, diag.Diagnostics) {
	var operations []string
	asked := map[string]bool{}
	for _, d := range sending {
		if d.Class == ledger.Retry && d.Prior.Operation != "" && !asked[d.Prior.Operation] {
			asked[d.Prior.Operation] = true
			operations = append(operations, d.Prior.Operation)
		}
	}
	if len(operations) == 0 {
		return sending, nil
	}
	var diags diag.Diagnostics
	silent := map[string]bool{}
	before := maps.Clone(a.book.Entries)
	for _, answer := range askStatus(ctx, a.client, a.database, a.table, operations) {
		switch {
		case answer.err == nil:
			observe(a.book, answer.operation, answer.status)
		case !kusto.IsNotFound(answer.err):
			silent[answer.operation] = true
			diags.Append(notConfirmedError(answer.operation, answer.err))
		}
	}
	a.keepPlanned(before, sending)
	var confirmed []ledger.Decision
	for _, d := range sending {
		if e := a.book.Entries[d.Key]; d.Class == ledger.Retry && (silent[d.Prior.Operation] || !e.Status.GivenUp() || e.Received()) {
			continue
		}
		confirmed = append(confirmed, d)
	}
	return confirmed, diags
}

// keepPlanned puts back what was known before about the blobs that are not sent. An answer tells about all blobs of an operation, but the plan has a
// status for those, and Terraform holds the result to it. The next refresh learns it again.
func (a *application) keepPlanned(before map[string]ledger.Entry, sending []ledger.Decision) {
	for _, d := range sending {
		delete(before, d.Key)
	}
	maps.Copy(a.book.Entries, before)
}

// stage uploads the files among what is to be sent. Nothing is submitted unless all of them arrived as they were planned.
func (a *application) stage(ctx context.Context, sending []ledger.Decision) diag.Diagnostics {
	return a.submission.stage(ctx, sending, a.files, fileArguments(a.config.Blobs))
}

// run submits, and waits if that is wanted.
func (a *application) run(ctx context.Context, sending []ledger.Decision) {
	a.send(ctx, sending)
	if a.plan.WaitForCompletion.ValueBool() {
		a.waited = true
		a.waitErr = a.wait(ctx, nil)
	}
}

// nothingIngested reports whether it is certain that no blob of the list is in the table, so that the creation may fail.
func (a *application) nothingIngested() bool {
	return a.waited && a.waitErr == nil && !a.asked.conditional() && a.book.NothingIngested(ledgerBlobs(a.plan.Blobs))
}

func (a *application) save(ctx context.Context, state setter, private privateSetter) diag.Diagnostics {
	return saveLedger(ctx, &a.plan, a.book, state, private)
}

// report says what is not as it was asked for.
func (a *application) report(as severity) diag.Diagnostics {
	diags := problemMessages(a.database, a.table, a.problems, as)
	if a.waitErr != nil {
		diags.Append(as(notFinishedMessage(a.waitErr, a.book, a.accepted)))
	}
	if len(a.untold) > 0 {
		diags.Append(as(untoldMessage(a.database, a.table, a.untold)))
	}
	if failed := a.failed(); len(failed) > 0 {
		diags.Append(as(blobsFailedMessage(a.database, a.table, failed)))
	}
	if partly := a.partly(); len(partly) > 0 {
		diags.Append(as(partlyIngestedMessage(a.database, a.table, partly)))
	}
	if a.asked.tracked() && a.untracked() {
		diags.Append(as(noOperationIDMessage(a.database, a.table)))
	}
	return diags
}

// failed returns the blobs of this apply that the service gave up.
func (a *application) failed() []failedLine {
	accepted := map[string]bool{}
	for _, operation := range a.accepted {
		accepted[operation.ID] = true
	}
	var failed []failedLine
	for _, d := range a.decisions {
		if e := a.book.Entries[d.Key]; accepted[e.Operation] && e.Status.GivenUp() {
			failed = append(failed, failedLine{key: d.Key, entry: e})
		}
	}
	return failed
}

// partly returns the blobs of this apply of which the service ingested a part.
func (a *application) partly() []ledger.Decision {
	var partly []ledger.Decision
	for _, d := range a.decisions {
		if e := a.book.Entries[d.Key]; e.Operation != "" && e.Status == ledger.Unknown && d.Class.Sends() {
			partly = append(partly, d)
		}
	}
	return partly
}

func (a *application) untracked() bool {
	for _, d := range a.decisions {
		if d.Class.Sends() && a.book.Entries[d.Key].Status == ledger.Untracked {
			return true
		}
	}
	return false
}

// answer is what the service said about one operation.
type answer struct {
	operation string
	status    kusto.Status
	err       error
}

type answers []answer

// askStatus asks about each operation, details included, some at a time.
func askStatus(ctx context.Context, client *kusto.Client, database, table string, operations []string) answers {
	all := make(answers, len(operations))
	var group errgroup.Group
	group.SetLimit(parallelRequests)
	for i, operation := range operations {
		group.Go(func() error {
			status, err := client.Status(ctx, database, table, operation, true)
			all[i] = answer{operation: operation, status: status, err: err}
			return nil
		})
	}
	_ = group.Wait() // no member returns an error: they stand in the answers
	return all
}

// enter records the answers. An operation that the service does not know any more says nothing about its blobs, so what is known is kept.
func (all answers) enter(book *ledger.Ledger, database, table string) diag.Diagnostics {
	var diags diag.Diagnostics
	var forgotten, untold []string
	for _, answer := range all {
		switch {
		case answer.err == nil:
			untold = append(untold, observe(book, answer.operation, answer.status)...)
		case kusto.IsNotFound(answer.err):
			forgotten = append(forgotten, answer.operation)
		default:
			diags.Append(statusError(answer.operation, answer.err))
		}
	}
	if len(forgotten) > 0 {
		diags.Append(forgottenWarning(forgotten))
	}
	if len(untold) > 0 {
		diags.AddWarning(untoldMessage(database, table, untold))
	}
	return diags
}
