package provider

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework/attr"
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
	for name, value := range config.Timeouts.Attributes() {
		v.duration(path.Root("timeouts").AtName(name), value)
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
	if text := value.ValueString(); !entityNames.MatchString(text) || strings.Trim(text, ".") == "" || utf8.RuneCountInString(text) > maxEntityName {
		v.add(entityNameError(path.Root(name), name))
	}
}

// duration judges a time-out. That it is a duration at all is judged by its type.
func (v *validation) duration(at path.Path, value attr.Value) {
	text, ok := value.(interface{ ValueString() string })
	if !ok || value.IsNull() || value.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(text.ValueString()); err == nil && d <= 0 {
		v.add(durationError(at))
	}
}

func (v *validation) sas() {
	token := v.sasToken.ValueString()
	if token != "" && (strings.Contains(token, "://") || !strings.Contains(token, "sig=")) {
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
			place := key
			if b.isFile() {
				place = wholePath(key)
			}
			if first, twice := seen[place]; twice {
				v.add(duplicateBlobError(at, key, first, b.isFile()))
			} else {
				seen[place] = i
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

// wholePath returns a path from the root, the same for all ways to write it, or the path as it is where that cannot be had.
func wholePath(name string) string {
	whole, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return whole
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
	if err := kusto.CheckBlobURL(value.ValueString()); err != nil {
		v.add(urlError(at, err))
	}
}
