package provider

import (
	"testing"
	"time"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// replay plays a history that went wrong once.
func replay(t *testing.T, s historySettings, moves ...move) {
	t.Helper()
	if found := play(t, s, moves, newTally(1)); found != "" {
		t.Errorf("%s\nThe history:\n%s", found, literal(s, moves))
	}
}

func TestHistory_partlyIngestedBlobWasNotTold(t *testing.T) {
	t.Parallel()
	replay(t, historySettings{Profile: kustotest.ProfileLive, Wait: true}, move{"odd outcome", 1, 1}, move{"apply", 0, 1})
}

func TestHistory_statusLearnedWhileConfirmingContradictedThePlan(t *testing.T) {
	t.Parallel()
	replay(t, historySettings{Profile: kustotest.ProfileLive}, move{"hang", 0, 0}, move{"fail", 1, 1}, move{"apply", 0, 1}, move{"apply stale", 0, 1})
}

// A script for a blob that is still waiting concerns that submission too: to mend it later would be the service's own duplicate.
func TestHistory_mendedSubmissionThatWasPendingWhenItWasScripted(t *testing.T) {
	t.Parallel()
	replay(t, historySettings{Profile: kustotest.ProfileDocs, Processing: 20 * time.Second}, move{"ask and apply", 5, 2}, move{"fail", 25, 1}, move{"time passes", 30, 3},
		move{"apply", 35, 7}, move{"time passes", 9, 6}, move{"time passes", 30, 5})
}

// A blob that failed is mended by the service while it is sent once more, and that request is refused: it must not be sent a third time unasked.
func TestHistory_failedBlobWhoseRetryIsRefusedIsAskedAboutAgain(t *testing.T) {
	t.Parallel()
	for _, m := range []int{0, 1, 2, 3} {
		replay(t, historySettings{Profile: kustotest.ProfileLive, Wait: true}, move{"fail", 0, m}, move{"apply", 0, 1}, move{"submit fault", 18, 0}, move{"apply", 0, 1})
	}
}
