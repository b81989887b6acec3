package engine

import (
	"fmt"
	"maps"
	"time"

	"webrunner/internal/runner"
	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// complete adds to a report what the child that wrote it cannot know, or may not be
// trusted with. It is the one place outside of the child where a result is filled:
//
//	Sandbox          the layers that the pool puts around a child
//	Checked.Host     the host
//	Timing           Queue, Spawn and Total
//	Counters[].Trust the counters' grades, lowered where an exact count speaks against
//	                 a figure; Warnings of that, and of those that are broken
//	Derived          what is computed from the counters
func (e *Engine) complete(rep *wire.Report, queued time.Duration, t runner.Timing) {
	given := e.Pool.Layers()
	if p := rep.Problem; p != nil && p.Sandbox != nil {
		p.Sandbox = within(given, p.Sandbox)
	}
	if rep.Result != nil {
		e.completeResult(rep.Result, queued, t)
	}
	if c := rep.Checked; c != nil {
		c.Sandbox = within(given, c.Sandbox)
		host := e.Host
		c.Host = &host
	}
	if c := rep.Comparison; c != nil {
		for i := range c.Points {
			e.completeResult(c.Points[i].A, queued, t)
			e.completeResult(c.Points[i].B, queued, t)
		}
		if len(c.Points) > 0 {
			c.A, c.B = c.Points[0].A, c.Points[0].B // they came as copies of these
		} else {
			e.completeResult(c.A, queued, t)
			e.completeResult(c.B, queued, t)
		}
		c.Sandbox = c.A.Sandbox
	}
}

// within adds those layers that the pool puts around a child to those that it names itself.
func within(pool, child wire.Layers) wire.Layers {
	if child == nil {
		child = make(wire.Layers)
	}
	maps.Copy(child, pool)
	return child
}

// completing returns progress with the points of what it is told completed.
func (e *Engine) completing(progress func(*wire.Progress), queued time.Duration) func(*wire.Progress) {
	if progress == nil {
		return nil
	}
	return func(p *wire.Progress) {
		if p.Point != nil && p.Point.Result != nil {
			e.completeResult(p.Point.Result, queued, runner.Timing{})
		}
		progress(p)
	}
}

// completeResult does so for one result.
func (e *Engine) completeResult(r *wire.Result, queued time.Duration, t runner.Timing) {
	r.Sandbox = within(e.Pool.Layers(), r.Sandbox)
	r.Timing.Queue, r.Timing.Spawn, r.Timing.Total = queued.Microseconds(), t.Spawn.Microseconds(), t.Total.Microseconds()
	for i := range r.Counters {
		c := &r.Counters[i]
		m := e.Grades.Of(c.Name)
		if exact := exactCount(r, c); exact != nil {
			beside := m.Beside(c.Value, exact.Value)
			if beside != m {
				r.Warnings = append(r.Warnings, fmt.Sprintf("the PMU counted %.1f %s, and there are exactly %.0f", c.Value, c.Name, exact.Value))
			}
			m = beside
		}
		c.Trust = m.String() // whatever the child wrote there
		if m.Grade == trust.Broken {
			r.Warnings = append(r.Warnings, fmt.Sprintf("the counter %s is %s", c.Name, m))
		}
	}
	r.Derived = e.Reader.Events.Derive(r)
}

// exactCount is the exact count beside that of a PMU, nil where there is none, or where it
// is of one call only, as what decides time or chance is.
func exactCount(r *wire.Result, pmu *wire.Counter) *wire.Counter {
	if pmu.Name != wire.FigureInstructions || pmu.Source != wire.PMU || pmu.Value < 0 {
		return nil
	}
	for i := range r.Counters {
		if c := &r.Counters[i]; c.Name == wire.FigureInstructionsCounted && c.Depends == "" {
			return c
		}
	}
	return nil
}
