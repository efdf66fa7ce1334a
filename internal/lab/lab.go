// Package lab is what the tools of this repository measure and picture the provider in: a temporary folder with the programs, and mockkusto running.
package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

const module = "github.com/terraform-provider-kusto/terraform-provider-kusto"

// Lab is a temporary folder with the provider and mockkusto, which runs and serves the folder Blobs.
type Lab struct {
	CLI    cli.CLI
	URL    string // of mockkusto
	folder string
	mock   *exec.Cmd
}

// New builds the programs and starts mockkusto.
func New(ctx context.Context, program cli.CLI) (l *Lab, err error) {
	folder, err := os.MkdirTemp("", "kusto-lab-")
	if err != nil {
		return nil, err
	}
	l = &Lab{CLI: program, folder: folder}
	defer func() {
		if err != nil {
			l.Close()
		}
	}()
	for name, source := range map[string]string{"terraform-provider-kusto": module, "mockkusto": module + "/internal/kustotest/cmd/mockkusto"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", l.Program(name), source) //nolint:gosec // constants
		if out, buildErr := build.CombinedOutput(); buildErr != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", name, buildErr, out)
		}
	}
	if err = os.MkdirAll(l.Path("blobs"), 0o700); err != nil {
		return nil, err
	}
	return l, l.start(ctx)
}

func (l *Lab) start(ctx context.Context) error {
	l.mock = exec.CommandContext(ctx, l.Program("mockkusto"), "-offline", "-folder", l.Path("blobs")) //nolint:gosec // built by New
	stdout, err := l.mock.StdoutPipe()
	if err != nil {
		return err
	}
	if err = l.mock.Start(); err != nil {
		l.mock = nil
		return err
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("mockkusto did not say where it listens: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	l.URL = strings.TrimSpace(line)
	return nil
}

// Close ends mockkusto and removes the folder.
func (l *Lab) Close() {
	if l.mock != nil {
		_ = l.mock.Process.Kill()
		_ = l.mock.Wait()
	}
	_ = os.RemoveAll(l.folder)
}

// Path returns a path in the folder.
func (l *Lab) Path(parts ...string) string {
	return filepath.Join(append([]string{l.folder}, parts...)...)
}

// Program returns the path of one of the two programs.
func (l *Lab) Program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return l.Path("bin", name)
}

// PutBlob writes a file that mockkusto serves, and returns its URL.
func (l *Lab) PutBlob(name, text string) (string, error) {
	return l.URL + "/blobs/samples/" + name, os.WriteFile(l.Path("blobs", name), []byte(text), 0o600)
}

// Workspace returns a new folder with a configuration that uses the provider that was built.
func (l *Lab) Workspace(config string) (string, error) {
	folder, err := os.MkdirTemp(l.folder, "run-")
	if err != nil {
		return "", err
	}
	rc := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"terraform-provider-kusto/kusto\" = %q\n  }\n  direct {}\n}\n", l.Path("bin"))
	if err := os.WriteFile(filepath.Join(folder, "cli.tfrc"), []byte(rc), 0o600); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "main.tf"), []byte(config), 0o600)
}

// Terraform returns the CLI, ready to run in a workspace.
func (l *Lab) Terraform(ctx context.Context, workspace string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, l.CLI.Path, arguments...) //nolint:gosec // the CLI that was found
	cmd.Dir = workspace
	cmd.Env = cli.QuietEnviron("TF_CLI_CONFIG_FILE="+filepath.Join(workspace, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_INPUT=0")
	return cmd
}

// Call asks mockkusto's operator and reads the JSON of its answer into the given value, if any.
func (l *Lab) Call(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, l.URL+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
