package provider

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// providerModel is the provider block as it is written.
type providerModel struct {
	ClusterURI                     types.String `tfsdk:"cluster_uri"`
	AccessToken                    types.String `tfsdk:"access_token"`
	ADOPipelineServiceConnectionID types.String `tfsdk:"ado_pipeline_service_connection_id"`
	AuxiliaryTenantIDs             types.List   `tfsdk:"auxiliary_tenant_ids"`
	ClientCertificate              types.String `tfsdk:"client_certificate"`
	ClientCertificatePassword      types.String `tfsdk:"client_certificate_password"`
	ClientCertificatePath          types.String `tfsdk:"client_certificate_path"`
	ClientID                       types.String `tfsdk:"client_id"`
	ClientIDFilePath               types.String `tfsdk:"client_id_file_path"`
	ClientSecret                   types.String `tfsdk:"client_secret"`
	ClientSecretFilePath           types.String `tfsdk:"client_secret_file_path"`
	DisableInstanceDiscovery       types.Bool   `tfsdk:"disable_instance_discovery"`
	OIDCRequestToken               types.String `tfsdk:"oidc_request_token"`
	OIDCRequestURL                 types.String `tfsdk:"oidc_request_url"`
	OIDCToken                      types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath              types.String `tfsdk:"oidc_token_file_path"`
	TenantID                       types.String `tfsdk:"tenant_id"`
	TrustedHosts                   types.List   `tfsdk:"trusted_hosts"`
	UseAKSWorkloadIdentity         types.Bool   `tfsdk:"use_aks_workload_identity"`
	UseCLI                         types.Bool   `tfsdk:"use_cli"`
	UseMSI                         types.Bool   `tfsdk:"use_msi"`
	UseOIDC                        types.Bool   `tfsdk:"use_oidc"`
}

// setting is the value of an attribute, and where it comes from.
type setting struct {
	attribute string
	value     string
	source    string // "" when not set, fromConfiguration, or the name of an environment variable
}

// fromConfiguration is the source of what stands in the provider block.
const fromConfiguration = "the provider block"

func (s setting) set() bool { return s.source != "" }

// String names the setting and its source, never its value: that may be a secret.
func (s setting) String() string {
	if s.source == fromConfiguration || s.attribute == s.source {
		return s.attribute
	}
	return s.attribute + " (from " + s.source + ")"
}

// flag is the value of a use_… attribute.
type flag struct {
	setting
	on bool
}

// settings is the whole configuration, each attribute or else its environment, resolved once by resolve and nowhere else.
type settings struct {
	clusterURI, accessToken                                    setting
	tenantID, clientID, clientIDFile                           setting
	clientSecret, clientSecretFile                             setting
	certificate, certificatePath, certificatePassword          setting
	oidcToken, oidcTokenFile, oidcRequestURL, oidcRequestToken setting
	serviceConnection                                          setting
	useOIDC, useMSI, useAKS, useCLI, disableInstanceDiscovery  flag
	auxiliaryTenants, trustedHosts                             []string
	githubURL, githubToken, pipelinesURL, pipelinesToken       setting  // what the runner tells by itself
	aksClientID, aksTenantID, aksTokenFile                     setting  // what the workload identity webhook tells
	unknown                                                    []string // attributes whose value is known only after apply
}

// environment looks up a variable, as os.Getenv does.
type environment func(string) string

// resolve reads the provider block, and for what is null or "" there the environment. A value that is unknown is noted as such and never replaced
// from the environment: the plan would sign in as another identity than the apply.
func resolve(m providerModel, env environment) (settings, diag.Diagnostics) {
	r := resolver{env: env}
	s := settings{
		clusterURI:               r.text("cluster_uri", m.ClusterURI),
		accessToken:              r.text("access_token", m.AccessToken),
		tenantID:                 r.text("tenant_id", m.TenantID),
		clientID:                 r.text("client_id", m.ClientID),
		clientIDFile:             r.text("client_id_file_path", m.ClientIDFilePath),
		clientSecret:             r.text("client_secret", m.ClientSecret),
		clientSecretFile:         r.text("client_secret_file_path", m.ClientSecretFilePath),
		certificate:              r.text("client_certificate", m.ClientCertificate),
		certificatePath:          r.text("client_certificate_path", m.ClientCertificatePath),
		certificatePassword:      r.text("client_certificate_password", m.ClientCertificatePassword),
		oidcToken:                r.text("oidc_token", m.OIDCToken),
		oidcTokenFile:            r.text("oidc_token_file_path", m.OIDCTokenFilePath),
		oidcRequestURL:           r.text("oidc_request_url", m.OIDCRequestURL),
		oidcRequestToken:         r.text("oidc_request_token", m.OIDCRequestToken),
		serviceConnection:        r.text("ado_pipeline_service_connection_id", m.ADOPipelineServiceConnectionID),
		useOIDC:                  r.flag("use_oidc", m.UseOIDC, false),
		useMSI:                   r.flag("use_msi", m.UseMSI, false),
		useAKS:                   r.flag("use_aks_workload_identity", m.UseAKSWorkloadIdentity, false),
		useCLI:                   r.flag("use_cli", m.UseCLI, true),
		disableInstanceDiscovery: r.flag("disable_instance_discovery", m.DisableInstanceDiscovery, false),
		auxiliaryTenants:         r.list("auxiliary_tenant_ids", m.AuxiliaryTenantIDs),
		trustedHosts:             r.list("trusted_hosts", m.TrustedHosts),
		githubURL:                r.ambient("ACTIONS_ID_TOKEN_REQUEST_URL"),
		githubToken:              r.ambient("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
		pipelinesURL:             r.ambient("SYSTEM_OIDCREQUESTURI"),
		pipelinesToken:           r.ambient("SYSTEM_ACCESSTOKEN"),
		aksClientID:              r.ambient("AZURE_CLIENT_ID"),
		aksTenantID:              r.ambient("AZURE_TENANT_ID"),
		aksTokenFile:             r.ambient("AZURE_FEDERATED_TOKEN_FILE"),
	}
	s.unknown = r.unknown
	return s, r.diags
}

// variables returns the environment variables of an attribute, the first that is set wins. The second prefix is what other providers for Azure use.
func variables(attribute string) []string {
	name := strings.ToUpper(attribute)
	switch attribute {
	case "cluster_uri", "access_token":
		return []string{"KUSTO_" + name}
	case "trusted_hosts":
		// Whom to trust with a token is for the configuration to say, not for whoever can set a variable.
		return nil
	case "ado_pipeline_service_connection_id":
		return []string{"KUSTO_" + name, "ARM_" + name, "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"}
	default:
		return []string{"KUSTO_" + name, "ARM_" + name}
	}
}

type resolver struct {
	env     environment
	unknown []string
	diags   diag.Diagnostics
}

func (r *resolver) text(attribute string, v types.String) setting {
	switch {
	case v.IsUnknown():
		r.unknown = append(r.unknown, attribute)
		return setting{attribute: attribute}
	case v.ValueString() != "":
		return setting{attribute: attribute, value: v.ValueString(), source: fromConfiguration}
	default:
		return r.fromEnvironment(attribute)
	}
}

func (r *resolver) fromEnvironment(attribute string) setting {
	for _, name := range variables(attribute) {
		if value := r.env(name); value != "" {
			return setting{attribute: attribute, value: value, source: name}
		}
	}
	return setting{attribute: attribute}
}

func (r *resolver) ambient(name string) setting {
	if value := r.env(name); value != "" {
		return setting{attribute: name, value: value, source: name}
	}
	return setting{attribute: name}
}

func (r *resolver) flag(attribute string, v types.Bool, fallback bool) flag {
	switch {
	case v.IsUnknown():
		r.unknown = append(r.unknown, attribute)
		return flag{setting: setting{attribute: attribute}}
	case !v.IsNull():
		return flag{setting: setting{attribute: attribute, value: strconv.FormatBool(v.ValueBool()), source: fromConfiguration}, on: v.ValueBool()}
	}
	s := r.fromEnvironment(attribute)
	if !s.set() {
		return flag{setting: s, on: fallback}
	}
	on, err := strconv.ParseBool(s.value)
	if err != nil {
		r.diags.AddAttributeError(path.Root(attribute), "Not a boolean",
			fmt.Sprintf("The environment variable %s stands for %s and has to be true or false.", s.source, attribute))
	}
	return flag{setting: s, on: on}
}

// list reads a list of strings; in the environment its elements are separated by semicolons, as for other providers for Azure.
func (r *resolver) list(attribute string, v types.List) []string {
	if v.IsUnknown() {
		r.unknown = append(r.unknown, attribute)
		return nil
	}
	var items []string
	for i, element := range v.Elements() {
		item, ok := element.(types.String)
		switch {
		case element.IsUnknown():
			r.unknown = append(r.unknown, attribute)
			return nil
		case !ok || item.ValueString() == "":
			r.diags.AddAttributeError(path.Root(attribute).AtListIndex(i), "Empty element", "Each element has to be a text that is not empty.")
		default:
			items = append(items, item.ValueString())
		}
	}
	if len(v.Elements()) > 0 {
		return items
	}
	for item := range strings.SplitSeq(r.fromEnvironment(attribute).value, ";") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
