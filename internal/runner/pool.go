package runner

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cpus"
	"webrunner/internal/wire"
)

// Pool keeps children warm. Its methods may be called from any goroutine.
type Pool struct {
	cfg        Config
	fork       *forker
	namespaces wire.Layer // the layers, as every answer shows them
	cgroup     wire.Layer

	mu        sync.Mutex
	idle      []*child
	parked    []*child // that wait for more of their client, the longest first
	live      map[*child]struct{}
	closed    bool
	spawned   uint64
	ended     []Ending
	patience  time.Duration  // parkedTime but in tests
	size      int            // warm children wanted now
	calm      time.Duration  // calmTime but in tests
	shrinking *time.Timer    // that wants fewer of them; nil while none were missing
	begins    chan struct{}  // closed, and another, when a job begins
	reaped    sync.WaitGroup // one for each live child

	wake chan struct{} // to the keeper: the idle list may be short
	want chan request  // to the keeper: a job waits for a child
	stop chan struct{} // closed by Close
	kept chan struct{} // closed when the keeper has left
}

type request struct {
	ctx    context.Context
	answer chan<- spawned
}

type spawned struct {
	c   *child
	err error
}

// backoff is how long the keeper rests when a child could not be started or
// died idle, so that a sick host is not also a busy one.
const backoff = 500 * time.Millisecond

// New finds out what namespaces the host gives, starts the warm children and
// returns the pool. A host where no child can be started is a *wire.Problem of
// class unfit.
func New(cfg Config) (*Pool, error) {
	cfg.setDefaults()
	p := &Pool{
		cfg:      cfg,
		live:     make(map[*child]struct{}),
		ended:    []Ending{{How: "answered"}},
		patience: parkedTime,
		size:     cfg.Size,
		calm:     calmTime,
		begins:   make(chan struct{}),
		wake:     make(chan struct{}, 1),
		want:     make(chan request),
		stop:     make(chan struct{}),
		kept:     make(chan struct{}),
	}
	ready := make(chan error)
	go onOwnThread(func() { p.keep(ready) })
	if err := <-ready; err != nil {
		<-p.kept
		return nil, wire.Problemf(wire.Unfit, "no child can be started: %v", err)
	}
	p.nudge()
	return p, nil
}

// Close kills every child, also those with a job, and waits until all are
// reaped. Do returns ErrClosed from then on.
func (p *Pool) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	close(p.stop)
	p.mu.Unlock()
	<-p.kept
	p.mu.Lock()
	for c := range p.live {
		c.kill()
	}
	p.mu.Unlock()
	p.reaped.Wait()
}

// Stats counts children.
type Stats struct {
	Idle    int    // warm, without a job
	Live    int    // all that are not reaped
	Spawned uint64 // since the pool began
	Ended   []Ending
}

// Ending is how children ended, and how many did so.
type Ending struct {
	How      string // answered; idle: without a job; spare: likewise, since jobs had become few; silent: without an answer to its job, also where that was ended from outside
	Status   string // exit code or signal of those that were idle or silent
	Children uint64
}

// count counts the end of a child.
func (p *Pool) count(how, status string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.ended, func(e Ending) bool { return e.How == how && e.Status == status })
	if i < 0 {
		i, p.ended = len(p.ended), append(p.ended, Ending{How: how, Status: status})
	}
	p.ended[i].Children++
}

// Stats returns the counts of this moment.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Idle: len(p.idle), Live: len(p.live), Spawned: p.spawned, Ended: slices.Clone(p.ended)}
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// take returns a live child: a warm one, or else one made for this call.
func (p *Pool) take(ctx context.Context) (*child, error) {
	if c := p.takeIdle(); c != nil {
		return c, nil
	}
	p.missed()
	answer := make(chan spawned, 1)
	select {
	case p.want <- request{ctx, answer}:
		s := <-answer
		return s.c, s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.stop:
		return nil, ErrClosed
	}
}

func (p *Pool) takeIdle() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 && !p.closed {
		c := p.idle[0]
		p.idle = p.idle[1:]
		if !c.dead() {
			return c
		}
	}
	return nil
}

// retire closes our ends of a dead child's pipes and lets the keeper replace it.
func (p *Pool) retire(c *child) {
	c.close()
	p.nudge()
}

func (p *Pool) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// keep is the one that forks, in onOwnThread: PR_SET_PDEATHSIG of a child fires when
// the thread that forked it ends (prctl(2)).
func (p *Pool) keep(ready chan<- error) {
	defer close(p.kept)
	wakeLate()
	cpus.Yield(p.cfg.Behind)
	f, first, err := newForker(p.cfg)
	if err != nil {
		ready <- err
		return
	}
	if first != nil {
		p.adopt(first, true)
	}
	p.fork, p.namespaces, p.cgroup = f, f.layer, f.group.layer
	defer f.close()
	ready <- nil
	for {
		select {
		case r := <-p.want:
			c, err := p.spawn(false)
			if err != nil {
				p.cfg.Log("cannot start a child: %v", err)
				err = wire.Problemf(wire.Unfit, "no child can be started: %v", err)
			}
			r.answer <- spawned{c, err}
		case <-p.wake:
			p.refill()
		case <-p.stop:
			return
		}
	}
}

// refill starts one warm child when one is missing, and asks to be called
// again, so that a job which waits for a child never waits for two.
func (p *Pool) refill() {
	if p.cfg.Single || !p.short() {
		return
	}
	if _, err := p.spawn(true); err != nil {
		p.cfg.Log("cannot start a warm child: %v", err)
		time.AfterFunc(backoff, p.nudge)
		return
	}
	p.nudge()
}

// short tells that there are fewer warm children than are wanted.
func (p *Pool) short() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) < p.size
}

// spawn starts a child, idle or for a job, and the goroutine that reaps it.
// Keeper only.
func (p *Pool) spawn(idle bool) (*child, error) {
	c, err := p.fork.child()
	if err != nil {
		return nil, err
	}
	p.adopt(c, idle)
	return c, nil
}

// adopt takes a child into the pool. Keeper only.
func (p *Pool) adopt(c *child, idle bool) {
	p.reaped.Add(1)
	p.mu.Lock()
	p.live[c] = struct{}{}
	p.spawned++
	if idle {
		p.idle = append(p.idle, c)
		p.trim()
	}
	p.mu.Unlock()
	go p.attend(c)
}

// attend reaps c. One that died idle has no job to complain, so its death is
// logged here and it is replaced after a rest.
func (p *Pool) attend(c *child) {
	defer p.reaped.Done()
	c.reap()
	p.mu.Lock()
	delete(p.live, c)
	waited := takeOut(&p.idle, c) || takeOut(&p.parked, c)
	closed := p.closed
	p.mu.Unlock()
	if !waited {
		return
	}
	c.close()
	if !closed {
		p.count("idle", describe(c.status))
		p.logCrash(c, true)
		time.AfterFunc(backoff, p.nudge)
	}
}

// takeOut takes a child out of a list, and tells whether it was there.
func takeOut(list *[]*child, c *child) bool {
	i := slices.Index(*list, c)
	if i >= 0 {
		*list = slices.Delete(*list, i, i+1)
	}
	return i >= 0
}

// devNull opens /dev/null, or the read end of a pipe that nobody writes to
// where there is no /dev: it reads as empty and cannot be written. It is none of the
// descriptors that a child has.
func devNull() (*os.File, error) {
	fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			return nil, os.NewSyscallError("pipe2", err)
		}
		_ = unix.Close(p[1])
		fd = p[0]
	}
	if fd, err = above(fd); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), os.DevNull), nil
}
