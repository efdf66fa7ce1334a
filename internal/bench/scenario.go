package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// shape is how many resources there are and how many blobs each of them has.
type shape struct{ resources, blobs int }

func (s shape) String() string {
	if s.resources == 1 {
		return fmt.Sprintf("1 x %d", s.blobs)
	}
	return fmt.Sprintf("%d x %d", s.resources, s.blobs)
}

const format = "%-10s %-14s %9s %9s %9s %9s %9s %9s\n"

func (b *bench) header() {
	fmt.Printf(format, "shape", "resource", "apply", "cpu", "plan", "cpu", "provider", "requests")
	fmt.Printf(format, "", "", "wall s", "s", "wall s", "s", "peak MB", "app/plan")
}

// scenario applies the shape and plans it again, for the provider and, with the baseline, for terraform_data.
func (b *bench) scenario(ctx context.Context, s shape, baseline bool) error {
	ours, err := b.measure(ctx, s, "kusto")
	if err != nil {
		return err
	}
	if !baseline {
		return nil
	}
	theirs, err := b.measure(ctx, s, "terraform_data")
	if err != nil {
		return err
	}
	ratio := func(a, b time.Duration) string { return fmt.Sprintf("%.2fx", a.Seconds()/b.Seconds()) }
	fmt.Printf(format, "", "ratio", ratio(ours.apply.wall, theirs.apply.wall), ratio(ours.apply.cpu, theirs.apply.cpu),
		ratio(ours.plan.wall, theirs.plan.wall), ratio(ours.plan.cpu, theirs.plan.cpu), "", "")
	return nil
}

// cost is what one command took.
type cost struct {
	wall, cpu time.Duration
	memory    int // of the provider's process at its peak, KiB
}

type costs struct{ apply, plan cost }

func (b *bench) measure(ctx context.Context, s shape, resource string) (costs, error) {
	folder, err := b.configure(s, resource)
	if err != nil {
		return costs{}, err
	}
	if _, _, err = b.requests(ctx); err != nil {
		return costs{}, err
	}
	var c costs
	if c.apply, err = b.command(ctx, folder, "apply", "-auto-approve", "-no-color"); err != nil {
		return c, err
	}
	applied, polls, err := b.requests(ctx)
	if err != nil {
		return c, err
	}
	if c.plan, err = b.command(ctx, folder, "plan", "-detailed-exitcode", "-no-color"); err != nil {
		return c, err
	}
	again, more, err := b.requests(ctx)
	if err != nil {
		return c, err
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	memory := "-"
	requests := "-"
	if resource == "kusto" {
		memory = strconv.Itoa(max(c.apply.memory, c.plan.memory) >> 10)
		requests = fmt.Sprintf("%d+%d/%d", applied, polls, again+more)
	}
	fmt.Printf(format, s, resource, seconds(c.apply.wall), seconds(c.apply.cpu), seconds(c.plan.wall), seconds(c.plan.cpu), memory, requests)
	return c, nil
}

func (b *bench) configure(s shape, resource string) (string, error) {
	type blob struct {
		URL string `json:"url"`
	}
	lists := make([][]blob, s.resources)
	for i := range lists {
		for j := range s.blobs {
			url, err := b.PutBlob(fmt.Sprintf("part-%05d.csv", i*s.blobs+j), "1,a\n")
			if err != nil {
				return "", err
			}
			lists[i] = append(lists[i], blob{URL: url})
		}
	}
	text, err := json.Marshal(lists)
	if err != nil {
		return "", err
	}
	body := `resource "terraform_data" "seed" {
  count = length(local.lists)
  input = { database = "Samples", table = "Events", blobs = local.lists[count.index], properties = { format = "csv" } }
}
`
	if resource == "kusto" {
		body = fmt.Sprintf(`terraform {
  required_providers {
    kusto = {
      source = "terraform-provider-kusto/kusto"
    }
  }
}

provider "kusto" {
  cluster_uri  = %q
  access_token = "bench"
}

resource "kusto_queued_ingestion" "seed" {
  count               = length(local.lists)
  database            = "Samples"
  table               = "Events"
  blobs               = local.lists[count.index]
  properties          = { format = "csv" }
  wait_for_completion = true
}
`, b.URL)
	}
	folder, err := b.Workspace("locals {\n  lists = jsondecode(file(\"lists.json\"))\n}\n\n" + body)
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "lists.json"), text, 0o600)
}

// command runs the CLI and counts its time and that of the processes it started.
func (b *bench) command(ctx context.Context, folder string, arguments ...string) (cost, error) {
	cmd := b.Terraform(ctx, folder, arguments...)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	watch := watchMemory(b.Program("terraform-provider-kusto"))
	err := cmd.Wait()
	c := cost{wall: time.Since(began), memory: watch()}
	if err != nil {
		text := output.String()
		return c, fmt.Errorf("%s %s: %w\n%s", b.CLI, strings.Join(arguments, " "), err, text[max(0, len(text)-4000):])
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return c, nil
}
