package provider

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// The hosts that the tests' network knows by name, besides those of login endpoints and clusters.
const (
	githubHost    = "pipelines.actions.githubusercontent.com"
	pipelinesHost = "dev.azure.com"
	imdsHost      = "169.254.169.254" // the metadata service of a virtual machine
	appHost       = "127.0.0.2"       // the identity endpoint of an App Service
)

// tokenRequest is one request for a token, as the authority saw it.
type tokenRequest struct {
	Host, Path string
	Query      url.Values
	Form       url.Values
	Header     http.Header
}

// authority plays everything that a sign-in reaches: login endpoints of all clouds, the identity endpoints of machines, the issuers of GitHub and Azure
// DevOps, and a cluster that accepts the tokens of this authority alone.
type authority struct {
	*kustotest.Service

	mu       sync.Mutex
	lifetime time.Duration
	refresh  time.Duration // when the authority suggests to renew; 0: it does not
	refusal  string        // body of a 401 in place of a token
	claims   string        // claims challenge with which the cluster answers once
	accepted map[string]bool
	issued   int
	requests []tokenRequest
	lookups  []string // requests that look an authority up
	signed   []string // bearer tokens that the cluster was sent
}

func newAuthority(opts ...kustotest.Option) *authority {
	return &authority{Service: kustotest.New(opts...), lifetime: time.Hour, accepted: map[string]bool{}}
}

// start returns a client whose network is the authority alone, over TLS on loopback.
func (a *authority) start(t *testing.T) *http.Client {
	t.Helper()
	secure := httptest.NewUnstartedServer(a)
	certificate, pool := selfSigned(t)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(a)
	t.Cleanup(plain.Close)
	var dialer net.Dialer
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			target := secure.Listener.Addr().String()
			if strings.HasSuffix(address, ":80") {
				target = plain.Listener.Addr().String()
			}
			return dialer.DialContext(ctx, network, target)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// Do serves a request without a network, for tests that play with time.
func (a *authority) Do(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	inner := req.Clone(req.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	inner.RequestURI, inner.Host = req.URL.RequestURI(), req.URL.Host
	a.ServeHTTP(w, inner)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// ServeHTTP answers by host.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case strings.HasPrefix(host, "login."):
		a.login(w, r, host)
	case host == imdsHost, host == appHost:
		a.issue(w, r, host)
	case host == githubHost:
		a.record(r, host)
		reply(w, http.StatusOK, map[string]any{"count": 1, "value": "assertion-of-github"})
	case host == pipelinesHost:
		a.record(r, host)
		reply(w, http.StatusOK, map[string]any{"oidcToken": "assertion-of-azure-devops"})
	default:
		a.cluster(w, r)
	}
}

func (a *authority) login(w http.ResponseWriter, r *http.Request, host string) {
	tenant := strings.Split(r.URL.Path, "/")[1]
	base := "https://" + host + "/" + tenant
	switch {
	case r.URL.Path == "/common/discovery/instance":
		a.lookup(r, host)
		asked, _ := url.Parse(r.URL.Query().Get("authorization_endpoint"))
		tenant = strings.Split(asked.Path, "/")[1]
		reply(w, http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": "https://" + asked.Host + "/" + tenant + "/v2.0/.well-known/openid-configuration",
			"metadata":                  []any{map[string]any{"preferred_network": asked.Host, "preferred_cache": asked.Host, "aliases": []string{asked.Host}}},
		})
	case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
		a.lookup(r, host)
		reply(w, http.StatusOK, map[string]any{
			"authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token", "issuer": base + "/v2.0",
		})
	case strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token"):
		a.issue(w, r, host)
	default:
		http.NotFound(w, r)
	}
}

func (a *authority) issue(w http.ResponseWriter, r *http.Request, host string) {
	a.record(r, host)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refusal != "" {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(a.refusal))
		return
	}
	a.issued++
	token := fmt.Sprintf("token-%d", a.issued)
	a.accepted[token] = true
	answer := map[string]any{"token_type": "Bearer", "access_token": token, "expires_in": int(a.lifetime.Seconds())}
	if host == imdsHost || host == appHost { // these write numbers as text
		answer["expires_in"] = fmt.Sprint(int(a.lifetime.Seconds()))
		answer["expires_on"] = fmt.Sprint(time.Now().Add(a.lifetime).Unix())
	} else if a.refresh != 0 {
		answer["refresh_in"] = int(a.refresh.Seconds())
	}
	reply(w, http.StatusOK, answer)
}

// cluster lets requests with a token of this authority through; the metadata need none.
func (a *authority) cluster(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/auth/metadata") {
		a.Service.ServeHTTP(w, r)
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a.mu.Lock()
	a.signed = append(a.signed, token)
	ok, claims := a.accepted[token], a.claims
	a.claims = ""
	a.mu.Unlock()
	switch {
	case claims != "":
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_claims", claims="%s"`, claims))
		w.WriteHeader(http.StatusUnauthorized)
	case !ok:
		w.WriteHeader(http.StatusUnauthorized)
	default:
		a.Service.ServeHTTP(w, r)
	}
}

func (a *authority) record(r *http.Request, host string) {
	_ = r.ParseForm()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = append(a.requests, tokenRequest{Host: host, Path: r.URL.Path, Query: r.URL.Query(), Form: maps.Clone(r.PostForm), Header: r.Header.Clone()})
}

func (a *authority) lookup(r *http.Request, host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lookups = append(a.lookups, host+r.URL.Path)
}

// tokenRequests returns the requests for tokens so far, those to issuers of assertions included.
func (a *authority) tokenRequests() []tokenRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// tokens returns the bearer tokens that the cluster was sent so far.
func (a *authority) tokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.signed)
}

// change changes how the authority answers from now on.
func (a *authority) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// selfSigned returns a certificate for the hosts of the tests, and the pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "authority of the tests"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA:         true, BasicConstraintsValid: true,
		DNSNames: []string{
			"*.kusto.windows.net", "*.kusto.usgovcloudapi.net", "*.kusto.chinacloudapi.cn", "*.kusto.example.com", "login.microsoftonline.com", "login.microsoftonline.us",
			"login.partner.microsoftonline.cn", "login.microsoft.com", "login.example.com", githubHost, pipelinesHost,
		},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
