package kusto

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestNewClient_trust(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		uri     string
		trusted []string
		ok      bool
	}{
		"public":                         {"https://help.kusto.windows.net", nil, true},
		"public with a port":             {"https://help.kusto.windows.net:443", nil, true},
		"other cloud":                    {"https://help.kusto.chinacloudapi.cn", nil, true},
		"unknown host":                   {"https://kusto.example.com", nil, false},
		"look-alike":                     {"https://help.kusto.windows.net.evil.example", nil, false},
		"trusted host":                   {"https://kusto.example.com", []string{"ingest-kusto.example.com"}, true},
		"the label counts":               {"https://kusto.example.com", []string{"kusto.example.com"}, false},
		"trusted suffix":                 {"https://kusto.example.com", []string{"*.example.com"}, true},
		"loopback over https":            {"https://127.0.0.1:8443", nil, false},
		"localhost over https":           {"https://localhost:8443", nil, false},
		"trusted loopback over https":    {"https://127.0.0.1:8443", []string{"127.0.0.1"}, true},
		"loopback over http":             {"http://127.0.0.1:8080", nil, true},
		"http elsewhere":                 {"http://help.kusto.windows.net", nil, false},
		"http elsewhere, though trusted": {"http://kusto.example.com", []string{"ingest-kusto.example.com"}, false},
		"trusted host that is a URL":     {"https://help.kusto.windows.net", []string{"https://kusto.example.com"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, o := range []Options{
				{}, {Credential: &credential{}, StaticToken: true}, {Credential: &credential{}},
			} {
				o.ClusterURI, o.TrustedHosts = tt.uri, tt.trusted
				if _, err := NewClient(o); (err == nil) != tt.ok {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	if _, err := NewClient(Options{ClusterURI: "https://help.kusto.windows.net", StaticToken: true}); err == nil {
		t.Error("a static token without a credential is accepted")
	}
}

// cluster is a transport that answers as a cluster with metadata, and asks for the newest token.
type cluster struct {
	transport
	metadata reply
	accept   string // the token that is accepted, any when empty
	header   http.Header
}

func newCluster(metadata reply) *cluster {
	c := &cluster{metadata: metadata}
	c.answer = func(req *http.Request) reply {
		switch {
		case strings.HasSuffix(req.URL.Path, "/v1/rest/auth/metadata"):
			return c.metadata
		case c.accept != "" && req.Header.Get("Authorization") != "Bearer "+c.accept:
			return reply{status: 401, header: c.header}
		default:
			return reply{status: 200, body: acceptedOne}
		}
	}
	return c
}

func TestCloud(t *testing.T) {
	t.Parallel()
	const resource = `"KustoServiceResourceId":"https://kusto.kusto.windows.net"`
	tests := map[string]struct {
		host     string
		metadata reply
		want     Cloud
		scope    string
		kind     Kind
	}{
		"published": {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"https://login.microsoftonline.com","LoginMfaRequired":false,` + resource + `},"dSTS":{}}`},
			publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"second factor": {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"https://login.microsoftonline.com/","LoginMfaRequired":true,` + resource + `}}`},
			Cloud{publicLogin, "https://kusto.kusto.windows.net", true}, "https://kusto.kustomfa.windows.net/.default", 0},
		"sovereign": {"https://help.kusto.usgovcloudapi.net", reply{status: 200, body: `{"azuread":{"loginEndpoint":"https://login.microsoftonline.us","KustoServiceResourceId":"https://kusto.kusto.usgovcloudapi.net"}}`},
			Cloud{"https://login.microsoftonline.us", "https://kusto.kusto.usgovcloudapi.net", false}, "https://kusto.kusto.usgovcloudapi.net/.default", 0},
		"404":                 {testHost, reply{status: 404}, publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"404 with JSON":       {testHost, reply{status: 404, body: `{"AzureAD":{"LoginEndpoint":"https://evil.example"}}`}, publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"404 with HTML":       {testHost, reply{status: 404, body: `<html>`}, publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"empty":               {testHost, reply{status: 200}, publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"no AzureAD":          {testHost, reply{status: 200, body: `{"dSTS":{}}`}, publicCloud, "https://kusto.kusto.windows.net/.default", 0},
		"hostile login":       {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"https://login.microsoftonline.com.evil.example"}}`}, Cloud{}, "", KindInvalidResponse},
		"http login":          {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"http://login.microsoftonline.com"}}`}, Cloud{}, "", KindInvalidResponse},
		"login with a path":   {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"https://login.microsoftonline.com/evil"}}`}, Cloud{}, "", KindInvalidResponse},
		"login of another":    {testHost, reply{status: 200, body: `{"AzureAD":{"LoginEndpoint":"https://login.microsoftonline.us"}}`}, Cloud{}, "", KindInvalidResponse},
		"sovereign, but 404":  {"https://help.kusto.usgovcloudapi.net", reply{status: 404}, Cloud{}, "", KindInvalidResponse},
		"resource is no URI":  {testHost, reply{status: 200, body: `{"AzureAD":{"KustoServiceResourceId":"all"}}`}, Cloud{}, "", KindInvalidResponse},
		"HTML":                {testHost, reply{status: 200, body: `<html>`}, Cloud{}, "", KindInvalidResponse},
		"redirect":            {testHost, reply{status: 302, header: http.Header{"Location": {"https://evil.example"}}}, Cloud{}, "", KindRefused},
		"forbidden":           {testHost, reply{status: 403}, Cloud{}, "", KindUnauthorized},
		"broken all the time": {testHost, reply{status: 500}, Cloud{}, "", KindUnavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newCluster(tt.metadata)
			tokens := &credential{}
			c := newTestClient(t, Options{ClusterURI: tt.host, Transport: d, Credential: tokens, Retry: RetryOptions{Initial: 1}})
			got, err := c.Cloud(t.Context())
			var e *Error
			errors.As(err, &e)
			if got != tt.want || (e == nil) != (tt.kind == 0) || e != nil && (e.Kind != tt.kind || e.Operation != "metadata") {
				t.Fatalf("got %+v, %v", got, err)
			}
			if tt.kind == 0 && got.Scope() != tt.scope {
				t.Errorf("scope %q, want %q", got.Scope(), tt.scope)
			}
			if d.seen[0].Header.Get("Authorization") != "" {
				t.Error("the metadata were asked for with a token")
			}
			_, err = c.Submit(t.Context(), "D", "T", oneBlob())
			if tt.kind == 0 && (err != nil || tokens.calls != 1 || tokens.scopes[0] != tt.scope) || tt.kind != 0 && (!NotSent(err) || tokens.calls != 0) {
				t.Errorf("%v after asking for %d tokens of %v", err, tokens.calls, tokens.scopes)
			}
		})
	}
}

func TestCredential_builtOnceAndLazily(t *testing.T) {
	t.Parallel()
	d := newCluster(reply{status: 404})
	built, tokens := 0, &credential{}
	c := newTestClient(t, Options{ClusterURI: testHost, Transport: d, NewCredential: func(_ context.Context, cloud Cloud) (azcore.TokenCredential, error) {
		built++
		if cloud != publicCloud {
			t.Errorf("cloud %+v", cloud)
		}
		return tokens, nil
	}})
	if built != 0 || d.count() != 0 {
		t.Error("NewClient built the credential or made a request")
	}
	for range 3 {
		if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); err != nil {
			t.Fatal(err)
		}
	}
	if built != 1 || tokens.calls != 1 || d.count() != 4 {
		t.Errorf("built %d times, %d tokens, %d requests", built, tokens.calls, d.count())
	}
}

func TestCredential_failuresAreNamedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	cause := errors.New("AADSTS7000215: wrong client_secret=hunter2")
	for name, o := range map[string]Options{
		"no token": {Credential: &credential{err: cause}},
		"not built": {NewCredential: func(context.Context, Cloud) (azcore.TokenCredential, error) {
			return nil, cause
		}},
		"static": {Credential: &credential{err: cause}, StaticToken: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newCluster(reply{status: 404})
			o.ClusterURI, o.Transport, o.CredentialName = testHost, d, "client secret"
			c := newTestClient(t, o)
			_, err := c.Submit(t.Context(), "D", "T", oneBlob())
			var e *Error
			if !errors.As(err, &e) || e.Kind != KindAuthentication || e.Operation != "token" || !NotSent(err) || !errors.Is(err, cause) {
				t.Fatalf("got %v", err)
			}
			if text := err.Error(); !strings.Contains(text, `"client secret"`) || !strings.Contains(text, "AADSTS7000215") || strings.Contains(text, "hunter2") {
				t.Errorf("got %v", err)
			}
			if e.Err != nil && strings.Contains(e.Err.Error(), "hunter2") {
				t.Errorf("the cause has a secret: %v", e.Err)
			}
			if _, err := c.Status(t.Context(), "D", "T", "op", false); !hasKind(err, KindAuthentication) {
				t.Errorf("status: %v", err)
			}
			for _, req := range d.seen {
				if req.Method == http.MethodPost {
					t.Error("a submission was sent")
				}
			}
		})
	}
}

func TestCredential_unauthorizedIsAnsweredOnceWithAFreshToken(t *testing.T) {
	t.Parallel()
	challenge := http.Header{"Www-Authenticate": {`Bearer authorization_uri="https://login.microsoftonline.com/common"`}}
	claims := http.Header{"Www-Authenticate": {`Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="`}}
	tests := map[string]struct {
		header http.Header
		accept string
		ok     bool
		posts  int
	}{
		"fresh token":              {nil, "token-2", true, 2},
		"with a challenge":         {challenge, "token-2", true, 2},
		"claims challenge":         {claims, "token-2", true, 2},
		"still refused":            {nil, "none", false, 2},
		"claims, still refused":    {claims, "none", false, 2},
		"challenge, still refused": {challenge, "none", false, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newCluster(reply{status: 404})
			d.accept, d.header = tt.accept, tt.header
			c := newTestClient(t, Options{ClusterURI: testHost, Transport: d, Credential: &credential{}})
			_, err := c.Submit(t.Context(), "D", "T", oneBlob())
			if (err == nil) != tt.ok || err != nil && !hasKind(err, KindUnauthorized) {
				t.Errorf("got %v", err)
			}
			if got := d.count() - 1; got != tt.posts {
				t.Errorf("%d submissions, want %d", got, tt.posts)
			}
			if d.bodies[1] == "" || d.bodies[1] != d.bodies[len(d.bodies)-1] {
				t.Errorf("bodies differ: %q", d.bodies)
			}
		})
	}
}

func TestStaticToken_oddTokensAreNotSent(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "a b", "abc\n", "ü"} {
		d := newCluster(reply{status: 404})
		c := newTestClient(t, Options{ClusterURI: testHost, Transport: d, StaticToken: true, Credential: fixedToken(token)})
		if _, err := c.Submit(t.Context(), "D", "T", oneBlob()); !hasKind(err, KindAuthentication) || d.count() != 0 {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// fixedToken is a credential that is the token.
type fixedToken string

// GetToken returns the token.
func (f fixedToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestPlainHTTP_carriesAStaticTokenAndNoOther(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options Options
		want    string
	}{
		"static token": {Options{Credential: fixedToken("abc"), StaticToken: true}, "Bearer abc"},
		"credential":   {Options{Credential: &credential{}}, ""},
		"lazy credential": {Options{NewCredential: func(context.Context, Cloud) (azcore.TokenCredential, error) {
			return nil, errors.New("must not be called")
		}}, ""},
		"none": {Options{}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
			tt.options.ClusterURI, tt.options.Transport = "http://localhost:8080", d
			if _, err := newTestClient(t, tt.options).Submit(t.Context(), "D", "T", oneBlob()); err != nil {
				t.Fatal(err)
			}
			if got := d.seen[0].Header.Get("Authorization"); got != tt.want || d.count() != 1 {
				t.Errorf("Authorization %q, %d requests", got, d.count())
			}
		})
	}
}

func TestPlainHTTP_missingTokenIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		body    string
		named   bool
	}{
		"no token":                    {Options{Credential: &credential{}}, "", true},
		"a token":                     {Options{Credential: fixedToken("abc"), StaticToken: true}, "", false},
		"no token and an explanation": {Options{}, `{"error":{"code":"Unauthorized","message":"Who are you?"}}`, false},
	} {
		d := &transport{answer: func(*http.Request) reply { return reply{status: 401, body: c.body} }}
		c.options.ClusterURI, c.options.Transport = "http://localhost:8080", d
		_, err := newTestClient(t, c.options).Submit(t.Context(), "D", "T", oneBlob())
		if !hasKind(err, KindUnauthorized) || strings.Contains(err.Error(), "access_token") != c.named {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClient_overTLSWithATrustedLoopbackHost(t *testing.T) {
	t.Parallel()
	service := kustotest.New()
	server := httptest.NewTLSServer(service)
	t.Cleanup(server.Close)
	tokens := &credential{}
	c := newTestClient(t, Options{ClusterURI: server.URL, TrustedHosts: []string{"127.0.0.1"}, Transport: server.Client(), Credential: tokens})
	if _, err := c.Configuration(t.Context()); err != nil {
		t.Fatal(err)
	}
	if service.Count(kustotest.RouteMetadata) != 1 || tokens.calls != 1 || tokens.scopes[0] != publicCloud.Scope() {
		t.Errorf("%d metadata reads, %d tokens of %v", service.Count(kustotest.RouteMetadata), tokens.calls, tokens.scopes)
	}
}
