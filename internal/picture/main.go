// Command picture renders a real plan and apply of the provider into an SVG for the README: three blobs are in the table, one of them failed and a
// fourth is added. It runs the real CLI against mockkusto and shows what it prints, shortened at the marked places.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/demo/cli"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: picture FILE.svg")
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
	text, err := play(ctx, l)
	if err != nil {
		return err
	}
	return os.WriteFile(arguments[0], []byte(svg(strings.Split(text, "\n"))), 0o644) //nolint:gosec // a picture for everybody
}

const configuration = `terraform {
  required_providers {
    kusto = {
      source = "terraform-provider-kusto/kusto"
    }
  }
}

provider "kusto" {
  cluster_uri  = %q
  access_token = "picture"
}

variable "files" {
  type = list(string)
}

resource "kusto_queued_ingestion" "storms" {
  database            = "Samples"
  table               = "StormEvents"
  blobs               = [for name in var.files : { url = "%s/blobs/samples/${name}" }]
  properties          = { format = "csv" }
  wait_for_completion = true
}
`

// play loads three blobs of which one is missing, brings it, adds a fourth, and returns what plan and apply print then.
func play(ctx context.Context, l *lab.Lab) (string, error) {
	workspace, err := l.Workspace(fmt.Sprintf(configuration, l.URL, l.URL))
	if err != nil {
		return "", err
	}
	files := []string{"storms-1.csv", "storms-2.csv", "storms-3.csv", "storms-4.csv"}
	terraform := func(n int, arguments ...string) (string, error) {
		quoted := `["` + strings.Join(files[:n], `","`) + `"]`
		out, failure := l.Terraform(ctx, workspace, append(arguments, "-var", "files="+quoted)...).CombinedOutput()
		if failure != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(arguments, " "), failure, out)
		}
		return string(out), nil
	}
	for _, name := range []string{files[0], files[1], files[3]} {
		if _, err = l.PutBlob(name, "1,hail\n"); err != nil {
			return "", err
		}
	}
	if _, err = terraform(3, "apply", "-auto-approve"); err != nil {
		return "", err
	}
	if _, err = l.PutBlob(files[2], "1,hail\n"); err != nil {
		return "", err
	}
	applied, err := terraform(4, "apply", "-auto-approve")
	if err != nil {
		return "", err
	}
	again, err := terraform(4, "plan")
	if err != nil {
		return "", err
	}
	host := strings.NewReplacer(l.URL+"/blobs/samples", "https://acct.blob.core.windows.net/seed")
	return "\x1b[1m$ terraform apply\x1b[0m\n" + excerpt(host.Replace(applied), fromPlan) +
		"\n\n\x1b[1m$ terraform plan\x1b[0m\n" + excerpt(host.Replace(again), settled), nil
}

var (
	escapes  = regexp.MustCompile("\x1b\\[[0-9;]*m")
	fromPlan = regexp.MustCompile(`will be updated|resource "kusto|blob_status|storms-|unchanged elements|^\s+[}\]],?( ->.*)?$|blobs  |^\s+[{+] *\{?$|state  |source_id|url  |^Plan:|Modif|Apply complete`)
	settled  = regexp.MustCompile(`No changes`)
	noise    = regexp.MustCompile(`failed_blobs|operation|_updated|start_time|status  .*= \{|canceled|failed  |in_progress|succeeded|details|error_code|failure_status`)
)

// excerpt keeps the lines that match. The blocks of what is left out are left out whole.
func excerpt(text string, keep *regexp.Regexp) string {
	var lines []string
	depth, inWarning := 0, false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		plain := escapes.ReplaceAllString(line, "")
		inWarning = strings.HasPrefix(plain, "│") || inWarning && !strings.HasPrefix(plain, "╵")
		opens := strings.HasSuffix(plain, "{") || strings.HasSuffix(plain, "[")
		closes := strings.HasPrefix(strings.TrimLeft(plain, " -+~"), "}") || strings.HasPrefix(strings.TrimLeft(plain, " -+~"), "]")
		switch {
		case depth > 0 && opens:
			depth++
			continue
		case depth > 0 && closes:
			depth--
			continue
		case depth > 0 || inWarning:
			continue
		case noise.MatchString(plain) && !strings.Contains(plain, "blob_status"):
			if opens {
				depth = 1
			}
			continue
		}
		if keep.MatchString(plain) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
