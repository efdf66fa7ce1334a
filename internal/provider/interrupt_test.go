//go:build unix

package provider

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestAccInterrupt_onceDuringCreationKeepsTheStateUntainted(t *testing.T) {
	t.Parallel()
	server, urls, config := hanging(t)
	w := newWorkspace(t, config)
	apply := w.start(nil, "apply", "-auto-approve", "-no-color")
	until(t, "the first status read", func() bool { return server.Count(kustotest.RouteStatus) > 0 })
	if err := apply.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := apply.end(); code != 1 {
		t.Errorf("exit code %d, want 1\n%s", code, apply.output.String())
	}
	state := w.state()
	if state == nil || state.Status != "" {
		t.Fatalf("state %+v, want an untainted one\n%s", state, apply.output.String())
	}
	if diff := cmp.Diff(map[string]string{urls[0]: "Succeeded", urls[1]: "InProgress"}, state.Attributes.BlobStatus); diff != "" {
		t.Error(diff)
	}
	server.Heal(urls[1])
	if out := w.do(0, "plan", "-detailed-exitcode", "-no-color"); !strings.Contains(out, "No changes") {
		t.Errorf("the next plan is not quiet:\n%s", out)
	}
	expectSent(t, server, 1)
	expectRows(t, server, "Events", 4)
}

func TestAccInterrupt_twiceDuringCreationKeepsNoState(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	// The request is accepted and its answer is held back, so that the provider still waits for it when the second one comes.
	server.Inject(kustotest.FaultSlow(time.Minute).On(kustotest.RouteSubmit).InState(true).Times(1))
	w := newWorkspace(t, seed{blobs: blobsAt(urls...)}.in(server))
	apply := w.start(nil, "apply", "-auto-approve", "-no-color")
	until(t, "the acceptance", func() bool { return len(server.Operations("Samples", "Events")) == 1 })
	for _, said := range []string{"Interrupt received", "Two interrupts received"} {
		if err := apply.cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		until(t, said, func() bool { return strings.Contains(apply.output.String(), said) })
	}
	if code := apply.end(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if state := w.state(); state != nil {
		t.Fatalf("state %+v, want none: the accepted operation is forgotten", state)
	}
	server.ClearFaults()
	w.do(0, "import", "-no-color", address, "Samples/Events/"+server.Operations("Samples", "Events")[0].ID)
	w.do(0, "apply", "-auto-approve", "-no-color")
	expectSent(t, server, 1)
	expectNoDuplicates(t, server, "Events")
}

func TestAccInterrupt_duringUpdateKeepsTheState(t *testing.T) {
	t.Parallel()
	server, urls, config := hanging(t)
	w := newWorkspace(t, strings.Replace(config, blobAt(urls[1]), "", 1))
	w.do(0, "apply", "-auto-approve", "-no-color")
	w.write("main.tf", strings.SplitAfter(mustRead(t, w), "provider \"kusto\"")[0]+strings.SplitN(config, "provider \"kusto\"", 2)[1])
	server.ResetRequests()
	apply := w.start(nil, "apply", "-auto-approve", "-no-color")
	until(t, "the second submission's status read", func() bool {
		return server.Count(kustotest.RouteSubmit) == 1 && server.Count(kustotest.RouteStatus) > 0
	})
	if err := apply.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := apply.end(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	state := w.state()
	if state == nil || state.Status != "" || state.Attributes.BlobStatus[urls[1]] != "InProgress" {
		t.Fatalf("state %+v\n%s", state, apply.output.String())
	}
	server.Heal(urls[1])
	if out := w.do(0, "plan", "-detailed-exitcode", "-no-color"); !strings.Contains(out, "No changes") {
		t.Errorf("the next plan is not quiet:\n%s", out)
	}
	expectSent(t, server, 1)
}

func mustRead(t *testing.T, w *workspace) string {
	t.Helper()
	text, err := os.ReadFile(w.folder + "/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var acceptedID = regexp.MustCompile(`Kusto accepted an ingestion:.*ingestion_operation_id=("[^"]+"|\S+)`)

func TestAccInterrupt_killedCreationIsRepairedByImport(t *testing.T) {
	t.Parallel()
	server, urls, config := hanging(t)
	w := newWorkspace(t, config)
	log := w.folder + "/provider.log"
	apply := w.start([]string{"TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=" + log}, "apply", "-auto-approve", "-no-color")
	until(t, "the first status read", func() bool { return server.Count(kustotest.RouteStatus) > 0 })
	if err := apply.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	apply.end()
	if state := w.state(); state != nil {
		t.Fatalf("a killed creation left a state: %+v", state)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	match := acceptedID.FindSubmatch(text)
	if match == nil {
		t.Fatalf("no operation id in the log:\n%s", text)
	}
	if err := os.Remove(w.folder + "/.terraform.tfstate.lock.info"); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	w.do(0, "import", "-no-color", address, "Samples/Events/"+strings.Trim(string(match[1]), `"`))
	server.Heal(urls[1])
	w.do(0, "apply", "-auto-approve", "-no-color")
	if out := w.do(0, "plan", "-detailed-exitcode", "-no-color"); !strings.Contains(out, "No changes") {
		t.Errorf("the plan after the repair is not quiet:\n%s", out)
	}
	expectSent(t, server, 1)
	expectRows(t, server, "Events", 4)
	expectNoDuplicates(t, server, "Events")
}
