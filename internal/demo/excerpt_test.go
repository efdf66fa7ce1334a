package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

var printed = strings.ReplaceAll(`╷
│ Warning: Provider development overrides are in effect
│
│  - terraform-provider-kusto/kusto in /tmp/kusto-demo-1/bin
╵

Terraform used the selected providers to generate the following execution
plan. Resource actions are indicated with the following symbols:
  + create

Terraform will perform the following actions:

  # kusto_queued_ingestion.alerts will be created
  + resource "kusto_queued_ingestion" "alerts" {
      + blob_status         = {
          + "http://127.0.0.1:1/blobs/samples/alerts.tsv" = (known after apply)
        }
      + database            = "Fleet"
    }

Plan: 1 to add, 0 to change, 0 to destroy.

Changes to Outputs:
  + state = (known after apply)
{ESC}[0m{ESC}[1mkusto_queued_ingestion.alerts: Creating...{ESC}[0m
kusto_queued_ingestion.alerts: Creation complete after 3s
{ESC}[33m╷{ESC}[0m
│ {ESC}[33mWarning: {ESC}[0mSome blobs were not ingested
│
╵

Apply complete! Resources: 1 added, 0 changed, 0 destroyed.

Outputs:

state = {}
`, "{ESC}", "\x1b")

const excerpted = `    # kusto_queued_ingestion.alerts will be created
        + blob_status         = {
            + "http://127.0.0.1:1/blobs/samples/alerts.tsv" = (known after apply)
          }
  Plan: 1 to add, 0 to change, 0 to destroy.
  kusto_queued_ingestion.alerts: Creating...
  kusto_queued_ingestion.alerts: Creation complete after 3s
  ╷
  │ Warning: Some blobs were not ingested
  │
  ╵
  Apply complete! Resources: 1 added, 0 changed, 0 destroyed.
`

func TestExcerpt_keepsWhatMattersHoweverTheTextArrives(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once":      func(r io.Reader) io.Reader { return r },
		"byte by byte": iotest.OneByteReader,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			e := &excerpt{out: &out}
			if _, err := io.Copy(e, wrap(strings.NewReader(printed))); err != nil {
				t.Fatal(err)
			}
			e.flush()
			if diff := cmp.Diff(excerpted, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExcerpt_showsAllWhenAsked(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	e := &excerpt{out: &out, all: true}
	if _, err := io.WriteString(e, printed+"the end"); err != nil {
		t.Fatal(err)
	}
	e.flush()
	want := "  " + strings.ReplaceAll(plain(printed), "\n", "\n  ") + "the end\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestExcerpt_keepsAnErrorThatIsCutOff(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	e := &excerpt{out: &out}
	if _, err := io.WriteString(e, "╷\n│ Error: it bro"); err != nil {
		t.Fatal(err)
	}
	e.flush()
	if diff := cmp.Diff("  ╷\n  │ Error: it bro\n", out.String()); diff != "" {
		t.Error(diff)
	}
	if e.errors != 1 {
		t.Errorf("%d errors counted", e.errors)
	}
}

func TestExcerpt_coloursEndWithTheirLine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	e := &excerpt{out: &out, colours: true}
	if _, err := io.WriteString(e, "\x1b[1mPlan: 1 to add\n\x1b[0m left out\n"); err != nil {
		t.Fatal(err)
	}
	e.flush()
	if diff := cmp.Diff("  \x1b[1mPlan: 1 to add\x1b[0m\n", out.String()); diff != "" {
		t.Error(diff)
	}
}
