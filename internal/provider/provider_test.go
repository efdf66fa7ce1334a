package provider

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// block is a provider block: text, booleans, lists of text, or unknown.
type block map[string]any

// unknown stands for a value that is known only after apply.
type unknown struct{}

// clusterURI is the cluster of the tests; the requests go to the host with the label ingest-.
const clusterURI = "https://test.kusto.windows.net"

func providerSchema(t *testing.T) schema.Schema {
	t.Helper()
	var resp provider.SchemaResponse
	newProvider("test").Schema(t.Context(), provider.SchemaRequest{}, &resp)
	return resp.Schema
}

func (b block) config(t *testing.T) tfsdk.Config {
	t.Helper()
	s := providerSchema(t)
	object, ok := s.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the schema is not an object")
	}
	values := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, typ := range object.AttributeTypes {
		values[name] = tftypes.NewValue(typ, nil)
	}
	for name, v := range b {
		typ, found := object.AttributeTypes[name]
		if !found {
			t.Fatalf("there is no attribute %q", name)
		}
		switch v := v.(type) {
		case unknown:
			values[name] = tftypes.NewValue(typ, tftypes.UnknownValue)
		case []string:
			var elements []tftypes.Value
			for _, text := range v {
				elements = append(elements, tftypes.NewValue(tftypes.String, text))
			}
			values[name] = tftypes.NewValue(typ, elements)
		default:
			values[name] = tftypes.NewValue(typ, v)
		}
	}
	return tfsdk.Config{Schema: s, Raw: tftypes.NewValue(object, values)}
}

// variablesOf is an environment with these variables and no others.
func variablesOf(env map[string]string) option {
	return withEnvironment(func(name string) string { return env[name] })
}

// configured calls Configure as Terraform does.
func configured(ctx context.Context, t *testing.T, b block, opts ...option) (*providerData, diag.Diagnostics) {
	t.Helper()
	var resp provider.ConfigureResponse
	newProvider("test", opts...).Configure(ctx, provider.ConfigureRequest{Config: b.config(t)}, &resp)
	if resp.Diagnostics.HasError() {
		return nil, resp.Diagnostics
	}
	data, ok := resp.ResourceData.(*providerData)
	if !ok || resp.DataSourceData != resp.ResourceData || resp.ActionData != resp.ResourceData {
		t.Fatalf("Configure handed down %T, %T and %T", resp.ResourceData, resp.DataSourceData, resp.ActionData)
	}
	return data, resp.Diagnostics
}

// clientOf configures a provider and returns its client.
func clientOf(ctx context.Context, t *testing.T, b block, opts ...option) *kusto.Client {
	t.Helper()
	data, diags := configured(ctx, t, b, opts...)
	if diags.HasError() {
		t.Fatal(messages(diags))
	}
	client, diags := data.client()
	if diags.HasError() {
		t.Fatal(messages(diags))
	}
	return client
}

// validated calls ValidateConfig as Terraform does.
func validated(t *testing.T, b block, env map[string]string) []string {
	t.Helper()
	var resp provider.ValidateConfigResponse
	newProvider("test", variablesOf(env)).ValidateConfig(t.Context(), provider.ValidateConfigRequest{Config: b.config(t)}, &resp)
	return messages(resp.Diagnostics)
}

// messages writes each diagnostic as "severity path: summary: detail".
func messages(diags diag.Diagnostics) []string {
	var lines []string
	for _, d := range diags {
		line := d.Severity().String() + " "
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			line += at.Path().String()
		}
		lines = append(lines, line+": "+d.Summary()+": "+strings.Join(strings.Fields(d.Detail()), " "))
	}
	return lines
}

func TestProvider_schemaIsSound(t *testing.T) {
	t.Parallel()
	if diags := providerSchema(t).ValidateImplementation(t.Context()); diags.HasError() {
		t.Fatal(messages(diags))
	}
	sensitive := map[string]bool{"access_token": true, "client_certificate": true, "client_certificate_password": true, "client_secret": true, "oidc_request_token": true, "oidc_token": true}
	for name, a := range providerSchema(t).Attributes {
		if a.IsSensitive() != sensitive[name] {
			t.Errorf("%s: sensitive is %t", name, a.IsSensitive())
		}
		if !a.IsOptional() || a.GetMarkdownDescription() == "" {
			t.Errorf("%s: not optional, or without a description", name)
		}
	}
}

func TestConfigure_oneClientForAll(t *testing.T) {
	t.Parallel()
	data, diags := configured(t.Context(), t, block{"cluster_uri": clusterURI, "access_token": "t"}, variablesOf(nil))
	if diags.HasError() || !data.known {
		t.Fatal(messages(diags))
	}
	first, _ := data.client()
	second, _ := data.client()
	if first == nil || first != second {
		t.Errorf("two calls returned %p and %p", first, second)
	}
	if got := first.Endpoint().String(); got != "https://ingest-test.kusto.windows.net" {
		t.Errorf("endpoint %s", got)
	}
}

func TestConfigure_aMissingClusterMattersOnlyWhenItIsNeeded(t *testing.T) {
	t.Parallel()
	if got := validated(t, block{"access_token": "t"}, nil); got != nil {
		t.Errorf("ValidateConfig: %v", got)
	}
	data, diags := configured(t.Context(), t, block{"access_token": "t"}, variablesOf(nil))
	if diags.HasError() {
		t.Fatal(messages(diags))
	}
	_, diags = data.client()
	want := []string{"Error cluster_uri: No cluster: Set cluster_uri in the provider block, or the environment variable KUSTO_CLUSTER_URI, to the URI of the cluster, " +
		"such as https://mycluster.westeurope.kusto.windows.net. Nothing was sent."}
	if d := cmp.Diff(want, messages(diags)); d != "" {
		t.Error(d)
	}
}

func TestConfigure_unknownValuesAreNotTakenFromTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{"KUSTO_CLUSTER_URI": clusterURI, "ARM_CLIENT_SECRET": "s", "ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "c"}
	for _, name := range []string{"cluster_uri", "client_secret", "use_cli", "auxiliary_tenant_ids"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := block{name: unknown{}}
			if got := validated(t, b, env); got != nil {
				t.Errorf("ValidateConfig: %v", got)
			}
			data, diags := configured(t.Context(), t, b, variablesOf(env))
			if diags.HasError() {
				t.Fatal(messages(diags))
			}
			if data.known {
				t.Error("the configuration counts as known")
			}
			client, diags := data.client()
			want := []string{"Error " + name + ": The provider configuration is not known yet: These arguments of the provider block are known only after apply: " + name +
				". Resources wait for them. Data sources and imports cannot: apply what the arguments depend on first, for instance with -target."}
			if d := cmp.Diff(want, messages(diags)); d != "" || client != nil {
				t.Error(d)
			}
		})
	}
}

func TestConfigure_anUntrustedHostIsRefused(t *testing.T) {
	t.Parallel()
	data, diags := configured(t.Context(), t, block{"cluster_uri": "https://test.kusto.windows.net.evil.example", "access_token": "t"}, variablesOf(nil))
	if diags.HasError() {
		t.Fatal(messages(diags))
	}
	client, diags := data.client()
	if client != nil || !diags.HasError() || !strings.Contains(messages(diags)[0], "is not a known host of the service") {
		t.Errorf("%v", messages(diags))
	}
}

func TestAccProvider_clusterCreatedInTheSameApply(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	config := `
resource "terraform_data" "cluster" {
  input = "` + server.URL + `"
}
` + strings.Replace(seed{blobs: blobsAt(url), more: waits}.in(server), `"`+server.URL+`"`, "terraform_data.cluster.output", 1)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providers(),
		Steps: []resource.TestStep{{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				nothingAsked{server}, plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
			}},
		}, {
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		}},
	})
	if got := server.RowCount("Samples", "Events"); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

// nothingAsked checks that planning made no request.
type nothingAsked struct{ server *kustotest.Server }

// CheckPlan is called between plan and apply.
func (c nothingAsked) CheckPlan(_ context.Context, _ plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	if got := len(c.server.Requests()); got != 0 {
		resp.Error = fmt.Errorf("planning made %d requests, want none", got)
	}
}
