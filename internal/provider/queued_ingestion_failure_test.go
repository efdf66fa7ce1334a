package provider

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// healed mends a blob between the plan and the apply.
type healed struct {
	server *kustotest.Server
	url    string
}

// CheckPlan implements plancheck.PlanCheck.
func (h healed) CheckPlan(context.Context, plancheck.CheckPlanRequest, *plancheck.CheckPlanResponse) {
	h.server.Heal(h.url)
}

// notTainted plans the same configuration: what is missing is sent in place, and nothing is replaced.
func notTainted(config string, checks ...plancheck.PlanCheck) resource.TestStep {
	return resource.TestStep{
		Config:            config,
		ConfigPlanChecks:  beforeApply(append(checks, actionIs(plancheck.ResourceActionUpdate))...),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	}
}

func TestAccQueuedIngestion_refusedCreationLeavesNoState(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Inject(kustotest.FaultForbidden().On(kustotest.RouteSubmit).Times(1))
	config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, ExpectError: regexp.MustCompile(`Unable to submit the ingestion`),
	}, resource.TestStep{
		Config: config, ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionCreate)),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	})
	expectNoDuplicates(t, server, "Events")
	expectRows(t, server, "Events", 4)
}

func TestAccQueuedIngestion_partlyRefusedCreationIsCompletedInPlace(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 30)
	server.Inject(kustotest.FaultBadRequest("General_BadRequest", "No.").On(kustotest.RouteSubmit).For("part-025.csv").Times(1))
	config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, ExpectNonEmptyPlan: true,
		ConfigStateChecks: []statecheck.StateCheck{stateIs("NotSubmitted"), blobIs(urls[0], "Succeeded"), blobIs(urls[29], "NotSubmitted")},
	}, notTainted(config, blobPlanned(urls[0], "Succeeded"), blobWillBeSent(urls[29])))
	expectNoDuplicates(t, server, "Events")
	expectRows(t, server, "Events", 60)
}

func TestAccQueuedIngestion_openOutcomeIsNeverSentAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kustotest.Fault{
		"connection dropped after acceptance": kustotest.FaultDroppedAfterAccept(),
		"unreadable acceptance":               kustotest.FaultUnreadableAccept(),
		"internal error after acceptance":     kustotest.FaultInternalError().InState(true),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			urls := putBlobs(server, 2)
			server.Inject(fault.On(kustotest.RouteSubmit).Times(1))
			config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
			runSteps(t, resource.TestStep{
				Config: config, ConfigStateChecks: []statecheck.StateCheck{stateIs("Unknown"), blobIs(urls[0], "Unknown")},
			}, resource.TestStep{
				Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
			}, notTainted(seed{blobs: []string{
				blobAt(urls[0], `source_id = "11111111-2222-4333-8444-555555555555"`),
				blobAt(urls[1], `source_id = "11111111-2222-4333-8444-666666666666"`),
			}, more: waits}.in(server), blobWillBeSent(urls[0])))
			if got := server.Count(kustotest.RouteSubmit); got != 2 {
				t.Errorf("%d submissions, want the first and the one asked for", got)
			}
		})
	}
}

func TestAccQueuedIngestion_creationWhereEveryBlobFailedKeepsNoState(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	for _, u := range urls {
		server.Outcome(u, kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden"})
	}
	config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, ExpectError: regexp.MustCompile(`No blob was ingested`),
	}, resource.TestStep{
		PreConfig: func() { server.Heal(urls[0]); server.Heal(urls[1]) },
		Config:    config, ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionCreate)),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	})
}

// What the service had received already is in the table by another submission, or comes. So it is neither sent again nor a reason to begin anew.
func TestAccQueuedIngestion_alreadyReceivedBlobIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, states := range map[string][]string{"one of two": {"Succeeded", "Failed"}, "all": {"Failed", "Failed"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t)
			urls := putBlobs(server, 2)
			for i, state := range states {
				if state == "Failed" {
					server.Outcome(urls[i], kustotest.Outcome{State: state, ErrorCode: "BlobAlreadyReceived_BlobAlreadyFoundInBatch", FailureStatus: "Permanent"})
				}
			}
			config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
			check := []statecheck.StateCheck{blobIs(urls[0], states[0]), blobIs(urls[1], states[1])}
			runSteps(t, resource.TestStep{Config: config, ConfigStateChecks: check}, resource.TestStep{
				Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()), ConfigStateChecks: check,
				PostApplyFunc: func() { expectSent(t, server, 1) },
			})
		})
	}
}

func TestAccQueuedIngestion_failedUpdateKeepsItsStateAndIsNotTainted(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 3)
	all := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(urls[:1]...), more: waits}.in(server),
	}, resource.TestStep{
		PreConfig: func() { server.Outcome(urls[2], kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden"}) },
		Config:    all, ExpectError: regexp.MustCompile(`Some blobs were not ingested`),
	}, resource.TestStep{
		PreConfig: func() {
			server.Heal(urls[2])
			server.Inject(kustotest.FaultForbidden().On(kustotest.RouteSubmit).Times(1))
		},
		Config: all, ExpectError: regexp.MustCompile(`Unable to submit the ingestion`),
	}, notTainted(all, blobPlanned(urls[0], "Succeeded"), blobPlanned(urls[1], "Succeeded"), blobWillBeSent(urls[2])))
	expectNoDuplicates(t, server, "Events")
	expectRows(t, server, "Events", 6)
}

func TestAccQueuedIngestion_timeOutKeepsTheStateAndSendsNothingAgain(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Outcome(urls[1], kustotest.Outcome{Hang: true})
	config := seed{blobs: blobsAt(urls...), more: waits + "\ntimeouts = { create = \"1s\" }"}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, ConfigStateChecks: []statecheck.StateCheck{stateIs("InProgress"), blobIs(urls[0], "Succeeded"), blobIs(urls[1], "InProgress")},
		PostApplyFunc: func() { expectSent(t, server, 1) },
	}, resource.TestStep{
		PreConfig: func() { server.Heal(urls[1]) },
		Config:    config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 0) },
	})
}

func TestAccQueuedIngestion_transientFailureIsTheServicesToRetry(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	server.Outcome(url, kustotest.Outcome{State: "Failed", ErrorCode: "General_ThrottledIngestion", FailureStatus: "Transient", Polls: 1000, Flip: &kustotest.Outcome{}})
	config := seed{blobs: blobsAt(url)}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, PostApplyFunc: func() { expectSent(t, server, 1) },
	}, resource.TestStep{
		Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("InProgress")},
	}, resource.TestStep{
		PreConfig: func() { server.Heal(url) },
		Config:    config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	})
	expectSent(t, server, 0)
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_throttledSubmissionIsRepeated(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Inject(kustotest.FaultThrottled(time.Second).On(kustotest.RouteSubmit).Times(1))
	runSteps(t, resource.TestStep{
		Config:            seed{blobs: blobsAt(urls...), more: waits}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	})
	expectSent(t, server, 2)
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_invalidConfigurationIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(url, url)}.in(server), ExpectError: regexp.MustCompile(`The same blob twice`),
	}, resource.TestStep{
		Config: seed{blobs: blobsAt(url + "?se=2001-01-01T00%3A00%3A00Z&sig=x")}.in(server), ExpectError: regexp.MustCompile(`signature has\s+expired`),
	})
	if got := server.Count(kustotest.RouteAny); got != 0 {
		t.Errorf("%d requests for a configuration that is wrong", got)
	}
}

func TestAccQueuedIngestion_importSendsNothing(t *testing.T) {
	t.Parallel()
	for _, profile := range []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithProfile(profile))
			urls := putBlobs(server, 25)
			config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
			var id string
			runSteps(t, resource.TestStep{Config: config})
			for _, o := range server.Operations("Samples", "Events") {
				id += "," + o.ID
			}
			server.ResetRequests()
			runSteps(t, resource.TestStep{
				Config: config, ResourceName: address, ImportState: true, ImportStatePersist: true, ImportStateId: "Samples/Events/" + id[1:],
			}, resource.TestStep{
				Config: config,
				ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(urls[0], "Succeeded"),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("blob_status"), knownvalue.MapSizeExact(25))),
				ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded"), outputIs("ingestion_operation_ids", knownvalue.ListSizeExact(2))},
			}, resource.TestStep{
				Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
			})
			expectSent(t, server, 0)
			expectNoDuplicates(t, server, "Events")
		})
	}
}

func TestAccQueuedIngestion_importOfUnknownOperationIsAnError(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	config := seed{blobs: blobsAt(putBlobs(server, 1)...)}.in(server)
	for id, text := range map[string]string{"Samples/Events/none": "Unable to import", "Samples": "Unable to import"} {
		runSteps(t, resource.TestStep{
			Config: config, ResourceName: address, ImportState: true, ImportStateId: id, ExpectError: regexp.MustCompile(text),
		})
	}
}

func TestAccQueuedIngestion_clusterOfTheSameApply(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	config := fmt.Sprintf(`
resource "terraform_data" "cluster" {
  input = { uri = %q, database = "Samples", url = %q }
}

provider "kusto" {
  cluster_uri  = terraform_data.cluster.output.uri
  access_token = "token-of-the-test"
}

resource "kusto_queued_ingestion" "test" {
  database            = terraform_data.cluster.output.database
  table               = "Events"
  blobs               = [{ url = terraform_data.cluster.output.url }]
  properties          = { format = "csv" }
  wait_for_completion = true
}
`, server.URL, url)
	runSteps(t, resource.TestStep{
		Config: config,
		ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionCreate),
			plancheck.ExpectUnknownValue(address, tfjsonpath.New("blob_status"))),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	}, resource.TestStep{
		Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
	})
	expectRows(t, server, "Events", 2)
}
