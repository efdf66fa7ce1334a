package provider

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// The wording of what a plan warns of.

var whySent = map[ledger.Class]string{
	ledger.Unsent:  "was never accepted",
	ledger.Changed: "has another source_id than the one submitted before",
	ledger.Retry:   "stands as",
}

func sendAgainWarning(decisions []ledger.Decision) diag.Diagnostics {
	var lines []string
	title, meaning := "Blobs that were never accepted will be submitted", ""
	for _, d := range decisions {
		why, ok := whySent[d.Class]
		if !ok || d.SourceID == "" {
			continue
		}
		if d.Class != ledger.Unsent {
			title = "Blobs will be submitted again"
			meaning = "Blobs that failed are asked about once more and are sent only if they are still failed. Rows of an earlier version of a blob stay in the table."
		}
		if d.Class == ledger.Retry {
			why += " " + string(d.Prior.Status)
			if d.Prior.ErrorCode != "" {
				why += " (" + d.Prior.ErrorCode + ")"
			}
		}
		lines = append(lines, kusto.Redact(d.Key)+": "+why)
	}
	if len(lines) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(title, paragraphs(
		fmt.Sprintf("Apply submits %s that this resource has dealt with before:\n%s", count(len(lines), "blob"), listed(lines)),
		meaning,
	))}
}

func unknownOutcomeWarning(decisions []ledger.Decision) diag.Diagnostics {
	var doubtful []ledger.Decision
	for _, d := range decisions {
		if d.Class == ledger.Doubtful {
			doubtful = append(doubtful, d)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("It is not known whether blobs were ingested", paragraphs(
		fmt.Sprintf("For %s the outcome never became known. Apply does not send %s, as that could ingest the rows twice:\n%s",
			count(len(doubtful), "blob"), pronoun(len(doubtful)), keys(doubtful)),
		howToGoOn,
	))}
}

// heldWarning tells which blobs were given up and stay so, each for its reason.
func heldWarning(decisions []ledger.Decision) diag.Diagnostics {
	var held, received []failedLine
	for _, d := range decisions {
		switch line := (failedLine{key: d.Key, entry: d.Prior}); {
		case d.Class != ledger.Held:
		case d.Prior.Received():
			received = append(received, line)
		default:
			held = append(held, line)
		}
	}
	var diags diag.Diagnostics
	if len(held) > 0 {
		diags.AddWarning("Failed blobs are left as they are", paragraphs(
			fmt.Sprintf("%s not ingested, and apply does not send %s again:\n%s", countWere(len(held)), pronoun(len(held)), failedLines(held)),
			"Retrying is off: either retry_failed_blobs is false, or properties.ingest_if_not_exists is set, where a blob that was left out because its data is "+
				"already there is reported as failed too. To send a blob again, set retry_failed_blobs to true or give the blob another source_id.",
		))
	}
	if len(received) > 0 {
		diags.AddWarning("Blobs were already received", paragraphs(
			fmt.Sprintf("The service left %s out, because it had received the same data from another URL or in another request:\n%s", count(len(received), "blob"), failedLines(received)),
			"Apply does not send "+pronoun(len(received))+" again, as that could ingest the rows twice. If another blob of the list is the same file, remove this one. "+
				"If the rows are missing in the table, give the blob another source_id: that submits it again.",
		))
	}
	return diags
}

func straysWarning(sourceIDs []string) diag.Diagnostics {
	if len(sourceIDs) == 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic("Imported blobs match no blob of the configuration", paragraphs(
		fmt.Sprintf("The service does not tell the URLs of what was imported, and %s not the source_id of any blob that is listed:\n%s",
			plural(len(sourceIDs), "this is", "these are"), listed(sourceIDs)),
		"Apply forgets them. If the plan sends a blob that one of them stands for, it would be ingested twice: give that blob this source_id first.",
	))}
}

func replacementWarning(former, planned queuedIngestionModel) diag.Diagnostics {
	if planned.Database.IsUnknown() || planned.Table.IsUnknown() {
		return diag.Diagnostics{diag.NewWarningDiagnostic("All blobs will be submitted, to a table that is not known yet", paragraphs(
			fmt.Sprintf("They were ingested into table %q in database %q. The name of the database or of the table is known only after apply, so Terraform replaces the resource, "+
				"and apply submits all of its blobs.", former.Table.ValueString(), former.Database.ValueString()),
			"If it turns out to be the same table, their rows are there twice. Write the names so that they are known in the plan, or apply first what they depend on, with -target.",
		))}
	}
	target := fmt.Sprintf("table %q in database %q", planned.Table.ValueString(), planned.Database.ValueString())
	return diag.Diagnostics{diag.NewWarningDiagnostic("All blobs will be submitted to another table", paragraphs(
		fmt.Sprintf("The target changes from table %q in database %q to %s. Apply submits all blobs of this resource there.",
			former.Table.ValueString(), former.Database.ValueString(), target),
		"The rows that were ingested into the former table stay there.",
	))}
}

func submittedTwiceMessage(lines []string) (summary, detail string) {
	return "Blobs that were submitted before will be submitted again", paragraphs(
		fmt.Sprintf("A resource that is to be created submits %s to a table to which a resource of the state has submitted %s before:\n%s",
			count(len(lines), "blob"), pronoun(len(lines)), listed(lines)),
		"The rows would be there twice. This happens when a resource is tainted (terraform untaint keeps it as it is); when it is renamed without a moved block; and when two "+
			"resources name the same blob. Apply this plan only if that is meant.",
	)
}

func propertiesChangedWarning(submitted int) diag.Diagnostic {
	return diag.NewWarningDiagnostic("Changed properties do not reach blobs that were submitted before", paragraphs(
		fmt.Sprintf("The properties hold for what is submitted from now on. %s submitted with the former ones and will not be sent again.", countWere(submitted)),
		"To ingest them again on purpose, with the new properties and beside the rows that are there, give them another source_id, or replace the resource "+
			"(terraform apply -replace=ADDRESS).",
	))
}
