package server

import (
	"context"
	"errors"
	"sync/atomic"
)

// gate lets a fixed number of jobs run and a fixed number wait. Measuring runs
// share nothing but the machine, and that is enough to disturb each other.
type gate struct {
	tickets chan struct{} // held by every job inside, waiting or running
	slots   chan struct{} // held by every job that runs
}

var errQueueFull = errors.New("server: the queue is full")

func newGate(parallel, queue int) *gate {
	return &gate{
		tickets: make(chan struct{}, parallel+max(queue, 0)),
		slots:   make(chan struct{}, parallel),
	}
}

// enter waits for a slot, or fails at once with errQueueFull when too many
// wait already. The caller calls leave when its job is over.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.tickets <- struct{}{}:
	default:
		return nil, errQueueFull
	}
	exit, err := g.slot(ctx)
	if err != nil {
		<-g.tickets
		return nil, err
	}
	return func() { exit(); <-g.tickets }, nil
}

// slot waits for a slot outside of the queue: the self-check is not a client.
func (g *gate) slot(ctx context.Context) (leave func(), err error) {
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *gate) full() bool   { return len(g.tickets) == cap(g.tickets) }
func (g *gate) running() int { return len(g.slots) }
func (g *gate) waiting() int { return max(0, len(g.tickets)-len(g.slots)) }

// bodiesAhead is how many of the largest bodies may be on their way beside
// those of the jobs in the gate.
const bodiesAhead = 4

// memory bounds the bytes of all bodies together, whatever clients promise:
// a body draws what has arrived of it.
type memory struct {
	used  atomic.Int64
	limit int64
}

// draw takes n bytes and tells whether they were there.
func (m *memory) draw(n int) bool {
	if m.used.Add(int64(n)) > m.limit {
		m.used.Add(int64(-n))
		return false
	}
	return true
}

func (m *memory) give(n int) { m.used.Add(int64(-n)) }
