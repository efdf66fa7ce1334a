variable "operation_id" {
  description = "Id that the service returned for the request."
  type        = string
}

data "kusto_queued_ingestion" "nightly" {
  database               = "Samples"
  table                  = "StormEvents"
  ingestion_operation_id = var.operation_id
}

output "failed" {
  value = [for blob in data.kusto_queued_ingestion.nightly.blobs : blob.url if blob.status == "Failed"]
}
