import {
  to = kusto_queued_ingestion.storm_events
  id = "Samples/StormEvents/00001111;11112222;00001111-aaaa-2222-bbbb-3333cccc4444"
}
