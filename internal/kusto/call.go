package kusto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

// maxAnswer bounds the body of a good answer. An operation of another tool may have very many blobs.
const maxAnswer = 32 << 20

// errSegment says that a name cannot be part of a path.
var errSegment = errors.New(`a database, table or operation id must not be empty, "." or ".."`)

// queuedPath returns the path of a table's queued ingestion, or of one operation of it. Segments are escaped one by
// one: names may have spaces, and operation ids have ";".
func queuedPath(segments ...string) (string, error) {
	var b strings.Builder
	b.WriteString("/v1/rest/ingestion/queued")
	for _, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", errSegment
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String(), nil
}

// newExchange returns the record of a call.
func newExchange(operation, tracePart string) *exchange {
	return &exchange{operation: operation, tracePart: tracePart, limit: maxAnswer}
}

// send runs a call through a pipeline. What happened is in x; the error alone does not say it.
func (c *Client) send(ctx context.Context, pipeline runtime.Pipeline, x *exchange, path string) error {
	method := http.MethodGet
	if x.body != nil {
		method = http.MethodPost
	}
	req, err := runtime.NewRequest(x.into(ctx), method, c.endpoint.String()+path)
	if err != nil {
		return err
	}
	if x.body != nil {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(x.body)), "application/json"); err != nil {
			return err
		}
	}
	return finish(pipeline.Do(req))
}

// finish closes a response whose body bodyReader has read already.
func finish(resp *http.Response, err error) error {
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	return err
}

// get reads from the service. Its error is an *Error.
func (c *Client) get(ctx context.Context, pipeline runtime.Pipeline, x *exchange, path string) ([]byte, error) {
	err := c.send(ctx, pipeline, x, path)
	if a := x.answer; a != nil && a.status >= 200 && a.status < 300 && a.readErr == nil {
		return a.data, nil
	}
	return nil, x.failure(ctx, err, x.readKind(ctx, err))
}

// readKind says what the failure of a GET means.
func (x *exchange) readKind(ctx context.Context, err error) Kind {
	var token *tokenError
	switch {
	case ctx.Err() != nil:
		return KindCanceled
	case errors.As(err, &token):
		return KindAuthentication
	case x.answer == nil:
		return KindUnavailable
	case x.answer.status < 300:
		return KindUnavailable
	case transient(x.answer) || x.answer.status >= 500:
		return KindUnavailable
	default:
		return answerKind(x.answer.status)
	}
}

// answerKind says what a status of the classes 3xx and 4xx means.
func answerKind(status int) Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return KindUnauthorized
	case http.StatusNotFound:
		return KindNotFound
	default:
		return KindRefused
	}
}

// failure returns the error of a call that did not succeed.
func (x *exchange) failure(ctx context.Context, err error, kind Kind) *Error {
	e := &Error{Operation: x.operation, Kind: kind, ClientRequestID: x.clientRequestID, Attempts: x.attempts}
	if a := x.answer; a != nil {
		e.StatusCode = a.status
		e.RetryAfter, _ = retryAfter(a.header)
		e.ActivityID = Redact(a.header.Get(headerActivityID))
		if a.status >= http.StatusMultipleChoices {
			e.describe(a.data, a.header.Get("Content-Type"))
		}
		if a.readErr != nil && err == nil {
			err = fmt.Errorf("the answer could not be read to its end: %w", a.readErr)
		}
		if a.status == http.StatusUnauthorized && e.Message == "" && x.unsigned {
			e.Message = "unauthorized. The request carried no token: over plain http only access_token is sent, and it is not set"
		}
		if location := a.header.Get("Location"); a.status >= 300 && a.status < 400 && e.Message == "" && location != "" {
			e.Message = "redirected to " + Redact(location) + "; redirects are not followed"
		}
	}
	var token *tokenError
	if errors.As(err, &token) {
		e.Operation, e.Message, err = "token", Redact(token.what()), token.err
	}
	if ctxErr := ctx.Err(); ctxErr != nil && !errors.Is(err, ctxErr) {
		err = errors.Join(ctxErr, err)
	}
	if err != nil {
		e.Err = redactedError{err}
	}
	return e
}

// redactedError is an error whose text has no secrets.
type redactedError struct{ err error }

func (e redactedError) Error() string { return Redact(e.err.Error()) }
func (e redactedError) Unwrap() error { return e.err }
