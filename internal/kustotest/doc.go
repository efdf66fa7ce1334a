// Package kustotest is an in-memory Kusto for tests and for trying things out offline, in the manner of net/http/httptest. It speaks
// the queued ingestion REST API (https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http), and it really ingests: it
// downloads blobs, unpacks and parses them, and keeps rows, extents and tags, so that a test can count rows and find duplicates.
//
//	server := kustotest.NewServer(t)
//	blob := server.PutBlob("seed", "storms.csv", []byte("1,Flood\n"))
//	… have the code under test submit blob to server.URL …
//	server.Loads("Samples", "StormEvents") // map[blob: 1]
//
// By default any bearer token is accepted, tables come into being on first use, and blobs are ingested as soon as anybody asks about
// them, in the order in which they were submitted: the first status that is read is final. Options bring in what a cluster makes one
// wait for: batching, processing, statuses that lag. Time is that of a FakeClock, which only Advance moves; WithLatency and FaultSlow
// alone take real time.
//
// # Faults
//
// Inject puts a Fault in the way of requests, and Outcome scripts what becomes of a blob. Each Fault is named for the situation it
// stands for. The one that matters most is FaultDroppedAfterAccept: nothing tells the caller that the request was taken, and a second
// one loads the same rows again, since the service recognises neither a blob nor a sourceId nor a request id.
//
// # What it does
//
// Everything on the wire of the three queued ingestion endpoints, the metadata endpoint, and the management commands that show and
// cancel a queued ingestion operation. Blobs: its own store with shared access signatures, folders, uploads to staging containers in
// the manner of Azure Storage, other servers on the loopback interface (any server with WithExternalDownloads), and PutBlobAt for
// URLs in the shape of real ones. Formats: all delimited ones, txt, raw, json, singlejson, multijson and w3clogfile, plain or
// in gzip or ZIP files, with mappings by reference and inline.
//
// # What it leaves out
//
//   - Rows of avro, apacheavro, parquet, orc, sstream and azmonstream: their readers are no part of the standard library. Such blobs
//     are stored and counted.
//   - Mapping transforms other than SourceLocation, SourceLineNumber and DateTimeFromUnix…: the value is taken as it is.
//   - Queries, streaming ingestion, policies, merges and retention of data, materialized views: they are not about ingestion requests.
//     A creationTime is never too old, and a batch seals by WithBatching instead of by a table's policy.
//   - The meaning of extend_schema and recreate_schema, which is not documented for queued ingestion: both are read and ignored.
//   - Identities and roles. A managed identity, a storage token or an account key behind a blob's URL opens it whatever it is, and any
//     caller with a token may ingest into any table; FaultForbidden plays one who may not.
//   - A delay between a cancellation and its effect. As in the documentation's example, the command's own answer is the one from before.
//   - Throttling by rate: nowhere is a number published. FaultThrottled plays it.
//   - Uploads to lake folders, which need the ADLS Gen2 protocol and a directory. WithLakeFolders only lists them.
//
// Where the published sources disagree or are silent, the choice can be changed: WithProfile for the spelling of status documents,
// WithIngestIfNotExistsHit for the state of a blob whose tag exists, WithStrictTables and WithAsyncMissingTables for unknown tables,
// WithAnySourceID, WithMaxBlobs, WithRetention. A blob without rawSize is batched when its size is known from the blob store, and
// else committed alone. There is no counter for skipped blobs: they count as succeeded, and a blob in a state that is no state of the
// API as in progress.
package kustotest
