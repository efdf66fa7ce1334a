package kusto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"golang.org/x/time/rate"
)

// MaxConcurrency is the number of submissions, and apart from them of status reads, that one [Client] has in flight at
// a time. It bounds what many resources together ask of a service.
const MaxConcurrency = 8

// pollsPerSecond bounds status reads over all operations that a client waits for. Frequent calls may be throttled:
// https://learn.microsoft.com/kusto/api/netfx/kusto-ingest-client-migration.
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

	cloud         cached[Cloud]
	configuration cached[Configuration]
}

// NewClient returns a client for the cluster. It makes no request. It fails when the URI is not one of a cluster, and
// when the host is not trusted to receive a token.
func NewClient(o Options) (*Client, error) {
	return nil, errors.New("provisional")
}

// Endpoint returns a copy of the data ingestion URI that the client uses.
func (c *Client) Endpoint() *url.URL {
	u := *c.endpoint
	return &u
}

var _ = fmt.Sprint
var _ http.Handler
