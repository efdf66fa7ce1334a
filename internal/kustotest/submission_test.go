package kustotest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

const goodBlob = `"blobs":[{"url":"https://acct.blob.core.windows.net/c/f.csv"}]`

func withProperties(members string) string {
	return `{` + goodBlob + `,"properties":{"format":"csv",` + members + `}}`
}

func withBlob(members string) string {
	return `{"blobs":[{` + members + `}],"properties":{"format":"csv"}}`
}

func TestSubmission_isValidatedLightly(t *testing.T) {
	t.Parallel()
	const malformed = "BadRequest_MalformedIngestionProperty"
	many := strings.TrimSuffix(strings.Repeat(`{"url":"https://a.blob.core.windows.net/c/f"},`, 21), ",")
	for name, test := range map[string]struct{ body, want string }{
		"no JSON":                    {`{`, "General_BadRequest"},
		"no object":                  {`[]`, "General_BadRequest"},
		"null":                       {`null`, "General_BadRequest"},
		"no blobs":                   {`{"properties":{"format":"csv"}}`, "General_BadRequest"},
		"names are case-sensitive":   {`{"Blobs":[{"url":"https://a/b"}],"properties":{"format":"csv"}}`, "General_BadRequest"},
		"empty blobs":                {`{"blobs":[],"properties":{"format":"csv"}}`, "General_BadRequest"},
		"21 blobs":                   {`{"blobs":[` + many + `],"properties":{"format":"csv"}}`, "General_BadRequest"},
		"no properties":              {`{` + goodBlob + `}`, "General_BadRequest"},
		"null properties":            {`{` + goodBlob + `,"properties":null}`, "General_BadRequest"},
		"timestamp":                  {`{"timestamp":"today",` + goodBlob + `,"properties":{"format":"csv"}}`, malformed},
		"url missing":                {withBlob(`"sourceId":"123a6999-411e-4226-a333-a79992dd9b95"`), "BadRequest_EmptyBlobUri"},
		"url empty":                  {withBlob(`"url":""`), "BadRequest_EmptyBlobUri"},
		"url relative":               {withBlob(`"url":"c/f.csv"`), "BadRequest_InvalidBlobUri"},
		"url of another scheme":      {withBlob(`"url":"ftp://host/f.csv"`), "BadRequest_InvalidBlobUri"},
		"plain http elsewhere":       {withBlob(`"url":"http://example.com/f.csv"`), "BadRequest_InvalidBlobUri"},
		"abfss without a filesystem": {withBlob(`"url":"abfss://acct.dfs.core.windows.net/f.csv"`), "BadRequest_InvalidBlobUri"},
		"sourceId no GUID":           {withBlob(`"url":"https://a/b","sourceId":"source_1"`), malformed},
		"rawSize negative":           {withBlob(`"url":"https://a/b","rawSize":-1`), malformed},
		"rawSize a string":           {withBlob(`"url":"https://a/b","rawSize":"1"`), malformed},
		"format missing":             {`{` + goodBlob + `,"properties":{}}`, "BadRequest_FormatNotSupported"},
		"format unknown":             {`{` + goodBlob + `,"properties":{"format":"cvs"}}`, "BadRequest_FormatNotSupported"},
		"two mappings":               {withProperties(`"ingestionMapping":"[]","ingestionMappingReference":"m"`), "BadRequest_DuplicateMapping"},
		"mapping no JSON":            {withProperties(`"ingestionMapping":"["`), "BadRequest_InvalidMapping"},
		"mapping an object":          {withProperties(`"ingestionMapping":"{}"`), "BadRequest_InvalidMapping"},
		"mapping no string":          {withProperties(`"ingestionMapping":[]`), malformed},
		"mapping reference empty":    {withProperties(`"ingestionMappingReference":""`), "BadRequest_EmptyMappingReference"},
		"policy no JSON":             {withProperties(`"validationPolicy":"x"`), malformed},
		"policy no string":           {withProperties(`"validationPolicy":{}`), malformed},
		"creationTime":               {withProperties(`"creationTime":"2025-10-01"`), malformed},
		"tags a string":              {withProperties(`"tags":"x"`), malformed},
		"tracking a string":          {withProperties(`"enableTracking":"true"`), malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			a := newCaller(t, server).must(http.MethodPost, tablePath, test.body)
			equal(t, "status", a.status, http.StatusBadRequest)
			equal(t, "code", a.errorCode(t), test.want)
			equal(t, "operations", len(server.Operations("Samples", "Storms")), 0)
		})
	}
}

func TestSubmission_isTakenAsItMayBe(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown members":       `{"other":1,` + goodBlob + `,"properties":{"format":"csv","other":true}}`,
		"nulls":                 `{"timestamp":null,"blobs":[{"url":"https://a/b","sourceId":null,"rawSize":null}],"properties":{"format":"csv","tags":null,"ingestionMapping":null,"ingestionMappingReference":"m"}}`,
		"format in capitals":    `{` + goodBlob + `,"properties":{"format":"CSV"}}`,
		"abfss":                 withBlob(`"url":"abfss://fs@acct.dfs.core.windows.net/f.csv"`),
		"fraction of a second":  `{"timestamp":"2025-10-01T12:00:00.123456789+02:00",` + goodBlob + `,"properties":{"format":"csv"}}`,
		"identity":              withBlob(`"url":"https://a/b;managed_identity=system"`),
		"size of zero, unknown": withBlob(`"url":"https://a/b","rawSize":0`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newCaller(t, kustotest.NewServer(t)).must(http.MethodPost, tablePath, text)
			equal(t, a.body, a.status, http.StatusOK)
		})
	}
}

func TestSubmission_formatsOfThePublishedSchemaAreKnown(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	formats := strings.Fields("csv tsv scsv sohsv psv txt raw tsve json singlejson multijson avro parquet sstream orc apacheavro w3clogfile azmonstream")
	equal(t, "formats", len(formats), 18)
	for _, format := range formats {
		a := c.must(http.MethodPost, tablePath, fmt.Sprintf(`{%s,"properties":{"format":%q}}`, goodBlob, format))
		equal(t, format, a.status, http.StatusOK)
	}
}

func TestSubmission_anySourceIDWhenAllowed(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t, kustotest.WithAnySourceID()))
	equal(t, "status", c.must(http.MethodPost, tablePath, withBlob(`"url":"https://a/b","sourceId":"source_1"`)).status, http.StatusOK)
}

func TestSubmission_contentTypeHasToBeJSON(t *testing.T) {
	t.Parallel()
	c := newCaller(t, kustotest.NewServer(t))
	c.header.Set("Content-Type", "text/plain")
	equal(t, "plain", c.must(http.MethodPost, tablePath, `{}`).status, http.StatusUnsupportedMediaType)
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	equal(t, "charset", c.must(http.MethodPost, tablePath, withBlob(`"url":"https://a/b"`)).status, http.StatusOK)
}

func TestSubmission_isNeverRecognisedAgain(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	c.header.Set("X-Ms-Client-Request-Id", "the-same")
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	if first, second := c.submit("", blob), c.submit("", blob); first == second {
		t.Errorf("both have the id %s", first)
	}
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{blob: 2})
	equal(t, "rows", server.RowCount("Samples", "Storms"), 2)
}

func TestSubmission_withoutTrackingLeavesNoStatus(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	c := newCaller(t, server)
	blob := server.PutBlob("seed", "a.csv", []byte("1\n"))
	equal(t, "id", c.submit(`"enableTracking":false`, blob), "")
	equal(t, "loads", server.Loads("Samples", "Storms"), map[string]int{blob: 1})
	equal(t, "tracked id", server.Operations("Samples", "Storms")[0].ID, "")
}

func TestSubmission_missingTables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts       []kustotest.Option
		path       string
		wantStatus int
		wantCode   string // of the refusal, or of the blob
	}{
		"created":           {nil, tablePath, http.StatusOK, ""},
		"strict database":   {[]kustotest.Option{kustotest.WithStrictTables()}, tablePath, http.StatusBadRequest, "BadRequest_DatabaseNotExist"},
		"strict table":      {[]kustotest.Option{kustotest.WithStrictTables(), kustotest.WithTable("samples", "storms")}, tablePath, http.StatusBadRequest, "BadRequest_TableNotExist"},
		"strict, there":     {[]kustotest.Option{kustotest.WithStrictTables(), kustotest.WithTable("SAMPLES", "Storms")}, tablePath, http.StatusOK, ""},
		"later":             {[]kustotest.Option{kustotest.WithAsyncMissingTables()}, tablePath, http.StatusOK, "BadRequest_DatabaseNotExist"},
		"later, database":   {[]kustotest.Option{kustotest.WithAsyncMissingTables(), kustotest.WithTable("Samples", "T")}, tablePath, http.StatusOK, "BadRequest_TableNotExist"},
		"name of the table": {nil, "/v1/rest/ingestion/queued/Samples/a%3Ab", http.StatusBadRequest, "BadRequest_EntityNameIsNotValid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, test.opts...)
			c := newCaller(t, server)
			a := c.must(http.MethodPost, test.path, body("", server.PutBlob("seed", "a.csv", []byte("1\n"))))
			equal(t, "status", a.status, test.wantStatus)
			if a.status != http.StatusOK {
				equal(t, "code", a.errorCode(t), test.wantCode)
				return
			}
			equal(t, "code", server.Operations("Samples", "Storms")[0].Blobs[0].ErrorCode, test.wantCode)
		})
	}
}
