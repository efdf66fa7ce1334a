package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// All wording about the service and the data stands in this file and in the two beside it, on plans and on actions, so that it is read and reviewed as
// one text. Each detail says, in this order: what was attempted on what, what the service said, what this means for the state and the data, what to do
// next, and the ids.

// severity makes a diagnostic of a message: a creation warns about what an update reports as an error.
type severity func(summary, detail string) diag.Diagnostic

func asError(summary, detail string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, detail)
}

func asWarning(summary, detail string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(summary, detail)
}

// Submission.

func problemMessages(database, table string, problems []problem, as severity) diag.Diagnostics {
	return problemsFor(ofResource, database, table, problems, as)
}

func problemsFor(o outlook, database, table string, problems []problem, as severity) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, p := range problems {
		switch {
		case kusto.IsOutcomeUnknown(p.err):
			diags.Append(as(outcomeUnknownMessage(o, database, table, p)))
		case isEnd(p.err):
			diags.Append(as(notBegunMessage(o, p)))
		default:
			diags.Append(as(refusedMessage(o, database, table, p)))
		}
	}
	return diags
}

// outlook says what a result means from here on. The resource has a ledger and a plan, and an action has neither: to promise there what holds here
// would lose rows or ingest them twice.
type outlook struct {
	refused, notBegun, doubtful, settle string
}

var ofResource = outlook{
	refused:  "Nothing of this request was ingested. The next apply submits its blobs:",
	notBegun: "Nothing of what is listed here was ingested. The next apply submits it:",
	doubtful: "What is listed here may be ingested, or may never be. It stands as Unknown and is not sent again by itself, as that could ingest it twice:",
	settle:   howToGoOn,
}

// isEnd reports whether a request was never sent, because the apply ended before.
func isEnd(err error) bool {
	return errors.Is(err, errNotBegun) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func refusedMessage(o outlook, database, table string, p problem) (summary, detail string) {
	return "Unable to submit the ingestion", paragraphs(
		fmt.Sprintf("A request with %s for table %q in database %q was not accepted.", count(len(p.blobs), "blob"), table, database),
		said(p.err),
		o.refused+"\n"+keys(p.blobs),
		ids(p.err),
	)
}

func notBegunMessage(o outlook, p problem) (summary, detail string) {
	why, last := "an earlier request was not accepted", ""
	if !errors.Is(p.err, errNotBegun) {
		why = "the apply was interrupted or ran out of time"
		if answered(p.err) {
			why += " while the service put it off"
			last = said(p.err)
		}
	}
	return "Some blobs were not submitted", paragraphs(
		fmt.Sprintf("%s not submitted, because %s.", countWere(len(p.blobs)), why),
		last,
		o.notBegun+"\n"+keys(p.blobs),
		ids(p.err),
	)
}

func outcomeUnknownMessage(o outlook, database, table string, p problem) (summary, detail string) {
	return "It is not known whether blobs were accepted", paragraphs(
		fmt.Sprintf("A request with %s for table %q in database %q was sent, and no answer tells whether the service accepted it.",
			count(len(p.blobs), "blob"), table, database),
		said(p.err),
		o.doubtful+"\n"+keys(p.blobs),
		o.settle,
		ids(p.err),
	)
}

// howToGoOn tells how to settle a blob whose outcome is not known.
const howToGoOn = "Look into the table whether the rows are there; queued data can take some minutes to arrive. If they are missing, give the blob another " +
	"source_id: that submits it again. If they are there, remove the blob from the list; its rows stay."

func noOperationIDMessage(database, table string) (summary, detail string) {
	return "The service returned no operation id", paragraphs(
		fmt.Sprintf("A request for table %q in database %q was accepted, and although tracking was asked for, the service returned no operation id.", table, database),
		"Its blobs stand as Untracked: nothing can be asked about them, and they are not sent again. Look into the table whether the rows arrive.",
	)
}

// Completion.

func blobsFailedMessage(database, table string, failed []failedLine) (summary, detail string) {
	return "Some blobs were not ingested", paragraphs(
		fmt.Sprintf("The service accepted %s for table %q in database %q and gave up on %s:\n%s",
			count(len(failed), "blob"), table, database, pronoun(len(failed)), failedLines(failed)),
		"Every other blob keeps its own status. Mend what the codes name (the file, its credential, the mapping). "+
			"Unless retry_failed_blobs is false, the next apply asks about these blobs once more and submits those that are still failed, and only those. "+
			"A blob that was already received (BlobAlreadyReceived) is not sent again.",
	)
}

func untoldMessage(database, table string, untold []string) (summary, detail string) {
	lines := make([]string, len(untold))
	for i, key := range untold {
		lines[i] = kusto.Redact(key)
	}
	return "The service does not tell what became of blobs", paragraphs(
		fmt.Sprintf("The service is done with %s for table %q in database %q, and its answer does not tell whether %s ingested:\n%s",
			count(len(untold), "blob"), table, database, plural(len(untold), "it was", "they were"), listed(lines)),
		"They keep their last known status, each plan asks again, and they are not sent again by themselves. Look into the table. "+
			"If rows of a blob are missing, give it another source_id: that submits it again. If they are there, remove the blob from the list; its rows stay.",
	)
}

func partlyIngestedMessage(database, table string, blobs []ledger.Decision) (summary, detail string) {
	return "Some blobs were ingested in part", paragraphs(
		fmt.Sprintf("The service says that it ingested only a part of %s into table %q in database %q:\n%s", plural(len(blobs), "this blob", "each of these blobs"), table, database, keys(blobs)),
		"Such a blob stands as Unknown and is not sent again by itself, as the rows that are there would be ingested twice. "+
			"Delete these rows or keep them, and give the blob another source_id: that submits the whole blob again.",
	)
}

func allBlobsFailedError(reported diag.Diagnostics) diag.Diagnostic {
	var details []string
	for _, d := range reported {
		details = append(details, d.Detail())
	}
	return diag.NewErrorDiagnostic("No blob was ingested", paragraphs(
		strings.Join(details, "\n\n"),
		"Nothing is in the table from this apply, and nothing is kept in the state. The next apply starts from the beginning.",
	))
}

func notFinishedMessage(err error, book *ledger.Ledger, accepted []kusto.PendingOperation) (summary, detail string) {
	next := "To wait longer, raise timeouts.create or timeouts.update."
	if answered(err) {
		next = "Mend what keeps the status from being read."
	}
	return notFinishedText(err, book, accepted, "The service goes on by itself. The state has what is known so far, the next plan asks again, and nothing of it is sent again. "+next)
}

func notFinishedText(err error, book *ledger.Ledger, accepted []kusto.PendingOperation, meaning string) (summary, detail string) {
	running := 0
	for _, e := range book.Entries {
		if e.Status.Running() {
			running++
		}
	}
	pending := make([]string, len(accepted))
	for i, operation := range accepted {
		pending[i] = operation.ID
	}
	var w *kusto.WaitError
	if errors.As(err, &w) {
		pending, err = w.Pending, w.Err
	}
	return "The ingestion is not finished", paragraphs(
		fmt.Sprintf("Waiting ended %s: %s.", whileRunning(running), whyEnded(err)),
		meaning,
		"Operations that were still running:\n"+listed(pending),
	)
}

// Status.

func statusError(operation string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to read the status of the ingestion", paragraphs(
		fmt.Sprintf("The status of operation %q was asked for.", operation),
		said(err),
		"The state is kept as it was, and nothing was sent.",
		ids(err),
	))
}

func operationNotFoundError(database, table, operation string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The service does not know the operation", paragraphs(
		fmt.Sprintf("Operation %q was looked for under table %q in database %q.", operation, table, database),
		said(err),
		"The service forgets operations after a time, and it knows an operation only under the database and table that it was submitted to. That it does not know it says nothing "+
			"about the data: look into the table.",
		ids(err),
	))
}

func configurationError(host string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to read the ingestion configuration", paragraphs(
		fmt.Sprintf("The ingestion configuration of %s was asked for.", host),
		said(err),
		"Nothing was sent. If the status code is 404, the host is no data ingestion endpoint, or the cluster does not offer queued ingestion over REST.",
		ids(err),
	))
}

func notConfirmedError(operation string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Failed blobs were not sent again", paragraphs(
		fmt.Sprintf("Before blobs that failed are sent again, the service is asked whether it has ingested them meanwhile. For operation %q it could not be asked.", operation),
		said(err),
		"The failed blobs of this operation were left alone. They stand as before, and the next apply tries again.",
		ids(err),
	))
}

func forgottenWarning(operations []string) diag.Diagnostic {
	return diag.NewWarningDiagnostic("The service does not know an operation any more", paragraphs(
		"The service keeps the status of an operation for a limited time. It no longer knows:\n"+listed(operations),
		"That does not mean that nothing was ingested. The last known status of these blobs is kept, and blobs that were queued or in progress are not sent again. "+
			"Look into the table. If rows of a blob are missing, give it another source_id: that submits it again.",
	))
}

func unreadableLedger(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to read the ledger", paragraphs(
		"The resource's private state could not be read: "+err.Error()+".",
		"Nothing was sent, because it is not certain what was sent before. Restore the state from a backup, or remove the resource from the state and import its operations.",
	))
}

// Local files.

func fileError(at path.Path, name string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Unable to use the file", paragraphs(
		fmt.Sprintf("The file %q is to be ingested. %s.", name, upperFirst(kusto.Redact(err.Error()))),
		"Nothing was sent. A relative path counts from the directory in which Terraform runs; write \"${path.module}/…\" for a file beside the configuration.",
	))
}

func fileGoneWarning(at path.Path, name string, status ledger.Status) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "A file that was submitted is not there any more", paragraphs(
		fmt.Sprintf("The file %q was submitted before, stands as %s and is taken for unchanged. Nothing is sent of it.", name, status),
		"It cannot be sent again while it is not there. Put it back, or remove it from blobs: rows that were ingested stay.",
	))
}

func fileTooLargeError(at path.Path, name string, size int64) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "The file is too large", paragraphs(
		fmt.Sprintf("The file %q has %d bytes. The service refuses sources of more than 6 GB, and the blob would fail after it was submitted.", name, size),
		"Nothing was sent. Split the file, or set properties.ignore_size_limit.",
	))
}

func stagingError(at path.Path, name string, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Unable to stage the file", paragraphs(
		fmt.Sprintf("The file %q was to be uploaded to the cluster's staging container.", name),
		said(err),
		"Files are uploaded before anything is submitted, so nothing of this apply was submitted, and the state is kept as it was. Mend the cause and apply again.",
		ids(err),
	))
}

// Import.

func importIDError(id string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to import the ingestion", paragraphs(
		fmt.Sprintf("The import id %q is not of the form database/table/operation_id, with further operation ids after commas.", kusto.Redact(id)),
		"The operation ids are in the provider's log (TF_LOG_PROVIDER=INFO) and in ingestion_operation_ids.",
	))
}

func importError(operation string, err error) diag.Diagnostic {
	next := "Nothing was imported and nothing was sent."
	if kusto.IsNotFound(err) {
		next = "The service keeps the status of an operation for a limited time, and only under its own database and table. " + next
	}
	return diag.NewErrorDiagnostic("Unable to import the ingestion", paragraphs(
		fmt.Sprintf("The status of operation %q was asked for.", operation),
		said(err), next, ids(err),
	))
}

func importIncompleteError(operation string, told int) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to import the ingestion", paragraphs(
		fmt.Sprintf("The service does not tell all blobs of operation %q yet; it told %d.", operation, told),
		"Nothing was imported, because blobs that are missing from the import would be ingested twice. Try again in a minute.",
	))
}

func importAnonymousError(operation string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unable to import the ingestion", paragraphs(
		fmt.Sprintf("The service tells neither the url nor the source id of a blob in operation %q, so it cannot be matched with a blob of the configuration.", operation),
		"Nothing was imported, because the next apply would ingest that blob twice.",
	))
}
