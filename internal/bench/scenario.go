package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
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

const format = "%-9s %-14s | %7s %7s | %7s %7s %8s | %7s %7s %8s | %7s %6s  %s\n"

func (b *bench) header() {
	fmt.Printf(format, "", "", "plan", "", "apply", "", "of it", "settled", "plan", "of it", "peak", "state", "requests")
	fmt.Printf(format, "shape", "resource", "wall s", "cpu s", "wall s", "cpu s", "provider", "wall s", "cpu s", "provider", "MB", "KB", "apply, settled plan")
}

// scenario plans and applies the shape and plans it again, for the provider and, with the baseline, for terraform_data.
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
	fmt.Printf(format, "", "ratio", ratio(ours.plan.wall, theirs.plan.wall), ratio(ours.plan.cpu, theirs.plan.cpu),
		ratio(ours.apply.wall, theirs.apply.wall), ratio(ours.apply.cpu, theirs.apply.cpu), "",
		ratio(ours.settled.wall, theirs.settled.wall), ratio(ours.settled.cpu, theirs.settled.cpu), "", "", "", "")
	return nil
}

// cost is what one command took.
type cost struct {
	wall, cpu time.Duration // of all processes
	provider  usage
}

// costs are those of a first plan, its apply, and a plan after it.
type costs struct{ plan, apply, settled cost }

func (c costs) memory() int {
	return max(c.plan.provider.memory, c.apply.provider.memory, c.settled.provider.memory)
}

func (b *bench) measure(ctx context.Context, s shape, resource string) (costs, error) {
	folder, err := b.configure(s, resource)
	if err != nil {
		return costs{}, err
	}
	return b.run(ctx, folder, s.String(), resource)
}

// run plans, applies and plans again, and prints what that took.
func (b *bench) run(ctx context.Context, folder, shape, resource string) (c costs, err error) {
	if _, _, err = b.requests(ctx); err != nil {
		return c, err
	}
	if c.plan, err = b.command(ctx, folder, "plan", "-out=seed.tfplan", "-no-color"); err != nil {
		return c, err
	}
	if c.apply, err = b.command(ctx, folder, "apply", "-no-color", "seed.tfplan"); err != nil {
		return c, err
	}
	posts, gets, err := b.requests(ctx)
	if err != nil {
		return c, err
	}
	if c.settled, err = b.command(ctx, folder, "plan", "-detailed-exitcode", "-no-color"); err != nil {
		return c, err
	}
	again, more, err := b.requests(ctx)
	if err != nil {
		return c, err
	}
	state, err := os.Stat(filepath.Join(folder, "terraform.tfstate"))
	if err != nil {
		return c, err
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()) }
	memory, requests := "", ""
	if resource != "terraform_data" {
		memory = strconv.Itoa(c.memory() >> 10)
		requests = fmt.Sprintf("%d POST + %d GET, %d", posts, gets, again+more)
	}
	fmt.Printf(format, shape, resource, seconds(c.plan.wall), seconds(c.plan.cpu), seconds(c.apply.wall), seconds(c.apply.cpu), seconds(c.apply.provider.cpu),
		seconds(c.settled.wall), seconds(c.settled.cpu), seconds(c.settled.provider.cpu), memory, strconv.FormatInt(state.Size()>>10, 10), requests)
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
	body := b.provider() + `resource "kusto_queued_ingestion" "seed" {
  count               = length(local.lists)
  database            = "Samples"
  table               = "Events"
  blobs               = local.lists[count.index]
  properties          = { format = "csv" }
  wait_for_completion = true
}
`
	if resource == "terraform_data" {
		body = `resource "terraform_data" "seed" {
  count = length(local.lists)
  input = { database = "Samples", table = "Events", blobs = local.lists[count.index], properties = { format = "csv" } }
}
`
	}
	folder, err := b.Workspace("locals {\n  lists = jsondecode(file(\"lists.json\"))\n}\n\n" + body)
	if err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "lists.json"), text, 0o600)
}

// provider is the part of a configuration that names the provider and the service.
func (b *bench) provider() string {
	return fmt.Sprintf(`terraform {
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

`, b.URL)
}

// stage applies and plans a resource of one local file, which the provider compresses and uploads. It has few and long rows, so that the mock service
// has little to parse.
func (b *bench) stage(ctx context.Context, megabytes int) error {
	folder, err := b.Workspace(b.provider() + `resource "kusto_queued_ingestion" "seed" {
  database            = "Samples"
  table               = "Events"
  blobs               = [{ file = "large.csv" }]
  properties          = { format = "csv" }
  wait_for_completion = true
}
`)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(folder, "large.csv")) //nolint:gosec // in the lab
	if err != nil {
		return err
	}
	row := make([]byte, 1<<20)
	for i := range row {
		row[i] = 'a' + byte(rand.N(26)) //nolint:gosec // letters that compress about as text does
	}
	row[len(row)-1] = '\n'
	for range megabytes {
		if _, err = file.Write(row); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	if err = file.Close(); err != nil {
		return err
	}
	_, err = b.run(ctx, folder, fmt.Sprintf("%d MiB", megabytes), "kusto, file")
	return err
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
	end := watch(b.Program(providerName))
	err := cmd.Wait()
	c := cost{wall: time.Since(began), provider: end()}
	if err != nil {
		text := output.String()
		return c, fmt.Errorf("%s %s: %w\n%s", b.CLI, strings.Join(arguments, " "), err, text[max(0, len(text)-4000):])
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return c, nil
}
