package kusto

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// operationStage is the Operation of the errors of staging.
const operationStage = "stage"

// stageError returns the error for a cause that carries no secrets.
func stageError(err error) *Error {
	kind := KindRefused
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		kind = KindCanceled
	}
	return &Error{Operation: operationStage, Kind: kind, Err: err}
}

// stageConfigurationError says that the staging containers could not be asked for. Whatever became of that read,
// nothing was submitted.
func stageConfigurationError(err error) *Error {
	var cause *Error
	if !errors.As(err, &cause) {
		return stageError(err)
	}
	e := *cause
	e.Operation = operationStage
	if !NotSent(cause) {
		e.Kind = KindRefused
	}
	const what = "the service's configuration, which names the staging containers, could not be read"
	if e.Err = errors.New(what); cause.Err != nil {
		e.Err = fmt.Errorf("%s: %w", what, cause.Err)
	}
	return &e
}

// stagingFailures are the failed tries to upload one file.
type stagingFailures struct {
	tries  int
	places []string // the containers that were tried
	last   error
}

func (f *stagingFailures) add(container stagingContainer, err error) {
	f.tries++
	f.last = err
	if place := container.name(); !slices.Contains(f.places, place) {
		f.places = append(f.places, place)
	}
}

// err returns the error of the whole upload. Errors of azblob are not part of its chain, since answers of the storage may
// repeat the blob's URL.
func (f *stagingFailures) err(ctx context.Context) *Error {
	if err := ctx.Err(); err != nil {
		e := stageError(err)
		e.Attempts = f.tries
		return e
	}
	if isFileError(f.last) {
		return stageError(f.last)
	}
	e := &Error{Operation: operationStage, Kind: KindRefused, Attempts: f.tries}
	tried := "the upload failed at " + strings.Join(f.places, ", ")
	var answer *azcore.ResponseError
	if !errors.As(f.last, &answer) {
		e.Err = errors.New(tried + ": " + plainText(f.last))
		return e
	}
	e.Err = errors.New(tried)
	e.StatusCode, e.Code = answer.StatusCode, Redact(answer.ErrorCode)
	if resp := answer.RawResponse; resp != nil {
		e.Message = storageMessage(resp)
		e.ActivityID = Redact(resp.Header.Get("X-Ms-Request-Id"))
		if resp.Request != nil {
			e.ClientRequestID = resp.Request.Header.Get(headerClientRequestID)
		}
	}
	return e
}

// storageMessage returns what the storage said, without the lines that repeat its headers and without the details of a
// failed authentication, which quote the request.
func storageMessage(resp *http.Response) string {
	data, err := runtime.Payload(resp)
	if err != nil || len(data) == 0 || len(data) > maxErrorBody {
		return ""
	}
	var document struct {
		Message string `xml:"Message"`
	}
	if xml.Unmarshal(data, &document) != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(document.Message), "\n")
	return Redact(strings.TrimSpace(line))
}

// plainText returns the text of a failed upload without the blob's URL.
func plainText(err error) string {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", answer.StatusCode, Redact(answer.ErrorCode)))
	}
	return Redact(err.Error())
}

// pointless reports whether another container would fail alike: the file itself is at fault, or the request is. A
// container may lack rights, be gone or be busy while the next one is well.
func pointless(err error) bool {
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return isFileError(err)
	}
	switch answer.StatusCode {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusTooManyRequests:
		return false
	default:
		return answer.StatusCode >= 400 && answer.StatusCode < 500
	}
}

func isFileError(err error) bool {
	return slices.ContainsFunc([]error{
		ErrFileMissing, ErrFileUnreadable, ErrFileIsDirectory, ErrFileNotRegular, ErrFileEmpty, ErrFileTooLarge, ErrFileChanged,
	}, func(known error) bool { return errors.Is(err, known) })
}
