package provider

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// method is a way to sign in. Its text is the name of the credential in logs and errors.
type method string

// The methods, in the order in which they are considered. The first one of which anything is configured is the credential; when something of it is
// missing, that is an error, and no later method is tried: it would be another identity.
const (
	methodAccessToken       method = "access token"
	methodClientCertificate method = "client certificate"
	methodClientSecret      method = "client secret"
	methodOIDCToken         method = "OIDC token"
	methodGitHub            method = "OIDC with GitHub Actions"
	methodPipelines         method = "OIDC with Azure DevOps"
	methodAKS               method = "AKS workload identity"
	methodManagedIdentity   method = "managed identity"
	methodCLI               method = "Azure CLI"
)

// pair is a value that may stand in a file instead.
type pair struct{ value, file setting }

func (p pair) set() bool { return p.value.set() || p.file.set() }

// either returns the one of the two that is set, to name it.
func (p pair) either() setting {
	if p.value.set() {
		return p.value
	}
	return p.file
}

// signIn is the chosen method with the settings that it uses.
type signIn struct {
	method           method
	token            setting // of methodAccessToken
	tenantID         setting
	clientID         pair
	secret           pair
	certificate      pair // PKCS#12: base64 in the value, bytes in the file
	password         setting
	assertion        pair    // the token of methodOIDCToken and methodAKS
	requestURL       setting // where GitHub and Azure DevOps issue tokens
	requestToken     setting
	connection       setting // of methodPipelines
	auxiliaryTenants []string
	withoutDiscovery bool
}

// choose returns the one credential of the configuration, and what is wrong with it. It reads no file.
func (s settings) choose() (signIn, diag.Diagnostics) {
	c := signIn{
		tenantID:         s.tenantID,
		clientID:         pair{s.clientID, s.clientIDFile},
		auxiliaryTenants: s.auxiliaryTenants,
		withoutDiscovery: s.disableInstanceDiscovery.on,
	}
	switch {
	case s.accessToken.set():
		c.method, c.token = methodAccessToken, s.accessToken
		return c, nil
	case s.certificate.set(), s.certificatePath.set(), s.certificatePassword.set():
		c.method, c.certificate, c.password = methodClientCertificate, pair{s.certificate, s.certificatePath}, s.certificatePassword
		if !c.certificate.set() {
			return c, c.incomplete(s.certificatePassword, "client_certificate")
		}
		return c, c.incomplete(c.certificate.either())
	case s.clientSecret.set(), s.clientSecretFile.set():
		c.method, c.secret = methodClientSecret, pair{s.clientSecret, s.clientSecretFile}
		return c, c.incomplete(c.secret.either())
	case s.useOIDC.on:
		return c.withOIDC(s)
	case s.useAKS.on:
		return c.withAKS(s)
	case s.useMSI.on:
		c.method = methodManagedIdentity
		return c, nil
	case s.useCLI.on && s.useCLI.set():
		c.method = methodCLI
		return c, nil
	}
	// Nothing was chosen. The Azure CLI is the default, but not when an identity is named that it does not sign in as.
	if diags := s.leftovers(); diags.HasError() {
		return c, diags
	}
	if !s.useCLI.on {
		return c, diag.Diagnostics{noCredentialError()}
	}
	c.method = methodCLI
	return c, nil
}

// withOIDC takes a token that is given, else one of the two issuers: Azure DevOps when a service connection is named, else GitHub. What the runner of
// one issuer tells is never mixed with the other's.
func (c signIn) withOIDC(s settings) (signIn, diag.Diagnostics) {
	c.assertion = pair{s.oidcToken, s.oidcTokenFile}
	if c.assertion.set() {
		c.method = methodOIDCToken
		return c, c.incomplete(s.useOIDC.setting)
	}
	c.method, c.connection = methodGitHub, s.serviceConnection
	ambientURL, ambientToken := s.githubURL, s.githubToken
	if c.connection.set() || !s.githubURL.set() && s.pipelinesURL.set() {
		c.method = methodPipelines
		ambientURL, ambientToken = s.pipelinesURL, s.pipelinesToken
	}
	c.requestURL, c.requestToken = firstSet(s.oidcRequestURL, ambientURL), firstSet(s.oidcRequestToken, ambientToken)
	var missing []string
	switch {
	case c.method == methodPipelines && !c.connection.set():
		missing = append(missing, "ado_pipeline_service_connection_id")
	case c.method == methodGitHub && !c.requestURL.set() && !c.requestToken.set():
		return c, c.incomplete(s.useOIDC.setting, "oidc_token")
	}
	if !c.requestURL.set() {
		missing = append(missing, "oidc_request_url")
	}
	if !c.requestToken.set() {
		missing = append(missing, "oidc_request_token")
	}
	diags := c.incomplete(s.useOIDC.setting, missing...)
	if u, err := url.Parse(c.requestURL.value); c.requestURL.set() && (err != nil || u.Scheme != "https" || u.Host == "") {
		diags.Append(requestURLError(c.requestURL))
	}
	return c, diags
}

// withAKS takes what the workload identity webhook put into the environment of the pod.
func (c signIn) withAKS(s settings) (signIn, diag.Diagnostics) {
	c.method, c.assertion = methodAKS, pair{file: s.aksTokenFile}
	var diags diag.Diagnostics
	if c.clientID.value.set() && s.aksClientID.set() && c.clientID.value.value != s.aksClientID.value {
		diags.Append(disagreementError("client_id", c.clientID.value, s.aksClientID))
	}
	if c.tenantID.set() && s.aksTenantID.set() && c.tenantID.value != s.aksTenantID.value {
		diags.Append(disagreementError("tenant_id", c.tenantID, s.aksTenantID))
	}
	c.tenantID = firstSet(c.tenantID, s.aksTenantID)
	if !c.clientID.set() {
		c.clientID.value = s.aksClientID
	}
	var missing []string
	if !c.assertion.set() {
		missing = append(missing, "AZURE_FEDERATED_TOKEN_FILE")
	}
	diags.Append(c.incomplete(s.useAKS.setting, missing...)...)
	return c, diags
}

// incomplete returns an error when something is missing, or the tenant or the client, without which no service principal signs in. The cause is the
// setting that made this method the chosen one.
func (c signIn) incomplete(cause setting, missing ...string) diag.Diagnostics {
	if !c.tenantID.set() {
		missing = append(missing, "tenant_id")
	}
	if !c.clientID.set() {
		missing = append(missing, "client_id")
	}
	if len(missing) == 0 {
		return nil
	}
	return diag.Diagnostics{incompleteError(c.method, cause, missing)}
}

// leftovers returns an error when an identity is named and nothing says how to sign in as it.
func (s settings) leftovers() diag.Diagnostics {
	oidc := []setting{s.oidcToken, s.oidcTokenFile, s.serviceConnection, s.oidcRequestURL, s.oidcRequestToken}
	for _, left := range oidc {
		if left.set() && !s.useOIDC.set() {
			return diag.Diagnostics{leftoverError(left, "use_oidc = true")}
		}
	}
	for _, left := range []setting{s.clientID, s.clientIDFile} {
		if left.set() {
			return diag.Diagnostics{leftoverError(left, "one of client_secret, client_secret_file_path, client_certificate, client_certificate_path, "+
				"use_oidc, use_aks_workload_identity and use_msi")}
		}
	}
	return nil
}

func firstSet(candidates ...setting) setting {
	for _, c := range candidates {
		if c.set() {
			return c
		}
	}
	return setting{}
}

// alternatives names what may stand in for an attribute that is missing.
var alternatives = map[string]string{ //nolint:gosec // names, no secrets
	"client_certificate": "client_certificate or client_certificate_path",
	"client_id":          "client_id or client_id_file_path",
	"oidc_token":         "oidc_token, oidc_token_file_path, or oidc_request_url with oidc_request_token",
	"oidc_request_url":   "oidc_request_url (the pipeline's SYSTEM_OIDCREQUESTURI or GitHub's ACTIONS_ID_TOKEN_REQUEST_URL is not set)",
	"oidc_request_token": "oidc_request_token (the pipeline's SYSTEM_ACCESSTOKEN or GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set)",

	"AZURE_FEDERATED_TOKEN_FILE": "the environment variable AZURE_FEDERATED_TOKEN_FILE (the pod's workload identity webhook sets it)",
}

func incompleteError(m method, cause setting, missing []string) diag.Diagnostic {
	lines := make([]string, len(missing))
	for i, name := range missing {
		lines[i] = name
		if text, ok := alternatives[name]; ok {
			lines[i] = text
		}
		if name != strings.ToUpper(name) {
			lines[i] += ", environment: " + strings.Join(variables(name), ", ")
		}
	}
	at := path.Root(missing[0])
	if missing[0] == strings.ToUpper(missing[0]) {
		at = path.Root(cause.attribute)
	}
	return diag.NewAttributeErrorDiagnostic(at, "Incomplete credential", paragraphs(
		fmt.Sprintf("The credential is %q, because %s is set. Missing:\n%s", m, cause, listed(lines)),
		"No other way to sign in is tried, as that could be another identity.",
	))
}

func leftoverError(left setting, remedy string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(left.attribute), "Incomplete credential", paragraphs(
		fmt.Sprintf("%s is set, and nothing says how to sign in with it. Missing: %s.", left, remedy),
		"The Azure CLI, which is the default, is not tried, as it could be another identity. If it is meant, set use_cli = true.",
	))
}

func noCredentialError() diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("use_cli"), "No credential", "use_cli is false, and no other way to sign in is configured. Set access_token, client_certificate, "+
		"client_secret, use_oidc, use_aks_workload_identity or use_msi, with what belongs to it.")
}

func disagreementError(attribute string, a, b setting) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), "Contradicting values",
		fmt.Sprintf("%s and %s are both set and have different values. Which identity is meant is not clear, so none is used. Remove one of them.", a, b))
}

func requestURLError(s setting) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("oidc_request_url"), "Not an https URL",
		fmt.Sprintf("%s has to be an absolute URL that begins with https://, as a token is sent there.", s))
}
