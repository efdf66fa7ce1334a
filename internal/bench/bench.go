package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/lab"
)

// bench measures in a lab.
type bench struct{ *lab.Lab }

// requests returns how many submissions and how many other requests of the provider mockkusto saw, and forgets them.
func (b *bench) requests(ctx context.Context) (submissions, others int, err error) {
	var seen []struct {
		Route string `json:"route"`
	}
	if err = b.Call(ctx, http.MethodGet, "/_mock/requests", &seen); err != nil {
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
	return submissions, others, b.Call(ctx, http.MethodPost, "/_mock/reset", nil)
}

func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

func cpus() int { return runtime.NumCPU() }

// start measures the time from the start of the provider's process to its handshake, and its memory then.
func (b *bench) start(ctx context.Context) error {
	best, memory := time.Hour, 0
	for range 5 {
		cmd := exec.CommandContext(ctx, b.Program("terraform-provider-kusto")) //nolint:gosec // built above
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
	size, err := os.Stat(b.Program("terraform-provider-kusto"))
	if err != nil {
		return err
	}
	fmt.Printf("start to handshake %d ms, %d MB resident, binary %d MB\n\n", best.Milliseconds(), memory>>10, size.Size()>>20)
	return nil
}
