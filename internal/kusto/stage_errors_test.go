package kusto

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestStage_failures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options  []kustotest.Option
		fault    kustotest.Fault
		size     int
		kind     Kind
		status   int
		code     string
		attempts int
		is       error
		text     string
	}{
		"all down": {
			fault: kustotest.FaultStorageBusy(), kind: KindRefused, status: 503, code: "ServerBusy", attempts: 3,
			text: "(HTTP 503, ServerBusy): The server is currently unable to receive requests. Please retry your request.: the upload failed at 127.0.0.1:",
		},
		"each of many is tried": {
			options: []kustotest.Option{kustotest.WithStaging(5)}, fault: kustotest.FaultStorageBusy(), kind: KindRefused, status: 503,
			code: "ServerBusy", attempts: 5, text: "/blobs/staging-4",
		},
		"but not of very many": {
			options: []kustotest.Option{kustotest.WithStaging(20)}, fault: kustotest.FaultStorageBusy(), kind: KindRefused, status: 503,
			code: "ServerBusy", attempts: mostStagingTries, text: "/blobs/staging-5",
		},
		"bad request ends it": {
			fault: kustotest.FaultBadRequest("", "").On(kustotest.RouteStaging).WithHeader("X-Ms-Error-Code", "InvalidHeaderValue"), kind: KindRefused, status: 400,
			code: "InvalidHeaderValue", attempts: 1, text: "/blobs/staging-0",
		},
		"no configuration": {
			fault: kustotest.FaultInternalError().On(kustotest.RouteConfiguration), kind: KindRefused, status: 500,
			code: "General_InternalServerError", attempts: readTries, text: "the service's configuration, which names the staging containers",
		},
		"garbled configuration": {
			fault: kustotest.FaultGatewayHTML(200).On(kustotest.RouteConfiguration), kind: KindRefused, status: 200, attempts: 1,
			text: "the service's configuration, which names the staging containers",
		},
		"no queued ingestion": {
			fault: kustotest.FaultEndpointMissing().On(kustotest.RouteConfiguration), kind: KindNotFound, status: 404, attempts: 1, text: "not found",
		},
		"no containers": {
			options: []kustotest.Option{kustotest.WithStaging(0)}, kind: KindRefused, text: "the service offers no staging containers",
		},
		"lake only": {
			options: []kustotest.Option{kustotest.WithStaging(0), kustotest.WithLakeFolders("https://onelake.dfs.fabric.microsoft.com/w/i")},
			kind:    KindRefused, is: ErrLakeOnly, text: "give its URL instead",
		},
		"too large": {
			options: []kustotest.Option{kustotest.WithMaxDataSize(3)}, size: 4, kind: KindRefused, is: ErrFileTooLarge,
			text: "it has 4 bytes, and the service takes 3 as one blob",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, tt.options...)
			if tt.fault.Name != "" {
				server.Inject(tt.fault)
			}
			f := writeFile(t, "a.csv", bytes.Repeat([]byte("1"), max(tt.size, 2)))
			staged, err := stagingClient(t, server).Stage(t.Context(), f, csv)
			var e *Error
			if !errors.As(err, &e) || staged != (Staged{}) {
				t.Fatalf("got %v, %v", staged, err)
			}
			want := &Error{Operation: "stage", Kind: tt.kind, StatusCode: tt.status, Code: tt.code, Attempts: tt.attempts}
			got := &Error{Operation: e.Operation, Kind: e.Kind, StatusCode: e.StatusCode, Code: e.Code, Attempts: e.Attempts}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if !NotSent(err) || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, not sent %t", err, NotSent(err))
			}
		})
	}
}
