package engine

import (
	"context"
	"sync"
	"time"

	"webrunner/internal/peaks"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// ceiling keeps what the core can do at most, once that is measured.
type ceiling struct {
	measuring sync.Mutex // held by who measures
	mu        sync.Mutex
	known     *wire.Peaks
}

// known are the peaks, nil where nobody has asked for them.
func (c *ceiling) get() *wire.Peaks {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

// Peaks measures what the core can do at most, if that is not known yet: some thirty jobs,
// each of which waits for its turn; nil is at once. From then on results tell how near they
// come to it. Errors are those of Do, or a *wire.Problem.
func (e *Engine) Peaks(ctx context.Context, turn Turn) (*wire.Peaks, error) {
	e.ceiling.measuring.Lock()
	defer e.ceiling.measuring.Unlock()
	if p := e.ceiling.get(); p != nil {
		return p, nil
	}
	if turn == nil {
		turn = atOnce
	}
	p, err := peaks.Measure(e.Host, func(query map[string][]string, object []byte) (*wire.Result, error) {
		job, err := e.Plan(query)
		if err != nil {
			return nil, err
		}
		job.Object = object
		job.Budget.CPU = min(job.Budget.CPU, peaks.Time.Microseconds())
		waiting := time.Now()
		leave, err := turn(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		rep, _, err := e.Do(ctx, job, time.Since(waiting), nil)
		if err != nil {
			return nil, err
		}
		if rep.Problem != nil {
			return nil, rep.Problem
		}
		return rep.Result, nil
	})
	if err != nil {
		return nil, err
	}
	p.Sandbox = e.Layers
	e.ceiling.mu.Lock()
	e.ceiling.known = p
	e.ceiling.mu.Unlock()
	return p, nil
}

// share tells of the results of a report how near they come to the peaks, if those are
// known.
func (e *Engine) share(job *wire.Job, results ...*wire.Result) {
	p := e.ceiling.get()
	if p == nil {
		return
	}
	spec, err := kernels.Parse(job.Spec)
	if err != nil {
		return
	}
	element := "f32"
	for _, o := range spec.Operands {
		if o.Type == kernels.Float64 {
			element = "f64"
		}
	}
	for _, r := range results {
		if r != nil {
			peaks.Shares(p, r, element)
		}
	}
}
