package server

import (
	"context"
	"sync"
	"time"

	"webrunner/internal/wire"
)

// health remembers the last self-check.
type health struct {
	check func(context.Context) error
	// doubted asks for a check before its time.
	doubted chan struct{}

	mu   sync.Mutex
	last error
	when time.Time // of the last check's end; zero before the first
	took time.Duration
}

func newHealth(check func(context.Context) error) *health {
	return &health{check: check, doubted: make(chan struct{}, 1), last: wire.Problemf(wire.Unfit, "the first self-check is not over yet")}
}

// checkTime bounds one self-check.
const checkTime = 30 * time.Second

// watch runs the self-check now and then for as long as the server lives.
func (s *Server) watch() {
	for {
		s.CheckNow()
		soon := time.After(min(leastChecking, s.cfg.CheckEvery))
		select {
		case <-time.After(s.cfg.CheckEvery):
		case <-s.health.doubted:
			select {
			case <-soon:
			case <-s.ctx.Done():
				return
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// leastChecking is how long after one self-check the next may begin, however many jobs
// give reason for it.
const leastChecking = time.Second

// doubting has the self-check run at once where a job has found this host unfit, so that
// who asks the monitor knows before the next job comes, and returns the problem. A job may
// also have asked for what only it needs.
func (s *Server) doubting(p *wire.Problem) *wire.Problem {
	if p.Class == wire.Unfit {
		select {
		case s.health.doubted <- struct{}{}:
		default: // a check is coming
		}
	}
	return p
}

// CheckNow runs the self-check once, in turn with the jobs of clients, and
// returns what it found.
func (s *Server) CheckNow() error {
	leave, err := s.gate.slot(s.ctx)
	if err != nil {
		return err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(s.ctx, checkTime)
	defer cancel()
	start := time.Now()
	err = s.health.check(ctx)
	if s.ctx.Err() != nil {
		return s.ctx.Err() // we are leaving: the failure says nothing about the host
	}
	if s.health.set(err, time.Since(start)) {
		s.cfg.ErrorLog("self-check: %v", orPassed(err))
	}
	return err
}

func orPassed(err error) any {
	if err == nil {
		return "passed"
	}
	return err
}

// set stores a finding and tells whether it differs from the one before. That
// the first check passes is what everybody expects.
func (h *health) set(err error, took time.Duration) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if changed = (err == nil) != (h.last == nil); h.when.IsZero() {
		changed = err != nil
	}
	h.last, h.when, h.took = err, time.Now(), took
	return changed
}

func (h *health) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last
}

func (h *health) age() (time.Time, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.when, h.took
}
