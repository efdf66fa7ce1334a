package provider

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"pgregory.net/rapid"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// TestHistories plays random histories of changes, faults, interrupts and repairs, and asserts after every step that no blob is ingested twice by
// accident, that none is lost silently, that the plan said what was sent, and that Terraform accepts every plan and result. The environment variable
// KUSTO_SOAK_HISTORIES says how many histories; `make soak` sets it.
func TestHistories(t *testing.T) {
	t.Parallel()
	profiles := []kustotest.Profile{kustotest.ProfileLive, kustotest.ProfileDocs, kustotest.ProfileOpenAPI}
	wanted := 100
	if n, err := strconv.Atoi(os.Getenv("KUSTO_SOAK_HISTORIES")); err == nil {
		wanted = n
	}
	began, tallies := time.Now(), []*tally{}
	t.Cleanup(func() { report(t, tallies, time.Since(began)) })
	for _, profile := range profiles {
		counted := newTally((wanted + len(profiles) - 1) / len(profiles))
		tallies = append(tallies, counted)
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			for !counted.enough() {
				rapid.Check(t, counted.property(t, profile))
			}
		})
	}
}

// property plays one history, unless enough of them were played.
func (y *tally) property(t *testing.T, profile kustotest.Profile) func(*rapid.T) {
	return func(rt *rapid.T) {
		s := drawSettings(rt)
		s.Profile = profile
		moves := drawMoves(rt)
		if y.enough() {
			return
		}
		if found := play(t, s, moves, y); found != "" {
			y.wanted = math.MaxInt // what rapid plays from now on makes the history smaller
			rt.Fatalf("%s\nThe history:\n%s", found, literal(s, moves))
		}
	}
}

// historySettings are how the service of a history is.
type historySettings struct {
	Profile    kustotest.Profile
	Lag        int // status reads that tell nothing
	Batching   time.Duration
	Processing time.Duration
	Wait       bool // what the first configuration says
}

func drawSettings(t *rapid.T) historySettings {
	return historySettings{
		Lag:        rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "lag"),
		Batching:   rapid.SampledFrom([]time.Duration{0, 0, 0, 30 * time.Second, 5 * time.Minute}).Draw(t, "batching"),
		Processing: rapid.SampledFrom([]time.Duration{0, 0, 20 * time.Second}).Draw(t, "processing"),
		Wait:       rapid.Bool().Draw(t, "wait"),
	}
}

// move is a step of a history. What N and M mean is the move's business; any number means something.
type move struct {
	Name string
	N, M int
}

// drawMoves draws numbers and scatters them over the moves: rapid prefers small numbers, which would be few of the moves. 0 is no move at all, so that
// rapid can leave a move out where it makes no difference.
func drawMoves(t *rapid.T) []move {
	var moves []move
	for _, x := range rapid.SliceOfN(rapid.Uint64(), 8, 24).Draw(t, "moves") {
		if x == 0 {
			continue
		}
		random := rand.New(rand.NewPCG(x, 0)) //nolint:gosec // the same number has to be the same move
		moves = append(moves, move{Name: moveNames[random.IntN(len(moveNames))], N: random.IntN(61), M: random.IntN(8)})
	}
	return moves
}

func literal(s historySettings, moves []move) string {
	var b strings.Builder
	fmt.Fprintf(&b, "historySettings{Profile: %q, Lag: %d, Batching: %d, Processing: %d, Wait: %t},\n[]move{", s.Profile, s.Lag, s.Batching, s.Processing, s.Wait)
	for _, m := range moves {
		fmt.Fprintf(&b, "{%q, %d, %d}, ", m.Name, m.N, m.M)
	}
	return strings.TrimSuffix(b.String(), ", ") + "}"
}

// play plays a history and returns what is wrong, or "". Its time is that of a bubble, so waiting costs nothing.
func play(t *testing.T, s historySettings, moves []move, counted *tally) (found string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var h *history
		defer func() {
			switch reason := recover().(type) {
			case nil:
			case violation:
				found = string(reason) + "\n" + h.story.String()
			default:
				panic(reason)
			}
		}()
		h = newHistory(t, s)
		for i, m := range append(slices.Clone(moves), move{Name: "settle"}) {
			fmt.Fprintf(&h.story, "%d. %s %d %d\n", i+1, m.Name, m.N, m.M)
			moveTable[m.Name](h, m.N, m.M)
			h.check()
			counted.step(h, m.Name)
		}
		counted.histories++
	})
	return found
}

// history is a world in the making: a user with a configuration, Terraform with a state, and a service.
type history struct {
	ctx      context.Context
	settings historySettings
	service  *kustotest.Service
	wire     *wire
	witness  *witness
	tf       *terraform
	log      bytes.Buffer
	story    strings.Builder

	config     document
	signature  string
	signatures []string
	state      *instance
	serial     int
	saved      *change
	imported   bool // whether the state was imported and no configuration was applied to it since
	stuck      bool // whether the service holds blobs that never end

	next      arrangement
	spent     map[int]bool // blobs that the service gave up and never mends
	scripts   map[int]int  // what is scripted for a blob: submissions of it at that time, -1 when it hangs
	tainted   bool         // whether the user tainted the resource
	counts    map[string]int
	sentCount int
}

// arrangement is what comes in the way of the next apply.
type arrangement struct {
	interrupt, when int // 0: none, else the number of the request
	after           time.Duration
	cut             bool // the context ends, as when the plugin's connection breaks, instead of a stop
	kill            bool
}

// clock is years ahead of the bubble's, whose year is 2000, so that signatures are valid already.
type clock struct{}

// Now is part of kustotest.Clock.
func (clock) Now() time.Time { return time.Now().AddDate(26, 0, 0) }

func newHistory(t *testing.T, s historySettings) *history {
	t.Helper()
	service := kustotest.New(kustotest.WithClock(clock{}), kustotest.WithProfile(s.Profile), kustotest.WithStatusLag(s.Lag),
		kustotest.WithBatching(s.Batching), kustotest.WithProcessing(s.Processing))
	service.SetBaseURL(historyBase)
	storeBlobs(service)
	h := &history{
		settings: s, service: service, wire: &wire{service: service}, witness: newWitness(service, s.Profile == kustotest.ProfileOpenAPI),
		scripts: map[int]int{}, spent: map[int]bool{}, counts: map[string]int{},
		config: document{items: []listing{{blob: 0}, {blob: 1}}, database: "Samples", table: historyTables[0], tracking: true, wait: s.Wait},
	}
	h.ctx = tflogtest.RootLogger(t.Context(), &h.log)
	server := comparedServer(t, newProvider("test", withTransport(h.wire), withEnvironment(func(string) string { return "" })), violatef)
	h.tf = newTerraform(h.ctx, server, historyBase)
	h.rotate()
	return h
}

func (h *history) rotate() {
	h.signature = h.service.SAS("closed")
	_, secret, _ := strings.Cut(h.signature, "sig=")
	secret, _, _ = strings.Cut(secret, "&")
	h.signatures = append(h.signatures, secret)
}

func (h *history) note(format string, args ...any) { fmt.Fprintf(&h.story, "   "+format+"\n", args...) }

// tell notes diagnostics, and fails if they hold a secret.
func (h *history) tell(diags []*tfprotov6.Diagnostic) {
	for _, d := range diags {
		h.note("%s: %s", d.Severity, d.Summary)
		for _, secret := range h.signatures {
			if strings.Contains(d.Detail, secret) {
				violatef("a signature stands in a diagnostic: %s", d.Detail)
			}
		}
	}
}

// check asserts what holds after every step.
func (h *history) check() {
	h.witness.enter(h.witness.look(), false)
	h.witness.judge()
	for _, secret := range h.signatures {
		if bytes.Contains(h.log.Bytes(), []byte(secret)) {
			violatef("a signature stands in the log")
		}
	}
	if h.state != nil {
		h.checkState()
	}
}

// checkState asserts that the state is true: nothing is said to be ingested that is not, and nothing to be unsent that was accepted.
func (h *history) checkState() {
	table := textOf(membersOf(h.state.value)["table"])
	for _, s := range shownIn(h.state.value) {
		t := target{table, s.key}
		switch {
		case s.missing || s.open:
			violatef("the state has no status for %s", s.key)
		case (s.status == "Succeeded" || s.status == "Skipped") && !h.witness.ingested(t):
			violatef("the state says %s of %s, and it is not ingested", s.status, s.key)
		case s.status == "NotSubmitted" && h.witness.live(t, s.sourceID):
			violatef("the state says NotSubmitted of %s, and the service accepted it", s.key)
		}
	}
}

// checkPlan asserts that each listed blob that is not ingested can be seen in the plan.
func (h *history) checkPlan(c *change, replacing bool) {
	if c.action == "replace" && !h.tainted && !replacing && c.prior != nil && !h.targetChanged(c) {
		violatef("the plan replaces the resource for no reason")
	}
	var warned string
	for _, d := range c.warnings {
		warned += d.Detail + "\n"
	}
	cut := strings.Contains(warned, "… and ")
	for _, s := range shownIn(c.planned) {
		t := target{h.config.table, s.key}
		named := cut || strings.Contains(warned, s.key+"\n") || strings.Contains(warned, s.key+":") || strings.HasSuffix(warned, s.key)
		switch {
		case s.missing:
			violatef("the plan has no status for %s", s.key)
		case s.open || s.status == "Queued" || s.status == "InProgress" || s.status == "Untracked":
		case (s.status == "Unknown" || s.status == "Failed" || s.status == "Canceled") && !named:
			violatef("%s stays %s, and no warning names it", s.key, s.status)
		case s.status == "NotSubmitted":
			violatef("%s was never submitted, and the plan does not submit it", s.key)
		case (s.status == "Succeeded" || s.status == "Skipped") && !h.witness.ingested(t):
			violatef("the plan says %s of %s, and it is not ingested", s.status, s.key)
		}
		if r := h.witness.repeats[t]; r != nil && !s.open && !h.imported && c.action == "update" && !strings.EqualFold(r.version, s.sourceID) {
			violatef("%s is wanted with source id %s, was submitted with %s, and is not planned", s.key, s.sourceID, r.version)
		}
	}
}

func (h *history) targetChanged(c *change) bool {
	prior := membersOf(c.prior.value)
	return textOf(prior["table"]) != h.config.table || !strings.EqualFold(textOf(prior["database"]), h.config.database)
}

// plan plans the configuration of the moment.
func (h *history) plan(refresh, replace bool) *change {
	c, diags := h.tf.plan(h.ctx, h.state, h.config.value(h.tf.kind, h.signature), refresh, replace)
	h.tell(diags)
	h.witness.enter(h.witness.look(), false)
	if c != nil {
		c.serial, c.document = h.serial, h.config
		h.note("planned: %s %s", c.action, brief(shownIn(c.planned)))
		h.checkPlan(c, replace)
	}
	return c
}

func brief(blobs []shown) string {
	lines := make([]string, len(blobs))
	for i, s := range blobs {
		name := s.key[strings.LastIndex(s.key, "/")+1:]
		if s.open {
			s.status = "?"
		}
		lines[i] = strings.TrimSuffix(name, ".csv") + "=" + s.status
	}
	if len(lines) > historyBlobs {
		lines = append(lines[:historyBlobs:historyBlobs], "…")
	}
	return strings.Join(lines, " ")
}

func (h *history) find(blob int) int {
	return slices.IndexFunc(h.config.items, func(i listing) bool { return i.blob == blob })
}
