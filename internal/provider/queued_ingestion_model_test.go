package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestRetryWanted_followsTheConfiguration(t *testing.T) {
	t.Parallel()
	kinds := map[string]attr.Type{"ingest_if_not_exists": types.ListType{ElemType: types.StringType}}
	properties := func(tags types.List) types.Object {
		return types.ObjectValueMust(kinds, map[string]attr.Value{"ingest_if_not_exists": tags})
	}
	for name, c := range map[string]struct {
		retry        types.Bool
		properties   types.Object
		wanted, sure bool
	}{
		"by default":                      {types.BoolNull(), properties(types.ListNull(types.StringType)), true, true},
		"wanted":                          {types.BoolValue(true), properties(texts("once")), true, true},
		"not wanted":                      {types.BoolValue(false), properties(types.ListNull(types.StringType)), false, true},
		"not where the data may be":       {types.BoolNull(), properties(texts("once")), false, true},
		"known after apply":               {types.BoolUnknown(), properties(types.ListNull(types.StringType)), false, false},
		"unknown whether data is there":   {types.BoolNull(), properties(types.ListUnknown(types.StringType)), false, false},
		"unknown what the properties are": {types.BoolNull(), types.ObjectUnknown(kinds), false, false},
	} {
		wanted, sure := retryWanted(queuedIngestionModel{RetryFailedBlobs: c.retry, Properties: c.properties})
		if wanted != c.wanted || sure != c.sure {
			t.Errorf("%s: %t, known %t", name, wanted, sure)
		}
	}
}

// The ids that are derived are part of every state, so they must never change, and the service does not tell apart the case of a database.
func TestDefaultSourceID_isTheSameForEver(t *testing.T) {
	t.Parallel()
	const want = "9357bafb-837a-5803-9536-1ef213cb6305"
	for _, database := range []string{"Samples", "samples", "SAMPLES"} {
		if got := defaultSourceID(database, "Events", "https://acct.blob.core.windows.net/seed/a.csv"); got != want {
			t.Errorf("%s: %s, want %s", database, got, want)
		}
	}
	seen := map[string]bool{want: true}
	for _, other := range []string{
		defaultSourceID("Samples", "events", "https://acct.blob.core.windows.net/seed/a.csv"),
		defaultSourceID("Other", "Events", "https://acct.blob.core.windows.net/seed/a.csv"),
		defaultSourceID("Samples", "Events", "https://acct.blob.core.windows.net/seed/b.csv"),
		defaultSourceID("Samples", "Events", "a.csv", "abc"), defaultSourceID("Samples", "Events", "a.csv", "abd"),
	} {
		if seen[other] {
			t.Errorf("%s is there twice", other)
		}
		seen[other] = true
	}
}

func TestParseImportID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*importID{
		"D/T/1;2;3":   {"D", "T", []string{"1;2;3"}},
		"D/T/b, a,,b": {"D", "T", []string{"b", "a"}},
		"My DB/T/a/b": {"My DB", "T", []string{"a/b"}},
		"D/T":         nil,
		"D/T/":        nil,
		"D/T/ , ":     nil,
		"/T/a":        nil,
		"D//a":        nil,
		"":            nil,
	} {
		got, ok := parseImportID(text)
		if ok != (want != nil) {
			t.Errorf("%q: %v", text, got)
		} else if diff := cmp.Diff(want, &got, cmp.AllowUnexported(importID{})); ok && diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}
