package provider

import (
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// healthy is what becomes of a blob by itself.
var healthy = kustotest.Outcome{}

// moveTable holds what can happen in a history.
var moveTable = map[string]func(h *history, n, m int){
	// The user edits the configuration.
	"add":           func(h *history, n, _ int) { h.add(n % historyBlobs) },
	"add many":      func(h *history, n, _ int) { h.addMany(n) },
	"remove":        func(h *history, n, _ int) { h.remove(n) },
	"reverse":       func(h *history, _, _ int) { slices.Reverse(h.config.items) },
	"rotate list":   func(h *history, n, _ int) { h.rotateList(n) },
	"source id":     func(h *history, n, m int) { h.item(n).version = m % 4 },
	"raw size":      func(h *history, n, _ int) { h.item(n).size = !h.item(n).size },
	"sign url":      func(h *history, n, _ int) { h.item(n).signed = !h.item(n).signed },
	"rotate sas":    func(h *history, _, _ int) { h.rotate() },
	"sas token":     func(h *history, _, _ int) { h.config.token = !h.config.token },
	"properties":    func(h *history, n, _ int) { h.config.properties = n % propertySets },
	"tracking":      func(h *history, _, _ int) { h.config.tracking = !h.config.tracking },
	"retry":         func(h *history, n, _ int) { h.config.retry = n % 3 },
	"wait":          func(h *history, _, _ int) { h.config.wait = !h.config.wait },
	"timestamp":     func(h *history, n, _ int) { h.config.timestamp = n % 28 },
	"database case": func(h *history, n, _ int) { h.config.database = []string{"Samples", "SAMPLES", "samples"}[n%3] },
	"table":         func(h *history, n, _ int) { h.config.table = historyTables[n%len(historyTables)] },

	// The user runs Terraform.
	"plan":          func(h *history, _, m int) { h.saved = h.plan(m != 0, false) },
	"apply saved":   func(h *history, _, _ int) { h.applySaved() },
	"apply":         func(h *history, _, m int) { h.planAndApply(m != 0, false) },
	"apply stale":   func(h *history, n, m int) { h.applyStale(n, m != 0) },
	"ask and apply": func(h *history, n, m int) { h.askAndApply(n, m != 0) },
	"replace":       func(h *history, _, _ int) { h.planAndApply(true, true) },
	"taint":         func(h *history, _, _ int) { h.taint() },
	"refresh":       func(h *history, _, _ int) { h.refreshOnly() },
	"destroy":       func(h *history, _, _ int) { h.destroy() },
	"import":        func(h *history, _, _ int) { h.reimport() },
	"interrupt":     func(h *history, n, m int) { h.next = arrangement{interrupt: n%6 + 1, when: m % 3, cut: m == 7} },
	"interrupt later": func(h *history, n, m int) {
		h.next = arrangement{after: time.Duration(n*n) * 100 * time.Millisecond, cut: m == 7}
	},
	"kill": func(h *history, n, m int) { h.next = arrangement{kill: true, interrupt: n % 4, when: m % 3} },

	// The service does what services do.
	"fail":        func(h *history, n, m int) { h.fail(h.item(n).blob, m) },
	"hang":        func(h *history, n, m int) { h.hang(h.item(n).blob, m) },
	"transient":   func(h *history, n, m int) { h.transient(h.item(n).blob, m) },
	"odd outcome": func(h *history, n, m int) { h.odd(h.item(n).blob, m) },
	"heal":        func(h *history, n, _ int) { h.heal(h.item(n).blob) },
	"cancel":      func(h *history, _, _ int) { h.cancelNewest() },
	"expire":      func(h *history, _, _ int) { h.expire() },
	"time passes": func(_ *history, n, _ int) { pass(time.Duration(n) * 20 * time.Second) },
	"submit fault": func(h *history, n, m int) {
		h.inject(submitFaults[n%len(submitFaults)].On(kustotest.RouteSubmit).Times(m%3 + 1).After(m / 4))
	},
	"status fault": func(h *history, n, m int) {
		h.inject(statusFaults[n%len(statusFaults)].On(kustotest.RouteStatus).Times(m*m/3 + 1))
	},
	"nobody listens": func(h *history, n, _ int) { h.wire.refusals = n%8 + 1 },
	"settle":         func(h *history, _, _ int) { h.settle() },
}

// moveNames are the moves that are drawn, as often as they stand here.
var moveNames = slices.Concat(
	strings.Fields("apply apply apply apply apply apply add add remove reverse retry wait wait timestamp tracking properties table"),
	strings.Fields("plan plan replace taint refresh destroy import interrupt interrupt interrupt kill kill fail fail hang transient heal heal cancel expire"),
	slices.Repeat([]string{"ask and apply"}, 8), slices.Repeat([]string{"submit fault"}, 6), slices.Repeat([]string{"status fault"}, 4),
	slices.Repeat([]string{"source id", "apply saved", "apply stale", "interrupt later"}, 2),
	[]string{"add many", "rotate list", "raw size", "sign url", "rotate sas", "sas token", "database case", "odd outcome", "time passes", "nobody listens"},
)

// submitFaults are what may happen to a submission.
var submitFaults = []kustotest.Fault{
	kustotest.FaultThrottled(0), kustotest.FaultThrottled(20 * time.Second), kustotest.FaultUnavailable(0), kustotest.FaultUnavailable(2 * time.Second),
	kustotest.FaultInternalError(), kustotest.FaultInternalError().InState(true), kustotest.FaultGatewayTimeout(), kustotest.FaultGatewayTimeout().InState(true),
	kustotest.FaultServiceError520(), kustotest.FaultServiceError520().InState(true), kustotest.FaultUnavailable(0).InState(true),
	kustotest.FaultGatewayHTML(502), kustotest.FaultGatewayHTML(502).InState(true), kustotest.FaultTruncatedBody(), kustotest.FaultEmptyBody(),
	kustotest.FaultDroppedBeforeRead(), kustotest.FaultDroppedAfterAccept(), kustotest.FaultUnreadableAccept(), kustotest.FaultUnauthorizedOnce(),
	kustotest.FaultForbidden(), kustotest.FaultEndpointMissing(), kustotest.FaultRedirect("https://elsewhere.example/"),
	kustotest.FaultBadRequest("BadRequest_TableNotExist", "No such table."), kustotest.FaultPayloadTooLarge(),
	kustotest.FaultSlow(5 * time.Second), kustotest.FaultSlow(90 * time.Second), kustotest.FaultSlow(90 * time.Second).InState(true),
}

// statusFaults are what may happen to a reading of the status.
var statusFaults = []kustotest.Fault{
	kustotest.FaultNotFoundGrace(1), kustotest.FaultNotFoundGrace(1), kustotest.FaultThrottled(0), kustotest.FaultThrottled(20 * time.Second), kustotest.FaultUnavailable(0),
	kustotest.FaultInternalError(), kustotest.FaultGatewayTimeout(), kustotest.FaultServiceError520(), kustotest.FaultGatewayHTML(502),
	kustotest.FaultGatewayHTML(200), kustotest.FaultTruncatedBody(), kustotest.FaultEmptyBody(), kustotest.FaultDroppedBeforeRead(), kustotest.FaultUnreadableAccept(),
	kustotest.FaultForbidden(), kustotest.FaultUnauthorizedOnce(), kustotest.FaultSlow(90 * time.Second),
}
