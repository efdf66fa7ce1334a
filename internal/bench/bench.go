package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

const module = "github.com/terraform-provider-kusto/terraform-provider-kusto"

// bench is a temporary folder with the programs, and mockkusto running.
type bench struct {
	program cli.CLI
	folder  string
	mock    *exec.Cmd
	url     string
}

func newBench(ctx context.Context, program cli.CLI) (*bench, error) {
	folder, err := os.MkdirTemp("", "kusto-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{program: program, folder: folder}
	for name, source := range map[string]string{"terraform-provider-kusto": module, "mockkusto": module + "/internal/kustotest/cmd/mockkusto"} {
		out, err := exec.CommandContext(ctx, "go", "build", "-o", b.path("bin", name+executable()), source).CombinedOutput() //nolint:gosec // constants
		if err != nil {
			b.close()
			return nil, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	if err = os.MkdirAll(b.path("blobs"), 0o700); err != nil {
		b.close()
		return nil, err
	}
	b.mock = exec.CommandContext(ctx, b.path("bin", "mockkusto"+executable()), "-offline", "-folder", b.path("blobs")) //nolint:gosec // built above
	stdout, err := b.mock.StdoutPipe()
	if err != nil {
		b.close()
		return nil, err
	}
	if err = b.mock.Start(); err != nil {
		b.mock = nil
		b.close()
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.close()
		return nil, fmt.Errorf("mockkusto did not say where it listens: %w", err)
	}
	go func() { _, _ = bufio.NewReader(stdout).WriteTo(nowhere{}) }()
	b.url = strings.TrimSpace(line)
	return b, nil
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

func executable() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.folder}, parts...)...)
}

func (b *bench) close() {
	if b.mock != nil {
		_ = b.mock.Process.Kill()
		_ = b.mock.Wait()
	}
	_ = os.RemoveAll(b.folder)
}

// requests returns how many submissions and how many other requests of the provider mockkusto saw, and forgets them.
func (b *bench) requests(ctx context.Context) (submissions, others int, err error) {
	var seen []struct {
		Route string `json:"route"`
	}
	if err = b.call(ctx, http.MethodGet, "/_mock/requests", &seen); err != nil {
		return 0, 0, err
	}
	for _, request := range seen {
		switch request.Route {
		case "submit":
			submissions++
		case "blobs":
		default:
			others++
		}
	}
	return submissions, others, b.call(ctx, http.MethodPost, "/_mock/reset", nil)
}

func (b *bench) call(ctx context.Context, method, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, b.url+path, nil)
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

func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

func cpus() int { return runtime.NumCPU() }

// start measures the time from the start of the provider's process to its handshake, and its memory then.
func (b *bench) start(ctx context.Context) error {
	best, memory := time.Hour, 0
	for range 5 {
		cmd := exec.CommandContext(ctx, b.path("bin", "terraform-provider-kusto"+executable())) //nolint:gosec // built above
		cmd.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6")
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		began := time.Now()
		if err = cmd.Start(); err != nil {
			return err
		}
		_, err = bufio.NewReader(stdout).ReadString('\n')
		took := time.Since(began)
		memory = max(memory, peakMemory(cmd.Process.Pid))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if err != nil {
			return fmt.Errorf("the provider did not start: %w", err)
		}
		best = min(best, took)
	}
	size, err := os.Stat(b.path("bin", "terraform-provider-kusto"+executable()))
	if err != nil {
		return err
	}
	fmt.Printf("start to handshake %d ms, %d MB resident, binary %d MB\n\n", best.Milliseconds(), memory>>10, size.Size()>>20)
	return nil
}
