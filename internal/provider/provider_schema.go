package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Schema describes the provider block.
func (p *kustoProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Loads blobs into tables of Azure Data Explorer clusters and Fabric Eventhouses through queued ingestion. " +
			"One credential signs all requests: the first of `access_token`, client certificate, client secret, OIDC, AKS workload identity, managed identity and Azure CLI of which " +
			"anything is configured. If a part of it is missing, that is an error, and no other identity is tried. An argument that is left out, or is \"\", is taken from its environment variable.",
		Attributes: map[string]schema.Attribute{
			"cluster_uri": text("cluster_uri", "URI of the cluster, such as `https://mycluster.westeurope.kusto.windows.net`, or its data ingestion URI, which has `ingest-` before the name. "+
				"Begins with `https://`; `http://` is for an emulator on this machine, to which no other credential than `access_token` is sent."),
			"access_token": secret("access_token", "Bearer token that is sent as it is. It wins over every other way to sign in, and is not renewed when it expires."),
			"ado_pipeline_service_connection_id": text("ado_pipeline_service_connection_id", "Id of the Azure DevOps service connection to sign in with, with `use_oidc = true`. "+
				"The request URL and token are taken from the pipeline (`SYSTEM_OIDCREQUESTURI`, `SYSTEM_ACCESSTOKEN`) unless `oidc_request_url` and `oidc_request_token` are set."),
			"auxiliary_tenant_ids": list("auxiliary_tenant_ids", "Further tenants that the credential may get tokens for, besides `tenant_id`."),
			"client_certificate": secret("client_certificate", "Certificate of the service principal with its private key: a PKCS#12 bundle in base64. Needs `tenant_id` and `client_id`. "+
				"It wins over everything but `access_token`."),
			"client_certificate_password": secret("client_certificate_password", "Password of the bundle in `client_certificate` or `client_certificate_path`."),
			"client_certificate_path":     text("client_certificate_path", "Path of a PKCS#12 bundle, in place of `client_certificate`."),
			"client_id": text("client_id", "Client id of the service principal, or of the user-assigned managed identity. "+
				"With `use_aks_workload_identity` it is taken from `AZURE_CLIENT_ID` when it is not set."),
			"client_id_file_path": text("client_id_file_path", "Path of a file with the client id, in place of `client_id`."),
			"client_secret": secret("client_secret", "Secret of the service principal. Needs `tenant_id` and `client_id`. "+
				"It is used when neither `access_token` nor a client certificate is set, even if a `use_…` argument is true."),
			"client_secret_file_path": text("client_secret_file_path", "Path of a file with the client secret, in place of `client_secret`."),
			"disable_instance_discovery": boolean("disable_instance_discovery", "Whether the login endpoint is used without asking the public cloud whether it is genuine. "+
				"For private clouds and networks without internet. Default `false`."),
			"oidc_request_token": secret("oidc_request_token", "Bearer token for `oidc_request_url`. In GitHub Actions (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`) and Azure DevOps "+
				"(`SYSTEM_ACCESSTOKEN`) the runner has it."),
			"oidc_request_url": text("oidc_request_url", "`https://` URL that issues OIDC tokens, with `use_oidc = true`. In GitHub Actions (`ACTIONS_ID_TOKEN_REQUEST_URL`) and Azure DevOps "+
				"(`SYSTEM_OIDCREQUESTURI`) the runner has it."),
			"oidc_token":           secret("oidc_token", "OIDC token of another issuer that the service principal trusts, with `use_oidc = true`. It wins over `oidc_request_url`."),
			"oidc_token_file_path": text("oidc_token_file_path", "Path of a file with the OIDC token, in place of `oidc_token`. It is read anew whenever a token is needed."),
			"tenant_id": text("tenant_id", "Tenant of the service principal; with the Azure CLI, the tenant to get tokens for. "+
				"With `use_aks_workload_identity` it is taken from `AZURE_TENANT_ID` when it is not set."),
			"trusted_hosts": list("trusted_hosts", "Further hosts that may receive tokens and the URLs of blobs, besides those that Microsoft publishes for each cloud: host names, or suffixes that begin with `.`. "+
				"An exact host name may also be the login endpoint of a private cloud."),
			"use_aks_workload_identity": boolean("use_aks_workload_identity", "Whether to sign in with the workload identity of the pod (`AZURE_CLIENT_ID`, `AZURE_TENANT_ID`, `AZURE_FEDERATED_TOKEN_FILE`). "+
				"It is used when no access token, certificate or secret is set and `use_oidc` is not true. Default `false`."),
			"use_cli": boolean("use_cli", "Whether to sign in with the Azure CLI when nothing else is configured. Default `true`. When `client_id` or an `oidc_…` argument is set but nothing "+
				"says how to sign in with it, that is an error, unless `use_cli` is set to `true` explicitly."),
			"use_msi": boolean("use_msi", "Whether to sign in with a managed identity: the one of `client_id`, or else the system-assigned one. "+
				"It is used when neither a token, certificate or secret is set nor `use_oidc` or `use_aks_workload_identity` is true. Default `false`."),
			"use_oidc": boolean("use_oidc", "Whether to sign in with an OIDC token of another issuer: the one of `oidc_token` or `oidc_token_file_path`, else one from Azure DevOps when "+
				"`ado_pipeline_service_connection_id` is set, else one from GitHub. Needs `tenant_id` and `client_id`. It is used when no access token, certificate or secret is set. Default `false`."),
		},
	}
}

func text(name, description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: withVariables(name, description)}
}

func secret(name, description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: withVariables(name, description)}
}

func boolean(name, description string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: withVariables(name, description)}
}

func list(name, description string) schema.ListAttribute {
	if len(variables(name)) > 0 {
		description += " In the environment separated by semicolons."
	}
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: withVariables(name, description)}
}

// withVariables adds the environment variables to a description, from the table that resolve uses.
func withVariables(name, description string) string {
	if names := variables(name); len(names) > 0 {
		description += " Environment: `" + strings.Join(names, "`, `") + "`."
	}
	return description
}
