package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Schema describes the action: the resource's inputs without what needs a state.
func (a *queuedIngestionAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Submits blobs to a table through queued ingestion, each time it is invoked, and waits until they are ingested. It keeps no ledger: what was ingested " +
			"before is ingested again. For seeding that must happen once, use the resource of the same name.",
		Attributes: map[string]schema.Attribute{
			"database": schema.StringAttribute{Required: true, MarkdownDescription: textDatabase},
			"table":    schema.StringAttribute{Required: true, MarkdownDescription: textTable},
			"blobs": schema.ListNestedAttribute{Required: true, MarkdownDescription: "Blobs to ingest.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"file":      schema.StringAttribute{Optional: true, MarkdownDescription: "Path of a local file, in place of `url`. It is uploaded to the cluster's own staging container."},
					"url":       schema.StringAttribute{Optional: true, MarkdownDescription: textURL},
					"raw_size":  schema.Int64Attribute{Optional: true, MarkdownDescription: textRawSize},
					"source_id": schema.StringAttribute{Optional: true, MarkdownDescription: "Identifier of the blob in this invocation; the service documents a GUID. By default a random one."},
				}}},
			"properties": schema.SingleNestedAttribute{Required: true, MarkdownDescription: textProps, Attributes: actionAttributes(propertyArguments)},
			// Not write-only: the CLI refuses a value for a write-only argument of an action.
			"sas_token": schema.StringAttribute{Optional: true, MarkdownDescription: "Shared access signature that is appended to each URL without a credential " +
				"when it is submitted. Take it from a `sensitive` variable: the plan prints the arguments of an action, and a saved plan holds them. An action cannot take " +
				"ephemeral values. With `;managed_identity=system` there is no secret at all."},
			"timeout": schema.StringAttribute{Optional: true, CustomType: timetypes.GoDurationType{},
				MarkdownDescription: "How long to submit and wait, such as `90m`. Default `60m`."},
			"timestamp": schema.StringAttribute{Optional: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: textTimestamp},
			"wait_for_completion": schema.BoolAttribute{Optional: true,
				MarkdownDescription: "Whether to wait until the blobs are ingested or given up, and to fail when some are not ingested. Default `true`."},
		},
	}
}

func actionAttributes(arguments []argument) map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(arguments))
	for _, a := range arguments {
		attributes[a.name] = a.actionAttribute()
	}
	return attributes
}

func (a argument) actionAttribute() schema.Attribute {
	optional := !a.required
	switch a.kind {
	case kindBool:
		return schema.BoolAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional}
	case kindTime:
		return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, CustomType: timetypes.RFC3339Type{}}
	case kindJSON:
		return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, CustomType: jsontypes.NormalizedType{}}
	case kindStrings:
		return schema.ListAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, ElementType: types.StringType}
	case kindJSONs:
		return schema.MapAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional, ElementType: jsontypes.NormalizedType{}}
	case kindString:
	}
	return schema.StringAttribute{MarkdownDescription: a.text, Required: a.required, Optional: optional}
}
