package kusto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"golang.org/x/time/rate"
)

// MaxConcurrency is the number of submissions, and apart from them of status reads, that one [Client] has in flight at
// a time. It bounds what many resources together ask of a service.
const MaxConcurrency = 8

// pollsPerSecond bounds status reads over all operations that a client waits for, as frequent calls may be throttled.
const pollsPerSecond = 20

// Level is the severity of a log line.
type Level int

const (
	// LevelDebug is for single HTTP requests.
	LevelDebug Level = iota
	// LevelInfo is for what a user needs later, such as the id of an accepted operation.
	LevelInfo
	// LevelWarn is for what is odd but harmless.
	LevelWarn
)

// Options configures a [Client]. ClusterURI is required.
type Options struct {
	// ClusterURI is the cluster's URI or its data ingestion URI, see [ParseEndpoint].
	ClusterURI string
	// Credential is used as it is when StaticToken is set; otherwise prefer NewCredential.
	Credential azcore.TokenCredential
	// NewCredential builds the credential for the cluster's cloud. It is called once, when the first token is needed
	// and the host was found trusted. It wins over Credential.
	NewCredential func(ctx context.Context, cloud Cloud) (azcore.TokenCredential, error)
	// CredentialName is named in every authentication error, for instance "client secret".
	CredentialName string
	// StaticToken says that Credential returns a token the user gave: it needs no scope, so the cluster's metadata are
	// not read, and it cannot be refreshed, so a 401 is final.
	StaticToken bool
	// TrustedHosts are further hosts that may receive a token, see [CheckTrustedHost].
	TrustedHosts []string
	// UserAgent is "name/version" of the program, sent as User-Agent, x-ms-app and x-ms-client-version.
	UserAgent string
	// Transport sends the HTTP requests; nil means a shared client of this package. A transport must not repeat a POST
	// by itself; see newTransport for what net/http does.
	Transport policy.Transporter
	// Log receives log lines without secrets; nil means silence.
	Log func(ctx context.Context, level Level, msg string, fields map[string]any)
	// Wait configures the waiting loop; the zero value means the defaults.
	Wait WaitOptions
	// Retry configures the retries of single requests; the zero value means the defaults.
	Retry RetryOptions
}

// RetryOptions configures how a refused or failed HTTP request is tried again. Zero fields mean the defaults.
type RetryOptions struct {
	// Tries is the greatest number of HTTP requests for one call; 6 for submissions and 5 for reads by default.
	Tries int
	// Initial is the first delay, 1 s by default. It doubles with each try.
	Initial time.Duration
	// Max caps every delay, one that the service asks for included; 60 s by default.
	Max time.Duration
	// TryTimeout bounds one HTTP request, 60 s by default.
	TryTimeout time.Duration
}

// Client talks to one cluster. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL
	options  Options

	submitting  runtime.Pipeline // a POST is sent once
	reading     runtime.Pipeline // a GET is retried
	unsigned    runtime.Pipeline // a GET without a token, for the metadata
	submissions chan struct{}
	polls       chan struct{}
	pollRate    *rate.Limiter

	bearer        cached[*runtime.BearerTokenPolicy]
	cloud         cached[Cloud]
	configuration cached[Configuration]
	staging       staging
}

// NewClient returns a client for the cluster. It makes no request. It fails when the URI is not one of a cluster, and
// when the host is not trusted: blobs' URLs carry secrets too, so trust is needed even without a token.
//
// Over plain http, which is for loopback alone, no other credential than a static token is ever used.
func NewClient(o Options) (*Client, error) {
	endpoint, err := ParseEndpoint(o.ClusterURI)
	if err != nil {
		return nil, err
	}
	for _, entry := range o.TrustedHosts {
		if err := CheckTrustedHost(entry); err != nil {
			return nil, err
		}
	}
	if endpoint.Scheme != "http" && !trustedAnywhere(endpoint.Hostname(), o.TrustedHosts) {
		return nil, fmt.Errorf("the host %s is not a known host of the service, so no token and no blob URL is sent to it; "+
			"add it to the trusted hosts if it is yours", endpoint.Hostname())
	}
	if o.StaticToken && o.Credential == nil {
		return nil, errors.New("a static token needs a credential that returns it")
	}
	c := &Client{
		endpoint:    endpoint,
		options:     o,
		submissions: make(chan struct{}, MaxConcurrency),
		polls:       make(chan struct{}, MaxConcurrency),
		pollRate:    rate.NewLimiter(pollsPerSecond, pollsPerSecond),
	}
	c.options.TrustedHosts = slices.Clone(o.TrustedHosts)
	c.options.Wait = o.Wait.withDefaults()
	c.submitting = c.pipeline(submissionRetry{options: o.Retry.withDefaults(submissionTries)}, c.authPolicy())
	c.reading = c.pipeline(readRetry{options: o.Retry.withDefaults(readTries)}, c.authPolicy())
	c.unsigned = c.pipeline(readRetry{options: o.Retry.withDefaults(readTries)}, nil)
	return c, nil
}

// Endpoint returns a copy of the data ingestion URI that the client uses.
func (c *Client) Endpoint() *url.URL {
	u := *c.endpoint
	return &u
}

const (
	submissionTries = 6
	readTries       = 5
)

func (o RetryOptions) withDefaults(tries int) RetryOptions {
	return RetryOptions{
		Tries:      cmp.Or(max(o.Tries, 0), tries),
		Initial:    cmp.Or(max(o.Initial, 0), time.Second),
		Max:        cmp.Or(max(o.Max, 0), time.Minute),
		TryTimeout: cmp.Or(max(o.TryTimeout, 0), time.Minute),
	}
}

// authPolicy returns the policy that signs requests, nil when none are signed.
func (c *Client) authPolicy() policy.Policy {
	switch {
	case c.options.StaticToken:
		return staticTokenPolicy{credential: c.options.Credential, name: c.options.CredentialName}
	case c.endpoint.Scheme != "https", c.options.Credential == nil && c.options.NewCredential == nil:
		return nil
	default:
		return credentialPolicy{client: c, bearer: &c.bearer}
	}
}

// pipeline returns: retries, signature, attempt, log, transport. azcore's own retries are off, as they would send a
// POST again; and so are its telemetry and its log, which this package's policies replace.
func (c *Client) pipeline(retries, auth policy.Policy) runtime.Pipeline {
	var perTry []policy.Policy
	if auth != nil {
		perTry = append(perTry, auth)
	}
	perTry = append(perTry, newAttemptPolicy(c.options.UserAgent, c.options.Retry.withDefaults(0).TryTimeout))
	if c.options.Log != nil {
		perTry = append(perTry, loggingPolicy{log: c.options.Log})
	}
	var transport policy.Transporter
	switch t := c.options.Transport.(type) {
	case nil:
		transport = sharedTransport()
	case *http.Client:
		transport = withoutRedirects(t)
	default:
		transport = t
	}
	return runtime.NewPipeline("kusto", "", runtime.PipelineOptions{
		PerCall:  []policy.Policy{retries},
		PerRetry: perTry,
	}, &policy.ClientOptions{
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{Disabled: true},
		Transport: bodyReader{next: transport},
	})
}

// log writes a line when the user of the client wants any.
func (c *Client) log(ctx context.Context, level Level, msg string, fields map[string]any) {
	if c.options.Log != nil {
		c.options.Log(ctx, level, msg, fields)
	}
}

// acquire takes a place among the requests in flight.
func acquire(ctx context.Context, places chan struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
