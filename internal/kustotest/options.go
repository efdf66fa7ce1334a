package kustotest

import (
	"net/http"
	"time"
)

// Option changes how the service behaves.
type Option func(*settings)

// Profile chooses the spelling of status documents, in which the published sources of the API disagree.
type Profile string

// The three profiles.
const (
	// ProfileLive is what clients observe on a live cluster: camelCase counters, startTime and lastUpdated per blob, the blob's url.
	ProfileLive Profile = "live"
	// ProfileDocs is the documentation's: PascalCase counters, everything else as ProfileLive.
	ProfileDocs Profile = "docs"
	// ProfileOpenAPI is the published OpenAPI document's: camelCase counters, startedAt and lastUpdateTime per blob, no url.
	ProfileOpenAPI Profile = "openapi"
)

// Column is a column of a table. Type is a Kusto scalar type (string, long, int, real, decimal, bool, datetime, timespan, guid,
// dynamic); a value that a numeric, bool or guid column cannot hold becomes null, shown as "".
type Column struct {
	Name string
	Type string
}

// Cloud is what the metadata endpoint says about authentication.
type Cloud struct {
	LoginEndpoint string // where tokens come from
	Resource      string // KustoServiceResourceId, the audience
	MFARequired   bool
}

// The limits of the service as its documentation has them
// (https://learn.microsoft.com/kusto/management/batching-policy, https://learn.microsoft.com/kusto/management/data-ingestion/queued-ingest-use-http).
const (
	maxBlobsPerRequest = 20
	maxDataSize        = 6 << 30
	batchCount         = 500
	batchSize          = 1 << 30
	operationRetention = 7 * 24 * time.Hour
)

type settings struct {
	profile       Profile
	clock         Clock
	declare       []func(*Service)
	mappings      []func(*Service) // after the tables they belong to
	strict        bool
	asyncMissing  bool
	anySourceID   bool
	racingTags    bool
	batching      time.Duration
	processing    time.Duration
	statusLag     int
	latency       time.Duration
	maxBlobs      int
	maxSize       int64
	retention     time.Duration
	token         string
	existsState   string
	staging       int
	lakeFolders   []string
	cloud         Cloud
	client        *http.Client
	downloadsFrom func(host string) bool
}

func defaults() settings {
	return settings{
		profile:     ProfileLive,
		clock:       systemClock{},
		maxBlobs:    maxBlobsPerRequest,
		maxSize:     maxDataSize,
		retention:   operationRetention,
		existsState: stateFailed,
		staging:     2,
		cloud: Cloud{
			LoginEndpoint: "https://login.microsoftonline.com",
			Resource:      "https://kusto.kusto.windows.net",
		},
		client:        &http.Client{Timeout: 30 * time.Second},
		downloadsFrom: isLoopback,
	}
}

// WithProfile chooses the spelling of status documents; the default is ProfileLive.
func WithProfile(p Profile) Option { return func(s *settings) { s.profile = p } }

// WithClock sets the clock. The default is the machine's for New and a FakeClock for NewServer.
func WithClock(c Clock) Option { return func(s *settings) { s.clock = c } }

// WithTable declares a table with its columns. Tables that are not declared are created on first use, with columns from the data
// (col1, col2, … for delimited text, the names for JSON), unless WithStrictTables is given.
func WithTable(database, table string, columns ...Column) Option {
	return func(s *settings) {
		s.declare = append(s.declare, func(v *Service) { v.CreateTable(database, table, columns...) })
	}
}

// WithMapping declares an ingestion mapping of a table. kind is Csv, Json, Avro, Parquet, Orc or W3CLogFile, and text the JSON array.
func WithMapping(database, table, name, kind, text string) Option {
	return func(s *settings) {
		s.mappings = append(s.mappings, func(v *Service) { v.CreateMapping(database, table, name, kind, text) })
	}
}

// WithStrictTables refuses a request for a database or table that was not declared, with 400 BadRequest_DatabaseNotExist or
// BadRequest_TableNotExist.
func WithStrictTables() Option { return func(s *settings) { s.strict = true } }

// WithAsyncMissingTables accepts a request for a database or table that was not declared, and fails its blobs later.
func WithAsyncMissingTables() Option { return func(s *settings) { s.asyncMissing = true } }

// WithAnySourceID accepts a sourceId that is no GUID.
func WithAnySourceID() Option { return func(s *settings) { s.anySourceID = true } }

// WithRacingTags looks for an existing ingest-by tag when a request arrives and no more when a blob commits, as when two
// submissions with the same ingestIfNotExists key are in flight at once: both load.
func WithRacingTags() Option { return func(s *settings) { s.racingTags = true } }

// WithBatching sets how long blobs stay Queued before their batch seals. The default of 0 seals at once, so that a status that is
// asked after the POST is final. A batch also seals at 500 blobs or 1 GB. A blob with skipBatching, ingestIfNotExists or an
// ingest-by tag, and one whose size is neither given nor known from the blob store, is never batched.
func WithBatching(d time.Duration) Option { return func(s *settings) { s.batching = d } }

// WithProcessing sets how long blobs stay InProgress after their batch sealed; the default is 0.
func WithProcessing(d time.Duration) Option { return func(s *settings) { s.processing = d } }

// WithStatusLag makes the first polls status reads of each operation answer with zero counters and empty details.
func WithStatusLag(polls int) Option { return func(s *settings) { s.statusLag = polls } }

// WithLatency delays each answer of the API by d of real time.
func WithLatency(d time.Duration) Option { return func(s *settings) { s.latency = d } }

// WithMaxBlobs sets how many blobs one request may have; the default is 20.
func WithMaxBlobs(n int) Option { return func(s *settings) { s.maxBlobs = n } }

// WithMaxDataSize sets how many uncompressed bytes one blob may have; the default is 6 GiB.
func WithMaxDataSize(n int64) Option { return func(s *settings) { s.maxSize = n } }

// WithRetention sets how long the status of an operation can be read; the default is seven days.
func WithRetention(d time.Duration) Option { return func(s *settings) { s.retention = d } }

// WithToken makes token the only bearer token that is accepted. By default any is.
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithIngestIfNotExistsHit sets the state of a blob that ingestIfNotExists kept out: Failed (the default), Skipped or Succeeded.
// What a live cluster reports is not documented.
func WithIngestIfNotExistsHit(state string) Option {
	return func(s *settings) { s.existsState = state }
}

// WithStaging sets how many staging containers the configuration offers; the default is 2.
func WithStaging(n int) Option { return func(s *settings) { s.staging = n } }

// WithLakeFolders sets the lake folders that the configuration offers; the default is none.
func WithLakeFolders(paths ...string) Option { return func(s *settings) { s.lakeFolders = paths } }

// WithCloud sets what the metadata endpoint answers; the default is the public cloud.
func WithCloud(c Cloud) Option { return func(s *settings) { s.cloud = c } }

// WithDownloads sets the client that downloads blobs from other servers.
func WithDownloads(client *http.Client) Option { return func(s *settings) { s.client = client } }

// WithExternalDownloads downloads blobs from any host. By default only loopback hosts are asked, so that a test never leaves the
// machine; a blob elsewhere, unless PutBlobAt stored it, is not found.
func WithExternalDownloads() Option {
	return func(s *settings) { s.downloadsFrom = func(string) bool { return true } }
}
