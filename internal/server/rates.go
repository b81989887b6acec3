package server

import (
	"sync"
	"time"
)

// rates holds each client to a rate of requests: it has so many at once, and a new one
// each time that the rate allows. The nil rates hold nobody.
type rates struct {
	every time.Duration // between two requests in the long run
	burst int           // at once

	mu  sync.Mutex
	now func() time.Time
	by  map[client]time.Time // when all that a client used will be there again
}

// mostRated is how many clients are remembered.
const mostRated = 10000

// newRates returns what holds clients to so many requests a second, or nil for 0.
func newRates(rate float64, burst int) *rates {
	if rate <= 0 {
		return nil
	}
	return &rates{every: time.Duration(float64(time.Second) / rate), burst: max(burst, 1), now: time.Now, by: make(map[client]time.Time)}
}

// take takes a request of a client, or returns how long it is until there is one.
func (r *rates) take(who client) (wait time.Duration) {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	whole := r.by[who]
	if whole.Before(now) {
		whole = now
	}
	if wait = whole.Add(r.every).Sub(now) - time.Duration(r.burst)*r.every; wait > 0 {
		return wait
	}
	if len(r.by) >= mostRated {
		r.forget(now)
	}
	r.by[who] = whole.Add(r.every)
	return 0
}

// forget makes room: those who have all that they may have are like those who never came.
func (r *rates) forget(now time.Time) {
	for who, whole := range r.by {
		if whole.Before(now) {
			delete(r.by, who)
		}
	}
	if len(r.by) >= mostRated {
		clear(r.by) // nobody who comes from so many addresses is held by this
	}
}
