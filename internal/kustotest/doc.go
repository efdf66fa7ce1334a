// Package kustotest is an in-memory Kusto for tests and for trying things out offline, in the manner of net/http/httptest. It speaks
// the queued ingestion REST API (https://learn.microsoft.com/kusto/api/rest/queued-ingest-use-http), and it really ingests: it
// downloads blobs, unpacks and parses them, and keeps rows, extents and tags, so that a test can count rows and find duplicates.
package kustotest
