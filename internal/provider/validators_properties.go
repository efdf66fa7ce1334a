package provider

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

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
	v.texts(root.AtName("tags"), p.Tags)
	v.texts(root.AtName("ingest_if_not_exists"), p.IngestIfNotExists)
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
	for name, element := range value.Elements() {
		if text, ok := element.(jsontypes.Normalized); name == "" || ok && !text.IsUnknown() && (text.IsNull() || !json.Valid([]byte(text.ValueString()))) {
			v.add(additionalJSONError(at.AtMapKey(name)))
		}
		for _, a := range propertyArguments {
			if strings.EqualFold(strings.ReplaceAll(a.name, "_", ""), strings.ReplaceAll(name, "_", "")) {
				v.add(additionalPropertyError(at.AtMapKey(name), name, a.name))
			}
		}
	}
}

// texts refuses elements that say nothing: they would be left out of the request.
func (v *validation) texts(at path.Path, list types.List) {
	for i, element := range list.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() && text.ValueString() == "" {
			v.add(emptyTextError(at.AtListIndex(i)))
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
