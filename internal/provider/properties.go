package provider

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// propertiesModel holds the ingestion properties of the resource and of the action.
type propertiesModel struct {
	AdditionalProperties      types.Map
	CreationTime              timetypes.RFC3339
	DeleteAfterDownload       types.Bool
	EnableTracking            types.Bool
	ExtendSchema              types.Bool
	Format                    types.String
	IgnoreFirstRecord         types.Bool
	IgnoreLastRecordIfInvalid types.Bool
	IgnoreSizeLimit           types.Bool
	IngestIfNotExists         types.List
	IngestionMapping          jsontypes.Normalized
	IngestionMappingReference types.String
	RecreateSchema            types.Bool
	SkipBatching              types.Bool
	Tags                      types.List
	ValidationPolicy          jsontypes.Normalized
	ZipPattern                types.String
}

// propertiesOf reads the properties; an unknown object gives a zero model and false.
func propertiesOf(object types.Object) (propertiesModel, bool) {
	var m propertiesModel
	if object.IsNull() || object.IsUnknown() {
		return m, false
	}
	attributes := object.Attributes()
	m.AdditionalProperties, _ = attributes["additional_properties"].(types.Map)
	m.CreationTime, _ = attributes["creation_time"].(timetypes.RFC3339)
	m.DeleteAfterDownload, _ = attributes["delete_after_download"].(types.Bool)
	m.EnableTracking, _ = attributes["enable_tracking"].(types.Bool)
	m.ExtendSchema, _ = attributes["extend_schema"].(types.Bool)
	m.Format, _ = attributes["format"].(types.String)
	m.IgnoreFirstRecord, _ = attributes["ignore_first_record"].(types.Bool)
	m.IgnoreLastRecordIfInvalid, _ = attributes["ignore_last_record_if_invalid"].(types.Bool)
	m.IgnoreSizeLimit, _ = attributes["ignore_size_limit"].(types.Bool)
	m.IngestIfNotExists, _ = attributes["ingest_if_not_exists"].(types.List)
	m.IngestionMapping, _ = attributes["ingestion_mapping"].(jsontypes.Normalized)
	m.IngestionMappingReference, _ = attributes["ingestion_mapping_reference"].(types.String)
	m.RecreateSchema, _ = attributes["recreate_schema"].(types.Bool)
	m.SkipBatching, _ = attributes["skip_batching"].(types.Bool)
	m.Tags, _ = attributes["tags"].(types.List)
	m.ValidationPolicy, _ = attributes["validation_policy"].(jsontypes.Normalized)
	m.ZipPattern, _ = attributes["zip_pattern"].(types.String)
	return m, true
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
