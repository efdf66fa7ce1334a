package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// The wording of what is wrong in a configuration. Each detail says what is wrong, why it matters for the data, and what to write instead.

func entityNameError(at path.Path, name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a name of a "+name,
		"A name has 1 to 1,024 letters, digits, underscores, spaces, dots and hyphens, and not only dots. The service would refuse the request. Write the bare name, without quotes and brackets.")
}

func sasTokenWarning(at path.Path) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "This does not look like a shared access signature",
		"sas_token is appended to the URL of each blob as its query. A shared access signature has the form sv=…&se=…&sr=…&sp=r&sig=…, without a URL before it. "+
			"With anything else the service cannot read the blobs, and they fail after they were submitted.")
}

func noBlobsError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "No blobs",
		"The list is empty, and the service refuses a request without blobs. Name at least one blob, or leave the resource out with count = 0.")
}

func manyBlobsWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Very many blobs in one resource",
		fmt.Sprintf("The list has %d blobs. Terraform copies and compares the whole list in every plan, so plans of this resource take many seconds, most of all those "+
			"that change it. Nothing is lost by it. To have faster plans, use fewer and larger files, or several resources of up to %d blobs.", n, manyBlobs))
}

func oneSourceError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not one source",
		"A blob is either a url, which the service reads itself, or a file, a local path that is uploaded first. Write exactly one of the two.")
}

func duplicateBlobError(at path.Path, key string, first int, file bool) diag.Diagnostic {
	why := "Apart from credentials the URLs name the same blob"
	if file {
		why = "The paths name the same file"
	}
	return diag.NewAttributeErrorDiagnostic(at, "The same blob twice",
		fmt.Sprintf("%s is also blobs[%d]. %s, and it would be ingested twice or be refused as a duplicate. Remove one of them.", kusto.Redact(key), first, why))
}

func duplicateSourceIDError(at path.Path, first int) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "The same source_id twice",
		fmt.Sprintf("blobs[%d] has the same source_id. The service reports by source_id, so it could not be told which of the two blobs failed. "+
			"Leave source_id out, or let it cover the blob's own name (and not its credential, or a new one would ingest the blob again):", first)+sourceIDExample)
}

const sourceIDExample = `

  blobs = [for name in var.names : {
    url       = "https://account.blob.core.windows.net/seed/${name}"
    source_id = uuidv5("url", "${var.seed_version}/${name}")
  }]`

func emptySourceIDError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "An empty source_id",
		"A source_id is the version of the blob and is needed to find out what became of it. Leave the argument out to have one derived.")
}

func sourceIDWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "source_id is not a GUID",
		"The service documents a GUID and may refuse anything else."+others(n)+" Leave source_id out to have a GUID derived, or write uuidv5(\"url\", \"any text\").")
}

func rawSizeError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "raw_size is not a size",
		"raw_size is the size of the uncompressed data in bytes and has to be greater than 0. The service plans its batches by it. Leave the argument out if the size is not known.")
}

func urlError(at path.Path, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not the URL of a blob",
		upperFirst(kusto.Redact(err.Error()))+". The service would accept the request and fail the blob later. Write an absolute URL such as https://account.blob.core.windows.net/container/file.csv.gz.")
}

// others says how many more blobs a warning is about than the one it points at.
func others(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" The same holds for %s.", count(n-1, "further blob"))
}

func secretInURLWarning(at path.Path, secret string, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "The URL carries a secret",
		fmt.Sprintf("The URL contains a credential (%s).%s Arguments are stored in the state and in saved plans, where everyone with access to them can read it. "+
			"Use sas_token, which is in neither, or append ;managed_identity=system to the URL.", secret, others(n)))
}

func impersonateWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Impersonation does not work with queued ingestion",
		"Queued ingestion runs without the caller's identity, so the service cannot read a blob with ;impersonate, and the blob fails after it was submitted."+
			others(n)+" Use ;managed_identity=system or sas_token.")
}

func oneLakeSignatureWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "A shared access signature for OneLake",
		"The blob lies in OneLake and would be sent with a shared access signature, in its URL or from sas_token. The service reads storage accounts with one, and not OneLake, "+
			"so the blob may fail after it was submitted."+others(n)+" Load it from a storage account, or give the URL another credential (;token=…).")
}

func plainHTTPWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "The blob is read without encryption",
		"The service reads the blob over http://, where data and credential can be read and changed on their way, and a storage account refuses that unless it is told otherwise."+
			others(n)+" Write https://.")
}

func unusedSASTokenWarning(at path.Path) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "sas_token is not used",
		"It is appended only to URLs without a credential of their own, and here no blob has such a URL. The blobs are sent as their URLs stand, also when sas_token is renewed. "+
			"Remove the credentials from the URLs, or leave sas_token out.")
}

func severalAccountsWarning(at path.Path, accounts []string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "One signature for several hosts",
		fmt.Sprintf("sas_token would be appended to the URLs of blobs on these hosts:\n%s\nA shared access signature holds for one storage account. The others refuse it, and get to "+
			"know it. Use one resource for each account, or give the URLs of the other hosts their own credential.", listed(accounts)))
}

func policyFormatWarning(at path.Path, format string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "The format has no validation policy",
		fmt.Sprintf("A validation policy counts the columns of delimited text, such as csv, and does not check %s. Records that do not fit may be ingested with empty columns. "+
			"Leave the argument out.", format))
}

func expiredCredentialError(at path.Path, expired time.Time) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "The shared access signature has expired",
		fmt.Sprintf("It expired at %s (se=), and this blob is to be submitted. The service would accept the request and fail the blob, as it could not read it. "+
			"Nothing was sent. Give a signature that outlives the time in the queue; a day is ample.", expired.UTC().Format(time.RFC3339)))
}

func formatError(at path.Path, name, near string) diag.Diagnostic {
	hint := ""
	if near != "" {
		hint = fmt.Sprintf(" Did you mean %q?", near)
	}
	return diag.NewAttributeErrorDiagnostic(at, "Not a data format",
		fmt.Sprintf("The service knows no format %q.%s Formats are, in lower case: apacheavro, avro, csv, json, multijson, orc, parquet, psv, raw, scsv, singlejson, sohsv, sstream, "+
			"tsv, tsve, txt, w3clogfile. Compression is no part of the format: the service goes by the name of the blob (.gz, .zip).", name, hint))
}

func eventHubsFormatError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a data format for blobs",
		"azmonstream is for data connections from Event Hubs alone; a blob in it cannot be ingested. Write the format of the file, such as json.")
}

func twoMappingsError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Two mappings",
		"ingestion_mapping and ingestion_mapping_reference exclude each other: the service refuses a request with both (BadRequest_DuplicateMapping). Keep one of them.")
}

func mappingShapeError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a mapping",
		"A mapping is a JSON array of objects with at least one column. The service would accept anything else and fail the blobs. "+
			"Write jsonencode([{ Column = \"Id\", Properties = { Path = \"$.id\" } }]).")
}

func policyShapeError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a validation policy",
		"A validation policy is a JSON object. Write jsonencode({ ValidationOptions = 1, ValidationImplications = 1 }).")
}

func additionalPropertyError(at path.Path, name, argument string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "A property that has an argument of its own",
		fmt.Sprintf("%q is what properties.%s sets. Two values for one property would leave it open which of them holds. Use properties.%s.", name, argument, argument))
}

func additionalJSONError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a property in JSON",
		"Each additional property has a name, and a value that is JSON, as it becomes a part of the request. Write jsonencode(…) around the value; a text in JSON has quotes of its own.")
}

func emptyTextError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "An empty element", "It is null or \"\" and says nothing to the service. Leave it out.")
}

func durationError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a time-out",
		"The time is over before anything can be submitted. Write a duration greater than zero, such as \"90m\", or leave it out for 60 minutes.")
}

func prefixedKeyError(at path.Path, key string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "A key with the prefix ingest-by:",
		fmt.Sprintf("The service puts the prefix before the key itself, so %q is looked for as ingest-by:%s, which no data has. It would protect nothing, and the data would be ingested "+
			"again each time. Write the key without the prefix here, and with the prefix in tags.", key, key))
}

func missingTagWarning(at path.Path, key string) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "The key is never set",
		fmt.Sprintf("ingest_if_not_exists only looks for the tag ingest-by:%s; it does not set it. Unless something else does, a later ingestion with this key is not kept out. "+
			"Add \"ingest-by:%s\" to tags.", key, key))
}

func sharedKeyError(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Several blobs share the keys of ingest_if_not_exists",
		fmt.Sprintf("The resource has %d blobs. The service ingests such blobs one by one; the first one sets the tag, and all others are left out, so their data would be lost. "+
			"Use one resource for each blob, with a key of its own:", n)+sharedKeyExample)
}

const sharedKeyExample = `

  resource "kusto_queued_ingestion" "seed" {
    for_each = toset(["a.csv", "b.csv"])
    database = "Samples"
    table    = "Events"
    blobs    = [{ url = "https://account.blob.core.windows.net/seed/${each.key}" }]
    properties = {
      format               = "csv"
      tags                 = ["ingest-by:${each.key}"]
      ingest_if_not_exists = [each.key]
    }
  }`

func skipBatchingWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Each blob is ingested on its own",
		fmt.Sprintf("With skip_batching each of the %d blobs becomes an ingestion and an extent of its own. That costs the cluster much more than batches do and can be throttled. "+
			"Leave it out, unless the few minutes that batching takes matter.", n))
}

func batchingTagWarning(at path.Path, tag string, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "The tag keeps blobs from being batched",
		fmt.Sprintf("A blob with an ingest-by: tag (%q) is ingested on its own, here %d times. That costs the cluster much more than batches do and can be throttled. "+
			"Use a drop-by: tag to find the data again, and ingest-by: only together with ingest_if_not_exists.", tag, n))
}

func dropTagsWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Several drop-by: tags",
		fmt.Sprintf("Extents are merged only with extents that have the same drop-by: tags, here %d. Many different tags leave many small extents, which makes queries slow. "+
			"One tag is enough to delete later what was ingested here.", n))
}

func tooLargeWarning(at path.Path, n int) diag.Diagnostic {
	return diag.NewAttributeWarningDiagnostic(at, "Beyond the service's size limit",
		"The service refuses sources of more than 6 GB of uncompressed data, and the blob would fail after it was submitted."+others(n)+
			" Split the file, or set properties.ignore_size_limit.")
}

func needsTrackingError(at path.Path, name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Tracking is off",
		fmt.Sprintf("%s needs to know what became of the blobs, and with properties.enable_tracking = false the service keeps no status for them. "+
			"Remove one of the two arguments.", name))
}
