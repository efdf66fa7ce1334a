action "kusto_queued_ingestion" "reload" {
  config {
    database = "Samples"
    table    = "StormEvents"
    blobs = [
      { url = "https://acct.blob.core.windows.net/seed/storms-1.csv.gz;managed_identity=system" },
    ]
    properties = {
      format = "csv"
    }
  }
}

# Ingests the blob each time the release changes.
resource "terraform_data" "release" {
  input = "2026-01"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.kusto_queued_ingestion.reload]
    }
  }
}
