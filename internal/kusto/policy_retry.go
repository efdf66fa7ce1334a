package kusto

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// submissionRetry sends a POST again only after a refusal that proves that nothing was taken: no connection came about,
// 429, or 503 with Retry-After. (A 401 is the business of credentialPolicy.)
type submissionRetry struct {
	options RetryOptions
}

// Do sends the request until it is taken, refused for good, or its outcome is open.
func (p submissionRetry) Do(req *policy.Request) (*http.Response, error) {
	return retry(req, p.options, func(x *exchange, err error) bool {
		if x.answer != nil {
			return refusedForNow(x.answer)
		}
		return x.neverSent(err)
	})
}

// refusedForNow reports whether an answer says that nothing was taken and that another try makes sense. A 503 without
// Retry-After may come from a gateway that lost its connection to a service which took the request.
func refusedForNow(a *answer) bool {
	if a.status == http.StatusTooManyRequests {
		return true
	}
	_, told := retryAfter(a.header)
	return a.status == http.StatusServiceUnavailable && told
}

// readRetry sends a GET again after everything that may be transient.
type readRetry struct {
	options RetryOptions
}

// Do sends the request until it is answered or the tries are used up.
func (p readRetry) Do(req *policy.Request) (*http.Response, error) {
	return retry(req, p.options, func(x *exchange, _ error) bool {
		return x.answer == nil || transient(x.answer)
	})
}

// statusServiceError is Kusto's own 520: https://learn.microsoft.com/kusto/api/rest/response.
const statusServiceError = 520

func transient(a *answer) bool {
	switch a.status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout, statusServiceError:
		return true
	default:
		return a.status < http.StatusMultipleChoices && a.readErr != nil // the connection broke within the answer
	}
}

// hopeless reports whether an error stays the same however often one tries.
func hopeless(err error) bool {
	var token *tokenError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &token) || errors.As(err, &certificate) || errors.As(err, &record)
}

// retry runs the rest of the pipeline until again says no, the tries are used up, or the context ends.
func retry(req *policy.Request, o RetryOptions, again func(*exchange, error) bool) (*http.Response, error) {
	ctx := req.Raw().Context()
	x := exchangeOf(ctx)
	for try := 1; ; try++ {
		resp, err := req.Next()
		if ctx.Err() != nil || try >= o.Tries || hopeless(err) || !again(x, err) {
			return resp, err
		}
		delay := backoff(o.Initial, o.Max, 2, 0.2, try)
		if x.answer != nil {
			if told, ok := retryAfter(x.answer.header); ok && told > 0 {
				delay = min(told, o.Max)
			}
		}
		if x.interrupted = sleep(ctx, delay); x.interrupted != nil {
			return resp, err
		}
	}
}

// retryAfter reads a Retry-After header in either of its forms: seconds or a date.
func retryAfter(h http.Header) (time.Duration, bool) {
	value := h.Get("Retry-After")
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}

// backoff returns the delay after the given number of tries: it grows from first by factor up to most, and is spread
// by the part jitter of it to both sides so that many callers do not come at once.
func backoff(first, most time.Duration, factor, jitter float64, tries int) time.Duration {
	delay := float64(first)
	for i := 1; i < tries && delay < float64(most); i++ {
		delay *= factor
	}
	delay = min(delay, float64(most))
	if jitter > 0 {
		delay *= 1 + jitter*(2*rand.Float64()-1) //nolint:gosec // spreading load needs no secrecy
	}
	return time.Duration(delay)
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
