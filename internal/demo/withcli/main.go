// Command withcli runs a command with what acceptance tests need: TF_ACC, and the path of a Terraform or OpenTofu program, found or fetched.
//
//	go run ./internal/demo/withcli go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withcli command [argument…]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	// Ctrl-C reaches the command too, which is in the same process group: it answers, this program waits for it.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	err := run(ctx, os.Args[1:])
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(max(1, exit.ExitCode()))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command []string) error {
	folder, err := filepath.Abs("bin")
	if err != nil {
		return err
	}
	program, err := cli.Find(ctx, folder)
	if err != nil {
		return fmt.Errorf("%s was not run: %w", command[0], err)
	}
	fmt.Fprintf(os.Stderr, "Acceptance tests run with %s, %s\n", program, program.Path)

	extra := []string{"TF_ACC=1", cli.PathVariable + "=" + program.Path}
	if program.OpenTofu() {
		// https://developer.hashicorp.com/terraform/plugin/testing/acceptance-tests#environment-variables
		extra = append(extra, "TF_ACC_PROVIDER_HOST=registry.opentofu.org")
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = cli.Environ(extra...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	return cmd.Run()
}
