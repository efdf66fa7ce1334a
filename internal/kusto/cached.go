package kusto

import (
	"context"
	"sync"
	"time"
)

// cached is a value that is loaded when it is first needed. Callers that come meanwhile wait for the same load, as
// long as their context allows. Failures are not kept.
type cached[T any] struct {
	once    sync.Once
	lock    chan struct{} // a mutex that can be given up on
	value   T
	loaded  bool
	expires time.Time // zero: never
}

// get returns the value, loading it when there is none or when it expired. load says how long the value holds, 0 for ever.
func (c *cached[T]) get(ctx context.Context, load func(context.Context) (T, time.Duration, error)) (T, error) {
	c.once.Do(func() { c.lock = make(chan struct{}, 1) })
	var none T
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if c.loaded && (c.expires.IsZero() || time.Now().Before(c.expires)) {
		return c.value, nil
	}
	value, holds, err := load(ctx)
	if err != nil {
		return none, err
	}
	c.value, c.loaded, c.expires = value, true, time.Time{}
	if holds > 0 {
		c.expires = time.Now().Add(holds)
	}
	return value, nil
}
