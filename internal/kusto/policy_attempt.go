package kusto

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"
)

// Header names, see https://learn.microsoft.com/kusto/api/rest/request#request-headers.
const (
	headerClientRequestID = "x-ms-client-request-id"
	headerActivityID      = "x-ms-activity-id"
	headerApp             = "x-ms-app"
	headerUser            = "x-ms-user"
	headerClientVersion   = "x-ms-client-version"
	headerVersion         = "x-ms-version"

	apiVersion = "2024-12-12"
)

// attemptPolicy makes each HTTP request one of its own: a fresh request id, a fresh body, a time limit, and a record of
// how far it came. The headers are telemetry; none of them is an idempotency key.
type attemptPolicy struct {
	userAgent     string
	app           string
	clientVersion string
	timeout       time.Duration
}

func newAttemptPolicy(userAgent string, timeout time.Duration) attemptPolicy {
	if userAgent == "" {
		userAgent = "terraform-provider-kusto"
	}
	userAgent = headerSafe(userAgent)
	name, version, _ := strings.Cut(userAgent, "/")
	return attemptPolicy{
		userAgent:     userAgent,
		app:           userAgent,
		clientVersion: "Kusto.Go.Client." + braced(name, version) + "|Runtime.Go:{" + tracingValue(runtime.Version()) + "}",
		timeout:       timeout,
	}
}

// Do sends one HTTP request.
func (p attemptPolicy) Do(req *policy.Request) (*http.Response, error) {
	// An ended context must not look like a request that went out and was not answered.
	if err := req.Raw().Context().Err(); err != nil {
		return nil, err
	}
	x := exchangeOf(req.Raw().Context())
	ctx, cancel := x.limited(req.Raw().Context(), p.timeout)
	defer cancel() // the body was read by then, see bodyReader
	req = req.WithContext(httptrace.WithClientTrace(ctx, x.begin()))
	raw := req.Raw()

	x.clientRequestID = "TPK." + x.tracePart + ";" + uuid.NewString()
	h := raw.Header
	x.unsigned = h.Get("Authorization") == ""
	h.Set("Accept", "application/json") // without it an error's body may not be JSON
	h.Set("User-Agent", p.userAgent)
	h.Set(headerClientRequestID, x.clientRequestID)
	h.Set(headerApp, p.app)
	h.Set(headerUser, "[none]")
	h.Set(headerClientVersion, p.clientVersion)
	h.Set(headerVersion, apiVersion)

	if x.body != nil {
		// net/http may still be reading the body of the request before, when its answer came early.
		body := x.body
		fresh := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		raw.Body, _ = fresh()
		raw.GetBody = fresh
	}
	return req.Next()
}

// answerGrace is how much longer a submission that is under way may wait for its answer after its caller gave up.
const answerGrace = 15 * time.Second

// limited bounds one HTTP request. A submission that is under way is not cut off at once when its context ends, as by Ctrl-C: its answer tells what
// became of the blobs, and without it their outcome would be open for good.
func (x *exchange) limited(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if x.body == nil || ctx.Err() != nil {
		return context.WithTimeout(ctx, timeout)
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	grace := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(answerGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-grace:
		}
	})
	return limited, func() {
		stop()
		close(grace)
		cancel()
	}
}

// braced returns "name:{version}", the form of the service's own clients.
func braced(name, version string) string {
	if version == "" {
		version = "unknown"
	}
	return tracingValue(name) + ":{" + tracingValue(version) + "}"
}

// tracingValue replaces what has a meaning in the tracing headers.
func tracingValue(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', '{', '}', '|':
			return '_'
		default:
			return r
		}
	}, headerSafe(s))
}

// headerSafe replaces what must not stand in a header.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
