package ledger

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func blob(key, version string) Blob { return Blob{Key: key, SourceID: version} }

func book(entries map[string]Entry, operations ...string) *Ledger {
	l := New()
	l.Operations = operations
	for k, e := range entries {
		l.Set(k, e)
	}
	return l
}

func TestDecide_eachStatusHasOneClass(t *testing.T) {
	t.Parallel()
	former := &Entry{SourceID: "1", Status: Succeeded, Operation: "op"}
	for name, c := range map[string]struct {
		entry   *Entry
		version string
		retry   bool
		want    Class
	}{
		"never seen":                  {nil, "1", true, Added},
		"not submitted":               {&Entry{SourceID: "1", Status: NotSubmitted}, "1", true, Unsent},
		"not submitted, changed":      {&Entry{SourceID: "1", Status: NotSubmitted}, "2", true, Unsent},
		"unknown":                     {&Entry{SourceID: "1", Status: Unknown}, "1", true, Doubtful},
		"unknown, changed":            {&Entry{SourceID: "1", Status: Unknown}, "2", true, Changed},
		"untracked":                   {&Entry{SourceID: "1", Status: Untracked}, "1", true, Done},
		"queued":                      {&Entry{SourceID: "1", Status: Queued}, "1", true, Waiting},
		"in progress":                 {&Entry{SourceID: "1", Status: InProgress}, "1", true, Waiting},
		"in progress, changed":        {&Entry{SourceID: "1", Status: InProgress}, "2", true, Changed},
		"succeeded":                   {&Entry{SourceID: "1", Status: Succeeded}, "1", true, Done},
		"succeeded, changed":          {&Entry{SourceID: "1", Status: Succeeded}, "2", true, Changed},
		"succeeded, other case":       {&Entry{SourceID: "ABC", Status: Succeeded}, "abc", true, Done},
		"succeeded, version not told": {&Entry{Status: Succeeded}, "1", true, Done},
		"skipped":                     {&Entry{SourceID: "1", Status: Skipped}, "1", true, Done},
		"failed":                      {&Entry{SourceID: "1", Status: Failed}, "1", true, Retry},
		"failed, no retry":            {&Entry{SourceID: "1", Status: Failed}, "1", false, Held},
		"failed, received before":     {&Entry{SourceID: "1", Status: Failed, ErrorCode: alreadyReceived}, "1", true, Held},
		"received before, changed":    {&Entry{SourceID: "1", Status: Failed, ErrorCode: alreadyReceived}, "2", true, Changed},
		"failed, changed":             {&Entry{SourceID: "1", Status: Failed}, "2", false, Changed},
		"canceled":                    {&Entry{SourceID: "1", Status: Canceled}, "1", true, Retry},
		"canceled, no retry":          {&Entry{SourceID: "1", Status: Canceled}, "1", false, Held},
		"refused version, back":       {&Entry{SourceID: "2", Status: NotSubmitted, Former: former}, "1", true, Done},
		"refused version, kept":       {&Entry{SourceID: "2", Status: NotSubmitted, Former: former}, "2", true, Unsent},
		"refused version, another":    {&Entry{SourceID: "2", Status: NotSubmitted, Former: former}, "3", true, Changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := New()
			if c.entry != nil {
				l.Set("k", *c.entry)
			}
			if got := l.Decide([]Blob{blob("k", c.version)}, c.retry)[0].Class; got != c.want {
				t.Errorf("class %d, want %d", got, c.want)
			}
		})
	}
}

func TestSplit_requestsAreFullAndInOrder(t *testing.T) {
	t.Parallel()
	var sending []Decision
	for i := range 45 {
		sending = append(sending, Decision{Index: i})
	}
	var sizes, order []int
	for _, request := range Split(sending, 20) {
		sizes = append(sizes, len(request))
		for _, d := range request {
			order = append(order, d.Index)
		}
	}
	if diff := cmp.Diff([]int{20, 20, 5}, sizes); diff != "" {
		t.Error(diff)
	}
	for i, index := range order {
		if i != index {
			t.Fatalf("place %d holds blob %d", i, index)
		}
	}
	if got := Split(nil, 20); got != nil {
		t.Errorf("nothing to send makes %d requests", len(got))
	}
}

func TestObserve_touchesOnlyTheLatestSubmission(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{
		"a": {SourceID: "1", Status: Queued, Operation: "new"},
		"b": {SourceID: "2", Status: Queued, Operation: "old"},
	}, "old", "new")
	l.Observe("old", []Observation{{SourceID: "1", Status: Failed, ErrorCode: "X"}, {Key: "b", Status: Succeeded}})
	want := map[string]Entry{
		"a": {SourceID: "1", Status: Queued, Operation: "new"},
		"b": {SourceID: "2", Status: Succeeded, Operation: "old"},
	}
	if diff := cmp.Diff(want, l.Entries); diff != "" {
		t.Error(diff)
	}
}

func TestObserve_sourceIDsAreComparedWithoutCase(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{"a": {SourceID: "ABC", Status: Queued, Operation: "op"}}, "op")
	l.Observe("op", []Observation{{SourceID: "abc", Status: Failed, ErrorCode: "E", FailureStatus: "Permanent", Details: "d"}})
	want := Entry{SourceID: "ABC", Status: Failed, Operation: "op", ErrorCode: "E", FailureStatus: "Permanent", Details: "d"}
	if diff := cmp.Diff(want, l.Entries["a"]); diff != "" {
		t.Error(diff)
	}
	l.Observe("op", []Observation{{SourceID: "abc", Status: Succeeded}})
	if diff := cmp.Diff(Entry{SourceID: "ABC", Status: Succeeded, Operation: "op"}, l.Entries["a"]); diff != "" {
		t.Errorf("a mended blob keeps nothing of its failure: %s", diff)
	}
	l.Observe("op", []Observation{{SourceID: "abc", Status: Failed}})
	if got := l.Entries["a"].Status; got != Succeeded {
		t.Errorf("a late answer turned Succeeded into %s", got)
	}
}

func TestRefuse_goingBackToTheIngestedVersionSendsNothing(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{"a": {SourceID: "1", Status: Succeeded, Operation: "op"}}, "op")
	l.Refuse(l.Decide([]Blob{blob("a", "2")}, true))
	l.Refuse(l.Decide([]Blob{blob("a", "3")}, true))

	again := recall(t, l, l.Entries["a"])
	back := again.Decide([]Blob{blob("a", "1")}, true)
	if back[0].Class != Done {
		t.Fatalf("class %d, want Done", back[0].Class)
	}
	again.Adopt(back)
	if diff := cmp.Diff(Entry{SourceID: "1", Status: Succeeded, Operation: "op"}, again.Entries["a"]); diff != "" {
		t.Error(diff)
	}
}

// What a refusal leaves behind, for each class that sends.
func TestRefuse_leavesWhatWasKnown(t *testing.T) {
	t.Parallel()
	ingested := Entry{SourceID: "1", Status: Succeeded, Operation: "op"}
	failed := Entry{SourceID: "1", Status: Failed, Operation: "op", ErrorCode: "X", FailureStatus: "Transient", Details: "d"}
	for name, c := range map[string]struct {
		before  *Entry
		version string
		class   Class
		want    Entry
	}{
		"never seen":                {nil, "1", Added, Entry{SourceID: "1", Status: NotSubmitted}},
		"never taken":               {&Entry{SourceID: "1", Status: NotSubmitted}, "1", Unsent, Entry{SourceID: "1", Status: NotSubmitted}},
		"never taken, changed":      {&Entry{SourceID: "1", Status: NotSubmitted}, "2", Unsent, Entry{SourceID: "2", Status: NotSubmitted}},
		"ingested, changed":         {&ingested, "2", Changed, Entry{SourceID: "2", Status: NotSubmitted, Former: &ingested}},
		"refused once, the same":    {&Entry{SourceID: "2", Status: NotSubmitted, Former: &ingested}, "2", Unsent, Entry{SourceID: "2", Status: NotSubmitted, Former: &ingested}},
		"refused once, changed":     {&Entry{SourceID: "2", Status: NotSubmitted, Former: &ingested}, "3", Changed, Entry{SourceID: "3", Status: NotSubmitted, Former: &ingested}},
		"failed":                    {&failed, "1", Retry, failed},
		"failed, refused, and back": {&Entry{SourceID: "2", Status: NotSubmitted, Former: &failed}, "1", Retry, failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := New()
			l.Operations = []string{"op"}
			if c.before != nil {
				l.Set("a", *c.before)
			}
			decisions := l.Decide([]Blob{blob("a", c.version)}, true)
			if got := decisions[0].Class; got != c.class {
				t.Fatalf("class %d, want %d", got, c.class)
			}
			l.Adopt(decisions)
			l.Refuse(decisions)
			if diff := cmp.Diff(c.want, l.Entries["a"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// recall builds the ledger anew from one visible entry and the memory, as the next run does.
func recall(t *testing.T, l *Ledger, visible Entry) *Ledger {
	t.Helper()
	visible.Former, visible.Operation = nil, ""
	again := book(map[string]Entry{"a": visible}, l.Operations...)
	if err := again.Recall(l.Remember()); err != nil {
		t.Fatal(err)
	}
	return again
}

func TestRemember_nothingForAnIngestedLedger(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{"a": {SourceID: "1", Status: Succeeded, Operation: "op"}}, "op")
	if got := l.Remember(); got != nil {
		t.Errorf("remembered %s", got)
	}
}

func TestRecall_operationOfAnOpenBlob(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{"a": {SourceID: "1", Status: InProgress, Operation: "old"}}, "old", "new")
	if got := recall(t, l, l.Entries["a"]).Entries["a"].Operation; got != "old" {
		t.Errorf("operation %q, want old", got)
	}
	lost := book(map[string]Entry{"a": {SourceID: "1", Status: InProgress}}, "old", "new")
	if err := lost.Recall(nil); err != nil {
		t.Fatal(err)
	}
	if got := lost.Entries["a"].Operation; got != "new" {
		t.Errorf("without a memory the operation is %q, want the newest", got)
	}
	if err := lost.Recall([]byte("{")); err == nil {
		t.Error("a broken memory is read without an error")
	}
}

func TestOpenOperations_newestFirstAndOnlyTheOpenOnes(t *testing.T) {
	t.Parallel()
	l := book(map[string]Entry{
		"a": {Status: Succeeded, Operation: "1"},
		"b": {Status: Failed, Operation: "2"},
		"c": {Status: Unknown},
		"d": {Status: InProgress, Operation: "3"},
		"e": {Status: Untracked},
		"f": {Status: NotSubmitted},
	}, "1", "2", "3")
	if diff := cmp.Diff([]string{"3", "2"}, l.OpenOperations()); diff != "" {
		t.Error(diff)
	}
}

func TestImport_statementWithTheLeastRiskCounts(t *testing.T) {
	t.Parallel()
	ok := []Observation{{Key: "a", SourceID: "1", Status: Succeeded}, {SourceID: "2", Status: InProgress}}
	failed := []Observation{{Key: "a", SourceID: "1", Status: Failed}, {SourceID: "2", Status: Failed}}
	for name, order := range map[string][2][]Observation{"failed first": {failed, ok}, "failed last": {ok, failed}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := New()
			for i, seen := range order {
				if err := l.Import(string(rune('x'+i)), seen); err != nil {
					t.Fatal(err)
				}
			}
			if got := l.Entries["a"].Status; got != Succeeded {
				t.Errorf("a is %s", got)
			}
			if len(l.Strays) != 1 || l.Strays[0].Status != InProgress {
				t.Errorf("strays: %+v", l.Strays)
			}
		})
	}
}

func TestImport_sendsNothingWhateverTheVersion(t *testing.T) {
	t.Parallel()
	l := New()
	if err := l.Import("op", []Observation{{Key: "a", SourceID: "1", Status: Succeeded}, {SourceID: "S2", Status: Succeeded}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"S2"}, l.Unmatched([]Blob{blob("b", "other")})); diff != "" {
		t.Error(diff)
	}
	decisions := l.Decide([]Blob{blob("a", "other"), blob("b", "s2"), blob("c", "3")}, true)
	if got := l.Unmatched([]Blob{blob("b", "s2")}); got != nil {
		t.Errorf("unmatched %v", got)
	}
	if diff := cmp.Diff([]Class{Done, Done, Added}, classes(decisions)); diff != "" {
		t.Fatal(diff)
	}
	l.Adopt(decisions)
	want := map[string]Entry{
		"a": {SourceID: "other", Status: Succeeded, Operation: "op"},
		"b": {SourceID: "s2", Status: Succeeded, Operation: "op"},
	}
	if diff := cmp.Diff(want, l.Entries); diff != "" {
		t.Error(diff)
	}
	if l.Imported || l.Strays != nil {
		t.Error("an adopted ledger still counts as imported")
	}
	if got := classes(l.Decide([]Blob{blob("a", "again")}, true)); got[0] != Changed {
		t.Errorf("after the adoption another version is class %d", got[0])
	}
}

func TestImport_fileIsFoundByTheSourceIDOfItsStagedBlob(t *testing.T) {
	t.Parallel()
	l := New()
	if err := l.Import("op", []Observation{{Key: "https://staging/x", SourceID: "S1", Status: Succeeded}}); err != nil {
		t.Fatal(err)
	}
	decisions := l.Decide([]Blob{blob("data/x.csv", "s1"), blob("data/y.csv", "s2")}, true)
	if diff := cmp.Diff([]Class{Done, Added}, classes(decisions)); diff != "" {
		t.Fatal(diff)
	}
	l.Adopt(decisions)
	want := map[string]Entry{"data/x.csv": {SourceID: "s1", Status: Succeeded, Operation: "op"}}
	if diff := cmp.Diff(want, l.Entries); diff != "" {
		t.Error(diff)
	}
}

func TestImport_anonymousBlobIsAnError(t *testing.T) {
	t.Parallel()
	err := New().Import("op", []Observation{{Status: Succeeded}})
	if diff := cmp.Diff(ErrAnonymous, err, cmpopts.EquateErrors()); diff != "" {
		t.Error(diff)
	}
}

func TestTimes_firstStartAndLastUpdate(t *testing.T) {
	t.Parallel()
	l := New()
	for _, span := range [][2]string{
		{"", ""},
		{"2026-01-01T10:00:00.5Z", "2026-01-01T10:00:01Z"},
		{"2026-01-01T10:00:00Z", "2026-01-01T10:00:00.9Z"},
		{"2026-01-02T10:00:00Z", "2026-01-02T11:00:00Z"},
		{"no time", "nor this"},
	} {
		l.Times(span[0], span[1])
	}
	if l.StartTime != "2026-01-01T10:00:00Z" || l.LastUpdated != "2026-01-02T11:00:00Z" {
		t.Errorf("span %s to %s", l.StartTime, l.LastUpdated)
	}
}

func TestSummarize_firstWordThatHolds(t *testing.T) {
	t.Parallel()
	for want, statuses := range map[string][]Status{
		"NotSubmitted":       {Unknown, NotSubmitted, Succeeded},
		"Unknown":            {Unknown, InProgress, Failed},
		"InProgress":         {Queued, Untracked, Failed},
		"Untracked":          {Untracked, Succeeded, Failed},
		"Succeeded":          {Succeeded, Skipped},
		"PartiallySucceeded": {Skipped, Failed},
		"Failed":             {Failed, Canceled},
		"Canceled":           {Canceled},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			l := New()
			var blobs []Blob
			for i, s := range statuses {
				key := string(rune('a' + i))
				l.Set(key, Entry{Status: s})
				blobs = append(blobs, blob(key, ""))
			}
			if got := l.Summarize(blobs).State; got != want {
				t.Errorf("state %s", got)
			}
		})
	}
}

func TestSummarize_countsWhatAnImportCouldNotName(t *testing.T) {
	t.Parallel()
	for want, status := range map[string]Status{"InProgress": Queued, "PartiallySucceeded": Failed, "Succeeded": Succeeded} {
		l := book(map[string]Entry{"a": {Status: Succeeded}})
		l.Strays = []Entry{{SourceID: "1", Status: status}}
		if got := l.Summarize([]Blob{blob("a", "")}).State; got != want {
			t.Errorf("with a blob that is %s the state is %s", status, got)
		}
	}
}

func classes(decisions []Decision) []Class {
	var out []Class
	for _, d := range decisions {
		out = append(out, d.Class)
	}
	return out
}

func TestConclude_settlesWhatRunsInTheOperation(t *testing.T) {
	t.Parallel()
	l := New()
	for key, e := range map[string]Entry{
		"b":     {Status: Queued, Operation: "1"},
		"a":     {Status: InProgress, Operation: "1"},
		"gone":  {Status: Failed, Operation: "1", ErrorCode: "X"},
		"other": {Status: Queued, Operation: "2"},
	} {
		l.Set(key, e)
	}
	if got := l.Running("1"); !slices.Equal(got, []string{"a", "b"}) || l.Size("1") != 3 {
		t.Errorf("running %q of %d", got, l.Size("1"))
	}
	l.Conclude("1")
	for key, want := range map[string]Status{"a": Succeeded, "b": Succeeded, "gone": Failed, "other": Queued} {
		if got := l.Entries[key].Status; got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	if got := l.Running("1"); got != nil {
		t.Errorf("still running: %q", got)
	}
}
