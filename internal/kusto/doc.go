// Package kusto is a client of the queued ingestion REST API of Azure Data Explorer and Fabric Eventhouse.
//
// It submits blobs, asks about their status, waits for them, and reads the service's ingestion configuration. It
// knows HTTP and Kusto, and nothing of Terraform.
//
// Two properties matter more than all others:
//
//   - A submission is sent at most once, unless the service or the network proved that nothing was taken. The API has
//     no idempotency key, so a second request is a second load of the same rows. What was left open is an [Error] of
//     [KindOutcomeUnknown].
//   - No secret and no token leaves by accident: a token goes to trusted hosts alone, redirects are not followed, and
//     all text of the service passes [Redact] before it becomes an error or a log line.
//
// The API is described at
// https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http.
package kusto
