package kusto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// tokenError marks an error that kept a request from being sent, because there was no token for it.
type tokenError struct {
	credential string
	err        error
}

func (e *tokenError) Error() string { return e.what() + ": " + e.err.Error() }

func (e *tokenError) what() string {
	if e.credential == "" {
		return "no access token could be had"
	}
	return fmt.Sprintf("no access token could be had from the credential %q", e.credential)
}

func (e *tokenError) Unwrap() error { return e.err }

// staticTokenPolicy sends the token that the user gave. There is no other one, so a 401 is final.
type staticTokenPolicy struct {
	credential azcore.TokenCredential
	name       string
}

// Do signs the request.
func (p staticTokenPolicy) Do(req *policy.Request) (*http.Response, error) {
	token, err := p.credential.GetToken(req.Raw().Context(), policy.TokenRequestOptions{})
	if err != nil {
		return nil, &tokenError{credential: p.name, err: err}
	}
	if token.Token == "" || strings.ContainsFunc(token.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, &tokenError{credential: p.name, err: errors.New("it is empty or has characters that no token has, such as a line break")}
	}
	req.Raw().Header.Set("Authorization", "Bearer "+token.Token)
	return req.Next()
}

// credentialPolicy signs requests with tokens of a credential that is built when the first one is needed: only then is
// the cluster asked which cloud it belongs to.
type credentialPolicy struct {
	client *Client
	bearer *cached[*runtime.BearerTokenPolicy]
}

// Do signs the request. A 401 is answered once with a fresh token, since it proves that nothing was taken.
func (p credentialPolicy) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	bearer, err := p.bearer.get(ctx, p.build)
	if err != nil {
		return nil, &tokenError{credential: p.client.options.CredentialName, err: err}
	}
	x := exchangeOf(ctx)
	before := x.attempts
	resp, err := bearer.Do(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || x.refreshed {
		return resp, err
	}
	x.refreshed = true
	if x.attempts > before+1 { // azcore's policy answered a claims challenge with a fresh token itself
		return resp, nil
	}
	if err := req.RewindBody(); err != nil {
		return nil, err
	}
	// azcore's policy dropped its token because of the 401.
	return bearer.Do(req)
}

// build asks the cluster for its cloud, checks that it may have tokens of it, and builds the credential.
func (p credentialPolicy) build(ctx context.Context) (*runtime.BearerTokenPolicy, time.Duration, error) {
	cloud, err := p.client.Cloud(ctx)
	if err != nil {
		return nil, 0, err
	}
	credential := p.client.options.Credential
	if p.client.options.NewCredential != nil {
		credential, err = p.client.options.NewCredential(ctx, cloud)
		if err != nil {
			return nil, 0, err
		}
	}
	if credential == nil {
		return nil, 0, errors.New("there is no credential")
	}
	named := namedCredential{credential: credential, name: p.client.options.CredentialName}
	return runtime.NewBearerTokenPolicy(named, []string{cloud.Scope()}, nil), 0, nil
}

// namedCredential makes the failures of a credential recognizable as such.
type namedCredential struct {
	credential azcore.TokenCredential
	name       string
}

// GetToken asks the credential for a token.
func (c namedCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.credential.GetToken(ctx, o)
	if err != nil {
		return token, &tokenError{credential: c.name, err: err}
	}
	return token, nil
}
