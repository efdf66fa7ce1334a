package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// putFile writes a file and returns its path.
func putFile(t *testing.T, folder, name, text string) string {
	t.Helper()
	name = filepath.Join(folder, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func fileAt(name string) string { return fmt.Sprintf("{ file = %q }", name) }

func TestAccLocalFiles_areStagedIngestedAndSentAgainOnlyWhenEdited(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(2))
	folder := t.TempDir()
	a, b := putFile(t, folder, "a.csv", "1,a\n2,b\n"), putFile(t, folder, "b.csv", "3,c\n")
	url := server.PutBlob("seed", "c.csv", []byte("4,d\n"))
	config := seed{blobs: []string{fileAt(a), blobAt(url), fileAt(b)}, more: waits}.in(server)
	runSteps(t, resource.TestStep{
		Config:           config,
		ConfigPlanChecks: beforeApply(blobWillBeSent(a), blobWillBeSent(url), blobWillBeSent(b)),
		ConfigStateChecks: []statecheck.StateCheck{
			stateIs("Succeeded"), blobIs(a, "Succeeded"), blobIs(url, "Succeeded"),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("blobs").AtSliceIndex(0), knownvalue.ObjectExact(map[string]knownvalue.Check{
				"file": knownvalue.StringExact(a), "url": knownvalue.Null(), "raw_size": knownvalue.Null(), "source_id": knownvalue.NotNull(),
			})),
		},
		PostApplyFunc: func() {
			expectSent(t, server, 2) // staged blobs are deleted by the service, so they have a request of their own
			expectRows(t, server, "Events", 4)
		},
	}, resource.TestStep{
		Config: config, ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
		PostApplyFunc: func() {
			if got := server.Count(kustotest.RouteAny); got != 0 {
				t.Errorf("a settled resource with files costs %d requests", got)
			}
		},
	}, resource.TestStep{
		PreConfig:         func() { putFile(t, folder, "b.csv", "3,c\n5,e\n") },
		Config:            config,
		ConfigPlanChecks:  beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(a, "Succeeded"), blobPlanned(url, "Succeeded"), blobWillBeSent(b)),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 1); expectRows(t, server, "Events", 6) },
	})
}

func TestAccLocalFiles_pathThatIsWrittenOtherwiseSendsNothing(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1))
	folder := t.TempDir()
	putFile(t, folder, "a.csv", "1,a\n")
	now := folder + "/./" + "/a.csv"
	runSteps(t, resource.TestStep{
		Config:        seed{blobs: []string{fileAt(folder + "/a.csv")}, more: waits}.in(server),
		PostApplyFunc: func() { expectSent(t, server, 1) },
	}, resource.TestStep{
		Config: seed{blobs: []string{fileAt(now), fileAt(folder + "/a.csv")}, more: waits}.in(server), ExpectError: regexp.MustCompile("The same blob twice"),
	}, resource.TestStep{
		Config:            seed{blobs: []string{fileAt(now)}, more: waits}.in(server),
		ConfigPlanChecks:  beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(now, "Succeeded")),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded"), blobIs(now, "Succeeded")},
		PostApplyFunc:     func() { expectSent(t, server, 0) },
	}, resource.TestStep{
		Config: seed{blobs: []string{fileAt(now)}, more: waits}.in(server), ConfigPlanChecks: beforeApply(plancheck.ExpectEmptyPlan()),
	})
	expectRows(t, server, "Events", 1)
}

func TestPlainPath(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a.csv": "a.csv", "./a.csv": "a.csv", "seed//a.csv": "seed/a.csv", "./seed/./a.csv": "seed/a.csv", "/seed/a.csv": "/seed/a.csv", "//seed/a.csv": "/seed/a.csv",
		"../a.csv": "../a.csv", "seed/../a.csv": "seed/../a.csv", ".a.csv": ".a.csv", ".": ".", "": "",
	} {
		if got := plainPath(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestAccLocalFiles_stagedBlobsAreCompressedMeasuredAndDeleted(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1))
	text := strings.Repeat("1,abc\n", 1000)
	name := putFile(t, t.TempDir(), "a.csv", text)
	runSteps(t, resource.TestStep{
		Config:            seed{blobs: []string{fileAt(name)}, more: waits}.in(server),
		ConfigStateChecks: []statecheck.StateCheck{stateIs("Succeeded")},
	})
	expectRows(t, server, "Events", 1000)
	submitted := server.SubmittedBlobs()
	if len(submitted) != 1 || submitted[0].RawSize != int64(len(text)) || !strings.HasSuffix(submitted[0].URL, ".csv.gz") {
		t.Errorf("submitted %+v", submitted)
	}
	body := string(server.Requests(kustotest.RouteSubmit)[0].Body)
	if !strings.Contains(body, `"deleteAfterDownload":true`) {
		t.Errorf("the staged blob is not to be deleted: %s", body)
	}
	if server.HasBlob(submitted[0].URL) {
		t.Error("the staged blob is still there")
	}
}

func TestAccLocalFiles_unusableFileIsRefusedInThePlan(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1))
	folder := t.TempDir()
	empty := putFile(t, folder, "empty.csv", "")
	large := putFile(t, folder, "large.csv", "")
	if err := os.Truncate(large, maxSourceSize+1); err != nil { // without content on the disk
		t.Fatal(err)
	}
	runSteps(t, resource.TestStep{
		Config: seed{blobs: []string{fileAt(large)}}.in(server), PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)The file is too large.*Split the file`),
	})
	for _, name := range []string{filepath.Join(folder, "missing.csv"), folder, empty} {
		runSteps(t, resource.TestStep{
			Config: seed{blobs: []string{fileAt(name)}}.in(server), PlanOnly: true, ExpectError: regexp.MustCompile(`Unable to use the file`),
		})
	}
	runSteps(t, resource.TestStep{
		Config: seed{blobs: []string{"{ raw_size = 1 }"}}.in(server), PlanOnly: true, ExpectError: regexp.MustCompile(`Not one source`),
	})
	if got := server.Count(kustotest.RouteAny); got != 0 {
		t.Errorf("%d requests", got)
	}
}

func TestSizeLimit_isJudgedOnlyWhenItIsKnownToHold(t *testing.T) {
	t.Parallel()
	kinds := map[string]attr.Type{"ignore_size_limit": types.BoolType}
	for want, objects := range map[int64][]types.Object{
		maxSourceSize: {
			types.ObjectValueMust(kinds, map[string]attr.Value{"ignore_size_limit": types.BoolNull()}),
			types.ObjectValueMust(kinds, map[string]attr.Value{"ignore_size_limit": types.BoolValue(false)}),
		},
		0: {
			types.ObjectValueMust(kinds, map[string]attr.Value{"ignore_size_limit": types.BoolValue(true)}),
			types.ObjectValueMust(kinds, map[string]attr.Value{"ignore_size_limit": types.BoolUnknown()}),
			types.ObjectUnknown(kinds),
		},
	} {
		for _, object := range objects {
			if got := sizeLimit(object); got != want {
				t.Errorf("%s: %d, want %d", object, got, want)
			}
		}
	}
}

// A file is of use until its content is ingested. Then the resource can be planned, changed and destroyed without it.
func TestAccLocalFiles_fileThatIsGoneIsMissedOnlyWhenItIsSent(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1))
	url := putBlobs(server, 1)[0]
	name := putFile(t, t.TempDir(), "a.csv", "1,a\n")
	s := seed{blobs: []string{fileAt(name)}, more: waits}
	w := newWorkspace(t, s.in(server))
	w.do(0, "apply", "-auto-approve")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	output := w.do(0, "plan", "-detailed-exitcode", "-no-color")
	if !strings.Contains(output, "Warning: A file that was submitted is not there any more") {
		t.Errorf("that the file is not there is not said:\n%s", output)
	}
	more := s
	more.blobs = append([]string{blobAt(url)}, s.blobs...)
	w.configure(more.in(server))
	w.do(0, "apply", "-auto-approve")
	w.do(0, "plan", "-detailed-exitcode")
	expectNoDuplicates(t, server, "Events")
	expectSent(t, server, 2)

	for what, changed := range map[string]seed{
		"another version": {blobs: []string{fmt.Sprintf("{ file = %q, source_id = %q }", name, "6ba7b810-9dad-41d1-80b4-00c04fd430c8")}},
		"another table":   {blobs: s.blobs, table: "Other"},
	} {
		w.configure(changed.in(server))
		if output := w.do(1, "plan", "-no-color"); !strings.Contains(output, "Error: Unable to use the file") {
			t.Errorf("%s: that the file is needed is not said:\n%s", what, output)
		}
	}
	w.configure(more.in(server))
	w.do(0, "destroy", "-auto-approve")
}

func TestAccLocalFiles_stagingThatFailsSubmitsNothing(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(0))
	folder := t.TempDir()
	url := putBlobs(server, 1)[0]
	config := seed{blobs: []string{blobAt(url), fileAt(putFile(t, folder, "a.csv", "1,a\n"))}, more: waits}.in(server)
	runSteps(t, resource.TestStep{Config: config, ExpectError: regexp.MustCompile(`Unable to stage the file`)})
	expectSent(t, server, 0)
}

func TestAccLocalFiles_importFindsAStagedBlobBySourceID(t *testing.T) {
	t.Parallel()
	for _, profile := range []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			server := kustotest.NewServer(t, kustotest.WithStaging(1), kustotest.WithProfile(profile))
			name := putFile(t, t.TempDir(), "a.csv", "1,a\n")
			config := seed{blobs: []string{fileAt(name)}, more: waits}.in(server)
			runSteps(t, resource.TestStep{Config: config})
			id := server.Operations("Samples", "Events")[0].ID
			server.ResetRequests()
			runSteps(t, resource.TestStep{
				Config: config, ResourceName: address, ImportState: true, ImportStatePersist: true, ImportStateId: "Samples/Events/" + id,
			}, resource.TestStep{
				Config: config, ConfigPlanChecks: beforeApply(actionIs(plancheck.ResourceActionUpdate), blobPlanned(name, "Succeeded")),
				ConfigStateChecks: []statecheck.StateCheck{outputIs("blob_status", knownvalue.MapExact(map[string]knownvalue.Check{name: knownvalue.StringExact("Succeeded")}))},
			})
			expectSent(t, server, 0)
		})
	}
}

func TestAccLocalFiles_fileThatChangesAfterThePlanSendsNothing(t *testing.T) {
	t.Parallel()
	server := kustotest.NewServer(t, kustotest.WithStaging(1))
	name := putFile(t, t.TempDir(), "a.csv", "1,a\n")
	w := newWorkspace(t, seed{blobs: []string{fileAt(name)}, more: waits}.in(server))
	w.do(0, "plan", "-no-color", "-out=tfplan")
	putFile(t, filepath.Dir(name), "a.csv", "2,b\n")
	t.Log(w.do(1, "apply", "-no-color", "tfplan"))
	if diff := cmp.Diff(0, server.Count(kustotest.RouteSubmit)); diff != "" {
		t.Error(diff)
	}
}
