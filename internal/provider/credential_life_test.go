package provider

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// ask makes a request that needs a token and that no cache answers.
func ask(t *testing.T, client *kusto.Client) {
	t.Helper()
	if _, err := client.Status(t.Context(), "Samples", "Events", "none", false); !kusto.IsNotFound(err) {
		t.Fatalf("the cluster did not answer that there is no such operation: %v", err)
	}
}

func TestCredential_aTokenIsRenewedWhenItExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority()
		file := written(t, "assertion-1")
		b := theClient(block{"use_oidc": true, "oidc_token_file_path": file})
		client := clientOf(t.Context(), t, b, variablesOf(nil), withTransport(a))
		ask(t, client)
		<-time.After(50 * time.Minute)
		ask(t, client)
		if d := cmp.Diff([]string{"token-1", "token-1"}, a.tokens()); d != "" {
			t.Fatal(d)
		}
		if err := os.WriteFile(file, []byte("assertion-2"), 0o600); err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Minute)
		ask(t, client)
		if d := cmp.Diff([]string{"token-1", "token-1", "token-2"}, a.tokens()); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]asked{forAssertion("assertion-1"), forAssertion("assertion-2")}, summaries(a.tokenRequests())); d != "" {
			t.Error(d)
		}
	})
}

func TestCredential_aTokenIsRenewedWhenTheAuthoritySuggestsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority()
		a.refresh = 30 * time.Minute
		client := clientOf(t.Context(), t, theClient(block{"client_secret": theSecret}), variablesOf(nil), withTransport(a))
		ask(t, client)
		<-time.After(31 * time.Minute)
		ask(t, client)
		if d := cmp.Diff([]string{"token-1", "token-2"}, a.tokens()); d != "" {
			t.Error(d)
		}
	})
}

func TestCredential_aRejectedTokenIsReplacedOnceAndNotFromACache(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]block{
		"client secret":    theClient(block{"client_secret": theSecret}),
		"managed identity": {"cluster_uri": clusterURI, "use_msi": true, "client_id": uuid.NewString()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAuthority()
			client := clientOf(t.Context(), t, b, variablesOf(nil), withTransport(a.start(t)))
			ask(t, client)
			a.change(func() { a.accepted["token-1"] = false })
			ask(t, client)
			if d := cmp.Diff([]string{"token-1", "token-1", "token-2"}, a.tokens()); d != "" {
				t.Error(d)
			}

			a.change(func() { clear(a.accepted); a.refusal = `{"error":"invalid_client"}` })
			if _, err := client.Status(t.Context(), "Samples", "Events", "none", false); err == nil {
				t.Error("a request succeeded without a token that is accepted")
			}
			if got := len(a.tokens()); got != 4 {
				t.Errorf("%d requests reached the cluster, want 4: the token was rejected and there was no other", got)
			}
		})
	}
}

func TestCredential_aClaimsChallengeIsAnswered(t *testing.T) {
	t.Parallel()
	a := newAuthority()
	client := clientOf(t.Context(), t, theClient(block{"client_secret": theSecret}), variablesOf(nil), withTransport(a.start(t)))
	ask(t, client)
	a.change(func() {
		a.claims = base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}`))
	})
	ask(t, client)
	requests := a.tokenRequests()
	if len(requests) != 2 || !strings.Contains(requests[1].Form.Get("claims"), `"1700000000"`) {
		t.Errorf("%d requests, the last one with claims %q", len(requests), requests[len(requests)-1].Form.Get("claims"))
	}
	if d := cmp.Diff([]string{"token-1", "token-1", "token-2"}, a.tokens()); d != "" {
		t.Error(d)
	}
}

// unreachable is a network in which the hosts of a list cannot be reached.
type unreachable struct {
	hosts []string
	next  policy.Transporter
}

// Do fails as a dialer does.
func (u unreachable) Do(req *http.Request) (*http.Response, error) {
	for _, host := range u.hosts {
		if req.URL.Hostname() == host {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
	}
	return u.next.Do(req)
}

func TestCredential_noTokenMeansThatNothingIsSent(t *testing.T) {
	t.Parallel()
	refusal := `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: ` + theSecret + `."}`
	github := map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://" + githubHost + "/token", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token-of-the-runner"}
	for name, c := range map[string]struct {
		block   block
		env     map[string]string
		down    []string
		refusal string
		want    []string // parts of the message
	}{
		"authority down": {theClient(block{"client_secret": theSecret}), nil, []string{publicLogin}, "",
			[]string{`the credential "client secret"`, "connection refused", "the request was not sent to the cluster"}},
		"authority refuses": {theClient(block{"client_secret": theSecret}), nil, nil, refusal,
			[]string{`the credential "client secret"`, publicLogin + " answered with HTTP status 401: invalid_client: AADSTS7000215: Invalid client secret provided: REDACTED."}},
		"authority answers HTML": {theClient(block{"client_secret": theSecret}), nil, nil, "<html>",
			[]string{`the credential "client secret"`, publicLogin + " answered with HTTP status 401"}},
		"GitHub down": {theClient(block{"use_oidc": true}), github, []string{githubHost}, "",
			[]string{`the credential "OIDC with GitHub Actions"`, "GitHub could not be asked for an OIDC token", "connection refused"}},
		"authority refuses the assertion": {theClient(block{"use_oidc": true, "oidc_token": "assertion-as-given"}), nil, nil, `{"error":"invalid_request","error_description":"no match for assertion-as-given"}`,
			[]string{`the credential "OIDC token"`, "invalid_request: no match for REDACTED"}},
		"no machine": {block{"cluster_uri": clusterURI, "use_msi": true, "client_id": uuid.NewString()}, nil, []string{imdsHost}, "",
			[]string{`the credential "managed identity"`, "connection refused"}},
		"machine without the identity": {block{"cluster_uri": clusterURI, "use_msi": true, "client_id": uuid.NewString()}, nil, nil, `{"error":"invalid_request","error_description":"Identity not found"}`,
			[]string{`the credential "managed identity"`, imdsHost + " answered with HTTP status 401: invalid_request: Identity not found"}},
		"file gone": {block{"cluster_uri": clusterURI, "use_aks_workload_identity": true},
			map[string]string{"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "/nonexistent/token"}, nil, "",
			[]string{`the credential "AKS workload identity"`, "the file of AZURE_FEDERATED_TOKEN_FILE cannot be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newAuthority()
				a.refusal = c.refusal
				var log bytes.Buffer
				ctx := tflogtest.RootLogger(t.Context(), &log)
				client := clientOf(ctx, t, c.block, variablesOf(c.env), withTransport(unreachable{c.down, a}))
				_, err := client.Submit(ctx, "Samples", "Events", kusto.Request{Blobs: []kusto.Blob{{URL: "https://acct.blob.core.windows.net/seed/1.csv"}}})
				var e *kusto.Error
				if !errors.As(err, &e) || e.Kind != kusto.KindAuthentication || !kusto.NotSent(err) {
					t.Fatalf("%v", err)
				}
				for _, part := range c.want {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%q is not in: %v", part, err)
					}
				}
				if got := a.tokens(); len(got) != 0 || a.Count(kustotest.RouteSubmit) != 0 {
					t.Errorf("the cluster was asked: %v", got)
				}
				checkNoSecrets(t, err.Error()+log.String())
			})
		})
	}
}

func checkNoSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{theSecret, bundleSecret, "token-of-the-runner", "assertion-as-given", "assertion-of-github", "token-1"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q leaked: %s", secret, text)
		}
	}
}

func TestConfigure_theLogNamesTheCredentialAndHoldsNoSecret(t *testing.T) {
	t.Parallel()
	a := newAuthority()
	var log bytes.Buffer
	ctx := tflogtest.RootLogger(t.Context(), &log)
	client := clientOf(ctx, t, theClient(block{"client_secret": theSecret}), variablesOf(nil), withTransport(a.start(t)))
	if _, err := client.Configuration(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := tflogtest.MultilineJSONDecode(strings.NewReader(log.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2 {
		t.Fatalf("%d lines, want the choice and the requests", len(entries))
	}
	want := map[string]any{"@level": "info", "@message": "Chose the credential", "@module": "provider",
		"credential": "client secret", "tenant_id": "the-tenant", "client_id": "the-client", "cluster_uri": clusterURI}
	if d := cmp.Diff(want, entries[0]); d != "" {
		t.Error(d)
	}
	checkNoSecrets(t, log.String())
}

func TestPlainHTTP_carriesTheAccessTokenAndNoOtherCredential(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		block block
		want  bool
	}{
		"access token":  {block{"access_token": "t0ken"}, true},
		"client secret": {theClient(block{"client_secret": theSecret}), false},
		"half of one":   {block{"client_secret": theSecret}, false},
		"nothing":       {block{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			c.block["cluster_uri"] = server.URL
			down := unreachable{[]string{publicLogin}, http.DefaultClient}
			_, err := clientOf(t.Context(), t, c.block, variablesOf(nil), withTransport(down)).Configuration(t.Context())
			if (err == nil) != c.want { // the mock service answers 401 when there is no token
				t.Errorf("%v", err)
			}
			requests := server.Requests()
			if len(requests) != 1 || (requests[0].Header.Get("Authorization") != "") != c.want {
				t.Errorf("%d requests, authorization %q", len(requests), requests[0].Header.Get("Authorization"))
			}
		})
	}
}

func TestSignInTransport_doesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Store(true)
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("client_secret="+theSecret))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := signInTransport().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusTemporaryRedirect || followed.Load() {
		t.Errorf("status %d, followed: %t", resp.StatusCode, followed.Load())
	}
}

func TestCredential_azureCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for az is a shell script")
	}
	folder := t.TempDir()
	script := "#!/bin/sh\necho \"$*\" >>'" + filepath.Join(folder, "arguments") + "'\n" +
		"if [ -e '" + filepath.Join(folder, "signed-out") + "' ]; then echo 'ERROR: Please run az login to set up an account.' >&2; exit 1; fi\n" +
		`echo '{"accessToken":"'$(cat '` + filepath.Join(folder, "token") + `')'","expires_on":'$(($(date +%s) + 3600))',"tokenType":"Bearer"}'` + "\n"
	if err := os.WriteFile(filepath.Join(folder, "az"), []byte(script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	a := newAuthority()
	network := a.start(t)
	signIn := func(token string) {
		t.Helper()
		a.change(func() { clear(a.accepted); a.accepted[token] = true })
		if err := os.WriteFile(filepath.Join(folder, "token"), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signIn("token-1")
	newClient := func(ctx context.Context) *kusto.Client {
		return clientOf(ctx, t, block{"cluster_uri": clusterURI, "tenant_id": "the-tenant"}, variablesOf(nil), withTransport(network))
	}
	client := newClient(t.Context())
	ask(t, client)
	ask(t, client)    // with the same token: az takes a second
	signIn("token-2") // the former token is rejected
	ask(t, client)
	if d := cmp.Diff([]string{"token-1", "token-1", "token-1", "token-2"}, a.tokens()); d != "" {
		t.Error(d)
	}
	arguments, err := os.ReadFile(filepath.Join(folder, "arguments"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("account get-access-token -o json --resource https://kusto.kusto.windows.net --tenant the-tenant\n", 2)
	if d := cmp.Diff(want, string(arguments)); d != "" {
		t.Error(d)
	}
	if len(a.tokenRequests()) != 0 {
		t.Error("the authority was asked as well")
	}

	if err = os.WriteFile(filepath.Join(folder, "signed-out"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = newClient(t.Context()).Configuration(t.Context())
	if err == nil || !strings.Contains(err.Error(), `the credential "Azure CLI"`) || !strings.Contains(err.Error(), "Please run az login") {
		t.Errorf("signed out: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	_, err = newClient(t.Context()).Configuration(t.Context())
	if err == nil || !strings.Contains(err.Error(), `the credential "Azure CLI"`) || !strings.Contains(err.Error(), "not found on path") {
		t.Errorf("not installed: %v", err)
	}
}
