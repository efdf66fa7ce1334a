package kusto

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestError_bodies(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := map[string]struct {
		contentType, body string
		want              Error
	}{
		"OneApiError": {"application/json", `{"error":{"code":"BadRequest_TableNotExist","message":"Request is invalid and cannot be executed.","@type":"X",
			"@message":"Table 'T' was not found.","@failureCode":400,"@context":{"activityId":"act-1"},"@permanent":true}}`,
			Error{Code: "BadRequest_TableNotExist", Message: "Table 'T' was not found.", Permanent: &yes, ActivityID: "act-1"}},
		"upper case":     {"", `{"Error":{"Code":"C","Message":"M","@Permanent":"False"}}`, Error{Code: "C", Message: "M", Permanent: &no}},
		"general only":   {"", `{"error":{"code":"C","message":"M"}}`, Error{Code: "C", Message: "M"}},
		"inner error":    {"", `{"error":{"innererror":{"code":"I","@message":"IM","@permanent":false}}}`, Error{Code: "I", Message: "IM", Permanent: &no}},
		"outer wins":     {"", `{"error":{"code":"C","@message":"M","innererror":{"code":"I","@message":"IM"}}}`, Error{Code: "C", Message: "M"}},
		"no wrapper":     {"", `{"code":"C","message":"M"}`, Error{Code: "C", Message: "M"}},
		"nested message": {"", `{"odata.error":{"code":"C","message":{"lang":"en","value":"M"}}}`, Error{Code: "C", Message: "M"}},
		"OAuth":          {"", `{"error":"invalid_token","error_description":"The token expired"}`, Error{Code: "invalid_token", Message: "The token expired"}},
		"problem":        {"", `{"title":"Too big","status":413}`, Error{Message: "Too big"}},
		"code number":    {"", `{"error":{"code":401,"message":"M"}}`, Error{Code: "401", Message: "M"}},
		"BOM":            {"", "\ufeff" + `{"code":"C","message":"M"}`, Error{Code: "C", Message: "M"}},
		"plain text":     {"text/plain", "General_BadRequest: no\r\n\tActivityId='1'", Error{Message: "General_BadRequest: no ActivityId='1'"}},
		"HTML":           {"text/html", "<html><head><title>502 Bad&nbsp;Gateway</title></head><body>nginx</body></html>", Error{Message: "502 Bad Gateway"}},
		"HTML, no title": {"", "<!DOCTYPE html><script>var a=1</script><body><h1>Sorry</h1> busy</body>", Error{Message: "Sorry busy"}},
		"HTML, cut":      {"text/html", "<html><title>Gateway Tim", Error{Message: "Gateway Tim"}},
		"truncated JSON": {"application/json", `{"error":{"code":"C","mess`, Error{Message: `{"error":{"code":"C","mess`}},
		"empty":          {"", "", Error{}},
		"white space":    {"", " \n", Error{}},
		"empty object":   {"", "{}", Error{Message: "{}"}},
		"a string":       {"", `"no"`, Error{Message: `"no"`}},
		"secrets":        {"", `{"error":{"code":"C","@message":"cannot read https://h/f?sig=abc;Bearer abc.def"}}`, Error{Code: "C", Message: "cannot read https://h/f?REDACTED;Bearer REDACTED"}},
		"control":        {"", "{\"error\":{\"code\":\"C\",\"message\":\"a\\u0000\\u001b[31mb\\u202e\"}}", Error{Code: "C", Message: "a[31mb"}},
		"broken UTF-8":   {"text/plain", "a\xffb", Error{Message: "a\ufffdb"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tt.contentType != "" {
				header.Set("Content-Type", tt.contentType)
			}
			d := &transport{replies: []reply{{status: 400, body: tt.body, header: header}}}
			_, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
			got, ok := err.(*Error) //nolint:errorlint // the error itself is looked at
			if !ok || got.Err != nil {
				t.Fatalf("got %v", err)
			}
			shown := Error{Code: got.Code, Message: got.Message, Permanent: got.Permanent, ActivityID: got.ActivityID}
			if diff := cmp.Diff(tt.want, shown); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestError_headers(t *testing.T) {
	t.Parallel()
	header := http.Header{"X-Ms-Activity-Id": {"act-0"}, "Retry-After": {"5"}}
	d := &transport{replies: []reply{{status: 400, body: `{"error":{"@context":{"activityId":"act-1"}}}`, header: header}}}
	_, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
	e, ok := err.(*Error) //nolint:errorlint // the error itself is looked at
	if !ok || e.ActivityID != "act-0" || e.RetryAfter.Seconds() != 5 || e.StatusCode != 400 || !strings.HasPrefix(e.ClientRequestID, "TPK.Submit;") {
		t.Errorf("got %+v", e)
	}
}

func TestError_hugeBodyIsBounded(t *testing.T) {
	t.Parallel()
	for _, body := range []string{strings.Repeat("é", 10<<20), `{"error":{"@message":"` + strings.Repeat("é", 1<<14) + `"}}`} {
		d := &transport{replies: []reply{{status: 400, body: body}}}
		_, err := newTestClient(t, staticToken(d)).Submit(t.Context(), "D", "T", oneBlob())
		e, ok := err.(*Error) //nolint:errorlint // the error itself is looked at
		if !ok || e.Kind != KindRefused || len(e.Error()) > 3*maxMessage || !utf8.ValidString(e.Message) {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}
