package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

// terraform applies the copied example with the built provider.
type terraform struct {
	program cli.CLI
	folder  string
	environ []string
	out     io.Writer
	verbose bool
}

func newTerraform(w *workspace, program cli.CLI, url string, out io.Writer, verbose bool) (*terraform, error) {
	configuration, err := w.cliConfiguration()
	if err != nil {
		return nil, err
	}
	return &terraform{
		program: program,
		folder:  w.path("example"),
		environ: w.environ(
			"CHECKPOINT_DISABLE=1",
			"TF_CLI_CONFIG_FILE="+configuration,
			"TF_IN_AUTOMATION=1",
			"TF_INPUT=0",
			"TF_VAR_cluster_uri="+url,
			"TF_VAR_blobs_url="+url+"/blobs/"+container,
		),
		out:     out,
		verbose: verbose,
	}, nil
}

// container is the one in which mockkusto serves the folder given with -folder.
const container = "samples"

// command is what a person would type.
func (t *terraform) command(args ...string) string {
	name := strings.TrimSuffix(filepath.Base(t.program.Path), ".exe")
	return strings.Join(append([]string{name}, args...), " ")
}

// run shows what the program prints, shortened unless verbose, and returns all of it.
func (t *terraform) run(ctx context.Context, args ...string) (string, error) {
	var raw bytes.Buffer
	shown := &excerpt{out: t.out, all: t.verbose, colours: isTerminal(t.out)}
	cmd := command(ctx, t.folder, t.environ, t.program.Path, args...)
	cmd.Stdout = io.MultiWriter(&raw, shown)
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	shown.flush()
	if ctx.Err() != nil {
		// Interrupted, and perhaps killed after that: the provider must not outlive the program that started it.
		killGroup(cmd)
	}
	switch {
	case err == nil:
		return plain(raw.String()), nil
	case t.verbose || shown.errors > 0:
		return "", fmt.Errorf("%s: %w", t.command(args...), err)
	default:
		return "", fmt.Errorf("%s: %w, having printed:\n%s", t.command(args...), err, plain(raw.String()))
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ingestion is a kusto_queued_ingestion as the state has it.
type ingestion struct {
	Database string `json:"database"`
	Table    string `json:"table"`
	State    string `json:"state"`
	Blobs    []struct {
		File string `json:"file"`
		URL  string `json:"url"`
	} `json:"blobs"`
	Properties struct {
		Format            string `json:"format"`
		IgnoreFirstRecord bool   `json:"ignore_first_record"`
	} `json:"properties"`
}

func (t *terraform) ingestions(ctx context.Context) ([]ingestion, error) {
	cmd := command(ctx, t.folder, t.environ, t.program.Path, "show", "-json")
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.command("show", "-json"), err)
	}
	return readState(text)
}

func readState(text []byte) ([]ingestion, error) {
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Type   string          `json:"type"`
					Values json.RawMessage `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	var found []ingestion
	for _, resource := range state.Values.RootModule.Resources {
		if resource.Type != "kusto_queued_ingestion" {
			continue
		}
		var i ingestion
		if err := json.Unmarshal(resource.Values, &i); err != nil {
			return nil, fmt.Errorf("read the state of %s: %w", resource.Type, err)
		}
		found = append(found, i)
	}
	return found, nil
}
