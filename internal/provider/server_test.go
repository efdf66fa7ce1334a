package provider

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// comparingServer is a leanServer that is compared, whenever it answers by itself, with the framework's server.
type comparingServer struct {
	leanServer
	framework *countingServer
	alone     int // how often it answered by itself
	differs   func(format string, arguments ...any)
}

// countingServer is the framework's server and knows how often it was asked.
type countingServer struct {
	actionServer
	asked int
}

func (s *countingServer) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	s.asked++
	return s.actionServer.UpgradeResourceState(ctx, req)
}

func (s *countingServer) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	s.asked++
	return s.actionServer.ReadResource(ctx, req)
}

func (s *countingServer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	s.asked++
	return s.actionServer.PlanResourceChange(ctx, req)
}

func comparedServer(tb testing.TB, p *kustoProvider, differs func(string, ...any)) *comparingServer {
	tb.Helper()
	lean, ok := serverOf(p).(leanServer)
	if !ok {
		tb.Fatal("the framework's server knows no actions")
	}
	counting := &countingServer{actionServer: lean.actionServer}
	lean.actionServer = counting
	return &comparingServer{leanServer: lean, framework: counting, differs: differs}
}

// UpgradeResourceState asks both, if need be.
func (s *comparingServer) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	before := s.framework.asked
	resp, err := s.leanServer.UpgradeResourceState(ctx, req)
	if s.framework.asked == before {
		s.alone++
		want, wantErr := s.framework.UpgradeResourceState(ctx, req)
		s.compare("upgrade", err, wantErr, resp.UpgradedState, want.UpgradedState, nil, nil, want.Diagnostics)
	}
	return resp, err
}

// ReadResource asks both, if need be.
func (s *comparingServer) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	before := s.framework.asked
	resp, err := s.leanServer.ReadResource(ctx, req)
	if s.framework.asked == before {
		s.alone++
		want, wantErr := s.framework.ReadResource(ctx, req)
		s.compare("read", err, wantErr, resp.NewState, want.NewState, resp.Private, want.Private, want.Diagnostics)
	}
	return resp, err
}

// PlanResourceChange asks both, if need be.
func (s *comparingServer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	before := s.framework.asked
	resp, err := s.leanServer.PlanResourceChange(ctx, req)
	if s.framework.asked == before {
		s.alone++
		want, wantErr := s.framework.PlanResourceChange(ctx, req)
		s.compare("plan", err, wantErr, resp.PlannedState, want.PlannedState, resp.PlannedPrivate, want.PlannedPrivate, want.Diagnostics)
		if len(want.RequiresReplace) > 0 {
			s.differs("the framework would replace")
		}
	}
	return resp, err
}

func (s *comparingServer) compare(what string, err, wantErr error, got, want *tfprotov6.DynamicValue, private, wantPrivate []byte, told []*tfprotov6.Diagnostic) {
	if err != nil || wantErr != nil || len(told) > 0 {
		s.differs("%s: the errors are %v and %v, and the framework says %v", what, err, wantErr, told)
		return
	}
	a, errA := got.Unmarshal(s.kind)
	b, errB := want.Unmarshal(s.kind)
	if errA != nil || errB != nil {
		s.differs("%s: %v, %v", what, errA, errB)
		return
	}
	if differences, err := a.Diff(b); err != nil || len(differences) > 0 {
		s.differs("%s: not the framework's value: %v %v", what, differences, err)
	}
	empty := func(private []byte) bool { return len(private) == 0 || string(private) == "{}" }
	if !bytes.Equal(private, wantPrivate) && !(empty(private) && empty(wantPrivate)) {
		s.differs("%s: the private data is %q, and the framework's %q", what, private, wantPrivate)
	}
}

// settledProtocol has a resource of two blobs that are ingested.
func settledProtocol(t *testing.T) (*protocol, *comparingServer, tftypes.Value, stored) {
	t.Helper()
	server := comparedServer(t, quietProvider(), t.Errorf)
	p := newProtocolOf(t, server)
	config := p.config(2)(t)
	state := p.apply(t, func(testing.TB) tftypes.Value { return config })
	server.alone, server.framework.asked = 0, 0
	return p, server, config, state
}

func TestLeanServer_answersForWhatIsSettled(t *testing.T) {
	t.Parallel()
	p, server, config, state := settledProtocol(t)
	planned := p.plan(t, func(testing.TB) tftypes.Value { return config }, state)
	if server.alone != 2 {
		t.Errorf("of a refresh and a plan it answered %d by itself", server.alone)
	}
	if !planned.planned.Equal(state.value) {
		t.Error("the plan changes a settled resource")
	}
}

// Whatever could make a difference is the framework's, and so the resource's, to judge.
func TestLeanServer_leavesTheRestToTheFramework(t *testing.T) {
	t.Parallel()
	replaced := func(value tftypes.Value, name string, with tftypes.Value) tftypes.Value {
		members := maps.Clone(membersOf(value)) // what a value holds is not to be changed
		members[name] = with
		return tftypes.NewValue(value.Type(), members)
	}
	text := func(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }
	withFile := func(value tftypes.Value) tftypes.Value {
		var blobs []tftypes.Value
		_ = membersOf(value)["blobs"].As(&blobs)
		blobs[1] = replaced(replaced(blobs[1], "url", tftypes.NewValue(tftypes.String, nil)), "file", text("server_test.go"))
		return replaced(value, "blobs", tftypes.NewValue(membersOf(value)["blobs"].Type(), blobs))
	}
	type plan struct {
		prior, proposed, config tftypes.Value
		private                 []byte
	}
	for name, change := range map[string]func(*plan){
		"another table":   func(c *plan) { c.proposed = replaced(c.proposed, "table", text("Other")) },
		"failed":          func(c *plan) { c.prior = replaced(c.prior, "state", text("Failed")); c.proposed = c.prior },
		"Unknown":         func(c *plan) { c.prior = replaced(c.prior, "state", text("Unknown")); c.proposed = c.prior },
		"no state":        func(c *plan) { c.prior = tftypes.NewValue(c.prior.Type(), nil) },
		"to be destroyed": func(c *plan) { c.proposed = tftypes.NewValue(c.prior.Type(), nil) },
		"a memory":        func(c *plan) { c.private = fmt.Appendf(nil, `{%q:"e30="}`, memoryKey) },
		"a default within comes back": func(c *plan) {
			tracking := func(value tftypes.Value, is any) tftypes.Value {
				properties := replaced(membersOf(value)["properties"], "enable_tracking", tftypes.NewValue(tftypes.Bool, is))
				return replaced(value, "properties", properties)
			}
			c.prior, c.config = tracking(c.prior, false), tracking(c.config, nil)
			c.proposed = c.prior
		},
		"a default comes back": func(c *plan) {
			c.config = replaced(c.config, "wait_for_completion", tftypes.NewValue(tftypes.Bool, nil))
		},
		"not known whether to wait": func(c *plan) {
			c.config = replaced(c.config, "wait_for_completion", tftypes.NewValue(tftypes.Bool, tftypes.UnknownValue))
		},
		"a file": func(c *plan) { c.prior, c.config = withFile(c.prior), withFile(c.config); c.proposed = c.prior },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server, config, state := settledProtocol(t)
			c := plan{prior: state.value, proposed: state.value, config: config, private: state.private}
			change(&c)
			_, err := server.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
				TypeName: queuedIngestionName, PriorState: dynamic(t, p.kind, c.prior), ProposedNewState: dynamic(t, p.kind, c.proposed), Config: dynamic(t, p.kind, c.config),
				PriorPrivate: c.private,
			})
			if err != nil || server.alone != 0 || server.framework.asked != 1 {
				t.Errorf("answered %d times by itself, asked the framework %d times, %v", server.alone, server.framework.asked, err)
			}
		})
	}
}

// An argument that may be left out and is then computed has to be known to the server, or to keep what it was.
func TestLeanServer_knowsTheDefaults(t *testing.T) {
	t.Parallel()
	schemas, err := serverOf(quietProvider()).GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := append(slices.Collect(maps.Keys(defaults)), "blobs.source_id") // which stays as it was ingested
	got := defaulted("", schemas.ResourceSchemas[queuedIngestionName].Block.Attributes)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("optional and computed are %v, want %v", got, want)
	}
}

func defaulted(under string, attributes []*tfprotov6.SchemaAttribute) []string {
	var paths []string
	for _, a := range attributes {
		if a.Optional && a.Computed {
			paths = append(paths, under+a.Name)
		}
		if a.NestedType != nil {
			paths = append(paths, defaulted(under+a.Name+".", a.NestedType.Attributes)...)
		}
	}
	slices.Sort(paths)
	return paths
}

func TestLeanServer_readsTheStateAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	server := comparedServer(t, quietProvider(), t.Errorf)
	text := func(json string) *tfprotov6.UpgradeResourceStateRequest {
		return &tfprotov6.UpgradeResourceStateRequest{TypeName: queuedIngestionName, RawState: &tfprotov6.RawState{JSON: []byte(json)}}
	}
	known := `"database":"Samples","table":"Events","state":"Succeeded","blobs":[{"url":"https://a/1.csv","source_id":"1"}],"blob_status":{"https://a/1.csv":"Succeeded"}`
	for name, c := range map[string]struct {
		json  string
		alone int
	}{
		"some attributes":    {"{" + known + "}", 1},
		"unknown attributes": {"{" + known + `,"of_tomorrow":{"a":[1]}}`, 1},
		"null":               {"null", 1},
		"no JSON":            {"{", 0},
		"another type":       {`{"database":["Samples"]}`, 0},
	} {
		server.alone, server.framework.asked = 0, 0
		resp, err := server.UpgradeResourceState(t.Context(), text(c.json))
		if err != nil || server.alone != c.alone {
			t.Errorf("%s: answered %d times by itself, want %d, %v", name, server.alone, c.alone, err)
		}
		if c.alone == 0 && len(resp.Diagnostics) == 0 {
			t.Errorf("%s: no error", name)
		}
	}
	later := text("{" + known + "}")
	later.Version = 1
	server.alone = 0
	if resp, err := server.UpgradeResourceState(t.Context(), later); err != nil || server.alone != 0 || len(resp.Diagnostics) == 0 {
		t.Errorf("a state of a later version is read: %v %v", resp, err)
	}
}

// A refresh of what is not settled must reach the service.
func TestLeanServer_asksAboutWhatIsOpen(t *testing.T) {
	t.Parallel()
	server := comparedServer(t, quietProvider(), t.Errorf)
	p := newProtocolOf(t, server)
	p.mock.Outcome("part-00001.csv", kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden", FailureStatus: "Permanent"})
	state := p.apply(t, p.config(2))
	server.alone = 0
	before := len(p.mock.Requests())
	if _, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: queuedIngestionName, CurrentState: dynamic(t, p.kind, state.value), Private: state.private,
	}); err != nil {
		t.Fatal(err)
	}
	if server.alone != 0 || len(p.mock.Requests()) == before {
		t.Errorf("answered %d times by itself, %d requests", server.alone, len(p.mock.Requests())-before)
	}
}
