package provider

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// ValidateConfig judges what is known of the configuration, offline.
func (r *queuedIngestionResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config queuedIngestionModel
	resp.Diagnostics.Append(config.read(ctx, req.Config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(validateResource(config)...)
}

// validateAtApply judges the configuration once more when all of it is known. Only errors are of use then: the warnings were told with the plan.
func validateAtApply(config queuedIngestionModel) diag.Diagnostics {
	return validateResource(config).Errors()
}

func validateResource(config queuedIngestionModel) diag.Diagnostics {
	v := validation{database: config.Database, table: config.Table, sasToken: config.SASToken}
	v.blobs, v.blobsKnown = knownBlobs(config.Blobs)
	properties, ok := propertiesOf(config.Properties)
	v.run(properties, ok)
	if ok && !properties.EnableTracking.IsUnknown() && !properties.tracked() {
		v.needsTracking("wait_for_completion", config.WaitForCompletion)
		v.needsTracking("retry_failed_blobs", config.RetryFailedBlobs)
	}
	return v.diags
}

// validation is what the resource and the action have in common.
type validation struct {
	database, table, sasToken types.String
	blobs                     []blobArgument
	blobsKnown                bool
	diags                     diag.Diagnostics
}

func knownBlobs(list types.List) ([]blobArgument, bool) {
	if list.IsNull() || list.IsUnknown() {
		return nil, false
	}
	return blobArguments(list), true
}

func (v *validation) run(properties propertiesModel, propertiesKnown bool) {
	v.entityName("database", v.database)
	v.entityName("table", v.table)
	v.sas()
	if v.blobsKnown {
		v.blobList()
		v.credentials()
	}
	if propertiesKnown {
		v.properties(properties)
	}
}

func (v *validation) add(d diag.Diagnostic) { v.diags.Append(d) }

// entityNames is what the service allows in the names of databases and tables.
// See https://learn.microsoft.com/kusto/query/schema-entities/entity-names.
var entityNames = regexp.MustCompile(`^[\p{L}\p{N}_ .-]+$`)

const maxEntityName = 1024

func (v *validation) entityName(name string, value types.String) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	if text := value.ValueString(); !entityNames.MatchString(text) || utf8.RuneCountInString(text) > maxEntityName {
		v.add(entityNameError(path.Root(name), name))
	}
}

func (v *validation) sas() {
	if v.sasToken.IsNull() || v.sasToken.IsUnknown() {
		return
	}
	token := v.sasToken.ValueString()
	if strings.Contains(token, "://") || !strings.Contains(token, "sig=") {
		v.add(sasTokenWarning(path.Root("sas_token")))
	}
}

// manyBlobs is where a plan that changes something takes about ten seconds for this one resource. See the guide on loading thousands of blobs.
const manyBlobs = 10_000

func (v *validation) blobList() {
	root := path.Root("blobs")
	if len(v.blobs) == 0 {
		v.add(noBlobsError(root))
	}
	if len(v.blobs) > manyBlobs {
		v.add(manyBlobsWarning(root, len(v.blobs)))
	}
	seen := make(map[string]int, len(v.blobs))
	versions := make(map[string]int, len(v.blobs))
	var odd, secret, impersonating []int // blobs with a source id that is no GUID, with a secret, with ;impersonate: one warning for all of them
	for i, b := range v.blobs {
		at := root.AtListIndex(i)
		v.oneSource(at, b)
		v.blobURL(at.AtName("url"), b.URL)
		if kusto.SecretKind(b.URL.ValueString()) != "" {
			secret = append(secret, i)
		}
		if strings.Contains(strings.ToLower(b.URL.ValueString()), ";impersonate") {
			impersonating = append(impersonating, i)
		}
		if key, known := b.key(); known {
			if first, twice := seen[key]; twice {
				v.add(duplicateBlobError(at, key, first))
			} else {
				seen[key] = i
			}
		}
		if !b.RawSize.IsNull() && !b.RawSize.IsUnknown() && b.RawSize.ValueInt64() <= 0 {
			v.add(rawSizeError(at.AtName("raw_size")))
		}
		if b.SourceID.IsNull() || b.SourceID.IsUnknown() {
			continue
		}
		id := strings.ToLower(b.SourceID.ValueString())
		if first, twice := versions[id]; twice {
			v.add(duplicateSourceIDError(at.AtName("source_id"), first))
		} else {
			versions[id] = i
		}
		switch _, err := uuid.Parse(id); {
		case id == "":
			v.add(emptySourceIDError(at.AtName("source_id")))
		case err != nil:
			odd = append(odd, i)
		}
	}
	if len(secret) > 0 {
		first := v.blobs[secret[0]].URL.ValueString()
		v.add(secretInURLWarning(root.AtListIndex(secret[0]).AtName("url"), kusto.SecretKind(first), len(secret)))
	}
	if len(impersonating) > 0 {
		v.add(impersonateWarning(root.AtListIndex(impersonating[0]).AtName("url"), len(impersonating)))
	}
	if len(odd) > 0 {
		v.add(sourceIDWarning(root.AtListIndex(odd[0]).AtName("source_id"), len(odd)))
	}
}

// oneSource judges that a blob is a URL or a file.
func (v *validation) oneSource(at path.Path, b blobArgument) {
	switch {
	case b.URL.IsUnknown() || b.File.IsUnknown():
	case b.URL.IsNull() == b.File.IsNull():
		v.add(oneSourceError(at))
	case !b.File.IsNull() && b.File.ValueString() == "":
		v.add(oneSourceError(at.AtName("file")))
	}
}

func (v *validation) blobURL(at path.Path, value types.String) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	if _, err := kusto.BlobIdentity(value.ValueString()); err != nil {
		v.add(urlError(at, err))
	}
}

// formats are the service's words. See https://learn.microsoft.com/kusto/ingestion-supported-formats.
var formats = []string{
	"apacheavro", "avro", "csv", "json", "multijson", "orc", "parquet", "psv", "raw", "scsv", "singlejson", "sohsv", "sstream", "tsv", "tsve", "txt", "w3clogfile",
}

func (v *validation) properties(p propertiesModel) {
	root := path.Root("properties")
	v.format(root.AtName("format"), p.Format)
	if !p.IngestionMapping.IsNull() && !p.IngestionMappingReference.IsNull() {
		v.add(twoMappingsError(root.AtName("ingestion_mapping")))
	}
	v.mapping(root.AtName("ingestion_mapping"), p.IngestionMapping)
	v.policy(root.AtName("validation_policy"), p.ValidationPolicy)
	v.policyFormat(p)
	v.additional(root.AtName("additional_properties"), p.AdditionalProperties)
	v.condition(p)
	v.cost(p)
	v.sizes(p)
}

func (v *validation) format(at path.Path, value types.String) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	name := value.ValueString()
	switch {
	case slices.Contains(formats, name):
	case strings.EqualFold(name, "azmonstream"):
		v.add(eventHubsFormatError(at))
	default:
		v.add(formatError(at, name, nearest(strings.ToLower(name), formats)))
	}
}

func (v *validation) mapping(at path.Path, value jsontypes.Normalized) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	var elements []map[string]any
	if err := json.Unmarshal([]byte(value.ValueString()), &elements); err != nil || len(elements) == 0 {
		v.add(mappingShapeError(at))
	}
}

func (v *validation) policy(at path.Path, value jsontypes.Normalized) {
	if value.IsNull() || value.IsUnknown() {
		return
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(value.ValueString()), &object); err != nil || object == nil {
		v.add(policyShapeError(at))
	}
}

func (v *validation) additional(at path.Path, value types.Map) {
	for name := range value.Elements() {
		for _, a := range propertyArguments {
			if strings.EqualFold(strings.ReplaceAll(a.name, "_", ""), strings.ReplaceAll(name, "_", "")) {
				v.add(additionalPropertyError(at.AtMapKey(name), name, a.name))
			}
		}
	}
}

const ingestBy, dropBy = "ingest-by:", "drop-by:"

// condition judges ingest_if_not_exists, where the mistakes lose data.
func (v *validation) condition(p propertiesModel) {
	at := path.Root("properties").AtName("ingest_if_not_exists")
	known := stringsOf(p.IngestIfNotExists)
	tags := stringsOf(p.Tags)
	tagsKnown := !p.Tags.IsUnknown() && len(tags) == len(p.Tags.Elements())
	for i, key := range known {
		if strings.HasPrefix(strings.ToLower(key), ingestBy) {
			v.add(prefixedKeyError(at.AtListIndex(i), key))
			continue
		}
		if tagsKnown && !slices.Contains(tags, ingestBy+key) {
			v.add(missingTagWarning(at.AtListIndex(i), key))
		}
	}
	if p.conditional() && len(v.blobs) > 1 {
		v.add(sharedKeyError(at, len(v.blobs)))
	}
}

// costlyBlobs is from how many blobs on it matters that each of them is ingested on its own.
const costlyBlobs = 20

// cost warns of what keeps the service from ingesting blobs together.
func (v *validation) cost(p propertiesModel) {
	root := path.Root("properties")
	if len(v.blobs) <= costlyBlobs {
		return
	}
	if p.SkipBatching.ValueBool() {
		v.add(skipBatchingWarning(root.AtName("skip_batching"), len(v.blobs)))
	}
	dropTags := 0
	for i, tag := range stringsOf(p.Tags) {
		if strings.HasPrefix(tag, ingestBy) {
			v.add(batchingTagWarning(root.AtName("tags").AtListIndex(i), tag, len(v.blobs)))
		}
		if strings.HasPrefix(tag, dropBy) {
			dropTags++
		}
	}
	if dropTags > 1 {
		v.add(dropTagsWarning(root.AtName("tags"), dropTags))
	}
}

// maxSourceSize is the service's default limit for the uncompressed size of one blob, in bytes.
// See https://learn.microsoft.com/azure/data-explorer/ingest-data-overview.
const maxSourceSize = kusto.DefaultMaxDataSize

func (v *validation) sizes(p propertiesModel) {
	if p.IgnoreSizeLimit.IsUnknown() || p.IgnoreSizeLimit.ValueBool() {
		return
	}
	var large []int
	for i, b := range v.blobs {
		if b.RawSize.ValueInt64() > maxSourceSize {
			large = append(large, i)
		}
	}
	if len(large) > 0 {
		v.add(tooLargeWarning(path.Root("blobs").AtListIndex(large[0]).AtName("raw_size"), len(large)))
	}
}

func (v *validation) needsTracking(name string, value types.Bool) {
	if value.ValueBool() {
		v.add(needsTrackingError(path.Root(name), name))
	}
}

// expiredCredential returns the time at which the credential that a blob would be sent with has expired, if it has.
func expiredCredential(url, sasToken string, now time.Time) (time.Time, bool) {
	at, ok := kusto.SASExpiry(kusto.WithSAS(url, sasToken))
	return at, ok && at.Before(now)
}

// nearest returns the candidate that is at most two edits away from the word, or "".
func nearest(word string, candidates []string) string {
	best, distance := "", 3
	for _, c := range candidates {
		if d := editDistance(word, c); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
