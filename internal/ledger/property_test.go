package ledger

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// world is a service that takes, refuses or swallows requests, and what a careful observer knows about it.
type world struct {
	ledger *Ledger
	// mayBeIn tells for a blob's version whether its rows are in the table, or may be, or may still come.
	mayBeIn map[Blob]bool
	held    map[string]map[string]Blob // operation → source id → blob
	next    int
}

func newWorld() *world {
	return &world{ledger: New(), mayBeIn: map[Blob]bool{}, held: map[string]map[string]Blob{}}
}

var statuses = []Status{NotSubmitted, Unknown, Untracked, Queued, InProgress, Succeeded, Skipped, Failed, Canceled}

func drawList(t *rapid.T) []Blob {
	keys := rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 1, 50, rapid.ID).Draw(t, "keys")
	blobs := make([]Blob, len(keys))
	for i, k := range keys {
		// One version is common and two are rare, so that most blobs keep theirs from one list to the next.
		version := max(0, rapid.IntRange(-6, 2).Draw(t, "version"))
		blobs[i] = Blob{Key: fmt.Sprintf("b%d", k), SourceID: fmt.Sprintf("b%d-v%d", k, version)}
	}
	return blobs
}

func (w *world) apply(t *rapid.T, wanted []Blob) {
	decisions := w.ledger.Decide(wanted, rapid.Bool().Draw(t, "retry"))
	w.ledger.Adopt(decisions)
	w.forget(wanted)
	for _, request := range Split(Sending(decisions), 20) {
		if len(request) > 20 {
			t.Fatalf("a request of %d blobs", len(request))
		}
		w.send(t, request)
	}
	w.checkNothingIsSilent(t, wanted)
}

// forget follows the ledger: a blob that leaves the list is forgotten, and to list it again is to ask for it again.
func (w *world) forget(wanted []Blob) {
	listed := map[string]bool{}
	for _, b := range wanted {
		listed[b.Key] = true
	}
	for b := range w.mayBeIn {
		if !listed[b.Key] {
			delete(w.mayBeIn, b)
		}
	}
}

func (w *world) send(t *rapid.T, request []Decision) {
	for _, d := range request {
		if d.Class == Changed {
			delete(w.mayBeIn, d.Blob) // going to another version, an earlier one included, asks for it
		}
		if w.mayBeIn[d.Blob] {
			t.Fatalf("%v is sent again as class %d", d.Blob, d.Class)
		}
	}
	switch rapid.SampledFrom([]string{"accepted", "accepted", "untracked", "refused", "lost"}).Draw(t, "answer") {
	case "accepted":
		w.next++
		id := fmt.Sprintf("op%d", w.next)
		w.ledger.Accept(request, id)
		w.held[id] = map[string]Blob{}
		for _, d := range request {
			w.mayBeIn[d.Blob] = true
			w.held[id][d.SourceID] = d.Blob
		}
	case "untracked":
		w.ledger.Accept(request, "")
		w.mark(request)
	case "lost":
		w.ledger.Doubt(request)
		w.mark(request)
	case "refused":
		w.ledger.Refuse(request)
	}
}

func (w *world) mark(request []Decision) {
	for _, d := range request {
		w.mayBeIn[d.Blob] = true
	}
}

// observe lets the service speak about every operation that the ledger asks about. What it gives up may be sent again.
func (w *world) observe(t *rapid.T) {
	for _, id := range w.ledger.OpenOperations() {
		var seen []Observation
		for source, b := range w.held[id] {
			status := rapid.SampledFrom([]Status{Queued, InProgress, Succeeded, Skipped, Failed, Canceled}).Draw(t, "status")
			if entry := w.ledger.Entries[b.Key]; entry.Operation == id && entry.Status.Open() {
				w.mayBeIn[b] = !status.GivenUp()
			}
			seen = append(seen, Observation{SourceID: source, Status: status})
		}
		w.ledger.Observe(id, seen)
	}
}

// restart loses everything but what a state keeps: entries without their operations and former versions, and the memory.
func (w *world) restart(t *rapid.T) {
	kept := New()
	kept.Operations = w.ledger.Operations
	for key, e := range w.ledger.Entries {
		e.Operation, e.Former = "", nil
		kept.Set(key, e)
	}
	if err := kept.Recall(w.ledger.Remember()); err != nil {
		t.Fatal(err)
	}
	w.ledger = kept
}

func (w *world) checkNothingIsSilent(t *rapid.T, wanted []Blob) {
	for _, b := range wanted {
		e, ok := w.ledger.Entries[b.Key]
		if !ok {
			t.Fatalf("%v left the book", b)
		}
		if !w.mayBeIn[b] && (e.Status.Ingested() || e.Status == Untracked || e.Status.Running()) {
			t.Fatalf("%v was never taken and stands as %s", b, e.Status)
		}
	}
	if len(w.ledger.Entries) != len(wanted) {
		t.Fatalf("%d entries for %d blobs", len(w.ledger.Entries), len(wanted))
	}
}

func TestLedger_historiesKeepThePromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"apply", "apply", "observe", "restart"}).Draw(t, "step") {
			case "apply":
				w.apply(t, drawList(t))
			case "observe":
				w.observe(t)
			case "restart":
				w.restart(t)
			}
		}
	})
}

func TestLedger_applyingTheSameTwiceSendsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, wanted := New(), drawList(t)
		for i, b := range wanted {
			if status := rapid.SampledFrom(statuses).Draw(t, "status"); rapid.Bool().Draw(t, "known") {
				l.Set(b.Key, Entry{SourceID: b.SourceID, Status: status, Operation: fmt.Sprint("op", i)})
			}
		}
		first := l.Decide(wanted, true)
		l.Adopt(first)
		for i, request := range Split(Sending(first), 20) {
			l.Accept(request, fmt.Sprint("next", i))
		}
		if again := Sending(l.Decide(wanted, true)); len(again) != 0 {
			t.Fatalf("the second time sends %v", again)
		}
	})
}

func TestLedger_orderAndPartitionAreStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wanted := drawList(t)
		decisions := New().Decide(wanted, true)
		var sent []Blob
		for _, request := range Split(Sending(decisions), rapid.IntRange(1, 20).Draw(t, "size")) {
			for _, d := range request {
				sent = append(sent, d.Blob)
			}
		}
		if diff := cmp.Diff(wanted, sent); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(decisions, New().Decide(wanted, true)); diff != "" {
			t.Fatalf("a second decision differs: %s", diff)
		}
	})
}
