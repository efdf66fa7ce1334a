package kustotest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// reply is what a handler returns; write is the one place that puts it on the wire.
type reply struct {
	status int
	header http.Header
	body   []byte
	drop   bool // close the connection instead
	cut    bool // close it in the middle of the body
}

func (r reply) write(w http.ResponseWriter) {
	if r.drop {
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing.
	}
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	if r.cut {
		_, _ = w.Write(r.body[:len(r.body)/2])
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(r.body) // The caller may be gone; there is nobody left to tell.
}

// reply makes an answer of the API: with the request's ids, on success and on failure.
func (c *call) reply(status int, header http.Header, body []byte) reply {
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Ms-Client-Request-Id", c.clientRequest)
	header.Set("X-Ms-Activity-Id", c.activity)
	return reply{status: status, header: header, body: body}
}

// json makes an answer of the API from a document.
func (c *call) json(document any) reply {
	return c.reply(http.StatusOK, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, encode(document))
}

// encode writes a document without escaping <, > and &, which .NET services leave alone in URLs.
func encode(document any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		panic(fmt.Sprintf("kustotest: a document of our own cannot be encoded: %v", err))
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}

// apiError is a failure that the API reports.
type apiError struct {
	status    int
	code      string
	message   string
	permanent bool
}

func badRequest(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...), permanent: true}
}

// oneAPIError is the error document of Kusto (https://learn.microsoft.com/kusto/api/rest/response-http).
type oneAPIError struct {
	Code        string       `json:"code"`
	Message     string       `json:"message"`
	Type        string       `json:"@type"`
	Description string       `json:"@message"`
	FailureCode int          `json:"@failureCode"`
	Context     errorContext `json:"@context"`
	Permanent   bool         `json:"@permanent"`
	Database    string       `json:"@database,omitempty"`
	Inner       *innerError  `json:"innererror,omitempty"`
}

type innerError struct {
	Code        string `json:"code"`
	Message     string `json:"message"`
	Type        string `json:"@type"`
	Description string `json:"@message"`
	Permanent   bool   `json:"@permanent"`
}

type errorContext struct {
	Timestamp       string `json:"timestamp"`
	ServiceAlias    string `json:"serviceAlias"`
	MachineName     string `json:"machineName"`
	ProcessName     string `json:"processName"`
	ProcessID       int    `json:"processId"`
	ThreadID        int    `json:"threadId"`
	AppDomainName   string `json:"appDomainName"`
	ClientRequestID string `json:"clientRequestId"`
	ActivityID      string `json:"activityId"`
	SubActivityID   string `json:"subActivityId"`
	ActivityType    string `json:"activityType"`
	ParentActivity  string `json:"parentActivityId"`
	ActivityStack   string `json:"activityStack"`
}

// generalMessages are the sentences that stand beside the useful text of an error.
var generalMessages = map[int]string{
	http.StatusBadRequest:      "Request is invalid and cannot be executed.",
	http.StatusForbidden:       "Caller is not authorized to perform this action",
	http.StatusNotFound:        "The requested entity does not exist.",
	http.StatusTooManyRequests: "Request is throttled.",
}

var exceptionTypes = map[int]string{
	http.StatusBadRequest:            "Kusto.Data.Exceptions.KustoBadRequestException",
	http.StatusForbidden:             "Kusto.Data.Exceptions.KustoRequestDeniedException",
	http.StatusRequestEntityTooLarge: "Kusto.Data.Exceptions.KustoRequestPayloadTooLargeException",
	http.StatusTooManyRequests:       "Kusto.Data.Exceptions.KustoRequestThrottledException",
}

// refuse makes the answer for a failure: an error document, or plain text for a caller that did not ask for JSON.
func (c *call) refuse(e apiError) reply {
	if !strings.Contains(c.request.Header.Get("Accept"), "application/json") {
		text := fmt.Sprintf("%s: %s ActivityId='%s'", e.code, e.message, c.activity)
		return c.reply(e.status, http.Header{"Content-Type": {"text/plain"}}, []byte(text))
	}
	general, ok := generalMessages[e.status]
	if !ok {
		general = e.message
	}
	kind, ok := exceptionTypes[e.status]
	if !ok {
		kind = "Kusto.Data.Exceptions.KustoServiceException"
	}
	document := oneAPIError{
		Code: e.code, Message: general, Type: kind, Description: e.message, FailureCode: e.status, Permanent: e.permanent, Database: c.database,
		Context: errorContext{
			Timestamp: timestamp(c.service.clock.Now()), ServiceAlias: "MOCK", MachineName: "KEngine000000", ProcessName: "Kusto.WinSvc.DM.Svc",
			ProcessID: 1, ThreadID: 1, AppDomainName: "Kusto.WinSvc.DM.Svc.exe", ClientRequestID: c.clientRequest, ActivityID: c.activity, SubActivityID: c.activity,
			ActivityType: "GW.Http.CallContext", ParentActivity: c.activity, ActivityStack: "(Activity stack: CRID=" + c.clientRequest + ")",
		},
	}
	if e.status == http.StatusForbidden {
		denied := "Principal 'aadapp=mock' is not authorized to perform operation 'Ingest' on 'any database'."
		document.Inner = &innerError{e.code, denied, "Kusto.DataNode.Exceptions.UnauthorizedDatabaseAccessException", denied, true}
	}
	body := encode(map[string]oneAPIError{"error": document})
	return c.reply(e.status, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body)
}
