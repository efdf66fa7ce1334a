package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/ledger"
)

// An action that ends without an error says that the data is there. So whatever is not known to be ingested after waiting is an error.
func TestAction_partOfABlobIsAnError(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	urls := putBlobs(p.mock, 2)
	p.mock.Outcome(urls[1], kustotest.Outcome{State: "PartiallySucceeded"})
	_, problems := p.invoke(t, urlsAsBlobs(urls), nil)
	text := strings.Join(problems, "\n")
	for _, part := range []string{"ERROR: ", "in part", "part-001.csv"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in %q", part, text)
		}
	}
}

// What the resource promises of the next plan and of the state is not true of an action, and who believes it loses rows or has them twice.
func TestAction_promisesNothingOfAResource(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*kustotest.Server, []string)
		more  map[string]tftypes.Value
	}{
		"refused": {func(s *kustotest.Server, _ []string) { s.Inject(kustotest.FaultForbidden().On(kustotest.RouteSubmit)) }, nil},
		"unknown": {func(s *kustotest.Server, _ []string) {
			s.Inject(kustotest.FaultDroppedAfterAccept().On(kustotest.RouteSubmit).Times(1))
		}, nil},
		"timeout": {func(s *kustotest.Server, urls []string) { s.Outcome(urls[0], kustotest.Outcome{Hang: true}) },
			map[string]tftypes.Value{"timeout": tftypes.NewValue(tftypes.String, "1s")}},
		"partly": {func(s *kustotest.Server, urls []string) {
			s.Outcome(urls[0], kustotest.Outcome{State: "PartiallySucceeded"})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProtocol(t)
			urls := putBlobs(p.mock, 1)
			c.world(p.mock, urls)
			_, problems := p.invoke(t, urlsAsBlobs(urls), c.more)
			if len(problems) != 1 {
				t.Fatalf("problems: %q", problems)
			}
			for _, promise := range []string{"next apply", "next plan", "in the state", "another source_id", "timeouts.", "stand as", "stands as"} {
				if strings.Contains(problems[0], promise) {
					t.Errorf("an action says %q: %s", promise, problems[0])
				}
			}
		})
	}
}

func TestAction_agedTokenIsOneErrorAtItsArgument(t *testing.T) {
	t.Parallel()
	p := newProtocol(t)
	_, problems := p.invoke(t, urlsAsBlobs(putBlobs(p.mock, 3)), map[string]tftypes.Value{"sas_token": tftypes.NewValue(tftypes.String, "sv=1&se=2001-01-01&sig=x")})
	if len(problems) != 1 || !strings.Contains(problems[0], "The shared access signature has expired") {
		t.Errorf("problems: %q", problems)
	}
}

func TestActionReport_whatTheServiceDoesNotTellIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status ledger.Status
		waited bool
		want   int
	}{
		"succeeded":            {ledger.Succeeded, true, 0},
		"skipped":              {ledger.Skipped, true, 0},
		"no id, waited":        {ledger.Untracked, true, 1},
		"no id, not waited":    {ledger.Untracked, false, 0},
		"not in the details":   {ledger.Queued, true, 1},
		"queued, not waited":   {ledger.Queued, false, 0},
		"failed, not waited":   {ledger.Failed, false, 1},
		"in part":              {ledger.Unknown, true, 1},
		"canceled, by a human": {ledger.Canceled, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := invocation{blobs: []ledger.Blob{{Key: "https://a/1.csv", SourceID: "1"}}, submission: submission{book: ledger.New()}}
			i.book.Set("https://a/1.csv", ledger.Entry{SourceID: "1", Status: c.status, Operation: "op-1"})
			if got := i.report(c.waited, nil); got.ErrorsCount() != c.want || got.WarningsCount() != 0 {
				t.Errorf("%d errors, want %d: %v", got.ErrorsCount(), c.want, got)
			}
		})
	}
}
