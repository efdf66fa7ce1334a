package kusto

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// waiter is one run of the waiting loop. Everything in it belongs to the loop's goroutine; polls run beside it, at
// most MaxConcurrency at a time, and send what they found.
type waiter struct {
	client          *Client
	database, table string
	progress        func(Progress)
	start           time.Time

	operations []*watched
	due        dueQueue
	last       Progress
}

// watched is one operation that is waited for.
type watched struct {
	PendingOperation
	due      time.Time
	polls    int
	failures int // in a row
	short    int // polls in a row whose details lacked entries though the counters were complete
	known    bool
	complete bool
	status   Status
	err      error // why polling was given up
}

// poll is what one poll found.
type poll struct {
	operation *watched
	status    Status
	details   bool // whether they were asked for
	err       error
}

func newWaiter(c *Client, database, table string, ops []PendingOperation, progress func(Progress)) *waiter {
	w := &waiter{client: c, database: database, table: table, progress: progress, start: time.Now()}
	seen := make(map[string]bool, len(ops))
	for _, op := range ops {
		if seen[op.ID] || op.ID == "" {
			continue
		}
		seen[op.ID] = true
		o := &watched{PendingOperation: op}
		w.operations = append(w.operations, o)
		w.schedule(o)
	}
	return w
}

// schedule puts an operation back into the queue.
func (w *waiter) schedule(o *watched) {
	wait := w.client.options.Wait
	o.due = time.Now().Add(backoff(wait.Initial, wait.Max, wait.Factor, wait.Jitter, o.polls+1))
	heap.Push(&w.due, o)
}

// run polls until every operation is complete or given up, or the context ends.
func (w *waiter) run(ctx context.Context) {
	polls := make(chan poll, MaxConcurrency)
	inFlight := 0
	for inFlight > 0 || w.due.Len() > 0 && ctx.Err() == nil {
		for inFlight < MaxConcurrency && w.due.ready() && ctx.Err() == nil {
			inFlight++
			// o is not touched by the loop until its poll is back.
			go func(o *watched) { polls <- w.poll(ctx, o) }(w.due.take())
		}
		wake, stop := w.due.alarm(inFlight < MaxConcurrency)
		select {
		case p := <-polls:
			inFlight--
			w.take(ctx, p)
		case <-wake:
		case <-done(ctx, inFlight):
		}
		stop()
	}
}

// done returns the context's channel, or nil while polls are in flight: they end with the context by themselves, and
// their answers count.
func done(ctx context.Context, inFlight int) <-chan struct{} {
	if inFlight > 0 {
		return nil
	}
	return ctx.Done()
}

// poll asks for the counters, and for the details if these could be the last. Both belong to one poll, since the
// counters alone say nothing about the single blobs.
func (w *waiter) poll(ctx context.Context, o *watched) poll {
	details := o.polls%detailsEvery == detailsEvery-1
	status, err := w.client.Status(ctx, w.database, w.table, o.ID, details)
	if err == nil && !details && promising(status, o) {
		details = true
		status, err = w.client.Status(ctx, w.database, w.table, o.ID, true)
	}
	return poll{operation: o, status: status, details: details, err: err}
}

// promising reports whether a summary could be followed by complete details. Counters this package does not know count
// as running, but details know better. Failures that the service may still mend keep the counters complete, so
// unchanged counters are promising only every few polls.
func promising(s Status, o *watched) bool {
	c := s.Counters
	finished := saturatingAdd(c.Succeeded+c.Failed+c.Canceled, c.Other)
	return c.InProgress == 0 && finished > 0 && finished >= int64(o.Blobs)
}

// take records what a poll found and decides whether there is another.
func (w *waiter) take(ctx context.Context, p poll) {
	o := p.operation
	o.polls++
	if p.err != nil {
		w.takeError(ctx, o, p.err)
		return
	}
	o.failures, o.err = 0, nil
	o.record(p.status, p.details)
	w.report()
	if !o.complete {
		w.schedule(o)
	}
}

// takeError decides whether an operation whose status could not be read is polled again.
func (w *waiter) takeError(ctx context.Context, o *watched, err error) {
	if ctx.Err() != nil {
		if statusCode(err) != 0 || o.err == nil {
			o.err = err
		}
		return
	}
	o.err = err
	switch {
	case IsNotFound(err):
		if o.known || time.Since(w.start) > notFoundGrace {
			return // the service forgot it, and will not remember
		}
	default:
		if o.failures++; o.failures >= toleratedFailures {
			return
		}
	}
	w.client.log(ctx, LevelWarn, "The status of an ingestion could not be read and will be asked for again", map[string]any{
		"ingestion_operation_id": o.ID, "error": err.Error(),
	})
	w.schedule(o)
}

// record takes over a status, which decides when details were asked for. One without details does not displace the
// details known before.
func (o *watched) record(s Status, asked bool) {
	if !s.HasDetails && o.status.HasDetails {
		s.Details, s.HasDetails = o.status.Details, true
	}
	o.status, o.known = s, true
	if asked {
		o.complete = s.Settled(o.Blobs) || o.settledShort(s)
	}
}

// settledShort accepts complete counters although the details lack entries, after some polls: a service that never
// tells them would keep the wait until its time out. An entry that is still running is never overruled.
func (o *watched) settledShort(s Status) bool {
	if !s.Ended(o.Blobs) {
		o.short = 0
		return false
	}
	o.short++
	return o.short >= toleratedFailures
}

// report calls progress when the totals changed.
func (w *waiter) report() {
	var p Progress
	for _, o := range w.operations {
		c := o.status.Counters
		p.Total += max(int64(o.Blobs), saturatingAdd(c.Succeeded+c.Failed+c.Canceled+c.InProgress, c.Other))
		p.Succeeded += c.Succeeded
		p.Failed += c.Failed
		p.Canceled += c.Canceled
	}
	counted := p
	counted.Total = w.last.Total // a total that becomes known is no progress
	if counted != w.last && w.progress != nil {
		w.progress(p)
	}
	w.last = p
}

// readOnceMore reads the status of what is incomplete after the context ended, so that the caller knows the latest.
func (w *waiter) readOnceMore(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastReadsLimit)
	defer cancel()
	var group sync.WaitGroup
	places := make(chan struct{}, MaxConcurrency)
	for _, o := range w.operations {
		if o.complete {
			continue
		}
		group.Go(func() {
			if acquire(ctx, places) != nil {
				return
			}
			defer func() { <-places }()
			one, stop := context.WithTimeout(ctx, lastReadLimit)
			defer stop()
			if s, err := w.client.Status(one, w.database, w.table, o.ID, true); err == nil {
				o.err = nil
				o.record(s, true)
			}
		})
	}
	group.Wait()
	w.report()
}

// result returns the last known statuses, and an error when some operations are not complete.
func (w *waiter) result(ctx context.Context) (map[string]Status, error) {
	statuses := make(map[string]Status, len(w.operations))
	var pending []string
	var causes []error
	for _, o := range w.operations {
		if o.known {
			statuses[o.ID] = o.status
		}
		if o.complete {
			continue
		}
		pending = append(pending, o.ID)
		if o.err != nil && len(causes) < 3 && (ctx.Err() == nil || statusCode(o.err) != 0) {
			causes = append(causes, o.err)
		}
	}
	if len(pending) == 0 {
		return statuses, nil
	}
	if err := ctx.Err(); err != nil {
		causes = append([]error{err}, causes...)
	}
	return statuses, &WaitError{Pending: pending, Err: errors.Join(causes...)}
}

// dueQueue is a heap of operations by the time of their next poll.
type dueQueue []*watched

func (q dueQueue) Len() int           { return len(q) }
func (q dueQueue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q dueQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push adds an operation; it is for package heap.
func (q *dueQueue) Push(x any) {
	if o, ok := x.(*watched); ok {
		*q = append(*q, o)
	}
}

// Pop removes the last operation; it is for package heap.
func (q *dueQueue) Pop() any {
	o := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return o
}

func (q *dueQueue) ready() bool { return q.Len() > 0 && !(*q)[0].due.After(time.Now()) }

func (q *dueQueue) take() *watched {
	o := (*q)[0]
	heap.Pop(q)
	return o
}

// alarm returns a channel that fires when the next operation is due, if there is room for its poll.
func (q *dueQueue) alarm(room bool) (<-chan time.Time, func()) {
	if !room || q.Len() == 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(time.Until((*q)[0].due))
	return timer.C, func() { timer.Stop() }
}
