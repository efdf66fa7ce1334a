// Command schemadoc writes the provider's schema as "terraform providers schema -json" does. It asks the provider in process, so that the pages can be
// generated without a network, and with the action, which the command shows only from Terraform 1.14 on.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/provider"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "schemadoc:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	server, err := providerserver.NewProtocol6WithError(provider.New("dev")())()
	if err != nil {
		return err
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return err
	}
	document := object{
		"format_version": "1.0",
		"provider_schemas": object{
			// The address under which tfplugindocs looks for every provider.
			"registry.terraform.io/hashicorp/kusto": providerSchema(schemas),
		},
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

type object map[string]any

func providerSchema(s *tfprotov6.GetProviderSchemaResponse) object {
	resources, dataSources, actions := object{}, object{}, object{}
	for name, schema := range s.ResourceSchemas {
		resources[name] = schemaOf(schema)
	}
	for name, schema := range s.DataSourceSchemas {
		dataSources[name] = schemaOf(schema)
	}
	for name, action := range s.ActionSchemas {
		actions[name] = schemaOf(action.Schema)
	}
	return object{"provider": schemaOf(s.Provider), "resource_schemas": resources, "data_source_schemas": dataSources, "action_schemas": actions}
}

func schemaOf(s *tfprotov6.Schema) object {
	return object{"version": s.Version, "block": object{
		"attributes": attributes(s.Block.Attributes), "description": s.Block.Description, "description_kind": kind(s.Block.DescriptionKind),
	}}
}

func attributes(list []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range list {
		attribute := object{"description": a.Description, "description_kind": kind(a.DescriptionKind)}
		for name, set := range map[string]bool{
			"required": a.Required, "optional": a.Optional, "computed": a.Computed, "sensitive": a.Sensitive, "write_only": a.WriteOnly, "deprecated": a.Deprecated,
		} {
			if set {
				attribute[name] = true
			}
		}
		if nested := a.NestedType; nested != nil {
			attribute["nested_type"] = object{"attributes": attributes(nested.Attributes), "nesting_mode": nesting[nested.Nesting]}
		} else {
			attribute["type"] = a.Type
		}
		out[a.Name] = attribute
	}
	return out
}

var nesting = map[tfprotov6.SchemaObjectNestingMode]string{
	tfprotov6.SchemaObjectNestingModeSingle: "single", tfprotov6.SchemaObjectNestingModeList: "list",
	tfprotov6.SchemaObjectNestingModeSet: "set", tfprotov6.SchemaObjectNestingModeMap: "map",
}

func kind(k tfprotov6.StringKind) string {
	if k == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}
