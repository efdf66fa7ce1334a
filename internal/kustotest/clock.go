package kustotest

import (
	"sync"
	"time"
)

// Clock tells the service the time. Everything that depends on time, batching, the expiry of operations and of shared access
// signatures, asks it.
type Clock interface {
	Now() time.Time
}

// FakeClock is a Clock that stands still until Advance moves it.
type FakeClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewFakeClock returns a FakeClock that shows t0.
func NewFakeClock(t0 time.Time) *FakeClock {
	return &FakeClock{now: t0.UTC()}
}

// Now is the time shown.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d.
func (c *FakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// systemClock is the clock of the machine, for the program.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now().UTC() }

// epoch is where the clock of NewServer starts: a fixed time, so that a test gives the same documents today and next year.
var epoch = time.Date(2025, time.October, 1, 12, 0, 0, 0, time.UTC)

// timestamp writes a time as the service does: UTC, seven fraction digits, Z.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
}
