package provider

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kusto"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// address is the resource of every acceptance test.
const address = "kusto_queued_ingestion.test"

// quickWait polls fast enough for a test and still backs off.
var quickWait = kusto.WaitOptions{Initial: 5 * time.Millisecond, Max: 20 * time.Millisecond, Factor: 2, Jitter: 0.2}

func providers() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"kusto": func() (tfprotov6.ProviderServer, error) { return serverOf(quietProvider()), nil },
	}
}

// seed is the configuration of the resource under test.
type seed struct {
	database, table string // Samples and Events when empty
	blobs           []string
	properties      string // after format = "csv"
	more            string // further arguments and blocks
}

func (s seed) in(server *kustotest.Server) string {
	if s.database == "" {
		s.database = "Samples"
	}
	if s.table == "" {
		s.table = "Events"
	}
	return fmt.Sprintf(`
provider "kusto" {
  cluster_uri  = %q
  access_token = "token-of-the-test"
}

resource "kusto_queued_ingestion" "test" {
  database = %q
  table    = %q
  blobs = [
    %s
  ]
  properties = {
    format = "csv"
    %s
  }
  %s
}
`, server.URL, s.database, s.table, strings.Join(s.blobs, ",\n    "), s.properties, s.more)
}

// blobAt is an element of the list of blobs.
func blobAt(url string, more ...string) string {
	return fmt.Sprintf("{ url = %q, %s }", url, strings.Join(more, ", "))
}

// putBlobs stores n blobs of two rows each and returns their URLs.
func putBlobs(server *kustotest.Server, n int) []string {
	urls := make([]string, n)
	for i := range urls {
		urls[i] = server.PutBlob("seed", fmt.Sprintf("part-%03d.csv", i), fmt.Appendf(nil, "%d,a\n%d,b\n", i, i))
	}
	return urls
}

func blobsAt(urls ...string) []string {
	blobs := make([]string, len(urls))
	for i, u := range urls {
		blobs[i] = blobAt(u)
	}
	return blobs
}

const waits = "wait_for_completion = true"

// runSteps runs the steps against a real CLI. After the destruction the rows of the table have to be there still.
func runSteps(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: providers(), Steps: steps})
}

func outputIs(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(name), value)
}

func stateIs(word string) statecheck.StateCheck {
	return outputIs("state", knownvalue.StringExact(word))
}

func blobIs(url, status string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New("blob_status").AtMapKey(url), knownvalue.StringExact(status))
}

func blobPlanned(url, status string) plancheck.PlanCheck {
	return plancheck.ExpectKnownValue(address, tfjsonpath.New("blob_status").AtMapKey(url), knownvalue.StringExact(status))
}

func blobWillBeSent(url string) plancheck.PlanCheck {
	return plancheck.ExpectUnknownValue(address, tfjsonpath.New("blob_status").AtMapKey(url))
}

func actionIs(action plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, action)
}

func beforeApply(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

// expectRows asks the service itself what is in the table.
func expectRows(t *testing.T, server *kustotest.Server, table string, want int) {
	t.Helper()
	if got := server.RowCount("Samples", table); got != want {
		t.Errorf("%d rows in %s, want %d", got, table, want)
	}
}

// expectSent asserts how many requests were accepted or refused since the log was reset, and resets it.
func expectSent(t *testing.T, server *kustotest.Server, want int) {
	t.Helper()
	if got := server.Count(kustotest.RouteSubmit); got != want {
		t.Errorf("%d submissions, want %d", got, want)
	}
	server.ResetRequests()
}

// expectNoDuplicates fails if any blob was ingested more than once.
func expectNoDuplicates(t *testing.T, server *kustotest.Server, table string) {
	t.Helper()
	for blob, times := range server.Loads("Samples", table) {
		if times != 1 {
			t.Errorf("%s was ingested %d times", blob, times)
		}
	}
}
