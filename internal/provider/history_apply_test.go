package provider

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// apply carries out a plan, with whatever was arranged to come in its way, and asserts that what happened is what the plan and the answer say.
func (h *history) apply(c *change) {
	arranged := h.next
	h.next = arrangement{}
	if c.action == "no-op" {
		h.accept(c, c.prior)
		return
	}
	killed := arranged.kill && c.action != "replace" && c.document.tracking && !h.witness.lost
	h.log.Reset()
	h.wire.confirmed = nil
	ctx, done := h.arrange(arranged)
	defer done()
	result, diags := h.tf.apply(ctx, c, func() {
		h.witness.enter(h.witness.look(), false)
		h.witness.begin()
		h.tainted = false
	})
	h.wire.stop.end = nil
	news := h.witness.look()
	h.note("applied: %d accepted", len(news))
	h.sentCount += len(news)
	h.tell(diags)
	h.checkSent(c, news)
	h.witness.enter(news, h.imported && !h.witness.byVersion)
	h.checkLog()
	if killed {
		h.note("killed")
		h.count("apply killed")
		if len(news) > 0 {
			h.repair(c.document.table)
		}
		return
	}
	h.checkTold(c, news, result, diags)
	h.accept(c, result)
}

// accept takes over the state after an apply.
func (h *history) accept(c *change, result *instance) {
	if c.action != "no-op" {
		h.imported = false
	}
	h.state = result
	h.serial++
	if result == nil {
		return
	}
	blobs := shownIn(result.value)
	h.note("state: %s", brief(blobs))
	if !h.imported {
		h.witness.follow(textOf(membersOf(result.value)["table"]), blobs)
	}
}

// arrange sets up an interrupt and returns the context of the apply.
func (h *history) arrange(a arrangement) (context.Context, func()) {
	ctx, cancel := context.WithCancel(h.ctx)
	end := func() { _, _ = h.tf.server.StopProvider(h.ctx, &tfprotov6.StopProviderRequest{}) }
	if a.cut {
		end = cancel
	}
	h.wire.requests = 0
	h.wire.stop = interruption{}
	if a.interrupt > 0 {
		h.wire.stop = interruption{end: end, at: a.interrupt - 1, when: moment(a.when)}
	}
	if a.after > 0 {
		timer := time.AfterFunc(a.after, end)
		return ctx, func() {
			if !timer.Stop() {
				h.count("interrupt while waiting")
			}
			cancel()
		}
	}
	return ctx, cancel
}

// checkSent asserts that nothing was sent that the plan did not announce.
func (h *history) checkSent(c *change, news []taking) {
	announced := map[string]bool{}
	for _, s := range shownIn(c.planned) {
		announced[s.key] = s.open
	}
	for _, n := range news {
		if !announced[n.key] {
			violatef("%s was sent, and the plan did not say so", n.key)
		}
	}
}

// checkLog asserts that each operation id that the provider got stands in the log.
func (h *history) checkLog() {
	for _, id := range h.wire.confirmed {
		said := false
		for line := range strings.SplitSeq(h.log.String(), "\n") {
			said = said || strings.Contains(line, `"@level":"info"`) && strings.Contains(line, id)
		}
		if !said {
			violatef("operation %s was accepted, and no line of the log tells it", id)
		}
	}
}

// checkTold asserts that what was accepted is in the state, and that a creation failed only when nothing was accepted or all of it failed.
func (h *history) checkTold(c *change, news []taking, result *instance, diags []*tfprotov6.Diagnostic) {
	if result == nil {
		for _, n := range news {
			for _, b := range h.witness.blobs(n.table, []place{n.place}) {
				if isLive(b) || b.State != "Failed" {
					violatef("the creation failed, and %s was accepted and stands as %s", n.key, b.State)
				}
			}
		}
		return
	}
	known := map[string]shown{}
	for _, s := range shownIn(result.value) {
		known[s.key] = s
	}
	for _, n := range news {
		s, ok := known[n.key]
		if !ok || s.status == "NotSubmitted" || !strings.EqualFold(s.sourceID, n.version) {
			violatef("%s was accepted with source id %s, and the state says %+v", n.key, n.version, s)
		}
	}
	if _, failed := errorsOf(diags); failed || len(diags) > 0 {
		return
	}
	for _, s := range shownIn(c.planned) {
		if got := known[s.key]; s.open && (got.status == "NotSubmitted" || got.status == "Unknown" || c.document.wait && got.status == "Failed") {
			violatef("%s was to be sent and stands as %s, and no message says so", s.key, got.status)
		}
	}
}

// repair imports all operations of the resource, as one does after an apply that was killed. Nothing may be in the way of it but the service's lag.
func (h *history) repair(table string) {
	ids := h.witness.adopt(table)
	h.service.ClearFaults()
	h.wire.refusals = 0
	for range 10 {
		state, diags := h.tf.importID(h.ctx, "Samples/"+table+"/"+strings.Join(ids, ","))
		h.tell(diags)
		if state != nil {
			h.note("imported %d operations: %s", len(ids), brief(shownIn(state.value)))
			h.state, h.imported, h.tainted = state, true, false
			h.serial++
			return
		}
		pass(time.Minute)
	}
	violatef("%d operations cannot be imported", len(ids))
}

// settle mends everything, applies until nothing is left to do, and asserts that all blobs are ingested then, that the same configuration sends nothing
// more, and that a settled resource costs no request.
func (h *history) settle() {
	h.mend()
	for try := 0; ; try++ {
		c := h.plan(true, false)
		if c == nil {
			violatef("a sound configuration cannot be planned")
		}
		h.apply(c)
		h.check()
		if c.action == "no-op" && (!h.running() || h.stuck && try >= 8) {
			break
		}
		if try == 16 {
			violatef("the configuration does not come to rest")
		}
		pass(10 * time.Minute)
	}
	open := false
	for _, s := range shownIn(h.state.value) {
		switch s.status {
		case "Succeeded", "Skipped", "Unknown", "Untracked":
		case "Queued", "InProgress":
			open = true
			if !h.stuck {
				violatef("%s stays %s", s.key, s.status)
			}
		default:
			violatef("%s stays %s", s.key, s.status)
		}
	}
	h.tally()
	c := h.plan(true, false)
	if c == nil || c.action != "no-op" {
		violatef("a configuration at rest is planned again")
	}
	if n := h.service.Count(""); n != 0 && !open {
		violatef("a settled resource costs %d requests", n)
	}
	if n := h.service.Count("submit"); n != 0 {
		violatef("a settled resource sends %d requests", n)
	}
}

// running reports whether the state has blobs that the service may still change.
func (h *history) running() bool {
	for _, s := range shownIn(h.state.value) {
		if s.status == "Queued" || s.status == "InProgress" {
			return true
		}
	}
	return false
}

// mend ends whatever goes wrong, and makes the configuration one that can succeed.
func (h *history) mend() {
	h.service.ClearFaults()
	h.wire.refusals, h.next, h.saved = 0, arrangement{}, nil
	for blob := range historyBlobs + historyFiller {
		h.heal(blob)
	}
	h.rotate()
	h.config.tracking, h.config.retry, h.config.token, h.config.properties = true, 0, true, 0
	for i := range h.config.items {
		h.config.items[i].signed = false
	}
	pass(15 * time.Minute)
}

// heal ends what is scripted for a blob. What the service gave up for good it mends only when the blob is in the state, was not sent again, and can be
// asked about: else that would be the service's own duplicate.
func (h *history) heal(blob int) {
	before, scripted := h.scripts[blob]
	if !scripted {
		return
	}
	delete(h.scripts, blob)
	if before >= 0 && (h.submissions(blob)-before > 1 || h.witness.lost || !h.holds(blob)) {
		h.spent[blob] = true // To mend it later would mend all submissions of it.
	}
	if h.spent[blob] {
		h.stuck = h.stuck || before < 0
		h.service.Outcome(blobKey(blob), healthy)
		return
	}
	h.service.Heal(blobKey(blob))
}

// holds reports whether the state has the blob.
func (h *history) holds(blob int) bool {
	return h.state != nil && !h.state.tainted && slices.ContainsFunc(shownIn(h.state.value), func(s shown) bool { return s.key == blobKey(blob) })
}

// submissions is how often a blob was accepted.
func (h *history) submissions(blob int) int {
	n := 0
	for _, b := range h.service.SubmittedBlobs() {
		if b.URL == blobKey(blob) {
			n++
		}
	}
	return n
}

// settledSubmissions is how many of the submissions of a blob are over, so that what is scripted for it does not concern them.
func (h *history) settledSubmissions(blob int) int {
	n := 0
	for _, table := range historyTables {
		for _, operation := range h.service.Operations("Samples", table) {
			for _, b := range operation.Blobs {
				if b.URL == blobKey(blob) && b.State != "Queued" && b.State != "InProgress" {
					n++
				}
			}
		}
	}
	return n
}

// pass lets the time of the bubble go by.
func pass(d time.Duration) { <-time.After(d) }
