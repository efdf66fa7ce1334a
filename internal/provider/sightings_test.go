package provider

import (
	"strings"
	"testing"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

const submittedBefore = "Warning: Blobs that were submitted before will be submitted again"

// Whatever makes Terraform create a resource anew, the plan says which blobs have been submitted to the table before.
func TestAccSubmittedTwice_isSaidByThePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command []string // before the plan
		change  func(config string) string
	}{
		"tainted": {command: []string{"taint", address}},
		"renamed without a moved block": {change: func(config string) string {
			return strings.Replace(config, `"kusto_queued_ingestion" "test"`, `"kusto_queued_ingestion" "renamed"`, 1)
		}},
		"renamed so that it comes first": {change: func(config string) string {
			return strings.Replace(config, `"kusto_queued_ingestion" "test"`, `"kusto_queued_ingestion" "a"`, 1)
		}},
		"in a second resource": {change: func(config string) string {
			return config + strings.Replace(config[strings.Index(config, "resource "):], `"test"`, `"second"`, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			config := seed{blobs: blobsAt(putBlobs(server, 2)...), more: waits}.in(server)
			w := newWorkspace(t, config)
			if output := w.do(0, "apply", "-auto-approve", "-no-color"); strings.Contains(output, submittedBefore) {
				t.Errorf("a first apply warns:\n%s", output)
			}
			if c.command != nil {
				w.do(0, c.command...)
			}
			if c.change != nil {
				w.configure(c.change(config))
			}
			output := w.do(2, "plan", "-detailed-exitcode", "-no-color")
			for _, want := range []string{submittedBefore, "submits 2 blobs", "part-000.csv", "part-001.csv"} {
				if !strings.Contains(output, want) {
					t.Errorf("%q is not said:\n%s", want, output)
				}
			}
			if n := strings.Count(output, submittedBefore); n != 1 {
				t.Errorf("it is said %d times:\n%s", n, output)
			}
			expectSent(t, server, 1)
		})
	}
}

// A warning that comes when nothing is amiss is soon read by nobody.
func TestAccSubmittedTwice_isNotSaidOtherwise(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 3)
	server.Outcome(urls[2], kustotest.Outcome{State: "Failed", ErrorCode: "Stream_WrongNumberOfFields"})
	first := seed{blobs: blobsAt(urls[1:]...), more: waits}
	config := first.in(server)
	w := newWorkspace(t, config)
	w.do(0, "apply", "-auto-approve")
	second := func(s seed) string {
		other := s.in(server)
		return config + strings.Replace(other[strings.Index(other, "resource "):], `"test"`, `"second"`, 1)
	}
	for name, changed := range map[string]string{
		"the same blobs into another table":    second(seed{table: "Other", blobs: blobsAt(urls[1:]...)}),
		"other blobs into the same table":      second(seed{blobs: blobsAt(urls[0])}),
		"a blob that the service has given up": second(seed{blobs: blobsAt(urls[2])}),
		"a moved resource": strings.Replace(config, `"kusto_queued_ingestion" "test"`, `"kusto_queued_ingestion" "renamed"`, 1) +
			"\nmoved {\n  from = kusto_queued_ingestion.test\n  to   = kusto_queued_ingestion.renamed\n}\n",
		"another table":     strings.Replace(config, `"Events"`, `"Other"`, 1),
		"no resource":       config[:strings.Index(config, "resource ")],
		"one blob less":     seed{blobs: blobsAt(urls[1]), more: waits}.in(server),
		"one more blob":     seed{blobs: blobsAt(urls...), more: waits}.in(server),
		"the configuration": config,
	} {
		w.configure(changed)
		if output := w.do(0, "plan", "-no-color"); strings.Contains(output, submittedBefore) {
			t.Errorf("%s warns:\n%s", name, output)
		}
	}
	w.configure(config)
	w.do(0, "taint", address)
	if output := w.do(0, "apply", "-auto-approve", "-no-color"); strings.Count(output, submittedBefore) != 1 {
		t.Errorf("an apply does not warn just once, in its plan:\n%s", output)
	}
}
