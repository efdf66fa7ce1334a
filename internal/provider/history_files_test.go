package provider

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// TestFileHistories plays random histories of local files: they are edited, listed and taken off the list, staging and submission fail, and plans are
// applied after the files have changed. Each content is one row of its own, so that the rows of the table tell what was ingested how often.
func TestFileHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		moves := rapid.SliceOfN(rapid.Custom(drawFileMove), 4, 24).Draw(rt, "moves")
		if found := playFiles(t, moves); found != "" {
			rt.Fatalf("%s", found)
		}
	})
}

// fileMove is a step of a history of files.
type fileMove struct {
	name  string
	file  int
	fault string
}

func drawFileMove(t *rapid.T) fileMove {
	names := []string{"apply", "apply", "apply", "edit", "list", "take off", "fault", "fault", "apply a former plan"}
	m := fileMove{name: rapid.SampledFrom(names).Draw(t, "move"), file: rapid.IntRange(0, historyFileCount-1).Draw(t, "file")}
	if m.name == "fault" {
		m.fault = rapid.SampledFrom(slices.Sorted(maps.Keys(fileFaults))).Draw(t, "fault")
	}
	return m
}

// fileFaults come in the way of the next request of their kind.
var fileFaults = map[string]kustotest.Fault{
	"a container refuses":       kustotest.FaultForbidden().On(kustotest.RouteStaging).Times(1),
	"all containers refuse":     kustotest.FaultForbidden().On(kustotest.RouteStaging).Times(20),
	"no configuration":          kustotest.FaultForbidden().On(kustotest.RouteConfiguration).Times(1),
	"refused":                   kustotest.FaultForbidden().On(kustotest.RouteSubmit).Times(1),
	"lost on its way":           kustotest.FaultDroppedBeforeRead().On(kustotest.RouteSubmit).Times(1),
	"answer lost":               kustotest.FaultDroppedAfterAccept().On(kustotest.RouteSubmit).Times(1),
	"answer unreadable":         kustotest.FaultUnreadableAccept().On(kustotest.RouteSubmit).Times(1),
	"the status is not for you": kustotest.FaultForbidden().On(kustotest.RouteStatus).Times(1),
}

// playFiles plays a history and returns what is wrong, or "". Its time is that of a bubble, so waiting costs nothing.
func playFiles(t *testing.T, moves []fileMove) (found string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newFileHistory(t)
		defer func() {
			switch reason := recover().(type) {
			case nil:
			case violation:
				found = string(reason) + "\n" + h.story.String()
			default:
				panic(reason)
			}
		}()
		for _, m := range moves {
			fmt.Fprintf(&h.story, "%s %d %s\n", m.name, m.file, m.fault)
			h.move(m)
			h.check()
		}
		h.service.ClearFaults()
		h.apply()
		h.apply()
		h.checkSettled()
	})
	return found
}

func (h *fileHistory) move(m fileMove) {
	switch m.name {
	case "edit":
		h.edit(m.file)
	case "list":
		h.list(m.file)
	case "take off":
		h.takeOff(m.file)
	case "fault":
		h.service.Inject(fileFaults[m.fault])
	case "apply":
		h.apply()
	default:
		h.applyStale(m.file)
	}
}

// fileHistory is a user with a folder of files, Terraform with a state, and a service.
type fileHistory struct {
	folder  string
	service *kustotest.Service
	tf      *terraform
	state   *instance
	listed  []int
	content map[int]int // the edition of each file, counted over all of them
	edition int
	story   strings.Builder
}

const historyFileCount = 4

func newFileHistory(t *testing.T) *fileHistory {
	t.Helper()
	h := &fileHistory{folder: t.TempDir(), service: kustotest.New(kustotest.WithStaging(2), kustotest.WithClock(clock{})), content: map[int]int{}}
	h.service.SetBaseURL(historyBase)
	p := newProvider("test", withTransport(&wire{service: h.service}), withEnvironment(func(string) string { return "" }))
	h.tf = newTerraform(t.Context(), comparedServer(t, p, violatef), historyBase)
	for file := range historyFileCount {
		h.edit(file)
	}
	h.listed = []int{0, 1}
	return h
}

func (h *fileHistory) path(file int) string {
	return filepath.Join(h.folder, fmt.Sprintf("f%d.csv", file))
}

// row is the one row of an edition.
func (h *fileHistory) row(file int) string { return fmt.Sprintf("edition %d", h.content[file]) }

func (h *fileHistory) edit(file int) {
	h.edition++
	h.content[file] = h.edition
	violate(os.WriteFile(h.path(file), []byte(h.row(file)+",x\n"), 0o600))
}

// list adds a file. What was taken off the list is forgotten, and to list it again ingests it again, so it is another edition.
func (h *fileHistory) list(file int) {
	if !slices.Contains(h.listed, file) {
		h.edit(file)
		h.listed = append(h.listed, file)
	}
}

func (h *fileHistory) takeOff(file int) {
	if i := slices.Index(h.listed, file); i >= 0 && len(h.listed) > 1 {
		h.listed = slices.Delete(slices.Clone(h.listed), i, i+1)
	}
}

func (h *fileHistory) config() tftypes.Value {
	list, _ := h.tf.kind.AttributeTypes["blobs"].(tftypes.List)
	element, _ := list.ElementType.(tftypes.Object)
	properties, _ := h.tf.kind.AttributeTypes["properties"].(tftypes.Object)
	var blobs []tftypes.Value
	for _, file := range h.listed {
		blobs = append(blobs, objectOf(element, map[string]tftypes.Value{"file": stringOf(h.path(file))}))
	}
	return objectOf(h.tf.kind, map[string]tftypes.Value{
		"database": stringOf("Samples"), "table": stringOf("Events"), "blobs": tftypes.NewValue(list, blobs),
		"properties":          objectOf(properties, map[string]tftypes.Value{"format": stringOf("csv")}),
		"wait_for_completion": tftypes.NewValue(tftypes.Bool, true),
	})
}

// plan returns nil when it failed, as a status could not be read.
func (h *fileHistory) plan() *change {
	c, diags := h.tf.plan(context.Background(), h.state, h.config(), true, false)
	h.tell(diags)
	return c
}

func (h *fileHistory) tell(diags []*tfprotov6.Diagnostic) {
	for _, d := range diags {
		fmt.Fprintf(&h.story, "  %s: %s: %s\n", d.Severity, d.Summary, d.Detail)
	}
}

func (h *fileHistory) apply() {
	if c := h.plan(); c != nil {
		h.carryOut(c)
	}
}

// carryOut applies a plan and asserts that nothing was sent that it did not announce.
func (h *fileHistory) carryOut(c *change) {
	before := len(h.service.SubmittedBlobs())
	state, diags := h.tf.apply(context.Background(), c, func() { violatef("the resource is replaced") })
	h.state = state
	h.tell(diags)
	announced := 0
	for _, status := range membersOf(membersOf(c.planned)["blob_status"]) {
		if !status.IsKnown() {
			announced++
		}
	}
	if sent := len(h.service.SubmittedBlobs()) - before; sent > announced {
		violatef("%d blobs were sent, and the plan announced %d", sent, announced)
	}
}

// applyStale applies a plan after a file has changed. If the file is to be sent, Terraform or the provider refuses, and nothing is sent.
func (h *fileHistory) applyStale(file int) {
	c := h.plan()
	if c == nil || !slices.Contains(h.listed, file) {
		return
	}
	h.edit(file)
	if c.action == "no-op" {
		return
	}
	before := len(h.service.SubmittedBlobs())
	defer func() {
		if found, _ := recover().(violation); !strings.Contains(string(found), "inconsistent final plan") {
			violatef("a plan of other content was applied: %v", found)
		}
		if sent := len(h.service.SubmittedBlobs()) - before; sent > 0 {
			violatef("%d blobs were sent by a plan of other content", sent)
		}
	}()
	h.carryOut(c)
}

// rows counts the rows of each edition.
func (h *fileHistory) rows() map[string]int {
	rows := map[string]int{}
	for _, row := range h.service.Rows("Samples", "Events") {
		rows[row[0]]++
	}
	return rows
}

// check asserts that no content is in the table twice, and that what is said to be ingested is there.
func (h *fileHistory) check() {
	for row, n := range h.rows() {
		if n > 1 {
			violatef("%s was ingested %d times", row, n)
		}
	}
}

// checkSettled asserts that after all faults are gone each file is in the table, or stands as a blob whose outcome nobody knows, and that the next plan
// has nothing to do.
func (h *fileHistory) checkSettled() {
	h.check()
	rows, statuses := h.rows(), h.statuses()
	for _, file := range h.listed {
		switch status := statuses[h.path(file)]; {
		case status == "Succeeded" && rows[h.row(file)] == 1, status == "Unknown", status == "Untracked":
		default:
			violatef("file %d stands as %s and has %d rows", file, status, rows[h.row(file)])
		}
	}
	if c := h.plan(); c == nil || c.action != "no-op" {
		violatef("the plan of what is settled is not empty")
	}
}

func (h *fileHistory) statuses() map[string]string {
	statuses := map[string]string{}
	if h.state == nil {
		return statuses
	}
	for key, status := range maps.All(membersOf(membersOf(h.state.value)["blob_status"])) {
		statuses[key] = textOf(status)
	}
	return statuses
}
