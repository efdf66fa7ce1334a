package kustotest

import (
	"net/http"
	"strings"
	"time"
)

// Fault is something that goes wrong on the way to the service or in it. The constructors are named for the real situation; a
// Fault hits every request of every route until it is narrowed down:
//
//	server.Inject(kustotest.FaultThrottled(time.Second).On(kustotest.RouteSubmit).Times(2))
type Fault struct {
	Route Route  // RouteAny: all but the operator's
	Count int    // how many requests it hits; 0 is all
	Skip  int    // how many requests of the route pass before it begins
	Text  string // only requests whose path, query or body holds this text
	Name  string // the constructor's name, seen in Request.Fault

	acceptFirst bool // the service does its work before the fault destroys the answer
	passes      bool // the answer itself is left as it is
	unrecorded  bool // the service never saw the request
	drop        bool // no answer: the connection is closed
	cut         bool // half of the proper answer, then the connection is closed
	delay       time.Duration
	status      int
	header      http.Header
	raw         *string // a body that is no OneApiError
	contentType string
	code        string
	message     string
	permanent   bool
	fired       int
}

// On narrows the fault to a route.
func (f Fault) On(route Route) Fault {
	f.Route = route
	return f
}

// Times ends the fault after n requests.
func (f Fault) Times(n int) Fault {
	f.Count = n
	return f
}

// After lets n requests of the route pass before the fault begins.
func (f Fault) After(n int) Fault {
	f.Skip = n
	return f
}

// For narrows the fault to requests whose path, query or body holds text, such as the name of a blob.
func (f Fault) For(text string) Fault {
	f.Text = text
	return f
}

// InState sets whether the service does its work (accepts a submission) before the fault destroys the answer.
func (f Fault) InState(acceptsFirst bool) Fault {
	f.acceptFirst = acceptsFirst
	return f
}

// WithHeader adds a header to the fault's answer, such as Retry-After with a date.
func (f Fault) WithHeader(name, value string) Fault {
	f.header = f.header.Clone()
	if f.header == nil {
		f.header = http.Header{}
	}
	f.header.Set(name, value)
	return f
}

// Inject adds a fault. Faults that were added earlier are asked first; a request meets at most one.
func (s *Service) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults removes all faults.
func (s *Service) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault that a request meets, and counts it.
func (s *Service) takeFault(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeFaultLocked(func(f *Fault) bool {
		return (f.Route == RouteAny || f.Route == c.route) &&
			(strings.Contains(c.path, f.Text) || strings.Contains(c.request.RequestURI, f.Text) || strings.Contains(string(c.body), f.Text))
	})
}

// takeFaultLocked finds the first fault that is meant and is in force.
func (s *Service) takeFaultLocked(meant func(*Fault) bool) *Fault {
	for _, f := range s.faults {
		if !meant(f) {
			continue
		}
		if f.Count > 0 && f.fired >= f.Count {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.fired++
		return f
	}
	return nil
}

// disturb gives the answer that the fault puts in place of the proper one.
func (f *Fault) disturb(c *call, proper reply) reply {
	if f.drop {
		return reply{drop: true}
	}
	if f.cut {
		proper.cut = true
		return proper
	}
	var answer reply
	if f.raw != nil {
		answer = reply{status: f.status, header: http.Header{"Content-Type": {f.contentType}}, body: []byte(*f.raw)}
	} else {
		answer = c.refuse(apiError{status: f.status, code: f.code, message: f.message, permanent: f.permanent})
	}
	for name, values := range f.header {
		answer.header[name] = values
	}
	return answer
}
