package provider

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func dataSource(server *kustotest.Server, operation string) string {
	return fmt.Sprintf(`
provider "kusto" {
  cluster_uri  = %q
  access_token = "token-of-the-test"
}

data "kusto_queued_ingestion" "test" {
  database               = "Samples"
  table                  = "Events"
  ingestion_operation_id = %q
}
`, server.URL, operation)
}

func dataIs(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("data.kusto_queued_ingestion.test", tfjsonpath.New(name), value)
}

func TestAccQueuedIngestionDataSource_readsAnyOperation(t *testing.T) {
	t.Parallel()
	for _, profile := range []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI} {
		for state, outcome := range map[string]kustotest.Outcome{
			"PartiallySucceeded": {State: "Failed", ErrorCode: "Download_Forbidden", FailureStatus: "Permanent", Details: "no: https://a.blob.core.windows.net/c/b?sig=SECRET"},
			"InProgress":         {Hang: true},
			"Succeeded":          {},
		} {
			t.Run(string(profile)+"/"+state, func(t *testing.T) {
				t.Parallel()
				server := kustotest.NewServer(t, kustotest.WithProfile(profile))
				urls := putBlobs(server, 2)
				server.Outcome(urls[1], outcome)
				runSteps(t, resource.TestStep{
					Config: seed{blobs: blobsAt(urls...)}.in(server), ExpectNonEmptyPlan: state == "PartiallySucceeded",
				})
				counts := map[string]int64{"succeeded": 1, "failed": 0, "in_progress": 0, "canceled": 0}
				blob := map[string]knownvalue.Check{"source_id": knownvalue.NotNull(), "status": knownvalue.StringExact("Succeeded"), "error_code": knownvalue.Null()}
				switch state {
				case "PartiallySucceeded":
					counts["failed"] = 1
				case "InProgress":
					counts["in_progress"] = 1
				default:
					counts["succeeded"] = 2
				}
				status := map[string]knownvalue.Check{}
				for name, n := range counts {
					status[name] = knownvalue.Int64Exact(n)
				}
				if profile != kustotest.ProfileOpenAPI {
					blob["url"] = knownvalue.StringExact(urls[0])
				}
				checks := []statecheck.StateCheck{
					dataIs("state", knownvalue.StringExact(state)), dataIs("status", knownvalue.ObjectExact(status)), dataIs("start_time", knownvalue.NotNull()),
					dataIs("blobs", knownvalue.ListSizeExact(2)), dataIs("blobs", anyElement{knownvalue.ObjectPartial(blob)}),
				}
				if state == "PartiallySucceeded" {
					checks = append(checks, dataIs("blobs", anyElement{knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"status": knownvalue.StringExact("Failed"), "error_code": knownvalue.StringExact("Download_Forbidden"), "failure_status": knownvalue.StringExact("Permanent"),
						"details": knownvalue.StringFunc(func(text string) error {
							if strings.Contains(text, "SECRET") || !strings.Contains(text, "a.blob.core.windows.net/c/b") {
								return fmt.Errorf("details: %s", text)
							}
							return nil
						}),
					})}))
				}
				server.ResetRequests()
				runSteps(t, resource.TestStep{Config: dataSource(server, server.Operations("Samples", "Events")[0].ID), ConfigStateChecks: checks})
				expectSent(t, server, 0)
			})
		}
	}
}

// anyElement holds for a list of which an element passes the check. The service does not keep the order of blobs.
type anyElement struct{ check knownvalue.Check }

// CheckValue implements knownvalue.Check.
func (a anyElement) CheckValue(value any) error {
	elements, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%T is no list", value)
	}
	for _, element := range elements {
		if a.check.CheckValue(element) == nil {
			return nil
		}
	}
	return fmt.Errorf("no element is %s: %v", a.check, value)
}

// String implements knownvalue.Check.
func (a anyElement) String() string { return "an element: " + a.check.String() }

func TestAccQueuedIngestionDataSource_unknownOperationIsAnError(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	runSteps(t, resource.TestStep{Config: dataSource(server, "none"), ExpectError: regexp.MustCompile(`The service does not know the operation`)})
}

func TestAccIngestionConfigurationDataSource_tellsNoCredentials(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(2), kustotest.WithMaxBlobs(20), kustotest.WithLakeFolders("https://onelake.dfs.fabric.microsoft.com/ws/item"))
	config := strings.SplitN(dataSource(server, ""), "data ", 2)[0] + `data "kusto_ingestion_configuration" "test" {}`
	is := func(name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.kusto_ingestion_configuration.test", tfjsonpath.New(name), value)
	}
	runSteps(t, resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
		is("container_paths", knownvalue.ListSizeExact(2)),
		statecheck.ExpectKnownValue("data.kusto_ingestion_configuration.test", tfjsonpath.New("container_paths").AtSliceIndex(0), knownvalue.StringRegexp(regexp.MustCompile(`^http://127\.0\.0\.1:\d+/[^?]+$`))),
		is("lake_folder_paths", knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("https://onelake.dfs.fabric.microsoft.com/ws/item")})),
		is("max_blobs_per_batch", knownvalue.Int64Exact(20)), is("max_data_size", knownvalue.Int64Exact(6442450944)),
		is("preferred_ingestion_method", knownvalue.StringExact("REST")), is("refresh_interval", knownvalue.StringExact("1h0m0s")),
	}})
}
