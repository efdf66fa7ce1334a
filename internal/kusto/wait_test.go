package kusto

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// waitFor runs a wait in a bubble whose clock is not the machine's.
func waitFor(t *testing.T, limit time.Duration, status func(id string, since time.Duration, details bool) any, test func(o *operations, s map[string]Status, err error, progress []Progress)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := newOperations(status)
		c := newTestClient(t, staticToken(o))
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		var progress []Progress
		s, err := c.Wait(ctx, "D", "T", []PendingOperation{{ID: "op", Blobs: 2}}, func(p Progress) { progress = append(progress, p) })
		test(o, s, err, progress)
	})
}

func states(s ...string) []string { return s }

func TestWait_completeAtOnceCostsTwoReads(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(string, time.Duration, bool) any { return states(StateSucceeded, StateFailed) },
		func(o *operations, s map[string]Status, err error, progress []Progress) {
			if err != nil || !s["op"].Settled(2) || len(s["op"].Details) != 2 {
				t.Errorf("got %+v, %v", s, err)
			}
			if got := o.polls["op"]; len(got) != 2 || got[0] < 800*time.Millisecond || got[1] > 1200*time.Millisecond {
				t.Errorf("polls at %v", got)
			}
			if diff := cmp.Diff([]Progress{{Total: 2, Succeeded: 1, Failed: 1}}, progress); diff != "" {
				t.Error(diff)
			}
		})
}

func TestWait_backsOffTo30Seconds(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
		if since < 5*time.Minute {
			return states(StateQueued, StateInProgress)
		}
		return states(StateSucceeded, StateSucceeded)
	}, func(o *operations, s map[string]Status, err error, progress []Progress) {
		if err != nil || !s["op"].Settled(2) {
			t.Fatalf("got %+v, %v", s, err)
		}
		polls := o.polls["op"]
		previous := time.Duration(0)
		for i, want := range []float64{1, 2, 4, 8, 16, 30, 30, 30, 30} {
			if got := (polls[i] - previous).Seconds(); got < want*0.79 || got > want*1.21 {
				t.Errorf("pause %d is %.1f s, want %.0f s and 20 %% more or less", i, got, want)
			}
			previous = polls[i]
		}
		if len(polls) > 19 {
			t.Errorf("%d polls in five minutes", len(polls))
		}
		if diff := cmp.Diff([]Progress{{Total: 2, Succeeded: 2}}, progress); diff != "" {
			t.Errorf("progress is told only when counts change: %s", diff)
		}
	})
}

func TestWait_zeroCountersAreNotCompletion(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
		switch {
		case since < 20*time.Second:
			return states() // all counters zero, details empty
		case since < 40*time.Second:
			return states(StateSucceeded) // the other blob is not known yet
		default:
			return states(StateSucceeded, StateCanceled)
		}
	}, func(_ *operations, s map[string]Status, err error, progress []Progress) {
		if err != nil || len(s["op"].Details) != 2 {
			t.Errorf("got %+v, %v", s, err)
		}
		want := []Progress{{Total: 2, Succeeded: 1}, {Total: 2, Succeeded: 1, Canceled: 1}}
		if diff := cmp.Diff(want, progress); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWait_transientFailureIsPolledOn(t *testing.T) {
	t.Parallel()
	for final, want := range map[string]string{StateSucceeded: StateSucceeded, "Failed/Exhausted": StateFailed} {
		waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
			if since < 3*time.Minute {
				return states(StateSucceeded, "Failed/Transient")
			}
			return states(StateSucceeded, final)
		}, func(o *operations, s map[string]Status, err error, _ []Progress) {
			if err != nil || s["op"].Details[1].State != want || o.polls["op"][len(o.polls["op"])-1] < 3*time.Minute {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

func TestWait_unknownStateIsRunning(t *testing.T) {
	t.Parallel()
	waitFor(t, 10*time.Minute, func(string, time.Duration, bool) any { return states(StateSucceeded, "Pondering") },
		func(_ *operations, s map[string]Status, err error, _ []Progress) {
			var w *WaitError
			if !errors.As(err, &w) || !errors.Is(err, context.DeadlineExceeded) || s["op"].Details[1].State != "Pondering" {
				t.Errorf("got %+v, %v", s, err)
			}
		})
}

func TestWait_skippedWithoutACounterCompletes(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(string, time.Duration, bool) any { return states(StateSkipped, StateSucceeded) },
		func(o *operations, s map[string]Status, err error, _ []Progress) {
			if err != nil || !s["op"].Settled(2) || len(o.polls["op"]) > 6 {
				t.Errorf("got %+v, %v after %d polls", s, err, len(o.polls["op"]))
			}
		})
}

func TestWait_detailsThatDisagreeKeepPolling(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(_ string, since time.Duration, details bool) any {
		if details && since < 2*time.Minute {
			return reply{status: 200, body: `{"status":{"succeeded":2},"details":[{"status":"Succeeded"},{"status":"InProgress"}]}`}
		}
		return states(StateSucceeded, StateSucceeded)
	}, func(o *operations, s map[string]Status, err error, _ []Progress) {
		if err != nil || !s["op"].Settled(2) || o.polls["op"][len(o.polls["op"])-1] < 2*time.Minute {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

func TestWait_detailsThatNeverComeEndInTheCounters(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"status":{"succeeded":2},"details":[]}`, `{"status":{"succeeded":2}}`, `{"status":{"succeeded":2},"details":[{"status":"Succeeded"}]}`} {
		waitFor(t, time.Hour, func(string, time.Duration, bool) any { return reply{status: 200, body: body} },
			func(o *operations, s map[string]Status, err error, _ []Progress) {
				if err != nil || !s["op"].AllSucceeded(2) || len(o.polls["op"]) < toleratedFailures {
					t.Errorf("%s: got %+v, %v after %d polls", body, s, err, len(o.polls["op"]))
				}
			})
	}
}

func TestWait_saysWhatKeptTheStatusFromBeingRead(t *testing.T) {
	t.Parallel()
	waitFor(t, 3*time.Second, func(string, time.Duration, bool) any {
		return reply{status: 403, body: `{"error":{"code":"Forbidden","message":"No reader."}}`}
	}, func(_ *operations, _ map[string]Status, err error, _ []Progress) {
		if !errors.Is(err, context.DeadlineExceeded) || statusCode(err) != 403 || !strings.Contains(err.Error(), "No reader.") {
			t.Errorf("got %v", err)
		}
	})
	waitFor(t, 3*time.Second, func(string, time.Duration, bool) any {
		return reply{status: 503, body: `{"error":{"code":"Unavailable","message":"Later."}}`}
	}, func(_ *operations, _ map[string]Status, err error, _ []Progress) {
		if !errors.Is(err, context.DeadlineExceeded) || statusCode(err) != 503 || !strings.Contains(err.Error(), "Later.") {
			t.Errorf("within the retries: got %v", err)
		}
	})
}

func TestWait_notFoundHasAGrace(t *testing.T) {
	t.Parallel()
	gone := reply{status: 404, body: `{"error":{"code":"NotFound"}}`}
	waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
		if since < 50*time.Second {
			return gone
		}
		return states(StateSucceeded, StateSucceeded)
	}, func(_ *operations, s map[string]Status, err error, _ []Progress) {
		if err != nil || !s["op"].Settled(2) {
			t.Errorf("within the grace: %+v, %v", s, err)
		}
	})
	waitFor(t, time.Hour, func(string, time.Duration, bool) any { return gone },
		func(o *operations, s map[string]Status, err error, _ []Progress) {
			var w *WaitError
			if !errors.As(err, &w) || !IsNotFound(err) || len(s) != 0 || !slices.Equal(w.Pending, []string{"op"}) {
				t.Errorf("for ever: %+v, %v", s, err)
			}
			if last := o.polls["op"][len(o.polls["op"])-1]; last < notFoundGrace || last > 2*notFoundGrace {
				t.Errorf("given up after %s", last)
			}
		})
	waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
		if since < 5*time.Second {
			return states(StateSucceeded, StateQueued)
		}
		return gone
	}, func(_ *operations, s map[string]Status, err error, _ []Progress) {
		if !IsNotFound(err) || s["op"].Counters.Succeeded != 1 {
			t.Errorf("forgotten: the last known status is lost: %+v, %v", s, err)
		}
	})
}

func TestWait_failingPollsAreTolerated(t *testing.T) {
	t.Parallel()
	waitFor(t, time.Hour, func(_ string, since time.Duration, _ bool) any {
		if since < time.Minute {
			return reply{status: 500}
		}
		return states(StateSucceeded, StateSucceeded)
	}, func(_ *operations, s map[string]Status, err error, _ []Progress) {
		if err != nil || !s["op"].Settled(2) {
			t.Errorf("got %+v, %v", s, err)
		}
	})
	waitFor(t, time.Hour, func(string, time.Duration, bool) any { return reply{status: 200, body: "<html>"} },
		func(o *operations, _ map[string]Status, err error, _ []Progress) {
			if !hasKind(err, KindInvalidResponse) || len(o.polls["op"]) != toleratedFailures {
				t.Errorf("%v after %d polls", err, len(o.polls["op"]))
			}
		})
}

func TestWait_endsWithTheContext(t *testing.T) {
	t.Parallel()
	var details []bool
	waitFor(t, 100*time.Second, func(_ string, since time.Duration, d bool) any {
		details = append(details, d)
		if since >= 100*time.Second {
			return states(StateSucceeded, StateQueued)
		}
		return states(StateQueued, StateQueued)
	}, func(o *operations, s map[string]Status, err error, progress []Progress) {
		var w *WaitError
		if !errors.As(err, &w) || !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(w.Pending, []string{"op"}) || !strings.Contains(err.Error(), "op") {
			t.Errorf("got %v", err)
		}
		if s["op"].Counters.Succeeded != 1 || len(s["op"].Details) != 2 || len(progress) != 1 || !details[len(details)-1] {
			t.Errorf("the last read is missing: %+v", s)
		}
		if last := o.polls["op"][len(o.polls["op"])-1]; last != 100*time.Second {
			t.Errorf("last read at %s", last)
		}
	})
}

func TestWait_completeInTheLastReadIsNoError(t *testing.T) {
	t.Parallel()
	waitFor(t, 20*time.Second, func(_ string, since time.Duration, _ bool) any {
		if since < 20*time.Second {
			return states(StateQueued, StateQueued)
		}
		return states(StateSucceeded, StateSucceeded)
	}, func(_ *operations, s map[string]Status, err error, _ []Progress) {
		if err != nil || !s["op"].Settled(2) {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

func TestWait_lastReadsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newTestClient(t, staticToken(doFunc(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done() // a service that never answers
			return nil, req.Context().Err()
		})))
		var ops []PendingOperation
		for i := range 200 {
			ops = append(ops, PendingOperation{ID: fmt.Sprint(i), Blobs: 1})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		_, err := c.Wait(ctx, "D", "T", ops, nil)
		var w *WaitError
		if !errors.As(err, &w) || len(w.Pending) != 200 {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took > time.Minute+lastReadsLimit {
			t.Errorf("took %s", took)
		}
	})
}

func TestWait_hundredsOfOperations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 500
		o := newOperations(func(_ string, since time.Duration, _ bool) any {
			if since < 2*time.Minute {
				return states(StateQueued)
			}
			return states(StateSucceeded)
		})
		c := newTestClient(t, staticToken(o))
		var ops []PendingOperation
		for i := range n {
			ops = append(ops, PendingOperation{ID: fmt.Sprint(i), Blobs: 1}, PendingOperation{ID: fmt.Sprint(i), Blobs: 1})
		}
		var last Progress
		s, err := c.Wait(t.Context(), "D", "T", ops, func(p Progress) { last = p })
		if err != nil || len(s) != n || last != (Progress{Total: n, Succeeded: n}) {
			t.Errorf("%d statuses, %v, %+v", len(s), err, last)
		}
		var all []time.Duration
		for _, polls := range o.polls {
			all = append(all, polls...)
		}
		slices.Sort(all)
		for i := range all {
			if j := i + 2*pollsPerSecond + 1; j < len(all) && all[j]-all[i] < time.Second {
				t.Fatalf("more than %d status reads in the second after %s", 2*pollsPerSecond, all[i])
			}
		}
		if len(all) > 10*n {
			t.Errorf("%d status reads for %d operations", len(all), n)
		}
	})
}

func TestWait_nothingToWaitFor(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, staticToken(&transport{}))
	s, err := c.Wait(t.Context(), "D", "T", []PendingOperation{{ID: ""}}, nil)
	if err != nil || len(s) != 0 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestWait_allProfiles(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, p kustotest.Profile) {
		s := kustotest.NewServer(t, kustotest.WithProfile(p), kustotest.WithStatusLag(2))
		o := emulator(s)
		o.Wait = WaitOptions{Initial: time.Millisecond, Max: 4 * time.Millisecond}
		c := newTestClient(t, o)
		s.Outcome("c/flip.csv", kustotest.Outcome{State: "Failed", FailureStatus: "Transient", Polls: 3, Flip: &kustotest.Outcome{}})
		first, second := submit(t, c, upload(s, "a.csv", "flip.csv")), submit(t, c, upload(s, "b.csv"))
		s.Inject(kustotest.FaultNotFoundGrace(2).On(kustotest.RouteStatus))
		got, err := c.Wait(t.Context(), "My DB", "T", []PendingOperation{{ID: first, Blobs: 2}, {ID: second}}, nil)
		if err != nil || !got[first].Settled(2) || got[first].Counters.Succeeded != 2 || !got[second].Settled(1) {
			t.Errorf("got %+v, %v", got, err)
		}
		if rows := s.RowCount("My DB", "T"); rows != 3 {
			t.Errorf("%d rows", rows)
		}
	})
}
