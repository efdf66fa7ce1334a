package kusto

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

var profiles = []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI}

// eachProfile runs a test against the mock service in each of its spellings.
func eachProfile(t *testing.T, test func(t *testing.T, p kustotest.Profile)) {
	t.Helper()
	for _, p := range profiles {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

// emulator returns the options for a mock service.
func emulator(s *kustotest.Server) Options {
	return Options{ClusterURI: s.URL, Credential: &credential{}, StaticToken: true, Retry: RetryOptions{Initial: time.Millisecond, Max: 5 * time.Millisecond}}
}

// upload puts blobs into the mock and returns a request for them.
func upload(s *kustotest.Server, names ...string) Request {
	r := Request{Properties: Properties{Format: "csv", EnableTracking: true}}
	for _, name := range names {
		url, sas := s.PutPrivateBlob("c", name, []byte("1,a\n"))
		r.Blobs = append(r.Blobs, Blob{URL: WithSAS(url, sas), SourceID: uuid.NewSHA1(uuid.Nil, []byte(name)).String()})
	}
	return r
}

// submit sends a request to the mock.
func submit(t *testing.T, c *Client, r Request) string {
	t.Helper()
	id, err := c.Submit(t.Context(), "My DB", "T", r)
	if err != nil || id == "" {
		t.Fatalf("got %q, %v", id, err)
	}
	return id
}

func TestStatus_allProfiles(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, p kustotest.Profile) {
		s := kustotest.NewServer(t, kustotest.WithProfile(p), kustotest.WithStatusLag(1))
		c := newTestClient(t, emulator(s))
		s.Outcome("c/bad.csv", kustotest.Outcome{State: "Failed", ErrorCode: "BadRequest_X", FailureStatus: "Permanent", Details: "cannot read https://h/f?sig=abc"})
		s.Outcome("c/odd.csv", kustotest.Outcome{State: "Pondering"})
		r := upload(s, "good.csv", "bad.csv", "odd.csv")
		id := submit(t, c, r)

		lagging, err := c.Status(t.Context(), "My DB", "T", id, true)
		if err != nil {
			t.Fatal(err)
		}
		if lagging.Counters != (Counters{}) || !lagging.HasDetails || len(lagging.Details) != 0 || lagging.Complete(0) || lagging.Settled(0) || lagging.StartTime == "" {
			t.Errorf("right after the submission: %+v", lagging)
		}

		got, err := c.Status(t.Context(), "My DB", "T", id, true)
		if err != nil {
			t.Fatal(err)
		}
		if got.Complete(3) || got.Settled(3) || got.Counters.Succeeded != 1 || got.Counters.Failed != 1 {
			t.Errorf("counters %+v", got.Counters)
		}
		want := []BlobDetail{
			{SourceID: r.Blobs[0].SourceID, State: StateSucceeded},
			{SourceID: r.Blobs[1].SourceID, State: StateFailed, ErrorCode: "BadRequest_X", FailureStatus: FailurePermanent, Details: "cannot read https://h/f?REDACTED"},
			{SourceID: r.Blobs[2].SourceID, State: "Pondering"},
		}
		byID := cmpopts.SortSlices(func(a, b BlobDetail) bool { return a.SourceID < b.SourceID })
		if diff := cmp.Diff(want, got.Details, byID, cmpopts.IgnoreFields(BlobDetail{}, "URL", "StartTime", "LastUpdated")); diff != "" {
			t.Error(diff)
		}
		for _, d := range got.Details {
			identity := ""
			if p != kustotest.ProfileOpenAPI { // it tells no url
				i := slices.IndexFunc(r.Blobs, func(b Blob) bool { return b.SourceID == d.SourceID })
				identity, _ = BlobIdentity(r.Blobs[i].URL)
			}
			if d.URL != identity {
				t.Errorf("url %q, want %q", d.URL, identity)
			}
			if _, err = time.Parse(time.RFC3339, d.StartTime); err != nil {
				t.Errorf("start time: %v", err)
			}
		}

		summary, err := c.Status(t.Context(), "My DB", "T", id, false)
		if err != nil || summary.HasDetails || summary.Details != nil || summary.Counters != got.Counters {
			t.Errorf("summary %+v, %v", summary, err)
		}
	})
}

func TestStatus_faults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault kustotest.Fault
		kind  Kind // 0: read in the end
		reads int
	}{
		"throttled":        {kustotest.FaultThrottled(0).Times(2), 0, 3},
		"500":              {kustotest.FaultInternalError().Times(1), 0, 2},
		"503":              {kustotest.FaultUnavailable(0).Times(1), 0, 2},
		"504":              {kustotest.FaultGatewayTimeout().Times(1), 0, 2},
		"520":              {kustotest.FaultServiceError520().Times(4), 0, 5},
		"520 for ever":     {kustotest.FaultServiceError520().Times(99), KindUnavailable, 5},
		"gateway":          {kustotest.FaultGatewayHTML(502).Times(1), 0, 2},
		"truncated":        {kustotest.FaultTruncatedBody().Times(1), 0, 2},
		"truncated always": {kustotest.FaultTruncatedBody().Times(99), KindUnavailable, 5},
		"empty":            {kustotest.FaultEmptyBody().Times(99), KindInvalidResponse, 1},
		"forbidden":        {kustotest.FaultForbidden().Times(99), KindUnauthorized, 1},
		"not there":        {kustotest.FaultEndpointMissing().Times(99), KindNotFound, 1},
		"bad request":      {kustotest.FaultBadRequest("BadRequest_X", "no").Times(99), KindRefused, 1},
		"redirect":         {kustotest.FaultRedirect("http://127.0.0.1:1/").Times(99), KindRefused, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kustotest.NewServer(t)
			c := newTestClient(t, emulator(s))
			id := submit(t, c, upload(s, "a.csv"))
			s.Inject(tt.fault.On(kustotest.RouteStatus))
			got, err := c.Status(t.Context(), "My DB", "T", id, true)
			var e *Error
			errors.As(err, &e)
			if tt.kind == 0 && (err != nil || !got.Settled(1)) || tt.kind != 0 && (e == nil || e.Kind != tt.kind || e.Operation != "status") {
				t.Errorf("got %+v, %v", got, err)
			}
			if n := s.Count(kustotest.RouteStatus); n != tt.reads {
				t.Errorf("%d reads, want %d", n, tt.reads)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want Status
	}{
		"empty object": {`{}`, Status{}},
		"nulls":        {`{"startTime":null,"lastUpdated":null,"status":null,"details":null}`, Status{}},
		"published example": {
			`{"startTime":"2025-07-10T10:30:00.1234567Z","lastUpdated":"2025-07-10T12:35:00+02:00","status":{"Succeeded":3,"Failed":1,"InProgress":2},
			  "details":[{"sourceId":"A","url":"https://H/c/f?sig=x","status":"succeeded","startTime":"2025-07-10T10:30:00","lastUpdated":"0001-01-01T00:00:00Z"}]}`,
			Status{StartTime: "2025-07-10T10:30:00.1234567Z", LastUpdated: "2025-07-10T10:35:00Z", Counters: Counters{Succeeded: 3, Failed: 1, InProgress: 2}, HasDetails: true,
				Details: []BlobDetail{{SourceID: "A", URL: "https://h/c/f", State: StateSucceeded, StartTime: "2025-07-10T10:30:00Z"}}},
		},
		"aliases": {
			`{"STARTEDON":"2025-01-01","completedAt":"2025-01-01t00:00:00z","Status":{"CANCELLED":"2"},"Details":[{"sourceID":7,"blobPath":"https://h/f","status":"CANCELLED","startedAt":"2025-01-01T00:00:00Z","lastUpdateTime":"x"}]}`,
			Status{StartTime: "2025-01-01T00:00:00Z", LastUpdated: "2025-01-01T00:00:00Z", Counters: Counters{Canceled: 2}, HasDetails: true,
				Details: []BlobDetail{{SourceID: "7", URL: "https://h/f", State: StateCanceled, StartTime: "2025-01-01T00:00:00Z"}}},
		},
		"unknown counters": {
			`{"status":{"queued":2,"pending":"3","note":"text","nested":{"a":1},"succeeded":1.0,"failed":"","inProgress":null}}`,
			Status{Counters: Counters{Succeeded: 1, Other: 5}},
		},
		"same counter twice, equal": {`{"status":{"canceled":1,"cancelled":1}}`, Status{Counters: Counters{Canceled: 1}}},
		"empty details":             {`{"details":[]}`, Status{HasDetails: true, Details: []BlobDetail{}}},
		"failure": {
			`{"details":[{"status":"Failed","errorCode":403,"failureStatus":"transient","details":"a\nb ;token=abc\u0000"}]}`,
			Status{HasDetails: true, Details: []BlobDetail{{State: StateFailed, ErrorCode: "403", FailureStatus: FailureTransient, Details: "a b ;token=REDACTED"}}},
		},
		"url that is none":  {`{"details":[{"url":"c/f?sig=abc"}]}`, Status{HasDetails: true, Details: []BlobDetail{{URL: "c/f?sig=REDACTED"}}}},
		"counters overflow": {`{"status":{"a":9223372036854775807,"b":9223372036854775807}}`, Status{Counters: Counters{Other: 9223372036854775807}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStatus([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseStatus_refuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":                      ``,
		"no JSON":                    `<html>`,
		"null":                       `null`,
		"array":                      `[]`,
		"truncated":                  `{"status":{"succeeded":1}`,
		"two documents":              `{}{}`,
		"status is a word":           `{"status":"Succeeded"}`,
		"two spellings that differ":  `{"status":{"succeeded":1,"Succeeded":2}}`,
		"counter is negative":        `{"status":{"failed":-1}}`,
		"counter is a fraction":      `{"status":{"failed":0.5}}`,
		"counter is a word":          `{"status":{"failed":"many"}}`,
		"counter is an object":       `{"status":{"failed":{}}}`,
		"counter is a truth":         `{"status":{"failed":true}}`,
		"counter does not fit":       `{"status":{"failed":9223372036854775808}}`,
		"details are an object":      `{"details":{}}`,
		"details have other members": `{"details":[1]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStatus([]byte(body))
			if err == nil {
				t.Fatalf("got %+v", got)
			}
			if strings.Contains(err.Error(), "invalid character") {
				t.Errorf("an error of the JSON parser: %v", err)
			}
		})
	}
}

func TestStatus_completeAndSettled(t *testing.T) {
	t.Parallel()
	done := BlobDetail{State: StateSucceeded}
	skipped := BlobDetail{State: StateSkipped}
	tests := map[string]struct {
		status            Status
		expected          int
		complete, settled bool
	}{
		"zero counters":                  {Status{}, 1, false, false},
		"zero counters, none expected":   {Status{}, 0, false, false},
		"counters alone":                 {Status{Counters: Counters{Succeeded: 1, Failed: 1, Canceled: 1}}, 3, true, false},
		"one missing":                    {Status{Counters: Counters{Succeeded: 2}, Details: []BlobDetail{done, done}}, 3, false, false},
		"running":                        {Status{Counters: Counters{Succeeded: 2, InProgress: 1}, Details: []BlobDetail{done, done}}, 2, false, false},
		"unknown counter":                {Status{Counters: Counters{Succeeded: 2, Other: 1}, Details: []BlobDetail{done, done}}, 2, false, false},
		"both":                           {Status{Counters: Counters{Succeeded: 2}, Details: []BlobDetail{done, done}}, 2, true, true},
		"details say done, counters not": {Status{Details: []BlobDetail{done, done}}, 2, false, false},
		"counters say done, details not": {Status{Counters: Counters{Succeeded: 2}, Details: []BlobDetail{done, {State: StateInProgress}}}, 2, true, false},
		"unknown state":                  {Status{Counters: Counters{Succeeded: 2}, Details: []BlobDetail{done, {State: "Pondering"}}}, 2, true, false},
		"transient failure":              {Status{Counters: Counters{Failed: 1}, Details: []BlobDetail{{State: StateFailed, FailureStatus: FailureTransient}}}, 1, true, false},
		"exhausted failure":              {Status{Counters: Counters{Failed: 1}, Details: []BlobDetail{{State: StateFailed, FailureStatus: FailureExhausted}}}, 1, true, true},
		"skipped and not counted":        {Status{Details: []BlobDetail{skipped}}, 1, false, true},
		"skipped, counted elsewhere":     {Status{Counters: Counters{Other: 1}, Details: []BlobDetail{skipped}}, 1, false, true},
		"skipped, counted as succeeded":  {Status{Counters: Counters{Succeeded: 1}, Details: []BlobDetail{skipped}}, 1, true, true},
		"number not known":               {Status{Counters: Counters{Succeeded: 2}, Details: []BlobDetail{done, done}}, 0, false, true},
		"more than expected":             {Status{Counters: Counters{Succeeded: 3}, Details: []BlobDetail{done, done, done}}, 2, true, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.status.Complete(tt.expected); got != tt.complete {
				t.Errorf("Complete = %t", got)
			}
			if got := tt.status.Settled(tt.expected); got != tt.settled {
				t.Errorf("Settled = %t", got)
			}
		})
	}
}

func TestParseObject_splitsAnyValidJSON(t *testing.T) {
	t.Parallel()
	values := []string{`1`, `-1.5e+3`, `true`, `null`, `""`, `"a\"b\\"`, `"}],{["`, `{}`, `[]`, `{"a":{"b":[1,"]"]}}`, `[[],{},"}"]`, `"é\u00e9"`}
	for _, space := range []string{"", " ", "\n\t\r "} {
		var parts []string
		for i, v := range values {
			parts = append(parts, space+`"n`+strconv.Itoa(i)+`"`+space+":"+space+v+space)
		}
		o, err := parseObject([]byte(space + "{" + strings.Join(parts, ",") + "}" + space))
		if err != nil || len(o) != len(values) {
			t.Fatalf("%d members, %v", len(o), err)
		}
		for i, m := range o {
			if m.name != "n"+strconv.Itoa(i) || string(m.value) != values[i] {
				t.Errorf("member %d is %s: %s", i, m.name, m.value)
			}
		}
		list := elements([]byte("[" + space + strings.Join(values, space+","+space) + space + "]"))
		if len(list) != len(values) {
			t.Fatalf("%d elements", len(list))
		}
		for i, v := range list {
			if string(v) != values[i] {
				t.Errorf("element %d is %s", i, v)
			}
		}
	}
	for _, body := range []string{`{}`, ` { } `} {
		if o, err := parseObject([]byte(body)); err != nil || len(o) != 0 {
			t.Errorf("%q: %v, %v", body, o, err)
		}
	}
	if o, err := parseObject([]byte(`{"\u0061B":1}`)); err != nil || o.text("ab") != "1" {
		t.Errorf("an escaped name: %v, %v", o, err)
	}
}
