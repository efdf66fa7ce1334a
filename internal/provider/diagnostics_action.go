package provider

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// The wording of what an action says otherwise than the resource.

// asActionError adds what an action means for the next run: it has no ledger, so it cannot send just what is missing.
func asActionError(summary, detail string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, paragraphs(detail, actionRepeats))
}

const actionRepeats = "This is an action: it keeps no ledger, and no plan names these blobs again. To invoke it once more submits all of its blobs, also those that are ingested."

// actionResends is for blobs of which it is certain that nothing is in the table.
const actionResends = " To send only what is missing, invoke the action with a list of just these blobs."

// actionLooks is for blobs of which rows may be in the table.
const actionLooks = "Before the action is invoked again, look into the table whether the rows are there; queued data can take some minutes to arrive. " +
	"List only blobs whose rows are missing, as the others would be ingested twice."

var ofAction = outlook{
	refused:  "Nothing of this request was ingested." + actionResends + "\nThe blobs of the request:",
	notBegun: "Nothing of what is listed here was ingested." + actionResends + "\nThe blobs that were not submitted:",
	doubtful: "What is listed here may be ingested, or may never be:",
	settle:   actionLooks,
}

func actionProblems(database, table string, problems []problem) diag.Diagnostics {
	return problemsFor(ofAction, database, table, problems, asActionError)
}

func actionNotFinishedError(err error, book *ledger.Ledger, accepted []kusto.PendingOperation) diag.Diagnostic {
	return asActionError(notFinishedText(err, book, accepted, "The service goes on by itself. Do not invoke the action again meanwhile, as that would ingest the same rows twice: "+
		"the data source kusto_queued_ingestion tells what becomes of the operations. To wait longer, raise timeout."))
}

func actionFailedError(database, table string, byCode map[string][]string) diag.Diagnostic {
	var lines []string
	n := 0
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		n += len(byCode[code])
		lines = append(lines, code+":\n"+listed(byCode[code]))
	}
	return asActionError("Some blobs were not ingested", paragraphs(
		fmt.Sprintf("The service gave up on %s for table %q in database %q.", count(n, "blob"), table, database),
		strings.Join(lines, "\n"),
		"Mend what the codes name (the file, its credential, the mapping)."+actionResends,
	))
}

func actionPartlyError(database, table string, blobs []string) diag.Diagnostic {
	return asActionError("Some blobs were ingested in part", paragraphs(
		fmt.Sprintf("The service says that it ingested only a part of %s into table %q in database %q:\n%s", plural(len(blobs), "this blob", "each of these blobs"), table, database, listed(blobs)),
		"The rows of the parts are in the table. To send a blob again ingests these rows twice, unless they are deleted first.",
	))
}

func actionUntoldError(database, table string, blobs []string) diag.Diagnostic {
	return asActionError("It is not known whether blobs were ingested", paragraphs(
		fmt.Sprintf("The service accepted %s for table %q in database %q, and does not tell what became of %s:\n%s", count(len(blobs), "blob"), table, database, pronoun(len(blobs)), listed(blobs)),
		actionLooks,
	))
}
