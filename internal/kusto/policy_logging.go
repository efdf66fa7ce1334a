package kusto

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Only these headers and query parameters are ever logged, and never a body: what is not known to be harmless is not
// shown, be it new.
var (
	loggedRequestHeaders  = []string{headerClientRequestID, headerApp, headerClientVersion, headerVersion, "Content-Type", "Accept"}
	loggedResponseHeaders = []string{headerActivityID, "Content-Type", "Content-Length", "Retry-After", "Date"}
	loggedParameters      = []string{"details"}
)

type logFunc func(ctx context.Context, level Level, msg string, fields map[string]any)

// loggingPolicy writes two lines for each HTTP request at debug level.
type loggingPolicy struct {
	log logFunc
}

// Do logs the request and its answer.
func (p loggingPolicy) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	fields := map[string]any{"method": raw.Method, "url": loggedURL(raw.URL), "attempt": exchangeOf(raw.Context()).attempts}
	addHeaders(fields, raw.Header, loggedRequestHeaders)
	p.log(raw.Context(), LevelDebug, "Sending a request to Kusto", fields)

	start := time.Now()
	resp, err := req.Next()
	fields = map[string]any{
		"method": raw.Method, "url": loggedURL(raw.URL), "duration_ms": time.Since(start).Milliseconds(),
		headerClientRequestID: raw.Header.Get(headerClientRequestID),
	}
	if err != nil {
		fields["error"] = Redact(err.Error())
		p.log(raw.Context(), LevelDebug, "Kusto did not answer", fields)
		return resp, err
	}
	fields["status"] = resp.StatusCode
	addHeaders(fields, resp.Header, loggedResponseHeaders)
	p.log(raw.Context(), LevelDebug, "Kusto answered", fields)
	return resp, nil
}

func addHeaders(fields map[string]any, h http.Header, names []string) {
	for _, name := range names {
		if value := h.Get(name); value != "" {
			fields[strings.ToLower(name)] = Redact(value)
		}
	}
}

// loggedURL returns scheme, host and path, and of the query what is on the list.
func loggedURL(u *url.URL) string {
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	query := url.Values{}
	for _, name := range loggedParameters {
		if u.Query().Has(name) {
			query.Set(name, u.Query().Get(name))
		}
	}
	shown.RawQuery = query.Encode()
	return Redact(shown.String())
}
