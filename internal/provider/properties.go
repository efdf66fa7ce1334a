package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// propertiesModel holds the ingestion properties of the resource and of the action.
type propertiesModel struct {
	AdditionalProperties      types.Map            `tfsdk:"additional_properties"`
	CreationTime              timetypes.RFC3339    `tfsdk:"creation_time"`
	DeleteAfterDownload       types.Bool           `tfsdk:"delete_after_download"`
	EnableTracking            types.Bool           `tfsdk:"enable_tracking"`
	ExtendSchema              types.Bool           `tfsdk:"extend_schema"`
	Format                    types.String         `tfsdk:"format"`
	IgnoreFirstRecord         types.Bool           `tfsdk:"ignore_first_record"`
	IgnoreLastRecordIfInvalid types.Bool           `tfsdk:"ignore_last_record_if_invalid"`
	IgnoreSizeLimit           types.Bool           `tfsdk:"ignore_size_limit"`
	IngestIfNotExists         types.List           `tfsdk:"ingest_if_not_exists"`
	IngestionMapping          jsontypes.Normalized `tfsdk:"ingestion_mapping"`
	IngestionMappingReference types.String         `tfsdk:"ingestion_mapping_reference"`
	RecreateSchema            types.Bool           `tfsdk:"recreate_schema"`
	SkipBatching              types.Bool           `tfsdk:"skip_batching"`
	Tags                      types.List           `tfsdk:"tags"`
	ValidationPolicy          jsontypes.Normalized `tfsdk:"validation_policy"`
	ZipPattern                types.String         `tfsdk:"zip_pattern"`
}

// propertiesOf reads the properties; an unknown object gives a zero model and false.
func propertiesOf(ctx context.Context, object types.Object) (propertiesModel, bool, diag.Diagnostics) {
	var m propertiesModel
	if object.IsNull() || object.IsUnknown() {
		return m, false, nil
	}
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	return m, !diags.HasError(), diags
}

// request returns the properties as the request body has them.
func (m propertiesModel) request() kusto.Properties {
	additional := map[string]json.RawMessage{}
	for name, element := range m.AdditionalProperties.Elements() {
		if value, ok := element.(jsontypes.Normalized); ok && !value.IsNull() {
			additional[name] = json.RawMessage(value.ValueString())
		}
	}
	return kusto.Properties{
		Format:                    m.Format.ValueString(),
		EnableTracking:            m.tracked(),
		Tags:                      stringsOf(m.Tags),
		SkipBatching:              m.SkipBatching.ValueBoolPointer(),
		DeleteAfterDownload:       m.DeleteAfterDownload.ValueBoolPointer(),
		IngestionMappingReference: m.IngestionMappingReference.ValueString(),
		IngestionMapping:          m.IngestionMapping.ValueString(),
		CreationTime:              m.CreationTime.ValueString(),
		IngestIfNotExists:         stringsOf(m.IngestIfNotExists),
		IgnoreFirstRecord:         m.IgnoreFirstRecord.ValueBoolPointer(),
		IgnoreLastRecordIfInvalid: m.IgnoreLastRecordIfInvalid.ValueBoolPointer(),
		IgnoreSizeLimit:           m.IgnoreSizeLimit.ValueBoolPointer(),
		ValidationPolicy:          m.ValidationPolicy.ValueString(),
		ZipPattern:                m.ZipPattern.ValueString(),
		ExtendSchema:              m.ExtendSchema.ValueBoolPointer(),
		RecreateSchema:            m.RecreateSchema.ValueBoolPointer(),
		Additional:                additional,
	}
}

// tracked reports whether the service is asked to keep a status. That is the default.
func (m propertiesModel) tracked() bool {
	return m.EnableTracking.IsNull() || m.EnableTracking.ValueBool()
}

// conditional reports whether blobs may be left out because of what the table holds.
func (m propertiesModel) conditional() bool { return len(m.IngestIfNotExists.Elements()) > 0 }

// same reports whether both mean the same to the service. JSON counts by its meaning and a time by its instant.
func (m propertiesModel) same(ctx context.Context, o propertiesModel) bool {
	equal := func(a, b jsontypes.Normalized) bool {
		if a.IsNull() || b.IsNull() || a.IsUnknown() || b.IsUnknown() {
			return a.Equal(b)
		}
		same, diags := a.StringSemanticEquals(ctx, b)
		return same && !diags.HasError()
	}
	if !equal(m.IngestionMapping, o.IngestionMapping) || !equal(m.ValidationPolicy, o.ValidationPolicy) || !sameTime(ctx, m.CreationTime, o.CreationTime) {
		return false
	}
	a, b := m.AdditionalProperties.Elements(), o.AdditionalProperties.Elements()
	if len(a) != len(b) || m.AdditionalProperties.IsUnknown() || o.AdditionalProperties.IsUnknown() {
		return false
	}
	for name, value := range a {
		va, okA := value.(jsontypes.Normalized)
		vb, okB := b[name].(jsontypes.Normalized)
		if !okA || !okB || !equal(va, vb) {
			return false
		}
	}
	return m.Format.Equal(o.Format) && m.tracked() == o.tracked() && m.Tags.Equal(o.Tags) && m.SkipBatching.Equal(o.SkipBatching) &&
		m.DeleteAfterDownload.Equal(o.DeleteAfterDownload) && m.IngestionMappingReference.Equal(o.IngestionMappingReference) &&
		m.IngestIfNotExists.Equal(o.IngestIfNotExists) && m.IgnoreFirstRecord.Equal(o.IgnoreFirstRecord) &&
		m.IgnoreLastRecordIfInvalid.Equal(o.IgnoreLastRecordIfInvalid) && m.IgnoreSizeLimit.Equal(o.IgnoreSizeLimit) &&
		m.ZipPattern.Equal(o.ZipPattern) && m.ExtendSchema.Equal(o.ExtendSchema) && m.RecreateSchema.Equal(o.RecreateSchema)
}

func sameTime(ctx context.Context, a, b timetypes.RFC3339) bool {
	if a.IsNull() || b.IsNull() || a.IsUnknown() || b.IsUnknown() {
		return a.Equal(b)
	}
	same, diags := a.StringSemanticEquals(ctx, b)
	return same && !diags.HasError()
}
