// Command bench measures what the provider costs, beside Terraform's built-in terraform_data with the same input. It runs the real CLI against
// mockkusto as a separate process. The figures are of one run on one machine: read the ratios, not the seconds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	blobs := flag.String("blobs", "100,1000,5000,10000", "numbers of blobs in one resource")
	resources := flag.String("resources", "1,100,1000", "numbers of resources with one blob each")
	file := flag.Int("file", 256, "size of a local file to seed from, in MiB; 0 for none")
	baseline := flag.Int("baseline", 5000, "greatest number of blobs for which terraform_data is measured too; it is quadratic")
	flag.Parse()
	oneResource, err := numbers(*blobs)
	if err != nil {
		return err
	}
	manyResources, err := numbers(*resources)
	if err != nil {
		return err
	}
	program, err := cli.Find(ctx, "bin")
	if err != nil {
		return err
	}
	l, err := lab.New(ctx, program)
	if err != nil {
		return err
	}
	defer l.Close()
	b := &bench{l}
	fmt.Printf("%s, Go %s, %d CPUs\n\n", program, goVersion(), cpus())
	if err := b.start(ctx); err != nil {
		return err
	}
	b.header()
	for _, n := range manyResources {
		if err := b.scenario(ctx, shape{resources: n, blobs: 1}, true); err != nil {
			return err
		}
	}
	for _, n := range oneResource {
		if err := b.scenario(ctx, shape{resources: 1, blobs: n}, n <= *baseline); err != nil {
			return err
		}
	}
	if *file > 0 {
		return b.stage(ctx, *file)
	}
	return nil
}

func numbers(list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, errors.New("not a list of numbers: " + list)
		}
		out = append(out, n)
	}
	return out, nil
}
