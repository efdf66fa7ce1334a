package provider

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func TestAccQueuedIngestion_loadsBlobsAndSendsNothingAgain(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 45)
	config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config:           config,
		ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionCreate), blobWillBeSent(urls[44])),
		ConfigStateChecks: []statecheck.StateCheck{
			stateIs("Succeeded"), blobIs(urls[0], "Succeeded"),
			outputIs("blob_status", knownvalue.MapSizeExact(45)),
			outputIs("failed_blobs", knownvalue.ListSizeExact(0)),
			outputIs("ingestion_operation_ids", knownvalue.ListSizeExact(3)),
			outputIs("start_time", knownvalue.NotNull()),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("status").AtMapKey("succeeded"), knownvalue.Int64Exact(45)),
		},
		PostApplyFunc: func() {
			expectSent(t, server, 3)
			expectRows(t, server, "Events", 90)
		},
	}, resource.TestStep{
		Config:           config,
		ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
		PostApplyFunc: func() {
			if got := server.Count(kustotest.RouteAny); got != 0 {
				t.Errorf("a settled resource costs %d requests", got)
			}
		},
	})
	expectRows(t, server, "Events", 90)
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_bodyEqualsTheSpecification(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithAnySourceID())
	url := server.PutBlob("c", "blob1.csv.gz", []byte("1,a\n"))
	runSteps(t, resource.TestStep{
		Config: seed{
			blobs: []string{blobAt(url, `source_id = "source_1"`, `raw_size = 1048576`)},
			properties: `
				tags                        = ["ingest-by:rest"]
				ingestion_mapping_reference = "csv_mapping"
				creation_time               = "2025-10-01T11:00:00Z"`,
			more: `timestamp = "2025-10-01T12:00:00Z"`,
		}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{
			blobIs(url, "Queued"),
			outputIs("ingestion_operation_id", knownvalue.NotNull()),
			outputIs("wait_for_completion", knownvalue.Bool(false)),
		},
		ExpectNonEmptyPlan: true, // the mapping does not exist, so the blob fails and is planned again
	})
	want := `{"timestamp":"2025-10-01T12:00:00Z","blobs":[{"url":"` + url + `","sourceId":"source_1","rawSize":1048576}],` +
		`"properties":{"format":"csv","enableTracking":true,"tags":["ingest-by:rest"],"ingestionMappingReference":"csv_mapping","creationTime":"2025-10-01T11:00:00Z"}}`
	if diff := cmp.Diff(want, string(server.Requests(kustotest.RouteSubmit)[0].Body)); diff != "" {
		t.Error(diff)
	}
}

func TestAccQueuedIngestion_addedBlobIsSentAlone(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 4)
	runSteps(t, resource.TestStep{
		Config:        seed{blobs: blobsAt(urls[:3]...), more: waits}.in(server),
		PostApplyFunc: func() { expectSent(t, server, 1) },
	}, resource.TestStep{
		Config: seed{blobs: blobsAt(urls...), more: waits}.in(server),
		ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionUpdate),
			blobWillBeSent(urls[3]), blobPlanned(urls[0], "Succeeded"), blobPlanned(urls[2], "Succeeded")),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded"), outputIs("ingestion_operation_ids", knownvalue.ListSizeExact(2))},
		PostApplyFunc:     func() { expectSent(t, server, 1) },
	})
	expectRows(t, server, "Events", 8)
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_otherSourceIDIsSentAgainOnPurpose(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	second := `source_id = "11111111-2222-4333-8444-555555555555"`
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(urls...), more: waits}.in(server),
	}, resource.TestStep{
		Config:           seed{blobs: []string{blobAt(urls[0]), blobAt(urls[1], second)}, more: waits}.in(server),
		ConfigPlanChecks: beforeApply(blobWillBeSent(urls[1]), blobPlanned(urls[0], "Succeeded")),
	}, resource.TestStep{ // no source_id keeps the one that was ingested
		Config:           seed{blobs: blobsAt(urls...), more: waits}.in(server),
		ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
	})
	if diff := cmp.Diff(map[string]int{urls[0]: 1, urls[1]: 2}, server.Loads("Samples", "Events")); diff != "" {
		t.Error(diff)
	}
}

func TestAccQueuedIngestion_failedBlobAloneIsSentAgainWithFreshCredentials(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	good := server.PutBlob("seed", "good.csv", []byte("1,a\n"))
	bad, sas := server.PutPrivateBlob("private", "bad.csv", []byte("2,b\n"))
	runSteps(t, resource.TestStep{
		Config: seed{blobs: []string{blobAt(good), blobAt(bad + "?sv=2022-11-02&sr=b&sp=r&sig=wrong")}, more: waits}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{
			stateIs("PartiallySucceeded"), blobIs(good, "Succeeded"), blobIs(bad, "Failed"),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("failed_blobs").AtSliceIndex(0), knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"url": knownvalue.StringExact(bad), "error_code": knownvalue.StringExact("Download_Forbidden"),
				"failure_status": knownvalue.StringExact("Permanent"), "ingestion_operation_id": knownvalue.NotNull(), "source_id": knownvalue.NotNull(),
			})),
		},
		ExpectNonEmptyPlan: true,
		PostApplyFunc:      server.ResetRequests,
	}, resource.TestStep{
		Config:            seed{blobs: []string{blobAt(good), blobAt(bad + "?" + sas)}, more: waits}.in(server),
		ConfigPlanChecks:  beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(good, "Succeeded"), blobWillBeSent(bad)),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded"), outputIs("failed_blobs", knownvalue.ListSizeExact(0))},
		PostApplyFunc:     func() { expectSent(t, server, 1) },
	})
	expectRows(t, server, "Events", 2)
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_blobThatRecoveredMeanwhileIsNotSentAgain(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	// Failed for the status of the creation, of its refresh and of the next plan; mended when the update asks once more.
	server.Outcome(urls[0], kustotest.Outcome{State: "Failed", ErrorCode: "Timeout", FailureStatus: "Exhausted", Polls: 1000, Flip: &kustotest.Outcome{}})
	config := seed{blobs: blobsAt(urls...), more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config:             config,
		ConfigStateChecks:  []statecheck.StateCheck{blobIs(urls[0], "Failed")},
		ExpectNonEmptyPlan: true,
		PostApplyFunc:      server.ResetRequests,
	}, resource.TestStep{
		Config:            config,
		ConfigPlanChecks:  beforeApply(blobWillBeSent(urls[0]), healed{server, urls[0]}),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 0) },
	})
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_changesThatSendNothing(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	a, sasA := server.PutPrivateBlob("private", "a.csv", []byte("1,a\n"))
	b := server.PutBlob("seed", "b.csv", []byte("2,b\n"))
	sasAgain := server.SAS("private")
	first := seed{blobs: []string{blobAt(a + "?" + sasA), blobAt(b)}, more: waits}
	quiet := func(s seed) resource.TestStep {
		return resource.TestStep{Config: s.in(server), ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan())}
	}
	inPlace := func(s seed) resource.TestStep {
		return resource.TestStep{
			Config: s.in(server), ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(a, "Succeeded")),
			ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		}
	}
	withMore := func(more string) seed { return seed{blobs: first.blobs, more: waits + "\n" + more} }
	runSteps(t,
		resource.TestStep{Config: first.in(server), PostApplyFunc: func() { expectSent(t, server, 1) }},
		quiet(seed{blobs: []string{blobAt(a + "?" + sasAgain), blobAt(b)}, more: waits}),
		quiet(seed{blobs: first.blobs, more: waits + "\nsas_token = \"sv=1&sig=x\""}),
		quiet(seed{database: "SAMPLES", blobs: first.blobs, more: waits}),
		inPlace(withMore(`timestamp = "2026-01-01T00:00:00Z"`)),
		inPlace(withMore(`timeouts = { create = "5m" }`)),
		inPlace(seed{blobs: first.blobs, more: "wait_for_completion = false"}),
		inPlace(seed{blobs: []string{first.blobs[0], blobAt(b, "raw_size = 4")}, more: waits}),
		inPlace(seed{blobs: []string{blobAt(b), blobAt(a + "?" + sasA)}, more: waits}),
		inPlace(seed{blobs: first.blobs, properties: `tags = ["drop-by:x"]`, more: waits}),
		inPlace(seed{blobs: first.blobs[:1], more: waits}),
	)
	expectSent(t, server, 0)
	expectRows(t, server, "Events", 2)
}

func TestAccQueuedIngestion_changedPropertiesHoldForTheRetry(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	bad := server.PutBlob("seed", "bad.csv", []byte("9,z\n"))
	server.Outcome(bad, kustotest.Outcome{State: "Failed", ErrorCode: "BadRequest_InvalidMapping"})
	runSteps(t, resource.TestStep{
		Config:             seed{blobs: blobsAt(append(urls, bad)...), more: waits}.in(server),
		ExpectNonEmptyPlan: true,
		PostApplyFunc:      func() { server.Heal(bad); expectSent(t, server, 1) },
	}, resource.TestStep{
		Config:            seed{blobs: blobsAt(append(urls, bad)...), properties: `tags = ["drop-by:mended"]`, more: waits}.in(server),
		ConfigPlanChecks:  beforeApply(blobPlanned(urls[0], "Succeeded"), blobWillBeSent(bad)),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 1) },
	})
	tagged := 0
	for _, e := range server.Extents("Samples", "Events") {
		if cmp.Equal(e.Tags, []string{"drop-by:mended"}) {
			tagged += e.Rows
		}
	}
	if tagged != 1 {
		t.Errorf("%d rows carry the new tag, want the one of the retried blob", tagged)
	}
	expectNoDuplicates(t, server, "Events")
}

func TestAccQueuedIngestion_anotherTableReplaces(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(urls...), more: waits}.in(server),
	}, resource.TestStep{
		Config: seed{table: "Others", blobs: blobsAt(urls...), more: waits}.in(server),
		ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionReplace),
			blobWillBeSent(urls[0]), blobWillBeSent(urls[1])),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded"), outputIs("ingestion_operation_ids", knownvalue.ListSizeExact(1))},
	})
	expectRows(t, server, "Events", 4)
	expectRows(t, server, "Others", 4)
}

func TestAccQueuedIngestion_forgottenOperationIsNotNotIngested(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Outcome(urls[0], kustotest.Outcome{Hang: true})
	config := seed{blobs: blobsAt(urls...)}.in(server)
	runSteps(t, resource.TestStep{
		Config:        config,
		PostApplyFunc: func() { server.ExpireOperations(); server.ResetRequests() },
	}, resource.TestStep{
		Config:            config,
		ConfigPlanChecks:  beforeApply(plancheck.ExpectEmptyPlan()),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("InProgress")},
		PostApplyFunc:     func() { expectSent(t, server, 0) },
	})
}

func TestAccQueuedIngestion_sasTokenIsAppendedAndNotKept(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url, sas := server.PutPrivateBlob("private", "a.csv", []byte("1,a\n"))
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(url), more: waits + "\nsas_token = \"?" + sas + "\""}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{
			stateIs("Succeeded"), outputIs("sas_token", knownvalue.Null()),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("blobs").AtSliceIndex(0).AtMapKey("url"), knownvalue.StringExact(url)),
		},
	})
	expectRows(t, server, "Events", 1)
}

func TestAccQueuedIngestion_retryOffLeavesFailedBlobs(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Outcome(urls[0], kustotest.Outcome{State: "Failed"})
	runSteps(t, resource.TestStep{
		Config:            seed{blobs: blobsAt(urls...), more: waits + "\nretry_failed_blobs = false"}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("PartiallySucceeded")},
	})
}

func TestAccQueuedIngestion_existingDataIsNotRetried(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	properties := "tags = [\"ingest-by:once\"]\ningest_if_not_exists = [\"once\"]"
	config := seed{blobs: blobsAt(url), properties: properties, more: waits}.in(server)
	for _, state := range []string{"Succeeded", "Failed"} { // the second resource finds the data of the first
		runSteps(t, resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{stateIs(state)}})
	}
	expectRows(t, server, "Events", 2)
}

func TestAccQueuedIngestion_untrackedStandsAsUntracked(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	url := putBlobs(server, 1)[0]
	runSteps(t, resource.TestStep{
		Config: seed{blobs: blobsAt(url), properties: "enable_tracking = false"}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{
			stateIs("Untracked"), outputIs("ingestion_operation_id", knownvalue.Null()), outputIs("ingestion_operation_ids", knownvalue.ListSizeExact(0)),
		},
	})
	expectRows(t, server, "Events", 2)
}

func TestAccQueuedIngestion_postconditionGatesDependants(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t)
	urls := putBlobs(server, 2)
	server.Outcome(urls[0], kustotest.Outcome{State: "Failed"})
	config := seed{blobs: blobsAt(urls...), more: waits + `
		lifecycle {
			postcondition {
				condition     = self.state == "Succeeded"
				error_message = "Seeding is ${self.state}."
			}
		}`}.in(server)
	runSteps(t, resource.TestStep{
		Config: config, ExpectError: regexp.MustCompile(`Seeding is\s+PartiallySucceeded`),
	}, resource.TestStep{
		PreConfig: func() { server.Heal(urls[0]); server.ResetRequests() },
		Config:    config, ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionUpdate), blobWillBeSent(urls[0]), blobPlanned(urls[1], "Succeeded")),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 1) },
	})
	expectNoDuplicates(t, server, "Events")
}
