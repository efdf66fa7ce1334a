data "kusto_ingestion_configuration" "cluster" {}

output "blobs_per_request" {
  value = data.kusto_ingestion_configuration.cluster.max_blobs_per_batch
}
