package provider

import (
	"testing"

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
