package provider

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// BenchmarkPlan measures one settled plan over the plugin protocol: what the provider's process does for a resource of n blobs when nothing changed.
// Beside it stands what the framework's server takes for the same, which is also what a plan with changes takes.
func BenchmarkPlan(b *testing.B) {
	b.Setenv("TF_LOG_SDK_FRAMEWORK", "off") // as main does
	b.Setenv("TF_LOG_SDK_PROTO", "off")
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("settled/%d", n), func(b *testing.B) { benchmarkPlan(b, newProtocol(b), n) })
		b.Run(fmt.Sprintf("framework/%d", n), func(b *testing.B) {
			benchmarkPlan(b, newProtocolOf(b, providerserver.NewProtocol6(quietProvider())()), n)
		})
	}
}

func benchmarkPlan(b *testing.B, p *protocol, n int) {
	b.Helper()
	config := p.config(n)(b)
	same := func(testing.TB) tftypes.Value { return config }
	state := p.apply(b, same)
	b.ReportAllocs()
	for b.Loop() {
		if planned := p.plan(b, same, state); !planned.planned.Equal(state.value) {
			b.Fatal("the settled plan changes something")
		}
	}
}

// protocol speaks to the provider in process, as the CLI does for one resource without changes of its own.
type protocol struct {
	server   tfprotov6.ProviderServer
	mock     *kustotest.Server
	kind     tftypes.Type // of the resource
	provider tftypes.Type
}

type stored struct {
	value   tftypes.Value
	private []byte
}

type plannedChange struct {
	planned tftypes.Value
	private []byte
}

// quietProvider takes nothing from the environment.
func quietProvider(opts ...option) *kustoProvider {
	return newProvider("test", append(opts, withWait(quickWait), withEnvironment(func(string) string { return "" }))...)
}

func newProtocol(tb testing.TB) *protocol {
	tb.Helper()
	return newProtocolOf(tb, serverOf(quietProvider()))
}

func newProtocolOf(tb testing.TB, server tfprotov6.ProviderServer) *protocol {
	tb.Helper()
	p := &protocol{mock: kustotest.NewServer(tb), server: server}
	schemas, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		tb.Fatal(err)
	}
	p.kind = schemas.ResourceSchemas["kusto_queued_ingestion"].ValueType()
	p.provider = schemas.Provider.ValueType()
	p.configure(tb)
	return p
}

// configure begins a plan or an apply.
func (p *protocol) configure(tb testing.TB) {
	tb.Helper()
	_, err := p.server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{
		Config: dynamic(tb, p.provider, filled(tb, p.provider, map[string]tftypes.Value{
			"cluster_uri": tftypes.NewValue(tftypes.String, p.mock.URL), "access_token": tftypes.NewValue(tftypes.String, "token"),
		})),
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// filled returns an object with the given attributes; the others are null.
func filled(tb testing.TB, kind tftypes.Type, attributes map[string]tftypes.Value) tftypes.Value {
	tb.Helper()
	object, ok := kind.(tftypes.Object)
	if !ok {
		tb.Fatalf("%s is no object", kind)
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
		if v, given := attributes[name]; given {
			values[name] = v
		}
	}
	return tftypes.NewValue(kind, values)
}

func dynamic(tb testing.TB, kind tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	tb.Helper()
	d, err := tfprotov6.NewDynamicValue(kind, value)
	if err != nil {
		tb.Fatal(err)
	}
	return &d
}

func (p *protocol) attribute(tb testing.TB, name string) tftypes.Type {
	tb.Helper()
	object, ok := p.kind.(tftypes.Object)
	if !ok {
		tb.Fatal("the resource is no object")
	}
	return object.AttributeTypes[name]
}

// config is the configuration of one resource of n blobs that does not wait.
func (p *protocol) config(n int) func(tb testing.TB) tftypes.Value {
	return func(tb testing.TB) tftypes.Value {
		tb.Helper()
		list, ok := p.attribute(tb, "blobs").(tftypes.List)
		if !ok {
			tb.Fatal("blobs is no list")
		}
		blobs := make([]tftypes.Value, n)
		for i := range blobs {
			url := p.mock.URL + fmt.Sprintf("/blobs/seed/part-%05d.csv", i)
			p.mock.PutBlobAt(url, []byte("1,a\n"))
			blobs[i] = filled(tb, list.ElementType, map[string]tftypes.Value{"url": tftypes.NewValue(tftypes.String, url)})
		}
		return filled(tb, p.kind, map[string]tftypes.Value{
			"database": tftypes.NewValue(tftypes.String, "Samples"), "table": tftypes.NewValue(tftypes.String, "Events"),
			"blobs":               tftypes.NewValue(list, blobs),
			"wait_for_completion": tftypes.NewValue(tftypes.Bool, true),
			"properties": filled(tb, p.attribute(tb, "properties"), map[string]tftypes.Value{
				"format": tftypes.NewValue(tftypes.String, "csv"), "enable_tracking": tftypes.NewValue(tftypes.Bool, true),
			}),
		})
	}
}

func (p *protocol) apply(tb testing.TB, config func(testing.TB) tftypes.Value) stored {
	tb.Helper()
	value, none := config(tb), tftypes.NewValue(p.kind, nil)
	planned, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "kusto_queued_ingestion", PriorState: dynamic(tb, p.kind, none), ProposedNewState: dynamic(tb, p.kind, value), Config: dynamic(tb, p.kind, value),
	})
	if err != nil || len(planned.Diagnostics) > 0 {
		tb.Fatalf("plan: %v %+v", err, planned)
	}
	applied, err := p.server.ApplyResourceChange(context.Background(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "kusto_queued_ingestion", PriorState: dynamic(tb, p.kind, none), PlannedState: planned.PlannedState,
		Config: dynamic(tb, p.kind, value), PlannedPrivate: planned.PlannedPrivate,
	})
	if text, failed := errorsOf(applied.Diagnostics); err != nil || failed {
		tb.Fatalf("apply: %v %s", err, text)
	}
	state, err := applied.NewState.Unmarshal(p.kind)
	if err != nil {
		tb.Fatal(err)
	}
	p.configure(tb) // what follows is another run
	return stored{value: state, private: applied.Private}
}

// plan refreshes and plans the same configuration. The proposed state is the prior one, as the CLI proposes it when nothing changed.
func (p *protocol) plan(tb testing.TB, config func(testing.TB) tftypes.Value, prior stored) plannedChange {
	tb.Helper()
	read, err := p.server.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{
		TypeName: "kusto_queued_ingestion", CurrentState: dynamic(tb, p.kind, prior.value), Private: prior.private,
	})
	if err != nil || len(read.Diagnostics) > 0 {
		tb.Fatalf("read: %v %+v", err, read)
	}
	planned, err := p.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "kusto_queued_ingestion", PriorState: read.NewState, ProposedNewState: read.NewState, Config: dynamic(tb, p.kind, config(tb)), PriorPrivate: read.Private,
	})
	if err != nil || len(planned.Diagnostics) > 0 {
		tb.Fatalf("plan: %v %+v", err, planned)
	}
	value, err := planned.PlannedState.Unmarshal(p.kind)
	if err != nil {
		tb.Fatal(err)
	}
	return plannedChange{planned: value, private: planned.PlannedPrivate}
}
