package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// validate judges what is known of the single arguments. Whether a credential is complete is judged by Configure, in the plan: part of it may come from
// the environment, which a job that only runs "terraform validate" does not have. A missing cluster is no error either, since a plan without resources
// needs none.
func (s settings) validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if s.clusterURI.set() {
		if _, err := kusto.ParseEndpoint(s.clusterURI.value); err != nil {
			diags.Append(diag.NewAttributeErrorDiagnostic(path.Root("cluster_uri"), "Not the URI of a cluster",
				kusto.Redact(err.Error())+". Write the cluster's URI, such as https://mycluster.westeurope.kusto.windows.net."))
		}
	}
	for i, host := range s.trustedHosts {
		if err := kusto.CheckTrustedHost(host); err != nil {
			diags.Append(diag.NewAttributeErrorDiagnostic(path.Root("trusted_hosts").AtListIndex(i), "Not a host",
				kusto.Redact(err.Error())+". Write a host name such as kusto.example.com, or a suffix such as .kusto.example.com."))
		}
	}
	if s.tenantID.set() && !isTenant(s.tenantID.value) {
		diags.Append(tenantError(path.Root("tenant_id")))
	}
	for _, tenant := range s.auxiliaryTenants {
		if tenant != "*" && !isTenant(tenant) {
			diags.Append(tenantError(path.Root("auxiliary_tenant_ids")))
		}
	}
	for _, p := range []pair{{s.clientID, s.clientIDFile}, {s.clientSecret, s.clientSecretFile}, {s.oidcToken, s.oidcTokenFile}} {
		diags.Append(p.disagreement()...)
	}
	diags.Append(s.certificateDisagreement()...)
	return diags
}

// plainHTTP reports whether the cluster is reached over http, which is for this machine alone. No credential but an access token is sent there.
func (s settings) plainHTTP() bool {
	endpoint, err := kusto.ParseEndpoint(s.clusterURI.value)
	return err == nil && endpoint.Scheme == "http"
}

// disagreement returns an error when value and file are both set and differ. A file that cannot be read is none: it may be there when it is needed.
func (p pair) disagreement() diag.Diagnostics {
	if !p.value.set() || !p.file.set() {
		return nil
	}
	if content, err := readFile(p.file); err == nil && content != strings.TrimSpace(p.value.value) {
		return diag.Diagnostics{disagreementError(p.value.attribute, p.value, p.file)}
	}
	return nil
}

func (s settings) certificateDisagreement() diag.Diagnostics {
	p := pair{s.certificate, s.certificatePath}
	if !p.value.set() || !p.file.set() {
		return nil
	}
	inline, err := pair{value: s.certificate}.bundle()
	if err != nil {
		return nil // said when the certificate is read
	}
	if content, err := (pair{file: s.certificatePath}).bundle(); err == nil && string(inline) != string(content) {
		return diag.Diagnostics{disagreementError(p.value.attribute, p.value, p.file)}
	}
	return nil
}

// isTenant reports whether a text can be a tenant: its id or one of its domain names. It becomes a part of a URL.
func isTenant(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}

func tenantError(at path.Path) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, "Not a tenant", "A tenant is named by its id, such as 00000000-0000-0000-0000-000000000000, or one of its domain names.")
}
