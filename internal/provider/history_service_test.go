package provider

import (
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// witness watches what the service accepts, and knows what the user asked for.
type witness struct {
	service *kustotest.Service
	// repeats are the submissions of one blob to one table that the user asked for once. More than one of them that ends in the table is a duplicate.
	repeats   map[target]*repeat
	seen      map[string]int // how many operations of a table were looked at
	first     map[string]int // the first operation since the resource began
	byVersion bool           // whether the service tells no URL of a blob
	lost      bool           // whether an operation of this resource cannot be imported any more

	operations map[string][]kustotest.Operation // of each table, as they were when they were looked at last
}

type target struct{ table, key string }

type repeat struct {
	version  string
	sent     []place
	imported bool // whether what is in sent was asked for several times
}

// place is where a submission of a blob is found.
type place struct {
	operation, blob int
	version         string
}

// taking is a submission that the service accepted.
type taking struct {
	target
	version string
	place   place
}

func newWitness(service *kustotest.Service, byVersion bool) *witness {
	w := &witness{service: service, byVersion: byVersion, seen: map[string]int{}, operations: map[string][]kustotest.Operation{}}
	w.begin()
	return w
}

// begin forgets what was asked for: the user has the resource made anew. What was accepted before has to be looked at by then.
func (w *witness) begin() {
	w.repeats, w.first, w.lost = map[target]*repeat{}, map[string]int{}, false
	for _, table := range historyTables {
		w.first[table] = w.seen[table]
	}
}

// look returns what was accepted since it was called last.
func (w *witness) look() []taking {
	var news []taking
	for _, table := range historyTables {
		operations := w.service.Operations("Samples", table)
		w.operations[table] = operations
		for i := w.seen[table]; i < len(operations); i++ {
			for j, b := range operations[i].Blobs {
				news = append(news, taking{target{table, b.URL}, strings.ToLower(b.SourceID), place{i, j, strings.ToLower(b.SourceID)}})
			}
			w.lost = w.lost || operations[i].ID == ""
		}
		w.seen[table] = len(operations)
	}
	return news
}

// enter books what was accepted, and fails if a blob was sent again that is in the table or may still come.
func (w *witness) enter(news []taking, imported bool) {
	for _, n := range news {
		r := w.repeats[n.target]
		if r == nil {
			r = &repeat{version: n.version}
			w.repeats[n.target] = r
		}
		if r.version != n.version && !imported {
			*r = repeat{version: n.version}
		}
		for i, b := range w.blobs(n.table, r.sent) {
			if r.imported && w.byVersion && r.sent[i].version != n.version {
				continue // Without a URL, an import finds a blob by its version alone.
			}
			if isLive(b) {
				violatef("%s was sent again to %s with source id %s, although it stands as %s %s", n.key, n.table, n.version, b.State, b.FailureStatus)
			}
		}
		r.sent = append(r.sent, n.place)
	}
}

// judge fails if two submissions that were asked for once are in the table, or may come.
func (w *witness) judge() {
	for t, r := range w.repeats {
		live := 0
		for _, b := range w.blobs(t.table, r.sent) {
			if isLive(b) {
				live++
			}
		}
		if live > 1 && !r.imported {
			violatef("%s is %d times in %s", t.key, live, t.table)
		}
	}
	for _, table := range historyTables {
		loads, committed := w.service.Loads("Samples", table), map[string]int{}
		for _, o := range w.operations[table] {
			for _, b := range o.Blobs {
				if b.State == "Succeeded" {
					committed[b.URL]++
				}
			}
		}
		for key, n := range loads {
			if committed[key] != n {
				violatef("%s: %d loads and %d successes of %s", table, n, committed[key], key)
			}
		}
	}
}

func (w *witness) blobs(table string, places []place) []kustotest.OperationBlob {
	operations := w.operations[table]
	blobs := make([]kustotest.OperationBlob, len(places))
	for i, p := range places {
		blobs[i] = operations[p.operation].Blobs[p.blob]
	}
	return blobs
}

// isLive reports whether the rows are in the table, or may still come by themselves.
func isLive(b kustotest.OperationBlob) bool {
	return b.State != "Canceled" && (b.State != "Failed" || b.FailureStatus == "Transient")
}

// ingested reports whether the service is done with the blob as the user wants it.
func (w *witness) ingested(t target) bool {
	r := w.repeats[t]
	if r == nil {
		return false
	}
	for _, b := range w.blobs(t.table, r.sent) {
		if b.State == "Succeeded" || b.State == "Skipped" {
			return true
		}
	}
	return false
}

// live reports whether a submission of this version is in the table, or may come.
func (w *witness) live(t target, version string) bool {
	r := w.repeats[t]
	if r == nil || r.version != strings.ToLower(version) {
		return false
	}
	for _, b := range w.blobs(t.table, r.sent) {
		if isLive(b) {
			return true
		}
	}
	return false
}

// follow forgets the blobs that the state does not list any more, as to list them again is to ask for them again, and takes over the versions that the
// state gives to what was submitted.
func (w *witness) follow(table string, blobs []shown) {
	listed := map[target]bool{}
	for _, s := range blobs {
		t := target{table, s.key}
		listed[t] = true
		if r := w.repeats[t]; r != nil && s.status != "NotSubmitted" && s.sourceID != "" {
			r.version = strings.ToLower(s.sourceID)
		}
	}
	for t := range w.repeats {
		if !listed[t] {
			delete(w.repeats, t)
		}
	}
}

// adopt gathers all that is imported, and returns the operations' ids.
func (w *witness) adopt(table string) []string {
	var ids []string
	w.repeats = map[target]*repeat{}
	for i, o := range w.operations[table] {
		if i < w.first[table] {
			continue
		}
		ids = append(ids, o.ID)
		for j, b := range o.Blobs {
			t := target{table, b.URL}
			r := w.repeats[t]
			if r == nil {
				r = &repeat{imported: true}
				w.repeats[t] = r
			}
			r.version, r.sent = strings.ToLower(b.SourceID), append(r.sent, place{i, j, r.version})
		}
	}
	return ids
}
