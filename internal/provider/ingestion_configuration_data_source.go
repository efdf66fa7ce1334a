package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
)

var (
	_ datasource.DataSource              = (*ingestionConfigurationDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*ingestionConfigurationDataSource)(nil)
)

func newIngestionConfigurationDataSource() datasource.DataSource {
	return &ingestionConfigurationDataSource{}
}

// ingestionConfigurationDataSource reads what the service tells its clients about limits and staging.
type ingestionConfigurationDataSource struct {
	data *providerData
}

type ingestionConfigurationModel struct {
	ContainerPaths           types.List   `tfsdk:"container_paths"`
	LakeFolderPaths          types.List   `tfsdk:"lake_folder_paths"`
	MaxBlobsPerBatch         types.Int64  `tfsdk:"max_blobs_per_batch"`
	MaxDataSize              types.Int64  `tfsdk:"max_data_size"`
	PreferredIngestionMethod types.String `tfsdk:"preferred_ingestion_method"`
	PreferredUploadMethod    types.String `tfsdk:"preferred_upload_method"`
	RefreshInterval          types.String `tfsdk:"refresh_interval"`
}

// Metadata names the data source.
func (d *ingestionConfigurationDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_ingestion_configuration"
}

// Configure takes the client over from the provider.
func (d *ingestionConfigurationDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = providerDataOf(req.ProviderData, &resp.Diagnostics)
}

// Schema describes the data source.
func (d *ingestionConfigurationDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the limits and preferences that the cluster tells its ingestion clients.",
		Attributes: map[string]schema.Attribute{
			"container_paths": schema.ListAttribute{Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The cluster's own staging containers, without their credentials."},
			"lake_folder_paths": schema.ListAttribute{Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The lake folders for staging, where the cluster has them (Fabric)."},
			"max_blobs_per_batch": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many blobs one request may have."},
			"max_data_size":       schema.Int64Attribute{Computed: true, MarkdownDescription: "How large one source may be, in bytes of uncompressed data."},
			"preferred_ingestion_method": schema.StringAttribute{Computed: true,
				MarkdownDescription: "How the cluster prefers to be sent ingestions, such as `REST` or `Legacy`, as the service spells it."},
			"preferred_upload_method": schema.StringAttribute{Computed: true,
				MarkdownDescription: "Where the cluster prefers local data to be staged: `Storage`, `Lake` or `Default`, as the service spells it."},
			"refresh_interval": schema.StringAttribute{Computed: true,
				MarkdownDescription: "How long this may be kept before it is asked for again, such as `1h0m0s`. The provider itself asks again after an hour at the latest."},
		},
	}
}

// Read asks for the configuration.
func (d *ingestionConfigurationDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	client, diags := d.data.client()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	c, err := client.Configuration(ctx)
	if err != nil {
		resp.Diagnostics.Append(configurationError(client.Endpoint().Host, err))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, ingestionConfigurationModel{
		ContainerPaths: stringList(withoutCredentials(c.Containers)), LakeFolderPaths: stringList(withoutCredentials(c.LakeFolders)),
		MaxBlobsPerBatch: types.Int64Value(int64(c.MaxBlobsPerBatch)), MaxDataSize: types.Int64Value(c.MaxDataSize),
		PreferredIngestionMethod: textOrNull(c.PreferredIngestionMethod), PreferredUploadMethod: textOrNull(c.PreferredUploadMethod),
		RefreshInterval: types.StringValue(c.RefreshInterval.String()),
	})...)
}

func withoutCredentials(paths []string) []string {
	clean := make([]string, len(paths))
	for i, p := range paths {
		identity, err := kusto.BlobIdentity(p)
		if err != nil {
			identity = kusto.Redact(p)
		}
		clean[i] = identity
	}
	return clean
}
