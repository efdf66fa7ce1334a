package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework-jsontypes/jsontypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"
)

const blobURL = "https://acct.blob.core.windows.net/seed/"

// judged is a configuration under validation: two blobs and csv unless changed.
type judged struct {
	database, table, sas types.String
	blobs                []blobArgument
	properties           propertiesModel
}

func urlBlob(text string) blobArgument {
	return blobArgument{URL: types.StringValue(text), File: types.StringNull(), SourceID: types.StringNull(), RawSize: types.Int64Null()}
}

func sound() judged {
	return judged{
		database: types.StringValue("Samples"), table: types.StringValue("Events"), sas: types.StringNull(),
		blobs: []blobArgument{urlBlob(blobURL + "a.csv"), urlBlob(blobURL + "b.csv")}, properties: propertiesModel{Format: types.StringValue("csv")},
	}
}

// judge returns each finding as "severity path: summary".
func (c judged) judge() []string {
	v := validation{database: c.database, table: c.table, sasToken: c.sas, blobs: c.blobs, blobsKnown: true}
	v.run(c.properties, true)
	var found []string
	for _, d := range v.diags {
		at := ""
		if withPath, ok := d.(diag.DiagnosticWithPath); ok {
			at = withPath.Path().String()
		}
		found = append(found, strings.ToLower(d.Severity().String())+" "+at+": "+d.Summary())
	}
	return found
}

func texts(values ...string) types.List { return stringList(values) }

func TestValidation_eachMistakeNamesItsArgument(t *testing.T) {
	t.Parallel()
	many := func(c *judged, n int) {
		c.blobs = nil
		for i := range n {
			c.blobs = append(c.blobs, urlBlob(fmt.Sprint(blobURL, i)))
		}
	}
	version := func(c *judged, i int, id string) { c.blobs[i].SourceID = types.StringValue(id) }
	for name, c := range map[string]struct {
		change func(*judged)
		want   []string
	}{
		"sound":                {func(*judged) {}, nil},
		"no blobs":             {func(c *judged) { c.blobs = nil }, []string{"error blobs: No blobs"}},
		"the same blob twice":  {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "a.csv?sv=1&sp=r") }, []string{"error blobs[1]: The same blob twice"}},
		"no absolute URL":      {func(c *judged) { c.blobs[1] = urlBlob("seed/b.csv") }, []string{"error blobs[1].url: Not the URL of a blob"}},
		"no scheme of Kusto":   {func(c *judged) { c.blobs[1] = urlBlob("ftp://host/b.csv") }, []string{"error blobs[1].url: Not the URL of a blob"}},
		"SAS in the URL":       {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv?sv=1&sig=x") }, []string{"warning blobs[1].url: The URL carries a secret"}},
		"key in the URL":       {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv;c2VjcmV0a2V5c2VjcmV0a2V5") }, []string{"warning blobs[1].url: The URL carries a secret"}},
		"managed identity":     {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv;managed_identity=system") }, nil},
		"impersonation":        {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv;impersonate") }, []string{"warning blobs[1].url: Impersonation does not work with queued ingestion"}},
		"an aged SAS":          {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv?se=2001-01-01&sig=x") }, []string{"warning blobs[1].url: The URL carries a secret"}},
		"neither url nor file": {func(c *judged) { c.blobs[1].URL = types.StringNull() }, []string{"error blobs[1]: Not one source"}},
		"url and file":         {func(c *judged) { c.blobs[1].File = types.StringValue("b.csv") }, []string{"error blobs[1]: Not one source"}},
		"url not known":        {func(c *judged) { c.blobs[1].URL = types.StringUnknown() }, nil},
		"raw size of nothing":  {func(c *judged) { c.blobs[1].RawSize = types.Int64Value(0) }, []string{"error blobs[1].raw_size: raw_size is not a size"}},
		"too large":            {func(c *judged) { c.blobs[1].RawSize = types.Int64Value(7 << 30) }, []string{"warning blobs[1].raw_size: Beyond the service's size limit"}},
		"large on purpose": {func(c *judged) {
			c.blobs[1].RawSize = types.Int64Value(7 << 30)
			c.properties.IgnoreSizeLimit = types.BoolValue(true)
		}, nil},
		"no GUID":              {func(c *judged) { version(c, 1, "source_1") }, []string{"warning blobs[1].source_id: source_id is not a GUID"}},
		"the same version":     {func(c *judged) { version(c, 0, "A"); version(c, 1, "a") }, []string{"error blobs[1].source_id: The same source_id twice", "warning blobs[0].source_id: source_id is not a GUID"}},
		"an empty version":     {func(c *judged) { version(c, 1, "") }, []string{"error blobs[1].source_id: An empty source_id"}},
		"a quoted table":       {func(c *judged) { c.table = types.StringValue("['Events']") }, []string{"error table: Not a name of a table"}},
		"an empty database":    {func(c *judged) { c.database = types.StringValue("") }, []string{"error database: Not a name of a database"}},
		"a name with a space":  {func(c *judged) { c.database = types.StringValue("My DB-1.x") }, nil},
		"a URL as SAS":         {func(c *judged) { c.sas = types.StringValue("https://a/?sig=1") }, []string{"warning sas_token: This does not look like a shared access signature"}},
		"no SAS":               {func(c *judged) { c.sas = types.StringValue("") }, nil},
		"only dots":            {func(c *judged) { c.database = types.StringValue("..") }, []string{"error database: Not a name of a database"}},
		"a near format":        {func(c *judged) { c.properties.Format = types.StringValue("csvv") }, []string{"error properties.format: Not a data format"}},
		"a format in capitals": {func(c *judged) { c.properties.Format = types.StringValue("CSV") }, []string{"error properties.format: Not a data format"}},
		"azmonstream":          {func(c *judged) { c.properties.Format = types.StringValue("azmonstream") }, []string{"error properties.format: Not a data format for blobs"}},
		"two mappings": {func(c *judged) {
			c.properties.IngestionMapping = jsontypes.NewNormalizedValue(`[{"Column":"a"}]`)
			c.properties.IngestionMappingReference = types.StringValue("m")
		}, []string{"error properties.ingestion_mapping: Two mappings"}},
		"mapping that is an object": {func(c *judged) { c.properties.IngestionMapping = jsontypes.NewNormalizedValue(`{}`) }, []string{"error properties.ingestion_mapping: Not a mapping"}},
		"policy that is a list":     {func(c *judged) { c.properties.ValidationPolicy = jsontypes.NewNormalizedValue(`[]`) }, []string{"error properties.validation_policy: Not a validation policy"}},
		"a property twice": {func(c *judged) {
			c.properties.AdditionalProperties = types.MapValueMust(jsontypes.NormalizedType{}, map[string]attr.Value{"skipBatching": jsontypes.NewNormalizedValue("true")})
		}, []string{`error properties.additional_properties["skipBatching"]: A property that has an argument of its own`}},
		"a property that is no JSON": {func(c *judged) {
			c.properties.AdditionalProperties = types.MapValueMust(jsontypes.NormalizedType{}, map[string]attr.Value{"x": jsontypes.NewNormalizedValue("y")})
		}, []string{`error properties.additional_properties["x"]: Not a property in JSON`}},
		"a property that is null": {func(c *judged) {
			c.properties.AdditionalProperties = types.MapValueMust(jsontypes.NormalizedType{}, map[string]attr.Value{"x": jsontypes.NewNormalizedNull()})
		}, []string{`error properties.additional_properties["x"]: Not a property in JSON`}},
		"a property without a name": {func(c *judged) {
			c.properties.AdditionalProperties = types.MapValueMust(jsontypes.NormalizedType{}, map[string]attr.Value{"": jsontypes.NewNormalizedValue("1")})
		}, []string{`error properties.additional_properties[""]: Not a property in JSON`}},
		"a property not known": {func(c *judged) {
			c.properties.AdditionalProperties = types.MapValueMust(jsontypes.NormalizedType{}, map[string]attr.Value{"x": jsontypes.NewNormalizedUnknown()})
		}, nil},
		"an empty tag": {func(c *judged) { c.properties.Tags = texts("a", "") }, []string{"error properties.tags[1]: An empty element"}},
		"a tag that is null": {func(c *judged) {
			c.properties.Tags = types.ListValueMust(types.StringType, []attr.Value{types.StringNull(), types.StringUnknown()})
		}, []string{"error properties.tags[0]: An empty element"}},
		"an empty key": {func(c *judged) {
			many(c, 1)
			c.properties.IngestIfNotExists, c.properties.Tags = texts(""), texts("ingest-by:")
		}, []string{"error properties.ingest_if_not_exists[0]: An empty element"}},
		"a line break in a URL": {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv\n") }, []string{"error blobs[1].url: Not the URL of a blob"}},
		"no managed identity":   {func(c *judged) { c.blobs[1] = urlBlob(blobURL + "b.csv;managed_identity=") }, []string{"error blobs[1].url: Not the URL of a blob"}},
		"one SAS for two accounts": {func(c *judged) {
			c.blobs[1] = urlBlob("https://other.blob.core.windows.net/seed/b.csv")
			c.sas = types.StringValue("sv=1&sig=x")
		}, []string{"warning sas_token: One signature for several hosts"}},
		"one SAS for a web server too": {func(c *judged) {
			c.blobs[1] = urlBlob("https://files.example.com/b.csv?x=1")
			c.sas = types.StringValue("sv=1&sig=x")
		}, []string{"warning sas_token: One signature for several hosts"}},
		"one SAS for the endpoints of an account": {func(c *judged) {
			c.blobs = append(c.blobs, urlBlob("abfss://seed@acct.dfs.core.windows.net/c.csv"), urlBlob("https://acct-secondary.blob.core.windows.net/seed/d.csv"),
				urlBlob("https://bucket.s3.us-east-1.amazonaws.com/e.csv"), urlBlob("https://other.blob.core.windows.net/seed/f.csv;managed_identity=system"))
			c.sas = types.StringValue("sv=1&sig=x")
		}, nil},
		"prefixed key": {func(c *judged) {
			many(c, 1)
			c.properties.IngestIfNotExists = texts("ingest-by:a")
		}, []string{"error properties.ingest_if_not_exists[0]: A key with the prefix ingest-by:"}},
		"key without its tag": {func(c *judged) {
			many(c, 1)
			c.properties.IngestIfNotExists, c.properties.Tags = texts("a"), texts("drop-by:a")
		}, []string{"warning properties.ingest_if_not_exists[0]: The key is never set"}},
		"key with its tag": {func(c *judged) {
			many(c, 1)
			c.properties.IngestIfNotExists, c.properties.Tags = texts("a"), texts("ingest-by:a")
		}, nil},
		"shared key": {func(c *judged) {
			c.properties.IngestIfNotExists, c.properties.Tags = texts("a"), texts("ingest-by:a")
		}, []string{"error properties.ingest_if_not_exists: Several blobs share the keys of ingest_if_not_exists"}},
		"no batching of many": {func(c *judged) {
			many(c, 30)
			c.properties.SkipBatching, c.properties.Tags = types.BoolValue(true), texts("ingest-by:x", "drop-by:a", "drop-by:b")
		}, []string{"warning properties.skip_batching: Each blob is ingested on its own", "warning properties.tags[0]: The tag keeps blobs from being batched",
			"warning properties.tags: Several drop-by: tags"}},
		"many too large": {func(c *judged) {
			many(c, 1000)
			for i := range c.blobs {
				c.blobs[i].RawSize = types.Int64Value(7 << 30)
			}
		}, []string{"warning blobs[0].raw_size: Beyond the service's size limit"}},
		"OneLake with sas_token": {func(c *judged) {
			c.blobs[1] = urlBlob("https://onelake.dfs.fabric.microsoft.com/ws/item/b.csv")
			c.sas = types.StringValue("sv=1&sig=x")
		}, []string{"warning blobs[1].url: A shared access signature for OneLake"}},
		"OneLake with a token": {func(c *judged) {
			c.blobs[1] = urlBlob("abfss://ws@onelake.dfs.fabric.microsoft.com/item/b.csv;token=x")
		},
			[]string{"warning blobs[1].url: The URL carries a secret"}},
		"http":                 {func(c *judged) { c.blobs[1] = urlBlob("http://files.example.com/b.csv") }, []string{"warning blobs[1].url: The blob is read without encryption"}},
		"http of this machine": {func(c *judged) { c.blobs[1] = urlBlob("http://127.0.0.1:8080/b.csv") }, nil},
		"http that only looks": {func(c *judged) { c.blobs[1] = urlBlob("http://localhost.example.com/b.csv") }, []string{"warning blobs[1].url: The blob is read without encryption"}},
		"sas_token for no blob": {func(c *judged) {
			c.blobs = []blobArgument{urlBlob(blobURL + "a.csv;managed_identity=system"), {URL: types.StringNull(), File: types.StringValue("b.csv")}}
			c.sas = types.StringValue("sv=1&sig=x")
		}, []string{"warning sas_token: sas_token is not used"}},
		"sas_token for one blob": {func(c *judged) {
			c.blobs[0] = urlBlob(blobURL + "a.csv;managed_identity=system")
			c.sas = types.StringValue("sv=1&sig=x")
		}, nil},
		"sas_token for a blob not known": {func(c *judged) {
			c.blobs[0], c.blobs[1].URL = urlBlob(blobURL+"a.csv;managed_identity=system"), types.StringUnknown()
			c.sas = types.StringValue("sv=1&sig=x")
		}, nil},
		"policy for json": {func(c *judged) {
			c.properties.Format, c.properties.ValidationPolicy = types.StringValue("json"), jsontypes.NewNormalizedValue(`{"ValidationOptions":1}`)
		}, []string{"warning properties.validation_policy: The format has no validation policy"}},
		"policy for a format not known": {func(c *judged) {
			c.properties.Format, c.properties.ValidationPolicy = types.StringUnknown(), jsontypes.NewNormalizedValue(`{"ValidationOptions":1}`)
		}, nil},
		"very many": {func(c *judged) { many(c, manyBlobs+1) }, []string{"warning blobs: Very many blobs in one resource"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := sound()
			c.change(&config)
			if diff := cmp.Diff(c.want, config.judge()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidation_whatIsNotKnownIsNotJudged(t *testing.T) {
	t.Parallel()
	c := judged{
		database: types.StringUnknown(), table: types.StringUnknown(), sas: types.StringUnknown(),
		blobs: []blobArgument{
			{URL: types.StringUnknown(), File: types.StringUnknown(), SourceID: types.StringUnknown(), RawSize: types.Int64Unknown()},
			{URL: types.StringUnknown(), File: types.StringUnknown(), SourceID: types.StringUnknown(), RawSize: types.Int64Unknown()},
		},
		properties: propertiesModel{
			Format: types.StringUnknown(), IngestionMapping: jsontypes.NewNormalizedUnknown(), ValidationPolicy: jsontypes.NewNormalizedUnknown(),
			AdditionalProperties: types.MapUnknown(jsontypes.NormalizedType{}), IngestIfNotExists: types.ListUnknown(types.StringType), Tags: types.ListUnknown(types.StringType),
			SkipBatching: types.BoolUnknown(), IgnoreSizeLimit: types.BoolUnknown(),
		},
	}
	if found := c.judge(); found != nil {
		t.Error(found)
	}
}

func TestNearest_oneTypingMistakeIsNamed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(formats).Draw(t, "word")
		at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
		if typed := word[:at] + word[at+1:]; !slices.Contains(formats, typed) && nearest(typed, formats) == "" {
			t.Fatalf("%q has no near format", typed)
		}
	})
	if got := nearest("spreadsheet", formats); got != "" {
		t.Errorf("spreadsheet is near %q", got)
	}
}

func BenchmarkValidation(b *testing.B) {
	for _, n := range []int{100, 10000} {
		c := sound()
		c.blobs = nil
		for i := range n {
			c.blobs = append(c.blobs, urlBlob(fmt.Sprint(blobURL, i, ".csv")))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if found := c.judge(); n < manyBlobs && found != nil {
					b.Fatal(found)
				}
			}
		})
	}
}
