package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func errorAt(at *tftypes.AttributePath, summary, detail string) *tfprotov6.Diagnostic {
	return &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: detail, Attribute: at}
}

func TestNamed_tellsTheArgumentWithinAnother(t *testing.T) {
	t.Parallel()
	root := tftypes.NewAttributePath
	blob := root().WithAttributeName("blobs").WithElementKeyInt(3).WithAttributeName("url")
	for want, d := range map[string]*tfprotov6.Diagnostic{
		"blobs[3].url: Wrong.": errorAt(blob, "Not a URL", "Wrong."),
		"Wrong.":               errorAt(root().WithAttributeName("table"), "Not a table", "Wrong."),
		"Wrong":                errorAt(nil, "Not", "Wrong"),
		`properties.additional_properties["x"]: Wrong.`: errorAt(root().WithAttributeName("properties").WithAttributeName("additional_properties").
			WithElementKeyString("x"), "Not JSON", "Wrong."),
	} {
		if got := named([]*tfprotov6.Diagnostic{d}); len(got) != 1 || got[0].Detail != want || got[0].Attribute != d.Attribute {
			t.Errorf("got %+v, want %q", got, want)
		}
	}
}

func TestNamed_saysTheSameOnceAndNotTooMuchOfAKind(t *testing.T) {
	t.Parallel()
	var many []*tfprotov6.Diagnostic
	for i := range 1000 {
		at := tftypes.NewAttributePath().WithAttributeName("blobs").WithElementKeyInt(i)
		many = append(many, errorAt(at, "Expired", "It has expired."), errorAt(nil, "Other", "The same."))
	}
	got := named(many)
	if len(got) != maxAlike+1 || !strings.HasSuffix(got[len(got)-1].Detail, "990 more of this kind left out.") {
		t.Fatalf("%d, the last one %q", len(got), got[len(got)-1].Detail)
	}
	if many[0].Detail != "It has expired." {
		t.Error("the diagnostics that were given are changed")
	}
	if got := named(many[:2*maxAlike]); len(got) != maxAlike+1 || strings.Contains(got[len(got)-1].Detail, "left out") {
		t.Errorf("nothing is left out of %d", len(got))
	}
}

// What the protocol tells of a wrong value names the argument, and is no bug of the provider.
func TestServer_wrongValuesAreNamed(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	for want, change := range map[string]func(map[string]tftypes.Value){
		"timeouts.update: ": func(m map[string]tftypes.Value) {
			kind := p.attribute(t, "timeouts")
			m["timeouts"] = tftypes.NewValue(kind, map[string]tftypes.Value{"create": tftypes.NewValue(tftypes.String, nil), "update": tftypes.NewValue(tftypes.String, "-5m")})
		},
		"timeouts.create: ": func(m map[string]tftypes.Value) {
			kind := p.attribute(t, "timeouts")
			m["timeouts"] = tftypes.NewValue(kind, map[string]tftypes.Value{"create": tftypes.NewValue(tftypes.String, "5"), "update": tftypes.NewValue(tftypes.String, nil)})
		},
		"raw_size is the size of the uncompressed data in bytes, a whole number": func(m map[string]tftypes.Value) {
			var blobs []tftypes.Value
			if err := m["blobs"].As(&blobs); err != nil {
				t.Fatal(err)
			}
			members := membersOf(blobs[0])
			members["raw_size"] = tftypes.NewValue(tftypes.Number, 1.5)
			m["blobs"] = tftypes.NewValue(m["blobs"].Type(), []tftypes.Value{tftypes.NewValue(blobs[0].Type(), members)})
		},
	} {
		config := p.config(1)(t)
		members := membersOf(config)
		change(members)
		encoded, err := tfprotov6.NewDynamicValue(config.Type(), tftypes.NewValue(config.Type(), members))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.server.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: queuedIngestionName, Config: &encoded})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.HasPrefix(resp.Diagnostics[0].Detail, want) {
			t.Errorf("want %q, got %v, %v", want, resp.Diagnostics, err)
		}
	}
}
