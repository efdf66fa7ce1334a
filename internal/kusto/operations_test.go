package kusto

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// operations is a transport that plays the status of operations by the clock.
type operations struct {
	mu    sync.Mutex
	start time.Time
	polls map[string][]time.Duration // when each operation was asked about, once per answer
	// status returns the blobs' states at a time since the start, or a reply of another kind.
	status func(id string, since time.Duration, details bool) any
}

func newOperations(status func(id string, since time.Duration, details bool) any) *operations {
	return &operations{start: time.Now(), polls: map[string][]time.Duration{}, status: status}
}

// Do answers one status read.
func (o *operations) Do(req *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	id := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
	since := time.Since(o.start)
	o.polls[id] = append(o.polls[id], since)
	details := req.URL.Query().Get("details") == "true"
	var r reply
	switch s := o.status(id, since, details).(type) {
	case reply:
		r = s
	case []string:
		r = reply{status: 200, body: statusOf(s, details)}
	}
	d := &transport{replies: []reply{r}}
	return d.Do(req)
}

// statusOf returns the body for blobs in the given states; "Failed/Transient" has a failure status.
func statusOf(states []string, details bool) string {
	counters := map[string]int{"succeeded": 0, "failed": 0, "inProgress": 0, "canceled": 0}
	list := []map[string]string{}
	for i, s := range states {
		state, failure, _ := strings.Cut(s, "/")
		switch state {
		case StateQueued, StateInProgress:
			counters["inProgress"]++
		case StateSkipped: // no counter of its own
		default:
			counters[strings.ToLower(state)]++
		}
		list = append(list, map[string]string{"sourceId": fmt.Sprint(i), "status": state, "failureStatus": failure})
	}
	body := map[string]any{"status": counters}
	if details {
		body["details"] = list
	}
	data, _ := json.Marshal(body)
	return string(data)
}
