output "state" {
  description = "What became of each table's files."
  value = {
    for ingestion in [
      kusto_queued_ingestion.vehicles,
      kusto_queued_ingestion.trips,
      kusto_queued_ingestion.positions,
      kusto_queued_ingestion.alerts,
      kusto_queued_ingestion.depots,
    ] : ingestion.table => ingestion.state
  }
}
