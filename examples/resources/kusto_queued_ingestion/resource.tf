variable "sas_token" {
  description = "Shared access signature that lets the service read the container."
  type        = string
  ephemeral   = true
}

resource "kusto_queued_ingestion" "storm_events" {
  database = "Samples"
  table    = "StormEvents"

  blobs = [
    { url = "https://acct.blob.core.windows.net/seed/storms-1.csv.gz", raw_size = 1048576 },
    { url = "https://acct.blob.core.windows.net/seed/storms-2.csv.gz" },
  ]
  properties = {
    format              = "csv"
    ignore_first_record = true
    tags                = ["drop-by:seed"]
  }
  sas_token           = var.sas_token
  wait_for_completion = true
  timeouts = {
    create = "90m"
  }

  lifecycle {
    postcondition {
      condition     = self.state == "Succeeded"
      error_message = "Seeding StormEvents is ${self.state}."
    }
  }
}
