// The mockkusto program runs an in-memory Kusto, to try out and to test a configuration that seeds tables without a cluster, an
// account or a network:
//
//	mockkusto -folder ./samples
//
// The first line of its output is its URL; -url-file writes the URL to a file once it answers. It ends on SIGINT and SIGTERM.
// Everything is kept in memory and gone when it ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// samples is the container under which the folder is served.
const samples = "samples"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program. It returns the exit code: 0 after a clean end, 2 for wrong usage, else 1.
func run(ctx context.Context, args []string, lookupEnv func(string) (string, bool), stdout, stderr io.Writer) int {
	o, err := parseOptions(args, lookupEnv, stderr)
	if errors.Is(err, errHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "mockkusto:", err)
		return 2
	}
	if err := serve(ctx, o, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "mockkusto:", err)
		return 1
	}
	return 0
}

// serve answers until ctx ends, then lets running requests finish for a moment.
func serve(ctx context.Context, o options, stdout io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.address)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	service := kustotest.New(o.serviceOptions()...)
	base := o.publicURL
	if base == "" {
		base = "http://" + listener.Addr().String()
	}
	service.SetBaseURL(base)
	if o.folder != "" {
		service.ServeDir(samples, o.folder)
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if o.urlFile != "" {
		if err := writeWhole(o.urlFile, base+"\n"); err != nil {
			_ = server.Close()
			return fmt.Errorf("cannot write the URL file: %w", err)
		}
	}
	greet(stdout, service, base, o)
	select {
	case err := <-served:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	service.Shutdown()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		_ = server.Close()
	}
	return nil
}

// greet prints the URL on a line of its own, for scripts, and then what a person needs.
func greet(stdout io.Writer, service *kustotest.Service, base string, o options) {
	token := "any-token"
	if o.token != "" {
		token = "(what you gave with -token)"
	}
	_, _ = fmt.Fprintf(stdout, `%s

provider "kusto" {
  cluster_uri  = "%s"
  access_token = "%s"
}

Status page: %s/
`, base, base, token, base)
	blobs := service.Blobs(samples)
	if len(blobs) == 0 {
		return
	}
	slices.Sort(blobs)
	_, _ = fmt.Fprintln(stdout, "\nBlobs to ingest:")
	for i, blob := range blobs {
		if i == 20 {
			_, _ = fmt.Fprintf(stdout, "  … and %d more\n", len(blobs)-i)
			break
		}
		_, _ = fmt.Fprintln(stdout, "  "+blob)
	}
}

// writeWhole writes a file so that a reader who waits for it never sees half of it.
func writeWhole(name, text string) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".url-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	if _, err := temporary.WriteString(text); err != nil {
		_ = temporary.Close()
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
