// Command demo seeds the tables of examples/demo, as a person would: it builds the provider and the mock service, applies the example with
// the real Terraform or OpenTofu, counts the rows that landed, and applies again to show that nothing is sent. It needs no account and no
// network, and leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	verbose := flag.Bool("v", false, "show everything that Terraform prints")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, *verbose)
	interrupted := ctx.Err() != nil
	stop()

	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "\nInterrupted. What the demo had started is stopped, its folder is gone.")
		os.Exit(130)
	case errors.Is(err, errDiffers):
		fmt.Fprintln(os.Stderr, "\nThe demo failed:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "\nThe demo could not be run:", err)
		os.Exit(2)
	}
}
