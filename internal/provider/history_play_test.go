package provider

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

func (h *history) item(n int) *listing { return &h.config.items[n%len(h.config.items)] }

func (h *history) add(blob int) {
	if h.find(blob) < 0 {
		h.config.items = append(h.config.items, listing{blob: blob})
	}
}

// addMany lists so many blobs that they need several requests.
func (h *history) addMany(n int) {
	for blob := historyBlobs; blob < historyBlobs+n%historyFiller; blob++ {
		h.add(blob)
	}
}

// askAndApply asks for another ingestion of two blobs.
func (h *history) askAndApply(n int, refresh bool) {
	for _, item := range []*listing{h.item(n), h.item(n / 7)} {
		item.version++
	}
	h.planAndApply(refresh, false)
}

func (h *history) remove(n int) {
	if len(h.config.items) > 1 {
		at := n % len(h.config.items)
		h.config.items = slices.Delete(slices.Clone(h.config.items), at, at+1)
	}
}

func (h *history) rotateList(n int) {
	at := n % len(h.config.items)
	h.config.items = slices.Concat(h.config.items[at:], h.config.items[:at])
}

func (h *history) planAndApply(refresh, replace bool) {
	if c := h.plan(refresh, replace); c != nil {
		h.apply(c)
	}
}

// applyStale plans, and applies when the service has mended meanwhile what failed.
func (h *history) applyStale(n int, refresh bool) {
	c := h.plan(refresh, false)
	for _, blob := range []int{h.item(n).blob, h.item(n + 1).blob, h.item(n + 2).blob} {
		h.heal(blob)
	}
	if c != nil {
		h.apply(c)
	}
}

// applySaved applies a plan that was made some moves ago. Terraform refuses it when the state is another one by now.
func (h *history) applySaved() {
	c := h.saved
	h.saved = nil
	if c != nil && c.serial == h.serial {
		h.apply(c)
	}
}

func (h *history) taint() {
	if h.state != nil {
		tainted := *h.state
		tainted.tainted, h.tainted = true, true
		h.state = &tainted
		h.serial++
	}
}

func (h *history) refreshOnly() {
	if h.state == nil {
		return
	}
	state, diags := h.tf.refresh(h.ctx, h.state)
	h.tell(diags)
	h.witness.enter(h.witness.look(), false)
	if _, failed := errorsOf(diags); !failed {
		h.note("state: %s", brief(shownIn(state.value)))
		h.state = state
		h.serial++
	}
}

func (h *history) destroy() {
	if h.state == nil {
		return
	}
	resp := h.tf.applyOnce(h.ctx, h.state.value, h.tf.null(), h.tf.null(), h.state.private)
	h.tell(resp.Diagnostics)
	if _, failed := errorsOf(resp.Diagnostics); failed {
		violatef("the resource cannot be destroyed")
	}
	h.witness.enter(h.witness.look(), false)
	h.witness.begin()
	h.state, h.imported, h.tainted = nil, false, false
	h.serial++
}

// reimport removes the resource from the state and imports what can be found of it.
func (h *history) reimport() {
	table := h.config.table
	if h.state == nil || h.witness.lost || textOf(membersOf(h.state.value)["table"]) != table || len(h.witness.operations[table]) <= h.witness.first[table] {
		return
	}
	h.count("state imported")
	h.repair(table)
}

func (h *history) script(blob, before int, o kustotest.Outcome) {
	h.heal(blob)
	h.scripts[blob] = before
	h.service.Outcome(blobKey(blob), o)
}

const ages = 1 << 30 // polls

// fail has the service give a blob up: for good, or until it is mended.
func (h *history) fail(blob, m int) {
	h.count("blob failed")
	o := kustotest.Outcome{State: "Failed", ErrorCode: "Download_Forbidden", FailureStatus: []string{"Permanent", "Exhausted", "Unknown"}[m%3]}
	if m%2 == 1 {
		o.Polls, o.Flip = ages, &healthy
	}
	h.script(blob, h.settledSubmissions(blob), o)
}

// hang keeps a blob running until it is mended.
func (h *history) hang(blob, m int) {
	h.count("blob hung")
	h.script(blob, -1, kustotest.Outcome{Hang: true, State: []string{"", "Queued"}[m%2]})
}

// transient has a blob fail in a way that the service mends by itself after some readings.
func (h *history) transient(blob, m int) {
	h.count("blob failed for a while")
	polls := []int{1, 2, 5, ages}[m%4]
	then := healthy
	if m >= 4 {
		then = kustotest.Outcome{State: "Failed", ErrorCode: "Timeout", FailureStatus: "Exhausted"}
	}
	h.script(blob, -1, kustotest.Outcome{State: "Failed", ErrorCode: "Timeout", FailureStatus: "Transient", Polls: polls, Flip: &then})
}

// odd has a blob end in a state that is rare.
func (h *history) odd(blob, m int) {
	h.count("blob in an odd state")
	state := []string{"Skipped", "PartiallySucceeded", "Canceled", "Reticulating"}[m%4]
	h.stuck = h.stuck || m%4 == 3
	h.script(blob, h.settledSubmissions(blob), kustotest.Outcome{State: state})
}

func (h *history) cancelNewest() {
	operations := h.service.Operations("Samples", h.config.table)
	if len(operations) > 0 {
		h.count("operation canceled")
		h.service.Cancel(operations[len(operations)-1].ID)
	}
}

func (h *history) expire() {
	h.count("operations expired")
	h.witness.lost = true
	h.stuck = true
	h.service.ExpireOperations()
}

func (h *history) inject(f kustotest.Fault) { h.service.Inject(f) }

func (h *history) count(what string) { h.counts[faultPrefix+what]++ }

const faultPrefix = "fault: "

// tally counts the faults that really came about, and empties the service's log.
func (h *history) tally() {
	silent := 0
	for _, r := range h.service.Requests() {
		h.counts["requests"]++
		if r.Status == 0 {
			silent++
		}
		if r.Fault != "" {
			h.count(string(r.Route) + " " + r.Fault)
		}
	}
	h.service.ResetRequests()
	h.wire.mu.Lock()
	defer h.wire.mu.Unlock()
	h.counts[faultPrefix+"DroppedBeforeRead"] += max(0, h.wire.aborts-silent)
	h.counts[faultPrefix+"connection refused"] += h.wire.refused
	h.counts[faultPrefix+"interrupt during a request"] += h.wire.stopped
	h.wire.aborts, h.wire.refused, h.wire.stopped = 0, 0, 0
}

// tally adds up what histories went through. A history runs in a goroutine of its own, but no two of one tally at a time.
type tally struct {
	wanted, histories, steps int
	counts                   map[string]int
}

func newTally(wanted int) *tally {
	return &tally{wanted: wanted, counts: map[string]int{}}
}

func (y *tally) enough() bool { return y.histories >= y.wanted }

func (y *tally) step(h *history, name string) {
	h.tally()
	y.steps++
	y.counts["move "+name]++
	for what, n := range h.counts {
		y.counts[what] += n
	}
	y.counts["blobs accepted"] += h.sentCount
	h.sentCount = 0
	clear(h.counts)
}

// report prints the sums of several tallies.
func report(t *testing.T, tallies []*tally, took time.Duration) {
	t.Helper()
	sum, faults := newTally(0), 0
	for _, y := range tallies {
		sum.histories += y.histories
		sum.steps += y.steps
		for what, n := range y.counts {
			sum.counts[what] += n
			if strings.HasPrefix(what, faultPrefix) {
				faults += n
			}
		}
	}
	t.Logf("%d histories, %d steps, %d faults in %s", sum.histories, sum.steps, faults, took.Round(time.Millisecond))
	for _, what := range slices.Sorted(maps.Keys(sum.counts)) {
		t.Logf("%8d %s", sum.counts[what], what)
	}
}
