package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAccDemo runs the demo as `make demo` does: it applies examples/demo with the real CLI.
func TestAccDemo(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("runs with TF_ACC=1, as make test does")
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary) // and TMP, which is what Windows reads
	t.Setenv("TMP", temporary)
	// What a person may have set for other work must not reach the demo.
	t.Setenv("TF_CLI_ARGS_apply", "-destroy")
	t.Setenv("KUSTO_CLUSTER_URI", "https://ingest-elsewhere.kusto.windows.net")
	t.Setenv("TF_LOG", "TRACE")

	var out strings.Builder
	if err := run(t.Context(), &out, false); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, wanted := range []string{"Fleet.Vehicles", "Fleet.Trips", "Fleet.Positions", "Fleet.Alerts", "No changes.", "no request at all"} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("the demo does not tell %q:\n%s", wanted, out.String())
		}
	}
	left, err := filepath.Glob(filepath.Join(temporary, "kusto-demo-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
