package provider

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

var (
	_ provider.Provider                   = (*kustoProvider)(nil)
	_ provider.ProviderWithActions        = (*kustoProvider)(nil)
	_ provider.ProviderWithValidateConfig = (*kustoProvider)(nil)
)

// New returns the constructor that the plugin server calls.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return newProvider(version) }
}

func newProvider(version string, opts ...option) *kustoProvider {
	p := &kustoProvider{version: version, env: os.Getenv}
	for _, o := range opts {
		o(p)
	}
	return p
}

// option changes a provider for tests.
type option func(*kustoProvider)

// withTransport sends all HTTP requests, those for tokens too, through t.
func withTransport(t policy.Transporter) option { return func(p *kustoProvider) { p.transport = t } }

// withWait sets how often the status is asked for.
func withWait(w kusto.WaitOptions) option { return func(p *kustoProvider) { p.wait = w } }

// withEnvironment replaces the environment variables.
func withEnvironment(env environment) option { return func(p *kustoProvider) { p.env = env } }

// kustoProvider is the provider. One instance has one client, so that connections, tokens and what the service told are shared.
type kustoProvider struct {
	version   string
	env       environment
	transport policy.Transporter
	wait      kusto.WaitOptions
}

// providerData is what resources, data sources and actions get from the provider.
type providerData struct {
	// client returns the one client. It makes no request. It fails when the configuration is not known yet, or incomplete.
	client func() (*kusto.Client, diag.Diagnostics)
	// known is false when the provider block holds values that are known only after apply: nothing may be asked then.
	known bool
}

// providerDataOf returns the data that the provider's Configure left, nil when it was not called yet.
func providerDataOf(data any, diags *diag.Diagnostics) *providerData {
	if data == nil {
		return nil
	}
	d, ok := data.(*providerData)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("This is a bug of the provider: it handed down %T.", data))
	}
	return d
}

// Metadata names the provider.
func (p *kustoProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "kusto", p.version
}

// ValidateConfig judges what is known of the provider block and the environment, without a request.
func (p *kustoProvider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	s, diags := resolve(model, p.env)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(s.validate()...)
}

// Configure prepares the client. A configuration that is not known yet is normal: the cluster may be created in the same apply.
func (p *kustoProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	s, diags := resolve(model, p.env)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &providerData{known: len(s.unknown) == 0}
	if data.known {
		options, more := p.clientOptions(ctx, s)
		resp.Diagnostics.Append(more...)
		data.client = sync.OnceValues(func() (*kusto.Client, diag.Diagnostics) { return newClient(options) })
	} else {
		data.client = func() (*kusto.Client, diag.Diagnostics) { return nil, diag.Diagnostics{notKnownError(s.unknown)} }
	}
	resp.ResourceData, resp.DataSourceData, resp.ActionData = data, data, data
}

// clientOptions chooses the credential, and says which one in the log.
func (p *kustoProvider) clientOptions(ctx context.Context, s settings) (kusto.Options, diag.Diagnostics) {
	o := kusto.Options{
		ClusterURI:   s.clusterURI.value,
		TrustedHosts: s.trustedHosts,
		UserAgent:    "terraform-provider-kusto/" + p.version,
		Transport:    p.transport,
		Log:          writeLog,
		Wait:         p.wait,
	}
	if s.plainHTTP() && !s.accessToken.set() {
		tflog.Info(ctx, "Requests carry no credential, because the cluster is on this machine and its URI begins with http://")
		return o, nil
	}
	chosen, diags := s.choose()
	if diags.HasError() {
		return o, diags
	}
	transport := p.transport
	if transport == nil {
		transport = signInTransport()
	}
	who, diags := chosen.load(transport)
	o.CredentialName = string(chosen.method)
	if chosen.method == methodAccessToken {
		o.Credential, o.StaticToken = staticToken(chosen.token.value), true
	} else {
		o.NewCredential = who.credential
	}
	tflog.Info(ctx, "Chose the credential", map[string]any{
		"credential": string(chosen.method), "tenant_id": chosen.tenantID.value, "client_id": who.client, "cluster_uri": kusto.Redact(s.clusterURI.value),
	})
	return o, diags
}

func newClient(o kusto.Options) (*kusto.Client, diag.Diagnostics) {
	if o.ClusterURI == "" {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("cluster_uri"), "No cluster",
			"Set cluster_uri in the provider block, or the environment variable KUSTO_CLUSTER_URI, to the URI of the cluster, such as https://mycluster.westeurope.kusto.windows.net. "+
				"Nothing was sent.")}
	}
	client, err := kusto.NewClient(o)
	if err != nil {
		return nil, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("cluster_uri"), "Unable to use the cluster", kusto.Redact(err.Error())+". Nothing was sent.")}
	}
	return client, nil
}

func notKnownError(unknown []string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(unknown[0]), "The provider configuration is not known yet", paragraphs(
		"These arguments of the provider block are known only after apply: "+strings.Join(slices.Compact(unknown), ", ")+".",
		"Resources wait for them. Data sources and imports cannot: apply what the arguments depend on first, for instance with -target.",
	))
}

// writeLog passes the client's log lines, which hold no secrets, on to Terraform's log.
func writeLog(ctx context.Context, level kusto.Level, msg string, fields map[string]any) {
	switch level {
	case kusto.LevelWarn:
		tflog.Warn(ctx, msg, fields)
	case kusto.LevelInfo:
		tflog.Info(ctx, msg, fields)
	case kusto.LevelDebug:
		tflog.Debug(ctx, msg, fields)
	}
}

// Resources returns the resources.
func (p *kustoProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newQueuedIngestionResource}
}

// DataSources returns the data sources.
func (p *kustoProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newIngestionConfigurationDataSource, newQueuedIngestionDataSource}
}

// Actions returns the actions, which need Terraform 1.14 or later.
func (p *kustoProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{newQueuedIngestionAction}
}
