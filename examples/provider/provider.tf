terraform {
  required_providers {
    kusto = {
      source = "terraform-provider-kusto/kusto"
    }
  }
}

# Signs in with the Azure CLI unless another way is configured here or in the environment.
provider "kusto" {
  cluster_uri = "https://mycluster.westeurope.kusto.windows.net"
}

variable "sas_token" {
  type      = string
  ephemeral = true
}

resource "kusto_queued_ingestion" "storm_events" {
  database = "Samples"
  table    = "StormEvents"
  blobs    = [{ url = "https://myaccount.blob.core.windows.net/seed/storms.csv.gz" }]
  properties = {
    format              = "csv"
    ignore_first_record = true
  }
  sas_token           = var.sas_token
  wait_for_completion = true
}
