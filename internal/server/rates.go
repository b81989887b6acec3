package server

import (
	"sync"
	"time"
)

// rates holds each client to a rate of requests: it has so many at once, and a new one
// each time that the rate allows. Of the nil rates take holds nobody.
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
	return ratesOf(time.Duration(float64(time.Second)/rate), max(burst, 1))
}

func ratesOf(every time.Duration, burst int) *rates {
	return &rates{every: every, burst: burst, now: time.Now, by: make(map[client]time.Time)}
}

// take takes a request of a client, or returns how long it is until there is one.
func (r *rates) take(who client) (wait time.Duration) {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait = r.until(who); wait == 0 {
		r.note(who)
	}
	return wait
}

// wait is how long it is until there is a request of a client, 0 where there is one.
func (r *rates) wait(who client) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until(who)
}

// use takes a request of a client, whether there is one or not.
func (r *rates) use(who client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(who)
}

// until is wait; the lock is held.
func (r *rates) until(who client) time.Duration {
	whole, known := r.by[who]
	now := r.now()
	if known && !whole.After(now) {
		delete(r.by, who) // who has all that he may have is like one who never came
		known = false
	}
	if !known {
		return 0
	}
	return max(whole.Add(r.every).Sub(now)-time.Duration(r.burst)*r.every, 0)
}

// note is use; the lock is held.
func (r *rates) note(who client) {
	now := r.now()
	whole, known := r.by[who]
	if !known && len(r.by) >= mostRated {
		r.forget(now)
	}
	if whole.Before(now) {
		whole = now
	}
	r.by[who] = whole.Add(r.every)
}

// forget makes room: those who have all that they may have are like those who never came.
func (r *rates) forget(now time.Time) {
	for who, whole := range r.by {
		if !whole.After(now) {
			delete(r.by, who)
		}
	}
	if len(r.by) >= mostRated {
		clear(r.by) // nobody who comes from so many addresses is held by this
	}
}
