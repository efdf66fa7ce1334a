package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// assertionSource returns a token of another issuer, which the login endpoint exchanges for one of its own. It is asked whenever the latter is
// renewed, as the issuers' tokens live for minutes.
type assertionSource func(context.Context) (string, error)

// tokenExchangeAudience is the audience that federated credentials expect unless told otherwise. See
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust.
const tokenExchangeAudience = "api://AzureADTokenExchange" //nolint:gosec // a name, no secret

// maxAssertion bounds what is read of an issuer's answer.
const maxAssertion = 1 << 20

// given returns the token of an attribute. A file is read each time, since whoever writes it replaces it before the token expires.
func (p pair) given(context.Context) (string, error) {
	if !p.file.set() {
		return p.value.value, nil
	}
	text, err := readFile(p.file)
	if err == nil && text == "" {
		err = fmt.Errorf("the file of %s is empty", p.file)
	}
	return text, err
}

// readFile returns the content of the file that a setting names, without the line break that editors and shells put at the end.
func readFile(s setting) (string, error) {
	content, err := os.ReadFile(s.value)
	if err != nil {
		return "", fmt.Errorf("the file of %s cannot be read: %w", s, err)
	}
	return strings.TrimSpace(string(content)), nil
}

// issuer asks GitHub or Azure DevOps for a token.
type issuer struct {
	name     string
	method   string
	url      string
	token    string
	defaults map[string]string // parameters of the URL, unless it has them
	pipeline runtime.Pipeline
}

func newIssuer(c signIn, transport policy.Transporter) *issuer {
	i := &issuer{
		url:   c.requestURL.value,
		token: c.requestToken.value,
		pipeline: runtime.NewPipeline("kusto", "", runtime.PipelineOptions{}, &policy.ClientOptions{
			Telemetry: policy.TelemetryOptions{Disabled: true},
			Transport: transport,
		}),
	}
	if c.method == methodPipelines {
		// https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
		i.name, i.method = "Azure DevOps", http.MethodPost
		i.defaults = map[string]string{"api-version": "7.1", "serviceConnectionId": c.connection.value}
		return i
	}
	// https://docs.github.com/actions/reference/security/oidc
	i.name, i.method = "GitHub", http.MethodGet
	i.defaults = map[string]string{"audience": tokenExchangeAudience}
	return i
}

// assertion asks for a token. The answer is never part of an error: it has the token.
func (i *issuer) assertion(ctx context.Context) (string, error) {
	req, err := i.request(ctx)
	if err != nil {
		return "", err
	}
	resp, err := i.pipeline.Do(req)
	if err != nil {
		return "", fmt.Errorf("%s could not be asked for an OIDC token: %w", i.name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAssertion))
	if err != nil {
		return "", fmt.Errorf("the answer of %s cannot be read: %w", i.name, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s refused an OIDC token with HTTP status %d", i.name, resp.StatusCode)
	}
	var answer struct {
		Value     string `json:"value"`     // GitHub
		OIDCToken string `json:"oidcToken"` // Azure DevOps
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("the answer of %s is not JSON", i.name)
	}
	if answer.OIDCToken != "" {
		return answer.OIDCToken, nil
	}
	if answer.Value == "" {
		return "", fmt.Errorf("%s answered without an OIDC token", i.name)
	}
	return answer.Value, nil
}

func (i *issuer) request(ctx context.Context) (*policy.Request, error) {
	u, err := url.Parse(i.url)
	if err != nil {
		return nil, errors.New("the URL for OIDC tokens is not a URL")
	}
	query := u.Query()
	for name, value := range i.defaults {
		if query.Get(name) == "" {
			query.Set(name, value)
		}
	}
	u.RawQuery = query.Encode()
	req, err := runtime.NewRequest(ctx, i.method, u.String())
	if err != nil {
		return nil, fmt.Errorf("the request for an OIDC token cannot be made: %w", err)
	}
	req.Raw().Header.Set("Accept", "application/json")
	req.Raw().Header.Set("Authorization", "Bearer "+i.token)
	// Azure DevOps then answers 401 instead of redirecting to a page for people.
	req.Raw().Header.Set("X-Tfs-Fedauthredirect", "Suppress")
	return req, nil
}
