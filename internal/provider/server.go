package provider

import (
	"bytes"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// NewServer returns the provider as a server of the plugin protocol, ready to be served.
func NewServer(version string) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer { return serverOf(New(version)()) }
}

func serverOf(p provider.Provider) tfprotov6.ProviderServer {
	framework := providerserver.NewProtocol6(p)()
	s, ok := framework.(actionServer)
	if !ok {
		return framework
	}
	var described resource.SchemaResponse
	newQueuedIngestionResource().Schema(context.Background(), resource.SchemaRequest{}, &described)
	kind := described.Schema.Type().TerraformType(context.Background())
	return leanServer{s, described.Schema.GetVersion(), kind, &sightings{kind: kind}}
}

// actionServer is what plugin-go asks of a server with actions.
type actionServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
}

// leanServer answers what the framework's server would answer, where that needs no walk over the values: the framework walks a value some ten times
// in a plan and copies the schema at each step, which is nearly all that a plan without changes costs.
//
// It judges by the encoded values alone and leaves whatever is not plainly settled to the framework.
type leanServer struct {
	actionServer
	version int64
	kind    tftypes.Type
	seen    *sightings
}

// queuedIngestionName is the type of the resource in configurations.
const queuedIngestionName = "kusto_queued_ingestion"

// UpgradeResourceState reads a state that this version of the schema has written.
func (s leanServer) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	if req.TypeName == queuedIngestionName && req.Version == s.version && req.RawState != nil && len(req.RawState.JSON) > 0 {
		known := tfprotov6.UnmarshalOpts{ValueFromJSONOpts: tftypes.ValueFromJSONOpts{IgnoreUndefinedAttributes: true}}
		if value, err := req.RawState.UnmarshalWithOpts(s.kind, known); err == nil {
			if encoded, err := tfprotov6.NewDynamicValue(s.kind, value); err == nil {
				return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &encoded}, nil
			}
		}
	}
	return s.actionServer.UpgradeResourceState(ctx, req)
}

// ConfigureProvider begins a plan or an apply.
func (s leanServer) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.seen.forget()
	return s.actionServer.ConfigureProvider(ctx, req)
}

// ReadResource returns the state of a settled resource as it is.
func (s leanServer) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if req.TypeName != queuedIngestionName {
		return s.actionServer.ReadResource(ctx, req)
	}
	resp := &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}
	if !isSettled(req.CurrentState, req.Private) {
		var err error
		if resp, err = s.actionServer.ReadResource(ctx, req); err != nil || resp == nil {
			return resp, err
		}
	}
	resp.Diagnostics = append(resp.Diagnostics, twiceWarning(s.seen.read(resp.NewState))...)
	return resp, nil
}

// PlanResourceChange plans no change of a settled resource for which none is proposed.
func (s leanServer) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if req.TypeName == queuedIngestionName && isSettled(req.PriorState, req.PriorPrivate) && proposesNothing(req) {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate}, nil
	}
	resp, err := s.actionServer.PlanResourceChange(ctx, req)
	if resp != nil {
		resp.Diagnostics = named(resp.Diagnostics)
		if req.TypeName == queuedIngestionName && isNull(req.PriorState) && !isNull(resp.PlannedState) {
			resp.Diagnostics = append(resp.Diagnostics, twiceWarning(s.seen.create(resp.PlannedState))...)
		}
	}
	return resp, err
}

// isNull reports whether a resource is not there.
func isNull(value *tfprotov6.DynamicValue) bool {
	return value == nil || len(value.MsgPack) == 0 || len(value.MsgPack) == 1 && value.MsgPack[0] == 0xc0
}

// isSettled reports whether a state says that everything is ingested, with nothing remembered beside it.
func isSettled(state *tfprotov6.DynamicValue, private []byte) bool {
	if len(private) > 0 && string(private) != "{}" {
		return false
	}
	word, ok := query(state, "state")
	return ok && len(word) == 1 && word[0] == string(ledger.Succeeded)
}

// defaults are the arguments that have one. Terraform proposes the prior value for what the configuration leaves out of these, and only the framework
// puts the default in its place.
var defaults = map[string]bool{"wait_for_completion": false, "properties.enable_tracking": true}

// proposesNothing reports whether the configuration leaves the state as it is. A file may have other content under the same name.
func proposesNothing(req *tfprotov6.PlanResourceChangeRequest) bool {
	if req.ProposedNewState == nil || !bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack) {
		return false
	}
	for argument, value := range defaults {
		configured, ok := query(req.Config, argument)
		former, same := query(req.PriorState, argument)
		if !ok || !same || len(configured) != 1 || len(former) != 1 || configured[0] == nil && former[0] != value {
			return false
		}
	}
	files, ok := query(req.PriorState, "blobs.*.file")
	for _, file := range files {
		ok = ok && file == nil
	}
	return ok
}

// query reads parts of an encoded value without decoding the rest. It finds nothing in what it cannot read, such as a value that is not known.
func query(value *tfprotov6.DynamicValue, path string) ([]any, bool) {
	if value == nil || len(value.MsgPack) == 0 {
		return nil, false
	}
	found, err := msgpack.NewDecoder(bytes.NewReader(value.MsgPack)).Query(path)
	return found, err == nil
}
