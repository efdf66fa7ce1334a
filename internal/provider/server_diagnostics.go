package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Terraform shows the line of an argument, and for one within a list or an object only that of the whole resource. So what is judged there is named in
// the text, be it by this provider or by the types of a library.

// maxAlike is how many diagnostics of one kind are shown; a list may have thousands of blobs with the same mistake.
const maxAlike = 10

// named returns the diagnostics with the name of each argument that is within another one, each once, and not more of a kind than can be read.
func named(diags []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var kept []*tfprotov6.Diagnostic
	said := map[tfprotov6.Diagnostic]bool{}
	alike := map[string]int{}
	last := map[string]*tfprotov6.Diagnostic{}
	for _, d := range diags {
		shown := inPlainWords(*d)
		if path := argumentPath(d.Attribute); d.Attribute != nil && len(d.Attribute.Steps()) > 1 && !strings.HasPrefix(shown.Detail, path) {
			shown.Detail = path + ": " + shown.Detail
		}
		same := shown
		same.Attribute = nil
		if said[same] {
			continue
		}
		said[same] = true
		kind := shown.Severity.String() + shown.Summary
		if alike[kind]++; alike[kind] > maxAlike {
			continue
		}
		kept = append(kept, &shown)
		last[kind] = &shown
	}
	for kind, d := range last {
		if more := alike[kind] - maxAlike; more > 0 {
			d.Detail += fmt.Sprintf("\n\n%s of this kind left out.", plural(more, "1 more", fmt.Sprintf("%d more", more)))
		}
	}
	return kept
}

// inPlainWords words anew what the framework says of a number with a fraction: that it is an error in the provider.
func inPlainWords(d tfprotov6.Diagnostic) tfprotov6.Diagnostic {
	if d.Severity == tfprotov6.DiagnosticSeverityError && strings.Contains(d.Detail, "is not an integer") {
		d.Summary, d.Attribute = "Not a whole number", nil
		d.Detail = "raw_size is the size of the uncompressed data in bytes, a whole number such as 1048576. One of the blobs has a number with a fraction."
	}
	return d
}

// argumentPath writes a path as it is written in a configuration.
func argumentPath(path *tftypes.AttributePath) string {
	var b strings.Builder
	for _, step := range path.Steps() {
		switch s := step.(type) {
		case tftypes.AttributeName:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(s))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&b, "[%d]", int64(s))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&b, "[%q]", string(s))
		}
	}
	return b.String()
}

// ValidateProviderConfig names the arguments.
func (s leanServer) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	resp, err := s.actionServer.ValidateProviderConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
	}
	return resp, err
}

// ValidateResourceConfig names the arguments.
func (s leanServer) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	resp, err := s.actionServer.ValidateResourceConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
	}
	return resp, err
}

// ApplyResourceChange names the arguments.
func (s leanServer) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	resp, err := s.actionServer.ApplyResourceChange(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
	}
	return resp, err
}

// ValidateActionConfig names the arguments.
func (s leanServer) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	resp, err := s.actionServer.ValidateActionConfig(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
	}
	return resp, err
}

// PlanAction names the arguments.
func (s leanServer) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	resp, err := s.actionServer.PlanAction(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
	}
	return resp, err
}
