package kustotest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultThrottled is a 429: the request rate or the capacity of the cluster is used up. retryAfter is told in whole seconds, rounded
// up; 0 leaves the header out, as Kusto documents none.
func FaultThrottled(retryAfter time.Duration) Fault {
	f := Fault{
		Name: "Throttled", status: http.StatusTooManyRequests, code: "TooManyRequests",
		message: "The request was denied due to throttling. Retrying after some backoff might succeed.",
	}
	return f.retryAfter(retryAfter)
}

// FaultUnavailable is a 503 of the service itself, with Retry-After unless retryAfter is 0.
func FaultUnavailable(retryAfter time.Duration) Fault {
	f := Fault{
		Name: "Unavailable", status: http.StatusServiceUnavailable, code: "General_ServiceUnavailable",
		message: "The service is currently unavailable.",
	}
	return f.retryAfter(retryAfter)
}

func (f Fault) retryAfter(d time.Duration) Fault {
	if d <= 0 {
		return f
	}
	return f.WithHeader("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}

// FaultInternalError is a 500 with an error document. Whether the request was taken is the caller's to guess; InState decides it.
func FaultInternalError() Fault {
	return Fault{
		Name: "InternalError", status: http.StatusInternalServerError, code: "General_InternalServerError",
		message: "An internal service error occurred.",
	}
}

// FaultGatewayTimeout is a 504: the service did not answer the gateway in time.
func FaultGatewayTimeout() Fault {
	return Fault{
		Name: "GatewayTimeout", status: http.StatusGatewayTimeout, code: "RequestExecutionTimeout",
		message: "The request timed out.",
	}
}

// FaultServiceError520 is Kusto's own status code 520, an error of the engine service.
func FaultServiceError520() Fault {
	return Fault{Name: "ServiceError520", status: 520, code: "ServiceError", message: "The engine service encountered an error."}
}

// FaultGatewayHTML is an error page of a gateway or proxy in front of the service, with a status such as 502.
func FaultGatewayHTML(status int) Fault {
	page := "<html>\r\n<head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</title></head>\r\n<body>\r\n<center><h1>" +
		strconv.Itoa(status) + " " + http.StatusText(status) + "</h1></center>\r\n</body>\r\n</html>\r\n"
	return Fault{Name: "GatewayHTML", status: status, raw: &page, contentType: "text/html"}
}

// FaultTruncatedBody is a connection that breaks in the middle of the proper answer. The service has done its work.
func FaultTruncatedBody() Fault {
	return Fault{Name: "TruncatedBody", cut: true, acceptFirst: true}
}

// FaultEmptyBody is a 200 without a body, after the service has done its work.
func FaultEmptyBody() Fault {
	empty := ""
	return Fault{Name: "EmptyBody", status: http.StatusOK, raw: &empty, contentType: "application/json", acceptFirst: true}
}

// FaultDroppedBeforeRead is a connection that closes before the service saw the request: nothing is accepted, nothing is in the
// request log.
func FaultDroppedBeforeRead() Fault {
	return Fault{Name: "DroppedBeforeRead", drop: true, unrecorded: true}
}

// FaultDroppedAfterAccept is a connection that closes after the service did its work and before it answered: a submission that is
// sent again because of it is ingested twice.
func FaultDroppedAfterAccept() Fault {
	return Fault{Name: "DroppedAfterAccept", drop: true, acceptFirst: true}
}

// FaultUnreadableAccept is a 200 whose body is no JSON, after the service has done its work: what a transforming proxy makes of it.
func FaultUnreadableAccept() Fault {
	garbage := "\x1f\x8b\x08\x00{not json"
	return Fault{Name: "UnreadableAccept", status: http.StatusOK, raw: &garbage, contentType: "application/json", acceptFirst: true}
}

// FaultUnauthorizedOnce is one 401, as for a token that expired on the way.
func FaultUnauthorizedOnce() Fault {
	empty := ""
	f := Fault{Name: "UnauthorizedOnce", status: http.StatusUnauthorized, raw: &empty, contentType: "text/plain", Count: 1}
	return f.WithHeader("WWW-Authenticate", "Bearer")
}

// FaultForbidden is a 403: the principal lacks the ingestor role on the table.
func FaultForbidden() Fault {
	return Fault{
		Name: "Forbidden", status: http.StatusForbidden, code: "Forbidden", permanent: true,
		message: "Caller is not authorized to perform this action",
	}
}

// FaultNotFoundGrace is a status that answers 404 to the first n reads, since the operation has not reached the node that is asked.
func FaultNotFoundGrace(n int) Fault {
	return Fault{
		Name: "NotFoundGrace", Route: RouteStatus, Count: n, status: http.StatusNotFound, code: "BadRequest_EntityNotFound",
		message: "The ingestion operation was not found.", permanent: true,
	}
}

// FaultEndpointMissing is a 404 of a host that does not have the queued ingestion endpoints, such as an engine's.
func FaultEndpointMissing() Fault {
	empty := ""
	return Fault{Name: "EndpointMissing", status: http.StatusNotFound, raw: &empty, contentType: "text/plain"}
}

// FaultSlow holds the answer back for d of real time. The work is done after that time, and not at all when the caller has gone
// away by then; with InState(true) it is done before.
func FaultSlow(d time.Duration) Fault {
	return Fault{Name: "Slow", delay: d, passes: true}
}

// FaultRedirect is a 307 to another address, which a client that carries a token must not follow.
func FaultRedirect(to string) Fault {
	empty := ""
	f := Fault{Name: "Redirect", status: http.StatusTemporaryRedirect, raw: &empty, contentType: "text/plain"}
	return f.WithHeader("Location", to)
}

// FaultBadRequest is a 400 with the code and message of the caller's choice, permanent.
func FaultBadRequest(code, message string) Fault {
	return Fault{Name: "BadRequest", status: http.StatusBadRequest, code: code, message: message, permanent: true}
}

// FaultPayloadTooLarge is a 413.
func FaultPayloadTooLarge() Fault {
	return Fault{
		Name: "PayloadTooLarge", status: http.StatusRequestEntityTooLarge, code: "Payload too large", permanent: true,
		message: "The request payload is too large.",
	}
}

// FaultStorageBusy is the 503 with which a storage account asks an uploader to slow down.
func FaultStorageBusy() Fault {
	body := storageErrorBody("ServerBusy", "The server is currently unable to receive requests. Please retry your request.")
	f := Fault{Name: "StorageBusy", Route: RouteStaging, status: http.StatusServiceUnavailable, raw: &body, contentType: "application/xml"}
	return f.WithHeader("X-Ms-Error-Code", "ServerBusy")
}

// faultKinds are the constructors by name, for the operator's route.
var faultKinds = map[string]func(o faultOrder, wait time.Duration) Fault{
	"Throttled":         func(_ faultOrder, wait time.Duration) Fault { return FaultThrottled(wait) },
	"Unavailable":       func(_ faultOrder, wait time.Duration) Fault { return FaultUnavailable(wait) },
	"InternalError":     func(faultOrder, time.Duration) Fault { return FaultInternalError() },
	"GatewayTimeout":    func(faultOrder, time.Duration) Fault { return FaultGatewayTimeout() },
	"ServiceError520":   func(faultOrder, time.Duration) Fault { return FaultServiceError520() },
	"GatewayHTML":       func(o faultOrder, _ time.Duration) Fault { return FaultGatewayHTML(o.Status) },
	"TruncatedBody":     func(faultOrder, time.Duration) Fault { return FaultTruncatedBody() },
	"EmptyBody":         func(faultOrder, time.Duration) Fault { return FaultEmptyBody() },
	"DroppedBeforeRead": func(faultOrder, time.Duration) Fault { return FaultDroppedBeforeRead() },
	"DroppedAfterAccept": func(faultOrder, time.Duration) Fault {
		return FaultDroppedAfterAccept()
	},
	"UnreadableAccept": func(faultOrder, time.Duration) Fault { return FaultUnreadableAccept() },
	"UnauthorizedOnce": func(faultOrder, time.Duration) Fault { return FaultUnauthorizedOnce() },
	"Forbidden":        func(faultOrder, time.Duration) Fault { return FaultForbidden() },
	"NotFoundGrace":    func(o faultOrder, _ time.Duration) Fault { return FaultNotFoundGrace(o.Times) },
	"EndpointMissing":  func(faultOrder, time.Duration) Fault { return FaultEndpointMissing() },
	"Slow":             func(_ faultOrder, wait time.Duration) Fault { return FaultSlow(wait) },
	"Redirect":         func(o faultOrder, _ time.Duration) Fault { return FaultRedirect(o.To) },
	"BadRequest":       func(o faultOrder, _ time.Duration) Fault { return FaultBadRequest(o.Code, o.Message) },
	"PayloadTooLarge":  func(faultOrder, time.Duration) Fault { return FaultPayloadTooLarge() },
	"StorageBusy":      func(faultOrder, time.Duration) Fault { return FaultStorageBusy() },
}

func faultNames() []string { return slices.Sorted(maps.Keys(faultKinds)) }
