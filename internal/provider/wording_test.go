package provider

import (
	"context"
	"errors"
	flags "flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// update writes testdata/wording.txt anew. Read the difference as a text: it is what people read when a load has failed.
var update = flags.Bool("update", false, "write testdata/wording.txt anew")

// said text by text, by the name of the function that words it.
type wording struct {
	name string
	text func() []diag.Diagnostic
}

func messageOf(summary, detail string) []diag.Diagnostic {
	return []diag.Diagnostic{asError(summary, detail)}
}

func wordings() []wording {
	permanent := true
	refused := &kusto.Error{
		Operation: "submit", Kind: kusto.KindRefused, StatusCode: 403, Code: "Forbidden", Message: "Caller is not authorized to perform this action", Permanent: &permanent,
		ClientRequestID: "TPK.Submit;11111111-2222-4333-8444-555555555555", ActivityID: "66666666-7777-4888-8999-000000000000",
	}
	silent := &kusto.Error{Operation: "submit", Kind: kusto.KindOutcomeUnknown, ClientRequestID: "TPK.Submit;1", Err: errors.New("connection reset by peer")}
	gone := &kusto.Error{Operation: "status", Kind: kusto.KindNotFound, StatusCode: 404, Code: "BadRequest_EntityNotFound", Message: "The operation was not found."}
	throttled := &kusto.Error{
		Operation: "submit", Kind: kusto.KindCanceled, StatusCode: 429, Code: "TooManyRequests", Message: "The request was denied due to throttling.",
		Err: context.DeadlineExceeded,
	}
	garbled := &kusto.Error{Operation: "status", Kind: kusto.KindInvalidResponse, StatusCode: 200, Err: errors.New("invalid character '<' looking for beginning of value")}
	unread := &kusto.WaitError{Pending: []string{"op-1"}, Err: errors.Join(context.DeadlineExceeded, gone)}
	decisions := []ledger.Decision{
		{Blob: ledger.Blob{Key: "https://a/1.csv", SourceID: "1"}, Class: ledger.Unsent},
		{Blob: ledger.Blob{Key: "https://a/2.csv", SourceID: "2"}, Class: ledger.Changed},
		{Blob: ledger.Blob{Key: "https://a/3.csv", SourceID: "3"}, Class: ledger.Retry, Prior: ledger.Entry{Status: ledger.Failed, ErrorCode: "Download_Forbidden"}},
		{Blob: ledger.Blob{Key: "https://a/4.csv", SourceID: "4"}, Class: ledger.Doubtful, Prior: ledger.Entry{Status: ledger.Unknown}},
		{Blob: ledger.Blob{Key: "https://a/5.csv", SourceID: "5"}, Class: ledger.Held, Prior: ledger.Entry{Status: ledger.Failed, ErrorCode: "Download_Forbidden", FailureStatus: "Permanent", Details: "The SAS has expired."}},
	}
	received := []ledger.Decision{{
		Blob: ledger.Blob{Key: "https://a/6.csv", SourceID: "6"}, Class: ledger.Held,
		Prior: ledger.Entry{Status: ledger.Failed, ErrorCode: "BlobAlreadyReceived_BlobAlreadyFoundInBatch", FailureStatus: "Permanent", Details: "Blob was already found in batch."},
	}}
	failed := []failedLine{{key: "https://a/3.csv", entry: decisions[4].Prior}}
	book := ledger.New()
	book.Set("https://a/1.csv", ledger.Entry{Status: ledger.InProgress, Operation: "op-1"})
	waiting := &kusto.WaitError{Pending: []string{"op-1"}, Err: context.DeadlineExceeded}
	at := path.Root("blobs").AtListIndex(3).AtName("url")
	model := func(database, table string) queuedIngestionModel {
		return queuedIngestionModel{Database: types.StringValue(database), Table: types.StringValue(table)}
	}
	one := func(d diag.Diagnostic) func() []diag.Diagnostic {
		return func() []diag.Diagnostic { return []diag.Diagnostic{d} }
	}
	all := func(d diag.Diagnostics) func() []diag.Diagnostic { return func() []diag.Diagnostic { return d } }
	message := func(summary, detail string) func() []diag.Diagnostic {
		return func() []diag.Diagnostic { return messageOf(summary, detail) }
	}
	return []wording{
		{"refusedMessage", message(refusedMessage(ofResource, "Samples", "Events", problem{refused, decisions[:1]}))},
		{"notBegunMessage", message(notBegunMessage(ofResource, problem{errNotBegun, decisions[:2]}))},
		{"notBegunMessage", message(notBegunMessage(ofResource, problem{fmt.Errorf("x: %w", context.Canceled), decisions[:1]}))},
		{"notBegunMessage", message(notBegunMessage(ofResource, problem{throttled, decisions[:1]}))},
		{"outcomeUnknownMessage", message(outcomeUnknownMessage(ofResource, "Samples", "Events", problem{silent, decisions[:2]}))},
		{"problemMessages", all(problemMessages("Samples", "Events", []problem{{refused, decisions[:1]}}, asWarning))},
		{"noOperationIDMessage", message(noOperationIDMessage("Samples", "Events"))},
		{"blobsFailedMessage", message(blobsFailedMessage("Samples", "Events", failed))},
		{"untoldMessage", message(untoldMessage("Samples", "Events", []string{"https://a/1.csv", "https://a/2.csv"}))},
		{"partlyIngestedMessage", message(partlyIngestedMessage("Samples", "Events", decisions[:1]))},
		{"partlyIngestedMessage", message(partlyIngestedMessage("Samples", "Events", decisions[:2]))},
		{"allBlobsFailedError", one(allBlobsFailedError(diag.Diagnostics{diag.NewErrorDiagnostic("x", "What was reported.")}))},
		{"notFinishedMessage", message(notFinishedMessage(waiting, book, nil))},
		{"notFinishedMessage", message(notFinishedMessage(unread, ledger.New(), nil))},
		{"statusError", one(statusError("op-1", garbled))},
		{"statusError", one(statusError("op-1", refused))},
		{"operationNotFoundError", one(operationNotFoundError("Samples", "Events", "op-1", gone))},
		{"configurationError", one(configurationError("ingest-c.kusto.windows.net", gone))},
		{"notConfirmedError", one(notConfirmedError("op-1", refused))},
		{"forgottenWarning", one(forgottenWarning([]string{"op-1", "op-2"}))},
		{"unreadableLedger", one(unreadableLedger(errors.New("unexpected end of JSON input")))},
		{"fileError", one(fileError(at, "seed/a.csv", kusto.ErrFileMissing))},
		{"fileGoneWarning", one(fileGoneWarning(at, "seed/a.csv", ledger.Succeeded))},
		{"fileTooLargeError", one(fileTooLargeError(at, "seed/a.csv", 7<<30))},
		{"stagingError", one(stagingError(at, "seed/a.csv", refused))},
		{"sendAgainWarning", all(sendAgainWarning(decisions))},
		{"sendAgainWarning", all(sendAgainWarning(decisions[:1]))},
		{"unknownOutcomeWarning", all(unknownOutcomeWarning(decisions))},
		{"heldWarning", all(heldWarning(decisions))},
		{"heldWarning", all(heldWarning(received))},
		{"straysWarning", all(straysWarning([]string{"11111111-2222-4333-8444-555555555555"}))},
		{"replacementWarning", all(replacementWarning(model("Samples", "Events"), model("Samples", "Others")))},
		{"submittedTwiceMessage", message(submittedTwiceMessage([]string{"https://a/1.csv", "https://a/2.csv"}))},
		{"propertiesChangedWarning", one(propertiesChangedWarning(1))},
		{"propertiesChangedWarning", one(propertiesChangedWarning(3))},
		{"actionProblems", all(actionProblems("Samples", "Events", []problem{{refused, decisions[:1]}, {errNotBegun, decisions[:2]}, {silent, decisions[:1]}}))},
		{"actionNotFinishedError", one(actionNotFinishedError(waiting, book, nil))},
		{"actionPartlyError", one(actionPartlyError("Samples", "Events", []string{"https://a/1.csv"}))},
		{"actionUntoldError", one(actionUntoldError("Samples", "Events", []string{"https://a/1.csv", "https://a/2.csv"}))},
		{"actionFailedError", one(actionFailedError("Samples", "Events", map[string][]string{"Download_Forbidden": {"https://a/3.csv"}}))},
		{"importIDError", one(importIDError("Samples"))},
		{"importError", one(importError("op-1", gone))},
		{"importIncompleteError", one(importIncompleteError("op-1", 0))},
		{"importAnonymousError", one(importAnonymousError("op-1"))},

		{"entityNameError", one(entityNameError(at, "table"))},
		{"sasTokenWarning", one(sasTokenWarning(at))},
		{"noBlobsError", one(noBlobsError(at))},
		{"manyBlobsWarning", one(manyBlobsWarning(at, 12000))},
		{"oneSourceError", one(oneSourceError(at))},
		{"duplicateBlobError", one(duplicateBlobError(at, "https://a/1.csv", 0, false))},
		{"duplicateBlobError", one(duplicateBlobError(at, "./seed/1.csv", 0, true))},
		{"replacementWarning", all(replacementWarning(model("Samples", "Events"), queuedIngestionModel{Database: types.StringUnknown(), Table: types.StringValue("Events")}))},
		{"duplicateSourceIDError", one(duplicateSourceIDError(at, 0))},
		{"emptySourceIDError", one(emptySourceIDError(at))},
		{"sourceIDWarning", one(sourceIDWarning(at, 2))},
		{"rawSizeError", one(rawSizeError(at))},
		{"urlError", one(urlError(at, errors.New("the URL has no host")))},
		{"secretInURLWarning", one(secretInURLWarning(at, "SAS", 1))},
		{"secretInURLWarning", one(secretInURLWarning(at, "SAS", 3))},
		{"impersonateWarning", one(impersonateWarning(at, 2))},
		{"oneLakeSignatureWarning", one(oneLakeSignatureWarning(at, 1))},
		{"plainHTTPWarning", one(plainHTTPWarning(at, 3))},
		{"unusedSASTokenWarning", one(unusedSASTokenWarning(path.Root("sas_token")))},
		{"policyFormatWarning", one(policyFormatWarning(at, "json"))},
		{"expiredCredentialError", one(expiredCredentialError(at, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))},
		{"formatError", one(formatError(at, "csvv", "csv"))},
		{"formatError", one(formatError(at, "spreadsheet", ""))},
		{"eventHubsFormatError", one(eventHubsFormatError(at))},
		{"twoMappingsError", one(twoMappingsError(at))},
		{"mappingShapeError", one(mappingShapeError(at))},
		{"policyShapeError", one(policyShapeError(at))},
		{"additionalPropertyError", one(additionalPropertyError(at, "skipBatching", "skip_batching"))},
		{"additionalJSONError", one(additionalJSONError(at))},
		{"emptyTextError", one(emptyTextError(at))},
		{"durationError", one(durationError(at))},
		{"severalAccountsWarning", one(severalAccountsWarning(at, []string{"a.blob.core.windows.net", "b.blob.core.windows.net"}))},
		{"prefixedKeyError", one(prefixedKeyError(at, "ingest-by:a"))},
		{"missingTagWarning", one(missingTagWarning(at, "a"))},
		{"sharedKeyError", one(sharedKeyError(at, 2))},
		{"skipBatchingWarning", one(skipBatchingWarning(at, 30))},
		{"batchingTagWarning", one(batchingTagWarning(at, "ingest-by:a", 30))},
		{"dropTagsWarning", one(dropTagsWarning(at, 2))},
		{"tooLargeWarning", one(tooLargeWarning(at, 1))},
		{"needsTrackingError", one(needsTrackingError(at, "wait_for_completion"))},
	}
}

// The whole wording stands in testdata/wording.txt, so that it can be read in a row and is reviewed like code.
func TestWording_isAsReviewed(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, w := range wordings() {
		for _, d := range w.text() {
			fmt.Fprintf(&text, "== %s (%s)\n%s\n\n%s\n\n", w.name, strings.ToLower(d.Severity().String()), d.Summary(), d.Detail())
		}
	}
	file := filepath.Join("testdata", "wording.txt")
	if *update {
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), text.String()); diff != "" {
		t.Errorf("the wording changed; review it and run the test with -update:\n%s", diff)
	}
}

// Every function of the files that words a diagnostic is among the reviewed ones.
func TestWording_isComplete(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{"asError": true, "asWarning": true, "asActionError": true, "isEnd": true, "others": true, "problemsFor": true, "notFinishedText": true}
	for _, w := range wordings() {
		covered[w.name] = true
	}
	for _, name := range []string{"diagnostics.go", "diagnostics_plan.go", "diagnostics_action.go", "validation_texts.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && !covered[f.Name.Name] {
				t.Errorf("%s of %s is not asserted", f.Name.Name, name)
			}
		}
	}
}
