package provider

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

// identity is a signIn whose files were read. It builds the credential once the cluster told which cloud it belongs to.
type identity struct {
	signIn
	transport    policy.Transporter
	client       string
	clientSecret string
	certificates []*x509.Certificate
	key          crypto.PrivateKey
}

// load reads what stands in files, except the tokens of other issuers: those are read when they are needed.
func (c signIn) load(transport policy.Transporter) (identity, diag.Diagnostics) {
	i := identity{signIn: c, transport: transport}
	var diags diag.Diagnostics
	switch c.method {
	case methodClientSecret, methodClientCertificate, methodOIDCToken, methodGitHub, methodPipelines, methodAKS, methodManagedIdentity:
		i.client = c.clientID.read(&diags)
	case methodAccessToken, methodCLI:
		return i, nil
	}
	i.clientSecret = c.secret.read(&diags)
	if c.method == methodClientCertificate && !diags.HasError() {
		i.parseCertificate(&diags)
	}
	return i, diags
}

// read returns the value, or the content of the file.
func (p pair) read(diags *diag.Diagnostics) string {
	if !p.file.set() {
		return p.value.value
	}
	text, err := readFile(p.file)
	switch {
	case err != nil:
		diags.Append(unreadableFileError(p.file, err))
	case p.value.set() && strings.TrimSpace(p.value.value) != text:
		diags.Append(disagreementError(p.value.attribute, p.value, p.file))
	case text == "":
		diags.Append(unreadableFileError(p.file, errors.New("it is empty")))
	}
	return text
}

// parseCertificate reads the PKCS#12 bundle.
func (i *identity) parseCertificate(diags *diag.Diagnostics) {
	bundle, err := i.certificate.bundle()
	if err != nil {
		diags.Append(unreadableFileError(i.certificate.either(), err))
		return
	}
	if i.certificates, i.key, err = azidentity.ParseCertificates(bundle, []byte(i.password.value)); err != nil {
		diags.Append(certificateError(i.certificate.either(), err))
	}
}

// bundle returns the bytes of the value, which is base64, or of the file.
func (p pair) bundle() ([]byte, error) {
	var inline []byte
	if p.value.set() {
		var err error
		if inline, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(p.value.value), "")); err != nil {
			return nil, errors.New("it is not base64")
		}
	}
	if !p.file.set() {
		return inline, nil
	}
	content, err := os.ReadFile(p.file.value)
	if err != nil {
		return nil, err
	}
	if p.value.set() && string(inline) != string(content) {
		return nil, fmt.Errorf("%s and %s are different certificates; remove one of them", p.value, p.file)
	}
	return content, nil
}

// credential builds the one credential for the cluster's cloud. The tokens come from the login endpoint of that cloud, which the client accepted
// before it called this.
func (i identity) credential(_ context.Context, c kusto.Cloud) (azcore.TokenCredential, error) {
	inner, err := i.build(azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.LoginEndpoint},
		Retry:     policy.RetryOptions{TryTimeout: 30 * time.Second},
		Transport: i.transport,
	})
	if err != nil {
		return nil, i.failure(err)
	}
	return &tokenSource{identity: i, inner: inner}, nil
}

func (i identity) build(options azcore.ClientOptions) (azcore.TokenCredential, error) {
	tenant, tenants, without := i.tenantID.value, i.auxiliaryTenants, i.withoutDiscovery
	switch i.method {
	case methodClientCertificate:
		return azidentity.NewClientCertificateCredential(tenant, i.client, i.certificates, i.key, &azidentity.ClientCertificateCredentialOptions{
			ClientOptions: options, AdditionallyAllowedTenants: tenants, DisableInstanceDiscovery: without,
			// Applications that trust an issuer and subject name instead of one certificate need the chain; others ignore it.
			SendCertificateChain: true,
		})
	case methodClientSecret:
		return azidentity.NewClientSecretCredential(tenant, i.client, i.clientSecret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: options, AdditionallyAllowedTenants: tenants, DisableInstanceDiscovery: without,
		})
	case methodOIDCToken, methodAKS:
		return i.federated(i.assertion.given, options)
	case methodGitHub, methodPipelines:
		return i.federated(newIssuer(i.signIn, i.transport).assertion, options)
	case methodManagedIdentity:
		o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if i.client != "" {
			o.ID = azidentity.ClientID(i.client)
		}
		return azidentity.NewManagedIdentityCredential(o)
	case methodCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: tenant, AdditionallyAllowedTenants: tenants})
	case methodAccessToken:
		return staticToken(i.token.value), nil
	default:
		return nil, fmt.Errorf("no credential for %q", i.method)
	}
}

func (i identity) federated(source assertionSource, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	return azidentity.NewClientAssertionCredential(i.tenantID.value, i.client, source, &azidentity.ClientAssertionCredentialOptions{
		ClientOptions: options, AdditionallyAllowedTenants: i.auxiliaryTenants, DisableInstanceDiscovery: i.withoutDiscovery,
	})
}

// staticToken is a token that the user gave.
type staticToken string

// GetToken returns it.
func (t staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t)}, nil
}

// tokenSource gives the tokens of a credential out and words its failures.
type tokenSource struct {
	identity
	inner azcore.TokenCredential

	mu   sync.Mutex
	last azcore.AccessToken
}

// GetToken asks for a token. The caller keeps tokens until they expire, so one that asks earlier was told that the token is not valid any more. The
// cache below would hand out the same one again: claims, though empty ones, make it ask the authority.
func (s *tokenSource) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Claims == "" && s.method != methodCLI && fresh(s.last) {
		o.Claims = "{}"
	}
	token, err := s.inner.GetToken(ctx, o)
	if err != nil {
		return azcore.AccessToken{}, s.failure(err)
	}
	s.last = token
	return token, nil
}

// fresh reports whether there was no reason yet to renew a token. The five minutes are those of azcore.
func fresh(t azcore.AccessToken) bool {
	due := t.RefreshOn
	if due.IsZero() {
		due = t.ExpiresOn.Add(-5 * time.Minute)
	}
	return t.Token != "" && time.Now().Before(due)
}

// signInError is a failure to get a token. Its text has no secret.
type signInError struct {
	text string
	err  error
}

func (e *signInError) Error() string { return e.text }
func (e *signInError) Unwrap() error { return e.err }

// failure words an error of the credential: what the authority said instead of the whole answer, and without any secret, even if it repeated one.
func (i identity) failure(err error) error {
	text := err.Error()
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		text = refusal(failed.RawResponse)
	}
	for _, secret := range []string{i.clientSecret, i.password.value, i.requestToken.value, i.assertion.value.value, i.token.value} {
		if len(secret) > 3 {
			text = strings.ReplaceAll(text, secret, "REDACTED")
		}
	}
	return &signInError{text: kusto.Redact(text) + "; the request was not sent to the cluster", err: err}
}

func refusal(resp *http.Response) string {
	from := "the authority"
	if resp.Request != nil {
		from = resp.Request.URL.Host
	}
	text := fmt.Sprintf("%s answered with HTTP status %d", from, resp.StatusCode)
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if body, err := runtime.Payload(resp); err == nil && json.Unmarshal(body, &answer) == nil && answer.Code != "" {
		text += ": " + answer.Code
		if answer.Description != "" {
			text += ": " + strings.Join(strings.Fields(answer.Description), " ")
		}
	}
	return text
}

// signInTransport sends the requests for tokens. They carry secrets, so redirects are not followed.
var signInTransport = sync.OnceValue(func() policy.Transporter {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			ForceAttemptHTTP2:     true,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   15 * time.Second,
			ExpectContinueTimeout: time.Second,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
})

func unreadableFileError(s setting, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(s.attribute), "Unable to read a part of the credential", fmt.Sprintf("%s cannot be used: %s.", s, err))
}

func certificateError(s setting, err error) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(s.attribute), "Unable to read the client certificate", paragraphs(
		fmt.Sprintf("%s is not a PKCS#12 bundle with a certificate and its private key that can be read with client_certificate_password: %s.", s, err),
		"Bundles whose integrity is protected with SHA-256, which newer tools write, are not read; `openssl pkcs12 -export -legacy` writes one that is.",
	))
}
