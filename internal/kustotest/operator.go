package kustotest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// operate answers the operator: a page for a person at /, and JSON under /_mock/. These routes are no part of the API; they need no
// token, are not in the request log and meet no fault.
func (s *Service) operate(ctx context.Context, c *call) reply {
	routes := map[string]func(context.Context, *call) reply{
		"GET /":                  s.servePage,
		"GET /_mock/health":      func(context.Context, *call) reply { return document(map[string]string{"status": "ok"}) },
		"GET /_mock/tables":      s.serveTables,
		"GET /_mock/operations":  s.serveOperations,
		"GET /_mock/requests":    s.serveRequests,
		"DELETE /_mock/requests": func(context.Context, *call) reply { s.ResetRequests(); return done() },
		"POST /_mock/reset":      func(context.Context, *call) reply { s.Reset(); return done() },
		"GET /_mock/faults":      func(context.Context, *call) reply { return document(faultNames()) },
		"POST /_mock/faults":     s.injectFault,
		"DELETE /_mock/faults":   func(context.Context, *call) reply { s.ClearFaults(); return done() },
	}
	path := strings.TrimSuffix(c.path, "/")
	if path == "" {
		path = "/"
	}
	// A browser lets any page send a POST to the loopback interface; it names the page in this header.
	if origin := c.request.Header.Get("Origin"); origin != "" && c.request.Method != http.MethodGet && !strings.HasSuffix(origin, "//"+c.request.Host) {
		return problem(http.StatusForbidden, "cross-origin requests are not taken")
	}
	handler, found := routes[c.request.Method+" "+path]
	if !found {
		return problem(http.StatusNotFound, "there is no "+c.request.Method+" "+c.path)
	}
	return handler(ctx, c)
}

func document(v any) reply {
	return reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: encode(v)}
}

func done() reply { return reply{status: http.StatusNoContent} }

func problem(status int, text string) reply {
	return reply{
		status: status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		body: encode(map[string]string{"error": text}),
	}
}

// tableMember is a table as the operator sees it.
type tableMember struct {
	Database string     `json:"database"`
	Table    string     `json:"table"`
	RowCount int        `json:"rowCount"`
	Extents  int        `json:"extents"`
	Blobs    int        `json:"blobs"`
	Twice    int        `json:"blobsIngestedMoreThanOnce"`
	Columns  []string   `json:"columns"`
	Rows     [][]string `json:"rows,omitempty"`
}

// serveTables tells each table's counts, and its first rows with ?rows=n.
func (s *Service) serveTables(ctx context.Context, c *call) reply {
	limit := 0
	if text := c.request.URL.Query().Get("rows"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 0 {
			return problem(http.StatusBadRequest, "rows has to be a number from 0")
		}
	}
	s.settle(ctx)
	return document(s.tableMembers(limit))
}

// serveOperations tells the accepted requests, newest first.
func (s *Service) serveOperations(ctx context.Context, _ *call) reply {
	s.settle(ctx)
	return document(s.operationMembers(-1))
}

func (s *Service) serveRequests(_ context.Context, c *call) reply {
	type member struct {
		Route       Route       `json:"route"`
		Method      string      `json:"method"`
		Path        string      `json:"path"`
		Header      http.Header `json:"header"`
		Body        string      `json:"body,omitempty"`
		Status      int         `json:"status"`
		Fault       string      `json:"fault,omitempty"`
		OperationID string      `json:"operationId,omitempty"`
	}
	requests := []member{}
	for _, r := range s.Requests(Route(c.request.URL.Query().Get("route"))) {
		requests = append(requests, member{r.Route, r.Method, r.Path, r.Header, string(r.Body), r.Status, r.Fault, r.OperationID})
	}
	return document(requests)
}

// faultOrder is what an operator posts to have a fault injected.
type faultOrder struct {
	Fault      string `json:"fault"`
	Route      Route  `json:"route"`
	Times      int    `json:"times"`
	After      int    `json:"after"`
	For        string `json:"for"`
	RetryAfter string `json:"retryAfter"` // a Go duration, also that of Slow
	Status     int    `json:"status"`     // of GatewayHTML
	To         string `json:"to"`         // of Redirect
	Code       string `json:"code"`       // of BadRequest
	Message    string `json:"message"`    // of BadRequest
	Accepts    *bool  `json:"acceptsFirst"`
}

func (s *Service) injectFault(_ context.Context, c *call) reply {
	if err := c.readBody(nil); err != nil {
		return problem(http.StatusBadRequest, "the body could not be read")
	}
	var order faultOrder
	if err := json.Unmarshal(c.body, &order); err != nil {
		return problem(http.StatusBadRequest, "the body is no fault: "+err.Error())
	}
	fault, err := order.fault()
	if err != nil {
		return problem(http.StatusBadRequest, err.Error())
	}
	s.Inject(fault)
	return done()
}

func (o faultOrder) fault() (Fault, error) {
	var wait time.Duration
	if o.RetryAfter != "" {
		var err error
		if wait, err = time.ParseDuration(o.RetryAfter); err != nil {
			return Fault{}, fmt.Errorf("retryAfter is no duration: %w", err)
		}
	}
	if o.Status == 0 {
		o.Status = http.StatusBadGateway
	}
	build, known := faultKinds[o.Fault]
	if !known {
		return Fault{}, fmt.Errorf("there is no fault %q; there are %s", o.Fault, strings.Join(faultNames(), ", "))
	}
	f := build(o, wait).After(o.After).For(o.For)
	if o.Route != RouteAny {
		f = f.On(o.Route)
	}
	if o.Times > 0 {
		f = f.Times(o.Times)
	}
	if o.Accepts != nil {
		f = f.InState(*o.Accepts)
	}
	return f, nil
}
