package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func resolved(t *testing.T, b block, env map[string]string) (settings, []string) {
	t.Helper()
	var m providerModel
	if diags := b.config(t).Get(t.Context(), &m); diags.HasError() {
		t.Fatal(messages(diags))
	}
	s, diags := resolve(m, func(name string) string { return env[name] })
	return s, messages(diags)
}

func TestResolve_attributeElseEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"KUSTO_CLIENT_ID": "kusto", "ARM_CLIENT_ID": "arm", "ARM_TENANT_ID": "arm", "ARM_CLUSTER_URI": "arm", "ARM_ACCESS_TOKEN": "arm",
		"ARM_OIDC_AZURE_SERVICE_CONNECTION_ID": "azapi", "ACTIONS_ID_TOKEN_REQUEST_URL": "github",
	}
	s, diags := resolved(t, block{"client_secret": "mine", "client_id": "", "oidc_token": unknown{}}, env)
	if diags != nil {
		t.Fatal(diags)
	}
	for name, c := range map[string]struct{ got, want setting }{
		"the attribute":                   {s.clientSecret, setting{"client_secret", "mine", fromConfiguration}},
		"KUSTO_ before ARM_, empty unset": {s.clientID, setting{"client_id", "kusto", "KUSTO_CLIENT_ID"}},
		"ARM_":                            {s.tenantID, setting{"tenant_id", "arm", "ARM_TENANT_ID"}},
		"other tools' service connection": {s.serviceConnection, setting{"ado_pipeline_service_connection_id", "azapi", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID"}},
		"what the runner tells":           {s.githubURL, setting{"ACTIONS_ID_TOKEN_REQUEST_URL", "github", "ACTIONS_ID_TOKEN_REQUEST_URL"}},
		"nothing":                         {s.clientIDFile, setting{attribute: "client_id_file_path"}},
		"unknown":                         {s.oidcToken, setting{attribute: "oidc_token"}},
		"the cluster has no ARM_":         {s.clusterURI, setting{attribute: "cluster_uri"}},
		"the access token has no ARM_":    {s.accessToken, setting{attribute: "access_token"}},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, c.got, c.want)
		}
	}
	if d := cmp.Diff([]string{"oidc_token"}, s.unknown); d != "" {
		t.Error(d)
	}
}

func TestResolve_everyAttributeHasItsVariable(t *testing.T) {
	t.Parallel()
	for name, a := range providerSchema(t).Attributes {
		want := []string{"KUSTO_" + strings.ToUpper(name), "ARM_" + strings.ToUpper(name)}
		switch name {
		case "cluster_uri", "access_token":
			want = want[:1]
		case "ado_pipeline_service_connection_id":
			want = append(want, "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")
		case "trusted_hosts":
			want = nil
		}
		if d := cmp.Diff(want, variables(name)); d != "" {
			t.Error(d)
		}
		for _, v := range want {
			if !strings.Contains(a.GetMarkdownDescription(), "`"+v+"`") {
				t.Errorf("%s: the description does not name %s", name, v)
			}
		}
	}
}

func TestResolve_flagsAndLists(t *testing.T) {
	t.Parallel()
	s, diags := resolved(t, block{"use_cli": false, "trusted_hosts": []string{"a.example.com"}}, map[string]string{
		"KUSTO_USE_CLI": "true", "ARM_USE_OIDC": "1", "ARM_USE_MSI": "perhaps", "ARM_AUXILIARY_TENANT_IDS": "one; two;", "KUSTO_TRUSTED_HOSTS": "b.example.com",
	})
	if s.useCLI.on || !s.useCLI.set() || !s.useOIDC.on || s.useAKS.on || s.useAKS.set() {
		t.Errorf("use_cli %+v, use_oidc %+v, use_aks_workload_identity %+v", s.useCLI, s.useOIDC, s.useAKS)
	}
	if d := cmp.Diff([]string{"one", "two"}, s.auxiliaryTenants); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"a.example.com"}, s.trustedHosts); d != "" {
		t.Error(d)
	}
	want := []string{"Error use_msi: Not a boolean: The environment variable ARM_USE_MSI stands for use_msi and has to be true or false."}
	if d := cmp.Diff(want, diags); d != "" {
		t.Error(d)
	}
	if s, _ = resolved(t, block{}, nil); !s.useCLI.on || s.useCLI.set() || s.useOIDC.on || s.useMSI.on || s.disableInstanceDiscovery.on {
		t.Error("the defaults are not use_cli alone")
	}
}

// principal is what a service principal needs besides its credential.
var principal = map[string]string{"ARM_TENANT_ID": "tenant", "ARM_CLIENT_ID": "client"}

func with(env map[string]string, more ...string) map[string]string {
	merged := map[string]string{}
	for k, v := range env {
		merged[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		merged[more[i]] = more[i+1]
	}
	return merged
}

const noOther = " No other way to sign in is tried, as that could be another identity."

func TestChoose_theFirstConfiguredMethodIsTheCredential(t *testing.T) {
	t.Parallel()
	all := []struct {
		method method
		env    []string
	}{
		{methodAccessToken, []string{"KUSTO_ACCESS_TOKEN", "t"}},
		{methodClientCertificate, []string{"ARM_CLIENT_CERTIFICATE_PATH", "p"}},
		{methodClientSecret, []string{"ARM_CLIENT_SECRET", "s"}},
		{methodOIDCToken, []string{"ARM_USE_OIDC", "true", "ARM_OIDC_TOKEN", "t"}},
		{methodPipelines, []string{"ARM_USE_OIDC", "true", "SYSTEM_OIDCREQUESTURI", "https://dev.azure.com/x", "SYSTEM_ACCESSTOKEN", "t", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "c"}},
		{methodGitHub, []string{"ARM_USE_OIDC", "true", "ACTIONS_ID_TOKEN_REQUEST_URL", "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"}},
		{methodAKS, []string{"ARM_USE_AKS_WORKLOAD_IDENTITY", "true", "AZURE_FEDERATED_TOKEN_FILE", "f"}},
		{methodManagedIdentity, []string{"ARM_USE_MSI", "true"}},
		{methodCLI, []string{"ARM_USE_CLI", "true"}},
	}
	// Everything from one method on is configured: that method wins over all that follow.
	for i, first := range all {
		env := principal
		for _, later := range all[i:] {
			env = with(env, later.env...)
		}
		s, _ := resolved(t, block{}, env)
		if got, diags := s.choose(); got.method != first.method || diags.HasError() {
			t.Errorf("got %q, want %q; %v", got.method, first.method, messages(diags))
		}
	}
	s, _ := resolved(t, block{}, map[string]string{"ARM_TENANT_ID": "tenant"})
	if got, diags := s.choose(); got.method != methodCLI || diags.HasError() {
		t.Errorf("by default: got %q; %v", got.method, messages(diags))
	}
}

func TestConfigure_aHalfConfiguredMethodNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	const missingTenant, missingClient = " - tenant_id, environment: KUSTO_TENANT_ID, ARM_TENANT_ID",
		" - client_id or client_id_file_path, environment: KUSTO_CLIENT_ID, ARM_CLIENT_ID"
	incomplete := func(at, method, cause, missing string) []string {
		return []string{"Error " + at + `: Incomplete credential: The credential is "` + method + `", because ` + cause + " is set. Missing:" + missing + noOther}
	}
	for name, c := range map[string]struct {
		block block
		env   map[string]string
		want  []string
	}{
		"secret alone": {block{"client_secret": "s", "use_msi": true}, nil,
			incomplete("tenant_id", "client secret", "client_secret", missingTenant+missingClient)},
		"secret from a file, without a tenant": {block{"client_id": "c"}, map[string]string{"ARM_CLIENT_SECRET_FILE_PATH": "f"},
			incomplete("tenant_id", "client secret", "client_secret_file_path (from ARM_CLIENT_SECRET_FILE_PATH)", missingTenant)},
		"certificate without a client": {block{"client_certificate": "AAAA", "tenant_id": "t"}, nil,
			incomplete("client_id", "client certificate", "client_certificate", missingClient)},
		"password without a certificate": {block{"client_certificate_password": "p"}, principal,
			incomplete("client_certificate", "client certificate", "client_certificate_password",
				" - client_certificate or client_certificate_path, environment: KUSTO_CLIENT_CERTIFICATE, ARM_CLIENT_CERTIFICATE")},
		"OIDC without a token": {block{"use_oidc": true}, principal,
			incomplete("oidc_token", "OIDC with GitHub Actions", "use_oidc",
				" - oidc_token, oidc_token_file_path, or oidc_request_url with oidc_request_token, environment: KUSTO_OIDC_TOKEN, ARM_OIDC_TOKEN")},
		"GitHub without its token": {block{"use_oidc": true}, with(principal, "ACTIONS_ID_TOKEN_REQUEST_URL", "https://x"),
			incomplete("oidc_request_token", "OIDC with GitHub Actions", "use_oidc",
				" - oidc_request_token (the pipeline's SYSTEM_ACCESSTOKEN or GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set), "+
					"environment: KUSTO_OIDC_REQUEST_TOKEN, ARM_OIDC_REQUEST_TOKEN")},
		"a pipeline without a service connection": {block{"use_oidc": true}, with(principal, "SYSTEM_OIDCREQUESTURI", "https://x", "SYSTEM_ACCESSTOKEN", "t"),
			incomplete("ado_pipeline_service_connection_id", "OIDC with Azure DevOps", "use_oidc",
				" - ado_pipeline_service_connection_id, environment: KUSTO_ADO_PIPELINE_SERVICE_CONNECTION_ID, ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID, ARM_OIDC_AZURE_SERVICE_CONNECTION_ID")},
		"a service connection outside of a pipeline never takes GitHub's token": {block{"use_oidc": true, "ado_pipeline_service_connection_id": "c"},
			with(principal, "ACTIONS_ID_TOKEN_REQUEST_URL", "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
			incomplete("oidc_request_url", "OIDC with Azure DevOps", "use_oidc",
				" - oidc_request_url (the pipeline's SYSTEM_OIDCREQUESTURI or GitHub's ACTIONS_ID_TOKEN_REQUEST_URL is not set), "+
					"environment: KUSTO_OIDC_REQUEST_URL, ARM_OIDC_REQUEST_URL"+
					" - oidc_request_token (the pipeline's SYSTEM_ACCESSTOKEN or GitHub's ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set), "+
					"environment: KUSTO_OIDC_REQUEST_TOKEN, ARM_OIDC_REQUEST_TOKEN")},
		"outside of a pod": {block{"use_aks_workload_identity": true}, principal,
			incomplete("use_aks_workload_identity", "AKS workload identity", "use_aks_workload_identity",
				" - the environment variable AZURE_FEDERATED_TOKEN_FILE (the pod's workload identity webhook sets it)")},
		"a client without a credential": {block{}, principal, []string{"Error client_id: Incomplete credential: client_id (from ARM_CLIENT_ID) is set, and nothing says how to sign in with it. " +
			"Missing: one of client_secret, client_secret_file_path, client_certificate, client_certificate_path, use_oidc, use_aks_workload_identity and use_msi. " +
			"The Azure CLI, which is the default, is not tried, as it could be another identity. If it is meant, set use_cli = true."}},
		"a token without use_oidc": {block{"oidc_token": "t"}, nil, []string{"Error oidc_token: Incomplete credential: oidc_token is set, and nothing says how to sign in with it. " +
			"Missing: use_oidc = true. The Azure CLI, which is the default, is not tried, as it could be another identity. If it is meant, set use_cli = true."}},
		"nothing at all": {block{"use_cli": false}, nil, []string{"Error use_cli: No credential: use_cli is false, and no other way to sign in is configured. Set access_token, client_certificate, " +
			"client_secret, use_oidc, use_aks_workload_identity or use_msi, with what belongs to it."}},
		"another client than the pod's": {block{"use_aks_workload_identity": true, "client_id": "other", "tenant_id": "t"},
			map[string]string{"AZURE_CLIENT_ID": "pod", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "f"},
			[]string{"Error client_id: Contradicting values: client_id and AZURE_CLIENT_ID are both set and have different values. Which identity is meant is not clear, so none is used. Remove one of them."}},
		"a request URL without TLS": {block{"use_oidc": true, "oidc_request_url": "http://issuer.example", "oidc_request_token": "t"}, principal,
			[]string{"Error oidc_request_url: Not an https URL: oidc_request_url has to be an absolute URL that begins with https://, as a token is sent there."}},
		"the CLI on purpose":                       {block{"use_cli": true}, principal, nil},
		"a client of a managed identity":           {block{"use_msi": true, "client_id": "c"}, nil, nil},
		"an OIDC token switched off":               {block{"oidc_token": "t", "use_oidc": false}, nil, nil},
		"a runner's variables are not a wish":      {block{}, map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}, nil},
		"an access token needs nothing else":       {block{"access_token": "t", "client_secret": "s"}, nil, nil},
		"an unknown argument may complete it":      {block{"client_secret": "s", "tenant_id": unknown{}}, nil, nil},
		"no credential for http on this machine":   {block{"client_secret": "s", "cluster_uri": "http://127.0.0.1:8080"}, nil, nil},
		"the pod's identity completes the request": {block{"use_aks_workload_identity": true}, map[string]string{"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "f"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := configured(t.Context(), t, c.block, variablesOf(c.env))
			if d := cmp.Diff(c.want, messages(diags)); d != "" {
				t.Error(d)
			}
			if got := validated(t, c.block, nil); len(c.env) > 0 && got != nil {
				t.Errorf("a job without the environment cannot validate: %v", got)
			}
		})
	}
}

func TestValidateConfig_shapes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, content string) string {
		at := filepath.Join(folder, name)
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	same, other := file("same", "the-value\n"), file("other", "another-value")
	for name, c := range map[string]struct {
		block block
		want  string // the beginning of the only message; "" for none
	}{
		"http elsewhere":          {block{"cluster_uri": "http://test.kusto.windows.net"}, "Error cluster_uri: Not the URI of a cluster: the cluster URI has to begin with https://, as test.kusto.windows.net"},
		"a password in the URI":   {block{"cluster_uri": "https://user:the-value@test.kusto.windows.net"}, "Error cluster_uri: Not the URI of a cluster: the cluster URI must not contain a user name or a password"},
		"a path":                  {block{"cluster_uri": clusterURI + "/db"}, "Error cluster_uri: Not the URI of a cluster: the cluster URI must not have a path"},
		"a URL as trusted host":   {block{"trusted_hosts": []string{"a.example.com", "https://b.example.com"}}, "Error trusted_hosts[1]: Not a host: "},
		"a tenant like a path":    {block{"tenant_id": "../evil"}, "Error tenant_id: Not a tenant: "},
		"an auxiliary tenant":     {block{"auxiliary_tenant_ids": []string{"a b"}}, "Error auxiliary_tenant_ids: Not a tenant: "},
		"an empty tenant":         {block{"auxiliary_tenant_ids": []string{""}}, "Error auxiliary_tenant_ids[0]: Empty element: "},
		"secrets that disagree":   {block{"access_token": "t", "client_secret": "the-value", "client_secret_file_path": other}, "Error client_secret: Contradicting values: client_secret and client_secret_file_path are both set and have different values."},
		"clients that disagree":   {block{"access_token": "t", "client_id": "the-value", "client_id_file_path": other}, "Error client_id: Contradicting values: "},
		"tokens that disagree":    {block{"access_token": "t", "oidc_token": "the-value", "oidc_token_file_path": other}, "Error oidc_token: Contradicting values: "},
		"bundles that disagree":   {block{"access_token": "t", "client_certificate": "AAAA", "client_certificate_path": other}, "Error client_certificate: Contradicting values: "},
		"a line break at the end": {block{"access_token": "t", "client_secret": "the-value", "client_secret_file_path": same}, ""},
		"a file that is not there": {block{"access_token": "t", "client_secret": "the-value",
			"client_secret_file_path": filepath.Join(folder, "none")}, ""},
		"everything in order": {block{"cluster_uri": clusterURI, "trusted_hosts": []string{".kusto.example.com"}, "auxiliary_tenant_ids": []string{"*", "contoso.com"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := validated(t, c.block, nil)
			if c.want == "" && got == nil {
				return
			}
			if len(got) != 1 || c.want == "" || !strings.HasPrefix(got[0], c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if strings.Contains(got[0], "the-value") || strings.Contains(got[0], "another-value") {
				t.Errorf("a value leaked: %s", got[0])
			}
		})
	}
}
