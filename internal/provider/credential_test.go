package provider

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

const (
	publicLogin  = "login.microsoftonline.com"
	publicScope  = "https://kusto.kusto.windows.net/.default"
	tokenPath    = "/the-tenant/oauth2/v2.0/token"
	theSecret    = "s3cret~of-the-client"
	bundleSecret = "p4ss-of-the-bundle"
)

// theClient is a provider block with a service principal and more.
func theClient(more block) block {
	b := block{"cluster_uri": clusterURI, "tenant_id": "the-tenant", "client_id": "the-client"}
	for name, v := range more {
		b[name] = v
	}
	return b
}

// written writes a file of the test and returns its path.
func written(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// asked is what matters of a request for a token.
type asked struct {
	Host, Path     string
	Form, Query    map[string]string
	Authentication string // a header that carries a secret
}

func summary(r tokenRequest) asked {
	a := asked{Host: r.Host, Path: r.Path, Authentication: r.Header.Get("Authorization") + r.Header.Get("X-Identity-Header")}
	pick := func(from map[string][]string, names ...string) map[string]string {
		picked := map[string]string{}
		for _, name := range names {
			if v := from[name]; len(v) > 0 {
				picked[name] = strings.Join(v, " ")
			}
		}
		return picked
	}
	a.Form = pick(r.Form, "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type")
	if scope := r.Form.Get("scope"); scope != "" {
		a.Form["scope"] = strings.Fields(scope)[0] // MSAL adds openid, offline_access and profile
	}
	a.Query = pick(r.Query, "resource", "client_id", "audience", "serviceConnectionId", "api-version")
	return a
}

func summaries(requests []tokenRequest) []asked {
	all := make([]asked, len(requests))
	for i, r := range requests {
		all[i] = summary(r)
	}
	return all
}

// forAssertion is the request that exchanges a token of another issuer.
func forAssertion(assertion string) asked {
	return asked{Host: publicLogin, Path: tokenPath, Query: map[string]string{}, Form: map[string]string{
		"grant_type": "client_credentials", "client_id": "the-client", "scope": publicScope,
		"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion,
	}}
}

func TestCredential_eachMethodAsksForTheTokenOfTheCluster(t *testing.T) {
	t.Parallel()
	github := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://" + githubHost + "/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token-of-the-runner"}
	pipelines := map[string]string{"SYSTEM_OIDCREQUESTURI": "https://" + pipelinesHost + "/org/oidctoken", "SYSTEM_ACCESSTOKEN": "token-of-the-job"}
	withSecret := asked{Host: publicLogin, Path: tokenPath, Query: map[string]string{}, Form: map[string]string{
		"grant_type": "client_credentials", "client_id": "the-client", "client_secret": theSecret, "scope": publicScope,
	}}
	fromGitHub := asked{Host: githubHost, Path: "/token", Authentication: "Bearer token-of-the-runner", Form: map[string]string{},
		Query: map[string]string{"audience": "api://AzureADTokenExchange", "api-version": "2.0"}}
	for name, c := range map[string]struct {
		block block
		env   map[string]string
		want  []asked
	}{
		"client secret":             {theClient(block{"client_secret": theSecret}), nil, []asked{withSecret}},
		"client secret from files":  {block{"cluster_uri": clusterURI, "tenant_id": "the-tenant", "client_id_file_path": written(t, "the-client\n"), "client_secret_file_path": written(t, theSecret+"\r\n")}, nil, []asked{withSecret}},
		"client secret as azurerm":  {block{}, map[string]string{"KUSTO_CLUSTER_URI": clusterURI, "ARM_TENANT_ID": "the-tenant", "ARM_CLIENT_ID": "the-client", "ARM_CLIENT_SECRET": theSecret}, []asked{withSecret}},
		"OIDC token":                {theClient(block{"use_oidc": true, "oidc_token": "assertion-as-given"}), github, []asked{forAssertion("assertion-as-given")}},
		"OIDC token from a file":    {theClient(block{"use_oidc": true, "oidc_token_file_path": written(t, "assertion-of-a-file\n")}), nil, []asked{forAssertion("assertion-of-a-file")}},
		"GitHub":                    {theClient(block{"use_oidc": true}), github, []asked{fromGitHub, forAssertion("assertion-of-github")}},
		"GitHub, named by the user": {theClient(block{"use_oidc": true, "oidc_request_url": github["ACTIONS_ID_TOKEN_REQUEST_URL"], "oidc_request_token": "token-of-the-runner"}), nil, []asked{fromGitHub, forAssertion("assertion-of-github")}},
		"Azure DevOps": {theClient(block{"use_oidc": true, "ado_pipeline_service_connection_id": "the-connection"}), with(github, "SYSTEM_OIDCREQUESTURI", pipelines["SYSTEM_OIDCREQUESTURI"], "SYSTEM_ACCESSTOKEN", "token-of-the-job"),
			[]asked{{Host: pipelinesHost, Path: "/org/oidctoken", Authentication: "Bearer token-of-the-job", Form: map[string]string{},
				Query: map[string]string{"serviceConnectionId": "the-connection", "api-version": "7.1"}}, forAssertion("assertion-of-azure-devops")}},
		"AKS workload identity": {block{"cluster_uri": clusterURI, "use_aks_workload_identity": true},
			map[string]string{"AZURE_TENANT_ID": "the-tenant", "AZURE_CLIENT_ID": "the-client", "AZURE_FEDERATED_TOKEN_FILE": written(t, "assertion-of-the-pod")}, []asked{forAssertion("assertion-of-the-pod")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority()
			client := clientOf(t.Context(), t, c.block, variablesOf(c.env), withTransport(a.start(t)))
			for range 2 { // the second request uses the token of the first
				if _, err := client.Status(t.Context(), "Samples", "Events", "none", false); err == nil || !strings.Contains(err.Error(), "404") {
					t.Fatalf("the cluster did not answer that there is no such operation: %v", err)
				}
			}
			if d := cmp.Diff(c.want, summaries(a.tokenRequests())); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]string{"token-1", "token-1"}, a.tokens()); d != "" {
				t.Error(d)
			}
		})
	}
}

// Tokens of managed identities are cached for the whole process by the library below, so each of these tests has an identity or a resource of its own.

func TestCredential_managedIdentity(t *testing.T) {
	t.Parallel()
	for name, client := range map[string]string{"system-assigned": "", "user-assigned": uuid.NewString()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource := "https://kusto.kusto.windows.net/" + uuid.NewString()
			a := newAuthority(kustotest.WithCloud(kustotest.Cloud{LoginEndpoint: "https://" + publicLogin, Resource: resource}))
			b := block{"cluster_uri": clusterURI, "use_msi": true, "client_id": client}
			if _, err := clientOf(t.Context(), t, b, variablesOf(nil), withTransport(a.start(t))).Configuration(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := asked{Host: imdsHost, Path: "/metadata/identity/oauth2/token", Form: map[string]string{}, Query: map[string]string{"resource": resource, "api-version": "2018-02-01"}}
			if client != "" {
				want.Query["client_id"] = client
			}
			if d := cmp.Diff([]asked{want}, summaries(a.tokenRequests())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCredential_appServiceManagedIdentity(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "http://"+appHost+"/msi/token")
	t.Setenv("IDENTITY_HEADER", "header-of-the-app")
	a, id := newAuthority(), uuid.NewString()
	client := clientOf(t.Context(), t, block{"cluster_uri": clusterURI, "use_msi": true, "client_id": id}, variablesOf(nil), withTransport(a.start(t)))
	if _, err := client.Configuration(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []asked{{Host: appHost, Path: "/msi/token", Authentication: "header-of-the-app", Form: map[string]string{}, Query: map[string]string{
		"resource": "https://kusto.kusto.windows.net", "client_id": id, "api-version": "2019-08-01",
	}}}
	if d := cmp.Diff(want, summaries(a.tokenRequests())); d != "" {
		t.Error(d)
	}
}

func TestCredential_scopeAndAuthorityAreThoseOfTheClustersCloud(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cluster    string
		cloud      kustotest.Cloud
		host, want string
	}{
		"public": {clusterURI, kustotest.Cloud{LoginEndpoint: "https://login.microsoftonline.com", Resource: "https://kusto.kusto.windows.net"}, publicLogin, publicScope},
		"second factor": {clusterURI, kustotest.Cloud{LoginEndpoint: "https://login.microsoftonline.com", Resource: "https://kusto.kusto.windows.net", MFARequired: true},
			publicLogin, "https://kusto.kustomfa.windows.net/.default"},
		"US Government": {"https://test.kusto.usgovcloudapi.net", kustotest.Cloud{LoginEndpoint: "https://login.microsoftonline.us", Resource: "https://kusto.kusto.usgovcloudapi.net"},
			"login.microsoftonline.us", "https://kusto.kusto.usgovcloudapi.net/.default"},
		"China": {"https://test.kusto.chinacloudapi.cn", kustotest.Cloud{LoginEndpoint: "https://login.partner.microsoftonline.cn", Resource: "https://kusto.kusto.chinacloudapi.cn"},
			"login.partner.microsoftonline.cn", "https://kusto.kusto.chinacloudapi.cn/.default"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(kustotest.WithCloud(c.cloud))
			client := clientOf(t.Context(), t, theClient(block{"cluster_uri": c.cluster, "client_secret": theSecret}), variablesOf(nil), withTransport(a.start(t)))
			if _, err := client.Configuration(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := summaries(a.tokenRequests())
			if len(got) != 1 || got[0].Host != c.host || got[0].Form["scope"] != c.want {
				t.Errorf("got %+v, want %s at %s", got, c.want, c.host)
			}
		})
	}
}

func TestCredential_instanceDiscoveryOfAPrivateCloud(t *testing.T) {
	t.Parallel()
	private := kustotest.Cloud{LoginEndpoint: "https://login.example.com", Resource: "https://kusto.kusto.example.com"}
	const own = "login.example.com/the-tenant/v2.0/.well-known/openid-configuration"
	for name, c := range map[string]struct {
		disabled bool
		want     []string
	}{
		"asked":    {false, []string{"login.microsoftonline.com/common/discovery/instance", own}},
		"disabled": {true, []string{own}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority(kustotest.WithCloud(private))
			b := theClient(block{"cluster_uri": "https://test.kusto.example.com", "client_secret": theSecret, "disable_instance_discovery": c.disabled,
				"trusted_hosts": []string{".kusto.example.com", "login.example.com"}})
			client := clientOf(t.Context(), t, b, variablesOf(nil), withTransport(a.start(t)))
			if _, err := client.Configuration(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.change(func() {
				if d := cmp.Diff(c.want, slices.Compact(a.lookups)); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestCredential_auxiliaryTenantsMayBeAskedAndNoOthers(t *testing.T) {
	t.Parallel()
	a := newAuthority()
	s, _ := resolved(t, theClient(block{"client_secret": theSecret, "auxiliary_tenant_ids": []string{"second-tenant"}}), nil)
	chosen, _ := s.choose()
	who, diags := chosen.load(a.start(t))
	if diags.HasError() {
		t.Fatal(messages(diags))
	}
	credential, err := who.build(azcore.ClientOptions{Transport: who.transport, Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: "https://" + publicLogin}})
	if err != nil {
		t.Fatal(err)
	}
	for tenant, want := range map[string]bool{"second-tenant": true, "third-tenant": false} {
		_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{publicScope}, TenantID: tenant, EnableCAE: true})
		if (err == nil) != want {
			t.Errorf("%s: %v", tenant, err)
		}
	}
}

func TestConfigure_credentialsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct {
		block block
		want  string
	}{
		"no such file": {block{"client_secret_file_path": none}, "Error client_secret_file_path: Unable to read a part of the credential: client_secret_file_path cannot be used: "},
		"empty file": {block{"client_secret_file_path": written(t, "\n")},
			"Error client_secret_file_path: Unable to read a part of the credential: client_secret_file_path cannot be used: it is empty."},
		"different secrets": {block{"client_secret": theSecret, "client_secret_file_path": written(t, "an0ther")}, "Error client_secret: Contradicting values: "},
		"not base64": {block{"client_certificate": "§"},
			"Error client_certificate: Unable to read a part of the credential: client_certificate cannot be used: it is not base64."},
		"not a bundle": {block{"client_certificate": "AAAA"}, "Error client_certificate: Unable to read the client certificate: "},
		"wrong password": {block{"client_certificate_path": filepath.Join("testdata", "client-password.pfx"), "client_certificate_password": "wr0ng"},
			"Error client_certificate_path: Unable to read the client certificate: client_certificate_path is not a PKCS#12 bundle with a certificate and its private key " +
				"that can be read with client_certificate_password: "},
		"SHA-256": {block{"client_certificate_path": filepath.Join("testdata", "client-sha256.pfx"), "client_certificate_password": bundleSecret},
			"Error client_certificate_path: Unable to read the client certificate: "},
		"no certificate file": {block{"client_certificate_path": none}, "Error client_certificate_path: Unable to read a part of the credential: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := configured(t.Context(), t, theClient(c.block), variablesOf(nil))
			got := messages(diags)
			if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for _, secret := range []string{theSecret, "an0ther", bundleSecret, "wr0ng"} {
				if strings.Contains(got[0], secret) {
					t.Errorf("a secret leaked: %s", got[0])
				}
			}
		})
	}
}
