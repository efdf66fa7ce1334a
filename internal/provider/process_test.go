package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// binary builds the provider once for all tests that drive the CLI as a process.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "terraform-provider-kusto")
	if err != nil {
		return "", err
	}
	name := filepath.Join(folder, "terraform-provider-kusto")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", name, "../..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, out)
	}
	return folder, nil
})

// workspace is a folder with a configuration, and a CLI that uses the provider that was built.
type workspace struct {
	t      *testing.T
	folder string
	env    []string
}

func newWorkspace(t *testing.T, config string) *workspace {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("acceptance tests run only with TF_ACC")
	}
	plugins, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{t: t, folder: t.TempDir()}
	cli := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n    %q = %q\n  }\n  direct {}\n}\n",
		"terraform-provider-kusto/kusto", plugins, "registry.terraform.io/terraform-provider-kusto/kusto", plugins)
	w.write("cli.tfrc", cli)
	w.configure(config)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_LOG") && !strings.HasPrefix(variable, "KUSTO_") && !strings.HasPrefix(variable, "ARM_") {
			w.env = append(w.env, variable)
		}
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+filepath.Join(w.folder, "cli.tfrc"), "TF_INPUT=0", "CHECKPOINT_DISABLE=1")
	return w
}

// configure replaces the configuration.
func (w *workspace) configure(config string) {
	w.t.Helper()
	w.write("main.tf", "terraform {\n  required_providers {\n    kusto = {\n      source = \"terraform-provider-kusto/kusto\"\n    }\n  }\n}\n"+config)
}

func (w *workspace) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run is a CLI process and what it prints, which can be read while it runs.
type run struct {
	cmd    *exec.Cmd
	output output
}

type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns what was printed so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts the CLI with additional environment.
func (w *workspace) start(env []string, arguments ...string) *run {
	w.t.Helper()
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		program = "terraform"
	}
	r := &run{cmd: exec.Command(program, arguments...)} //nolint:noctx // it is interrupted with signals, which is what is tested
	r.cmd.Dir, r.cmd.Env = w.folder, append(w.env[:len(w.env):len(w.env)], env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.output, &r.output
	if err := r.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return r
}

// end waits for the process and returns its exit code.
func (r *run) end() int {
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.ExitCode()
}

// do runs the CLI and returns its output; another exit code than the wanted one fails the test.
func (w *workspace) do(want int, arguments ...string) string {
	w.t.Helper()
	r := w.start(nil, arguments...)
	if code := r.end(); code != want {
		w.t.Fatalf("%s: exit code %d, want %d\n%s", strings.Join(arguments, " "), code, want, r.output.String())
	}
	return r.output.String()
}

// resourceState is the part of a state file that the tests look at.
type resourceState struct {
	Status     string `json:"status"` // "tainted" or ""
	Attributes struct {
		BlobStatus map[string]string `json:"blob_status"`
		State      string            `json:"state"`
	} `json:"attributes"`
}

// state returns the resource in the state file; nil when there is none.
func (w *workspace) state() *resourceState {
	w.t.Helper()
	file, err := os.Open(filepath.Join(w.folder, "terraform.tfstate"))
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(file)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(text) == 0 { // the CLI was killed before it wrote one
		return nil
	}
	var document struct {
		Resources []struct {
			Type      string          `json:"type"`
			Instances []resourceState `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range document.Resources {
		if r.Type == "kusto_queued_ingestion" && len(r.Instances) == 1 {
			return &r.Instances[0]
		}
	}
	return nil
}

// until waits for a condition on the service that a process brings about.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not come about", what)
		case <-tick.C:
		}
	}
}

func hanging(t *testing.T) (*kustotest.Server, []string, string) {
	t.Helper()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Outcome(urls[1], kustotest.Outcome{Hang: true})
	return server, urls, seed{blobs: blobsAt(urls...), more: waits}.in(server)
}
