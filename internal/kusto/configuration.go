package kusto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Configuration is what the service says about ingestion.
type Configuration struct {
	// Containers are staging containers with a SAS: secrets.
	Containers []string
	// LakeFolders are staging folders without credentials.
	LakeFolders []string
	// RefreshInterval is how long the answer holds.
	RefreshInterval time.Duration
	// PreferredUploadMethod is Storage, Lake or Default.
	PreferredUploadMethod string
	// PreferredIngestionMethod is informational.
	PreferredIngestionMethod string
	// MaxBlobsPerBatch is the greatest number of blobs in a request.
	MaxBlobsPerBatch int
	// MaxDataSize is the greatest uncompressed size of one blob in bytes.
	MaxDataSize int64
}

const (
	defaultBlobsPerBatch = 20
	defaultDataSize      = 6 << 30
	longestRefresh       = time.Hour
)

// Configuration returns the service's ingestion configuration. It is cached for its refresh interval, at most an hour.
// Every error is an [*Error]; 404 means that the host has no queued ingestion over REST.
func (c *Client) Configuration(ctx context.Context) (Configuration, error) {
	configuration, err := c.configuration.get(ctx, func(ctx context.Context) (Configuration, time.Duration, error) {
		x := newExchange("configuration", "Configuration")
		data, err := c.get(ctx, c.reading, x, "/v1/rest/ingestion/configuration")
		if err != nil {
			return Configuration{}, 0, err
		}
		parsed, err := parseConfiguration(data)
		if err != nil {
			return Configuration{}, 0, x.failure(ctx, fmt.Errorf("the configuration cannot be read: %w", err), KindInvalidResponse)
		}
		return parsed, min(parsed.RefreshInterval, longestRefresh), nil
	})
	if err != nil {
		var e *Error
		if !errors.As(err, &e) { // the context ended while another caller was asking
			err = &Error{Operation: "configuration", Kind: KindCanceled, Err: err}
		}
		return Configuration{}, err
	}
	configuration.Containers = slices.Clone(configuration.Containers)
	configuration.LakeFolders = slices.Clone(configuration.LakeFolders)
	return configuration, nil
}

// parseConfiguration reads the configuration. Whatever is missing or odd has the documented default: a preference must
// not keep anybody from ingesting.
func parseConfiguration(data []byte) (Configuration, error) {
	o, err := parseObject(data)
	if err != nil {
		return Configuration{}, err
	}
	containers, _ := parseObject(o.get("containerSettings"))
	settings, _ := parseObject(o.get("ingestionSettings"))
	c := Configuration{
		Containers:               paths(containers.get("containers")),
		LakeFolders:              paths(containers.get("lakeFolders")),
		RefreshInterval:          longestRefresh,
		PreferredUploadMethod:    canonical(containers.text("preferredUploadMethod"), uploadMethods),
		PreferredIngestionMethod: canonical(settings.text("preferredIngestionMethod"), nil),
		MaxBlobsPerBatch:         defaultBlobsPerBatch,
		MaxDataSize:              defaultDataSize,
	}
	if d, ok := parseTimeSpan(containers.text("refreshInterval")); ok && d > 0 {
		c.RefreshInterval = d
	}
	if n, ok := whole(settings.get("maxBlobsPerBatch")); ok && n > 0 && n <= math.MaxInt32 {
		c.MaxBlobsPerBatch = int(n)
	}
	if n, ok := whole(settings.get("maxDataSize")); ok && n > 0 {
		c.MaxDataSize = n
	}
	return c, nil
}

var uploadMethods = map[string]string{"storage": "Storage", "lake": "Lake", "default": "Default"}

// paths reads a list of objects with a "path", or of texts.
func paths(v json.RawMessage) []string {
	var entries []json.RawMessage
	if v == nil || json.Unmarshal(v, &entries) != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		var path string
		if o, err := parseObject(e); err == nil {
			path = o.text("path")
		} else if json.Unmarshal(e, &path) != nil {
			continue
		}
		if path != "" {
			list = append(list, path)
		}
	}
	return list
}

// timeSpan is .NET's constant format, [d.]hh:mm:ss[.fffffff]:
// https://learn.microsoft.com/dotnet/standard/base-types/standard-timespan-format-strings.
var timeSpan = regexp.MustCompile(`^(?:(\d{1,5})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?$`)

func parseTimeSpan(s string) (time.Duration, bool) {
	m := timeSpan.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, false
	}
	var n [5]time.Duration
	m[5] = (m[5] + "000000000")[:9] // a fraction in nanoseconds
	for i := range n {
		if m[i+1] == "" {
			continue
		}
		v, err := strconv.ParseInt(m[i+1], 10, 64)
		if err != nil {
			return 0, false
		}
		n[i] = time.Duration(v)
	}
	if n[1] > 23 || n[2] > 59 || n[3] > 59 {
		return 0, false
	}
	return n[0]*24*time.Hour + n[1]*time.Hour + n[2]*time.Minute + n[3]*time.Second + n[4], true
}
