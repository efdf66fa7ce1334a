package kustotest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Route names a kind of request, for faults and questions.
type Route string

// The routes.
const (
	RouteAny           Route = ""
	RouteSubmit        Route = "submit"        // POST /v1/rest/ingestion/queued/{database}/{table}
	RouteStatus        Route = "status"        // GET /v1/rest/ingestion/queued/{database}/{table}/{operation}
	RouteConfiguration Route = "configuration" // GET /v1/rest/ingestion/configuration
	RouteMetadata      Route = "metadata"      // GET /v1/rest/auth/metadata
	RouteManagement    Route = "management"    // POST /v1/rest/mgmt
	RouteBlobs         Route = "blobs"         // reading and deleting blobs
	RouteStaging       Route = "staging"       // uploading blobs
	RouteUnknown       Route = "unknown"       // everything that the service does not have
)

// call is one request on its way through the service.
type call struct {
	service       *Service
	request       *http.Request
	path          string // decoded
	route         Route
	operator      bool
	allow         string // the methods of the path, when the request has another
	database      string
	table         string
	operationID   string
	container     string
	blob          string
	body          []byte
	clientRequest string
	activity      string
}

// newCall finds out what a request is about. It works on the escaped path, one segment at a time, since a database name may hold a
// space and an operation id semicolons, written as they are or as %3B.
func (s *Service) newCall(r *http.Request) *call {
	c := &call{service: s, request: r, path: r.URL.Path, route: RouteUnknown, activity: s.newGUID()}
	c.clientRequest = r.Header.Get("X-Ms-Client-Request-Id")
	if c.clientRequest == "" {
		c.clientRequest = "unspecified;" + s.newGUID()
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	c.locate(parts)
	return c
}

func (c *call) locate(parts []string) {
	switch {
	case parts[0] == "_mock" || len(parts) == 1 && parts[0] == "":
		c.operator = true
	case parts[0] == "blobs" && len(parts) >= 2:
		c.container, c.blob = parts[1], strings.Join(parts[2:], "/")
		c.route = RouteBlobs
		if c.request.Method == http.MethodPut {
			c.route = RouteStaging
		}
	case len(parts) < 4 && strings.Join(parts, "/") == "v1/rest/mgmt":
		c.want(RouteManagement, http.MethodPost)
	case len(parts) == 4 && strings.Join(parts, "/") == "v1/rest/auth/metadata":
		c.want(RouteMetadata, http.MethodGet)
	case len(parts) == 4 && strings.Join(parts, "/") == "v1/rest/ingestion/configuration":
		c.want(RouteConfiguration, http.MethodGet)
	case len(parts) >= 6 && strings.Join(parts[:4], "/") == "v1/rest/ingestion/queued" && parts[4] != "" && parts[5] != "":
		c.locateQueued(parts[4:])
	}
}

func (c *call) locateQueued(parts []string) {
	c.database, c.table = parts[0], parts[1]
	switch {
	case len(parts) == 2:
		c.want(RouteSubmit, http.MethodPost)
	case len(parts) == 3 && parts[2] != "":
		c.operationID = parts[2]
		c.want(RouteStatus, http.MethodGet)
	}
}

func (c *call) want(route Route, method string) {
	c.route = route
	if c.request.Method != method {
		c.allow = method
	}
}

func (c *call) isAPI() bool { return c.route != RouteBlobs && c.route != RouteStaging }

// maxBody bounds what a request may carry: an upload in one piece may have 256 MiB in azblob.
const maxBody = 257 << 20

func (c *call) readBody(w http.ResponseWriter) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, c.request.Body, maxBody))
	c.body = body
	return err
}

// handle gives the proper answer to a request.
func (s *Service) handle(ctx context.Context, c *call) reply {
	if c.route == RouteUnknown {
		return c.refuse(apiError{status: http.StatusNotFound, code: "NotFound", message: "There is no such endpoint: " + c.path})
	}
	if c.route == RouteBlobs || c.route == RouteStaging {
		return s.serveBlob(ctx, c)
	}
	if c.allow != "" {
		answer := c.refuse(apiError{
			status: http.StatusMethodNotAllowed, code: "MethodNotAllowed", permanent: true,
			message: "The method " + c.request.Method + " is not allowed here.",
		})
		answer.header.Set("Allow", c.allow)
		return answer
	}
	if c.route == RouteMetadata {
		return s.serveMetadata(c)
	}
	if !s.authorized(c.request) {
		// What a 401 of the service carries is explicitly not promised to be JSON.
		return c.reply(http.StatusUnauthorized, http.Header{"Www-Authenticate": {"Bearer"}}, nil)
	}
	handlers := map[Route]func(context.Context, *call) reply{
		RouteSubmit:        s.serveSubmit,
		RouteStatus:        s.serveStatus,
		RouteConfiguration: s.serveConfiguration,
		RouteManagement:    s.serveManagement,
	}
	return handlers[c.route](ctx, c)
}

func (s *Service) authorized(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return false
	}
	return s.token == "" || hmac.Equal([]byte(token), []byte(s.token))
}

// newGUID makes an id that is not used again, in this run or a later one.
func (s *Service) newGUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newGUIDLocked()
}

func (s *Service) newGUIDLocked() string {
	s.numbered++
	mac := hmac.New(sha256.New, s.signingKey)
	mac.Write([]byte("guid " + strconv.Itoa(s.numbered)))
	sum := mac.Sum(nil)
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	id := hex.EncodeToString(sum[:16])
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}
