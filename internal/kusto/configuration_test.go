package kusto

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestConfiguration_readsAndCaches(t *testing.T) {
	t.Parallel()
	s := kustotest.NewServer(t, kustotest.WithStaging(2), kustotest.WithMaxBlobs(7), kustotest.WithLakeFolders("https://onelake.dfs.fabric.microsoft.com/ws/item/x"))
	c := newTestClient(t, emulator(s))
	got, err := c.Configuration(t.Context())
	if err != nil || len(got.Containers) != 2 || len(got.LakeFolders) != 1 || got.MaxBlobsPerBatch != 7 || got.MaxDataSize != 6<<30 || got.RefreshInterval <= 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, container := range got.Containers {
		if SecretKind(container) != "SAS" {
			t.Error("a container without a SAS")
		}
	}
	got.Containers[0] = "changed by the caller"
	again, err := c.Configuration(t.Context())
	if err != nil || again.Containers[0] == got.Containers[0] || s.Count(kustotest.RouteConfiguration) != 1 {
		t.Errorf("got %+v, %v after %d reads", again, err, s.Count(kustotest.RouteConfiguration))
	}
}

func TestConfiguration_expires(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		interval string
		holds    time.Duration
	}{
		"as told":    {`"00:10:00"`, 10 * time.Minute},
		"capped":     {`"1.00:00:00"`, time.Hour},
		"missing":    {`null`, time.Hour},
		"zero":       {`"00:00:00"`, time.Hour},
		"unreadable": {`"often"`, time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &transport{replies: []reply{{status: 200, body: `{"containerSettings":{"refreshInterval":` + tt.interval + `}}`}}}
				c := newTestClient(t, staticToken(d))
				for i, at := range []time.Duration{0, tt.holds - time.Second, tt.holds + time.Second} {
					if err := sleep(t.Context(), time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(at))); err != nil && i > 0 {
						t.Fatal(err)
					}
					if _, err := c.Configuration(t.Context()); err != nil {
						t.Fatal(err)
					}
					if want := 1 + i/2; d.count() != want {
						t.Errorf("%d reads at %s, want %d", d.count(), at, want)
					}
				}
			})
		})
	}
}

func TestConfiguration_failuresAreNotKept(t *testing.T) {
	t.Parallel()
	d := &transport{replies: []reply{{status: 404, body: `{"error":{"code":"NotFound"}}`}, {status: 200, body: `<html>`}, {status: 200, body: `{}`}}}
	c := newTestClient(t, staticToken(d))
	if _, err := c.Configuration(t.Context()); !IsNotFound(err) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Configuration(t.Context()); !hasKind(err, KindInvalidResponse) {
		t.Errorf("got %v", err)
	}
	if got, err := c.Configuration(t.Context()); err != nil || got.MaxBlobsPerBatch != 20 {
		t.Errorf("got %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c = newTestClient(t, staticToken(d))
	var e *Error
	if _, err := c.Configuration(ctx); !errors.As(err, &e) || e.Kind != KindCanceled || e.Operation != "configuration" {
		t.Errorf("got %v", err)
	}
}

func TestParseConfiguration(t *testing.T) {
	t.Parallel()
	defaults := Configuration{RefreshInterval: time.Hour, MaxBlobsPerBatch: 20, MaxDataSize: 6 << 30}
	with := func(change func(*Configuration)) Configuration {
		c := defaults
		change(&c)
		return c
	}
	tests := map[string]struct {
		body string
		want Configuration
	}{
		"empty": {`{}`, defaults},
		"published": {
			`{"containerSettings":{"containers":[{"path":"https://a.blob.core.windows.net/c?sig=x"}],"lakeFolders":[{"path":"https://l/ws/i"}],
			  "refreshInterval":"00:30:00.5000000","preferredUploadMethod":"storage"},
			  "ingestionSettings":{"maxBlobsPerBatch":50,"maxDataSize":1000,"preferredIngestionMethod":"REST"}}`,
			Configuration{Containers: []string{"https://a.blob.core.windows.net/c?sig=x"}, LakeFolders: []string{"https://l/ws/i"},
				RefreshInterval: 30*time.Minute + 500*time.Millisecond, PreferredUploadMethod: "Storage", PreferredIngestionMethod: "REST", MaxBlobsPerBatch: 50, MaxDataSize: 1000},
		},
		"other case and shapes": {
			`{"ContainerSettings":{"Containers":["https://a/c",{"Path":"https://b/c"},{"path":""},7],"LakeFolders":null},"ingestionSettings":{"MaxBlobsPerBatch":"30","maxDataSize":-1}}`,
			with(func(c *Configuration) { c.Containers, c.MaxBlobsPerBatch = []string{"https://a/c", "https://b/c"}, 30 }),
		},
		"odd values": {`{"containerSettings":[],"ingestionSettings":{"maxBlobsPerBatch":0,"maxDataSize":"much"}}`, defaults},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parseConfiguration([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseTimeSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"01:00:00": time.Hour, "1:2:3": time.Hour + 2*time.Minute + 3*time.Second, "2.00:00:01.25": 48*time.Hour + 1250*time.Millisecond,
		"00:00:00.0000001": 100, "": -1, "01:00": -1, "25:00:00": -1, "00:60:00": -1, "-01:00:00": -1, "PT1H": -1, "3600": -1,
	} {
		got, ok := parseTimeSpan(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("parseTimeSpan(%q) = %s, %t", text, got, ok)
		}
	}
}
