# Five tables of a delivery fleet, seeded from blobs in four formats and from a local file. `make demo` applies this folder against mockkusto.
terraform {
  required_providers {
    kusto = {
      source = "terraform-provider-kusto/kusto"
    }
  }
}

provider "kusto" {
  cluster_uri  = var.cluster_uri
  access_token = "demo"
}

resource "kusto_queued_ingestion" "vehicles" {
  database = "Fleet"
  table    = "Vehicles"

  blobs = [
    { url = "${var.blobs_url}/vehicles.csv" },
  ]
  properties = {
    format              = "csv"
    ignore_first_record = true
  }
  wait_for_completion = true
}

resource "kusto_queued_ingestion" "trips" {
  database = "Fleet"
  table    = "Trips"

  blobs = [
    for name in fileset("${path.module}/data", "trips-*.csv.gz") : { url = "${var.blobs_url}/${name}" }
  ]
  properties = {
    format              = "csv"
    ignore_first_record = true
    tags                = ["drop-by:seed"]
  }
  wait_for_completion = true
}

resource "kusto_queued_ingestion" "positions" {
  database = "Fleet"
  table    = "Positions"

  blobs = [
    { url = "${var.blobs_url}/positions-1.json" },
    { url = "${var.blobs_url}/positions-2.json.gz" },
  ]
  properties = {
    format = "json"
  }
  wait_for_completion = true
}

resource "kusto_queued_ingestion" "alerts" {
  database = "Fleet"
  table    = "Alerts"

  blobs = [
    { url = "${var.blobs_url}/alerts.tsv" },
  ]
  properties = {
    format = "tsv"
  }
  wait_for_completion = true
}

resource "kusto_queued_ingestion" "depots" {
  database = "Fleet"
  table    = "Depots"

  blobs = [
    { file = "${path.module}/seed/depots.csv" },
  ]
  properties = {
    format              = "csv"
    ignore_first_record = true
  }
  wait_for_completion = true
}
