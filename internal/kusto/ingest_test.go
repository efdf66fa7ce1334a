package kusto

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSubmit_requestBody(t *testing.T) {
	t.Parallel()
	yes, no, size := true, false, int64(1048576)
	tests := map[string]struct {
		request Request
		want    string
	}{
		"least": {
			Request{Blobs: []Blob{{URL: "https://h/f"}}, Properties: Properties{Format: "csv"}},
			`{"blobs":[{"url":"https://h/f"}],"properties":{"format":"csv","enableTracking":false}}`,
		},
		"all": {
			Request{
				Timestamp: "2025-10-01T12:00:00Z",
				Blobs:     []Blob{{URL: "https://h/f?a=1&b=<2>", SourceID: "s", RawSize: &size}},
				Properties: Properties{
					Format: "csv", EnableTracking: true, Tags: []string{"ingest-by:rest"}, SkipBatching: &no, DeleteAfterDownload: &yes,
					IngestionMappingReference: "csv_mapping", IngestionMapping: `[{"Column":"c"}]`, CreationTime: "2025-10-01T11:00:00Z",
					IngestIfNotExists: []string{"rest"}, IgnoreFirstRecord: &yes, IgnoreLastRecordIfInvalid: &yes, IgnoreSizeLimit: &no,
					ValidationPolicy: `{"ValidationOptions":1}`, ZipPattern: "a", ExtendSchema: &yes, RecreateSchema: &no,
					Additional: map[string]json.RawMessage{"zeta": []byte(`[1, 2]`), "alpha": []byte(`"x"`), "Format": []byte(`"json"`), "enabletracking": []byte("false")},
				},
			},
			`{"timestamp":"2025-10-01T12:00:00Z","blobs":[{"url":"https://h/f?a=1&b=<2>","sourceId":"s","rawSize":1048576}],
			 "properties":{"format":"csv","enableTracking":true,"tags":["ingest-by:rest"],"skipBatching":false,"deleteAfterDownload":true,
			 "ingestionMappingReference":"csv_mapping","ingestionMapping":"[{\"Column\":\"c\"}]","creationTime":"2025-10-01T11:00:00Z",
			 "ingestIfNotExists":["rest"],"ignoreFirstRecord":true,"ignoreLastRecordIfInvalid":true,"ignoreSizeLimit":false,
			 "validationPolicy":"{\"ValidationOptions\":1}","zipPattern":"a","extend_schema":true,"recreate_schema":false,"alpha":"x","zeta":[1,2]}}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
			id, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "My DB", "T", tt.request)
			if err != nil || id != "0001;0002;abc" {
				t.Fatalf("got %q, %v", id, err)
			}
			if diff := cmp.Diff(compact(t, tt.want), compact(t, d.bodies[0])); diff != "" {
				t.Error(diff)
			}
			if got := d.seen[0].ContentLength; got != int64(len(d.bodies[0])) {
				t.Errorf("Content-Length %d of a body of %d bytes", got, len(d.bodies[0]))
			}
		})
	}
}

func TestSubmit_answers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, id string
		unknown  bool
	}{
		"id":               {`{"ingestionOperationId":"a;b;c"}`, "a;b;c", false},
		"id in other case": {`{"IngestionOperationID":"a"}`, "a", false},
		"untracked":        {`{"ingestionOperationId":""}`, "", false},
		"null":             {`{"ingestionOperationId":null}`, "", false},
		"absent":           {`{}`, "", false},
		"number":           {`{"ingestionOperationId":1}`, "", true},
		"empty":            {``, "", true},
		"text":             {`OK`, "", true},
		"HTML":             {`<html><title>Sign in</title></html>`, "", true},
		"truncated":        {`{"ingestionOperationId":"a;b`, "", true},
		"array":            {`["a"]`, "", true},
		"null document":    {`null`, "", true},
		"more than JSON":   {`{"ingestionOperationId":"a"} trailing`, "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &transport{replies: []reply{{status: 200, body: tt.body}}}
			id, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
			if id != tt.id || IsOutcomeUnknown(err) != tt.unknown || (err != nil) != tt.unknown || NotSent(err) {
				t.Errorf("got %q, %v", id, err)
			}
			if d.count() != 1 {
				t.Errorf("%d requests", d.count())
			}
			if err != nil && strings.Contains(err.Error(), "invalid character") {
				t.Errorf("an error of the JSON parser says nothing about the service: %v", err)
			}
		})
	}
}

func TestSubmit_pathSegmentsAreEscaped(t *testing.T) {
	t.Parallel()
	d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
	c := newTestClient(t, staticToken(d))
	if _, err := c.Submit(t.Context(), "My DB", "a/b?c#d%e+f", oneBlob()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(t.Context(), "My DB", "T", "0001;0002;abc", true); err == nil {
		t.Log("the double's answer was read as a status")
	}
	got := []string{d.seen[0].URL.RequestURI(), d.seen[1].URL.RequestURI()}
	want := []string{
		"/v1/rest/ingestion/queued/My%20DB/a%2Fb%3Fc%23d%25e+f",
		"/v1/rest/ingestion/queued/My%20DB/T/0001%3B0002%3Babc?details=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", ".", ".."} {
		if _, err := c.Submit(t.Context(), name, "T", oneBlob()); !NotSent(err) {
			t.Errorf("database %q: %v", name, err)
		}
		if _, err := c.Status(t.Context(), "D", "T", name, false); err == nil {
			t.Errorf("operation %q is accepted", name)
		}
	}
	if d.count() != 2 {
		t.Errorf("%d requests", d.count())
	}
}

func TestSubmit_invalidAdditionalPropertyIsNotSent(t *testing.T) {
	t.Parallel()
	d := &transport{replies: []reply{{status: 200, body: acceptedOne}}}
	r := oneBlob()
	r.Properties.Additional = map[string]json.RawMessage{"x": []byte(`{`)}
	_, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", r)
	if !NotSent(err) || d.count() != 0 || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("%v after %d requests", err, d.count())
	}
}

func TestSubmit_headers(t *testing.T) {
	t.Parallel()
	d := &transport{replies: []reply{{status: 429, header: http.Header{"Retry-After": {"0"}}}, {status: 200, body: acceptedOne}}}
	o := staticToken(d)
	o.UserAgent = "terraform-provider-kusto/0.1.0 {ü|}"
	o.Retry.Initial = 1
	if _, err := newTestClient(t, o).Submit(t.Context(), "D", "T", oneBlob()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Accept": "application/json", "Content-Type": "application/json", "X-Ms-App": "terraform-provider-kusto/0.1.0 {?|}",
		"X-Ms-User": "[none]", "X-Ms-Version": "2024-12-12", "User-Agent": "terraform-provider-kusto/0.1.0 {?|}",
	}
	for _, req := range d.seen {
		for name, value := range want {
			if got := req.Header.Get(name); got != value {
				t.Errorf("%s: %q, want %q", name, got, value)
			}
		}
		if req.Header.Get("Idempotency-Key") != "" || req.Header.Get("X-Idempotency-Key") != "" {
			t.Error("net/http repeats a POST that has an idempotency key")
		}
		version := req.Header.Get("X-Ms-Client-Version")
		if !strings.HasPrefix(version, "Kusto.Go.Client.terraform-provider-kusto:{0.1.0__?__}|Runtime.Go:{go") {
			t.Errorf("x-ms-client-version: %q", version)
		}
	}
	first, second := d.seen[0].Header.Get(headerClientRequestID), d.seen[1].Header.Get(headerClientRequestID)
	if first == second || !strings.HasPrefix(first, "TPK.Submit;") || len(first) != len("TPK.Submit;")+36 {
		t.Errorf("request ids %q and %q", first, second)
	}
}

func TestError_isTypedAndPrintsOneLine(t *testing.T) {
	t.Parallel()
	cause := errors.New("cannot read https://h/f?sig=abc")
	err := error(&Error{Operation: "submit", Kind: KindRefused, StatusCode: 400, Code: "BadRequest_X", Message: "No.", Err: cause})
	if got, want := err.Error(), "submit: refused (HTTP 400, BadRequest_X): No.: cannot read https://h/f?REDACTED"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	kinds := map[Kind]bool{
		KindRefused: true, KindNotFound: true, KindUnauthorized: true, KindAuthentication: true, KindCanceled: true,
		KindOutcomeUnknown: false, KindUnavailable: false, KindInvalidResponse: false, 0: false, 99: false,
	}
	for kind, want := range kinds {
		if got := NotSent(&Error{Kind: kind}); got != want {
			t.Errorf("NotSent of %s = %t", kind, got)
		}
	}
	if NotSent(nil) || NotSent(errors.New("x")) || IsNotFound(nil) || IsOutcomeUnknown(nil) {
		t.Error("an unknown error proves something")
	}
}
