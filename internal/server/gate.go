package server

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// gate lets a fixed number of jobs run and a fixed number wait. Measuring runs
// share nothing but the machine, and that is enough to disturb each other.
//
// Those that wait stand in one line for each client, and the lines take turns. When
// nobody else fits in, a client with a short line takes the last place of the
// longest one, which is the answer of fair queueing to a flood (McKenney,
// "Stochastic Fairness Queueing", 1990): a client alone may have all places, and none
// can keep others out.
type gate struct {
	parallel, queue int

	mu    sync.Mutex
	runs  int // slots that are held
	waits int // places that are taken: jobs in the lines of clients, without those that wait again
	lines map[client][]*waiter
	turns []client // those with a line, the next one first
}

// waiter is a job that waits. It is told once: nil with a slot that it then
// holds, or errQueueFull.
type waiter struct {
	told  chan error
	kind  string // the command whose job it is, for estimates
	again bool   // for the next part of a job that was let in: takes no place, and keeps it
}

var errQueueFull = errors.New("server: the queue is full")

func newGate(parallel, queue int) *gate {
	return &gate{parallel: parallel, queue: max(queue, 0), lines: make(map[client][]*waiter)}
}

// enter waits for a slot in the line of a client, or fails with errQueueFull when
// there is no place for it. The caller calls leave when its job is over.
func (g *gate) enter(ctx context.Context, who client, kind string) (leave func(), err error) {
	return g.wait(ctx, who, &waiter{told: make(chan error, 1), kind: kind})
}

// enterAgain is enter for the next part of a job whose first part was let in, and which gave its slot back for
// others to have a turn. It waits in the line of its client, but beyond the places: a job that has
// begun is not refused because others came meanwhile.
func (g *gate) enterAgain(ctx context.Context, who client, kind string) (leave func(), err error) {
	return g.wait(ctx, who, &waiter{told: make(chan error, 1), kind: kind, again: true})
}

// slot waits for a slot outside of the queue: the self-check is not a client.
func (g *gate) slot(ctx context.Context) (leave func(), err error) {
	return g.wait(ctx, nobody, &waiter{told: make(chan error, 1)})
}

func (g *gate) wait(ctx context.Context, who client, w *waiter) (leave func(), err error) {
	if err := g.stand(who, w); err != nil {
		return nil, err
	}
	select {
	case err = <-w.told:
	case <-ctx.Done():
		if err = g.withdraw(who, w); err == nil {
			g.leave() // the slot came at the same moment
		}
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return g.leave, nil
}

// stand takes a slot or a place.
func (g *gate) stand(who client, w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.runs < g.parallel && len(g.turns) == 0 {
		g.runs++
		w.told <- nil
		return nil
	}
	if who != nobody && !w.again {
		if !g.fits(who) {
			return errQueueFull
		}
		if g.waits == g.queue {
			g.pushOut()
		}
		g.waits++
	}
	if len(g.lines[who]) == 0 {
		g.turns = append(g.turns, who)
	}
	g.lines[who] = append(g.lines[who], w)
	return nil
}

// fits tells whether a job of this client finds a place.
func (g *gate) fits(who client) bool {
	if g.waits < g.queue {
		return true
	}
	_, longest := g.longest()
	return longest > len(places(g.lines[who]))+1
}

// places are those of a line that take a place.
func places(line []*waiter) (list []*waiter) {
	for _, w := range line {
		if !w.again {
			list = append(list, w)
		}
	}
	return list
}

// longest is the client with the most places.
func (g *gate) longest() (who client, length int) {
	for c, line := range g.lines {
		if n := len(places(line)); c != nobody && n > length {
			who, length = c, n
		}
	}
	return who, length
}

// pushOut tells the last one that has a place in the longest line that there is none.
func (g *gate) pushOut() {
	who, length := g.longest()
	last := places(g.lines[who])[length-1]
	g.remove(who, last)
	last.told <- errQueueFull
}

// remove takes a waiter out of its line, and tells whether it stood there.
func (g *gate) remove(who client, w *waiter) bool {
	i := slices.Index(g.lines[who], w)
	if i < 0 {
		return false
	}
	if g.lines[who] = slices.Delete(g.lines[who], i, i+1); len(g.lines[who]) == 0 {
		delete(g.lines, who)
		g.turns = slices.DeleteFunc(g.turns, func(c client) bool { return c == who })
	}
	if who != nobody && !w.again {
		g.waits--
	}
	return true
}

// withdraw gives up waiting. It returns what the waiter has been told, nil where
// that is a slot, if it is too late.
func (g *gate) withdraw(who client, w *waiter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.remove(who, w) {
		return context.Canceled
	}
	return <-w.told
}

// leave gives a slot back, to the first one in the line whose turn it is.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.turns) == 0 {
		g.runs--
		return
	}
	who := g.turns[0]
	w := g.lines[who][0]
	g.turns = append(g.turns[1:], who)
	g.remove(who, w)
	w.told <- nil
}

// full tells whether a job of this client would be refused now.
func (g *gate) full(who client) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !(g.runs < g.parallel && len(g.turns) == 0) && !g.fits(who)
}

func (g *gate) running() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.runs
}

// ahead lists the kinds of the jobs that wait.
func (g *gate) ahead() (kinds []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for who, line := range g.lines {
		for _, w := range line {
			if who != nobody {
				kinds = append(kinds, w.kind)
			}
		}
	}
	return kinds
}

func (g *gate) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waits
}
