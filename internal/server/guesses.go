package server

import (
	"sync"
	"time"
)

// guesses slows down who tries tokens: each address may be wrong so often, and again
// once in a while. Until then no token from there is looked at, so that a right guess
// looks like a wrong one. Who has never been wrong is never held up.
type guesses struct {
	mu  sync.Mutex
	now func() time.Time
	by  map[client]*guessing
}

// guessing is how often an address was wrong, less what time has forgiven.
type guessing struct {
	wrong float64
	at    time.Time
}

// Bounds of wrong tokens.
const (
	wrongAtOnce = 10               // from one address
	forgiven    = 10 * time.Second // one more after this time
	mostWrong   = 10000            // addresses that are remembered
)

func newGuesses() *guesses { return &guesses{now: time.Now, by: make(map[client]*guessing)} }

// wait is how long no token from an address is looked at, 0 for one that is.
func (g *guesses) wait(who client) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.by[who]
	if h == nil {
		return 0
	}
	g.forgive(who, h)
	if h.wrong <= wrongAtOnce-1 {
		return 0
	}
	return time.Duration((h.wrong - (wrongAtOnce - 1)) * float64(forgiven))
}

// wrong notes a wrong token from an address.
func (g *guesses) wrong(who client) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.by[who]
	if h == nil {
		g.makeRoom()
		h = &guessing{at: g.now()}
	}
	g.forgive(who, h)
	h.wrong++
	g.by[who] = h
}

// makeRoom lets no more addresses be remembered than there may be.
func (g *guesses) makeRoom() {
	if len(g.by) < mostWrong {
		return
	}
	for who, h := range g.by { // those who are forgiven make room
		g.forgive(who, h)
	}
	if len(g.by) >= mostWrong {
		clear(g.by) // nobody who tries from so many addresses is slowed down by this
	}
}

// forgive brings what is known of an address up to now.
func (g *guesses) forgive(who client, h *guessing) {
	now := g.now()
	h.wrong -= float64(now.Sub(h.at)) / float64(forgiven)
	h.at = now
	if h.wrong <= 0 {
		h.wrong = 0
		delete(g.by, who)
	}
}
