package kusto

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what an [Error] means for the caller, in particular whether a submission may have been accepted.
type Kind int

const (
	// KindRefused means that the service answered and did not take the request, that no connection could be
	// established, or that the request could not be built: it is certain that nothing was accepted.
	KindRefused Kind = iota + 1
	// KindOutcomeUnknown means that a submission was sent and its fate is open. Sending it again could load data twice.
	KindOutcomeUnknown
	// KindNotFound means that the service answered 404. For a status it says "not known", never "not ingested".
	KindNotFound
	// KindUnauthorized means that the service answered 401 or 403.
	KindUnauthorized
	// KindAuthentication means that no token could be had, so that nothing was sent.
	KindAuthentication
	// KindUnavailable means that a read failed after all its retries.
	KindUnavailable
	// KindInvalidResponse means that a read was answered with something unreadable.
	KindInvalidResponse
	// KindCanceled means that the context ended, for a submission before anything could have been accepted.
	KindCanceled
)

// String returns a short phrase for messages.
func (k Kind) String() string {
	switch k {
	case KindRefused:
		return "refused"
	case KindOutcomeUnknown:
		return "outcome unknown"
	case KindNotFound:
		return "not found"
	case KindUnauthorized:
		return "not authorized"
	case KindAuthentication:
		return "authentication failed"
	case KindUnavailable:
		return "service unavailable"
	case KindInvalidResponse:
		return "invalid response"
	case KindCanceled:
		return "canceled"
	default:
		return "failed"
	}
}

// Error is the one error type of this package's requests. All its text is redacted.
type Error struct {
	// Operation is "submit", "status", "configuration", "metadata", "token" or "stage".
	Operation string
	// Kind is what the error means for the caller.
	Kind Kind
	// StatusCode is the HTTP status of the last answer, 0 when there was none.
	StatusCode int
	// Code is the service's error code, for instance BadRequest_TableNotExist.
	Code string
	// Message is the useful part of what the service said.
	Message string
	// Permanent is the service's own opinion whether a retry is pointless, nil when it gave none.
	Permanent *bool
	// ClientRequestID is the x-ms-client-request-id of the last HTTP request.
	ClientRequestID string
	// ActivityID is the service's x-ms-activity-id, for support requests.
	ActivityID string
	// RetryAfter is how long the service asked to wait, 0 when it did not.
	RetryAfter time.Duration
	// Attempts is the number of HTTP requests that were made.
	Attempts int
	// Err is the cause, when there is one besides the service's answer.
	Err error
}

// Error returns one line: the operation, the kind, the status and code, and what was said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Operation, e.Kind)
	switch {
	case e.StatusCode != 0 && e.Code != "":
		fmt.Fprintf(&b, " (HTTP %d, %s)", e.StatusCode, e.Code)
	case e.StatusCode != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.StatusCode)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + Redact(e.Err.Error()))
	}
	return b.String()
}

// Unwrap returns the cause. Its text is not redacted: print the [Error] itself.
func (e *Error) Unwrap() error { return e.Err }

// IsOutcomeUnknown reports whether err is a submission whose fate is open.
func IsOutcomeUnknown(err error) bool { return hasKind(err, KindOutcomeUnknown) }

// IsNotFound reports whether the service answered 404.
func IsNotFound(err error) bool { return hasKind(err, KindNotFound) }

// NotSent reports whether err proves that a submission was not accepted, so that it may be sent again. It is false for
// nil and for every error it does not know.
func NotSent(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case KindRefused, KindNotFound, KindUnauthorized, KindAuthentication, KindCanceled:
		return true
	case KindOutcomeUnknown, KindUnavailable, KindInvalidResponse:
		return false
	default:
		return false
	}
}

// statusCode returns the HTTP status that an error tells of, 0 when there was no answer.
func statusCode(err error) int {
	var e *Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.StatusCode
}

func hasKind(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
