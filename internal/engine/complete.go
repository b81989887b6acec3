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
//	Timing           Queue, Spawn and Total
//	Counters[].Trust the counters' grades; Warnings of those that are broken
//	Derived          what is computed from the counters
func (e *Engine) complete(rep *wire.Report, queued time.Duration, t runner.Timing) {
	given := e.Pool.Layers()
	if p := rep.Problem; p != nil && p.Sandbox != nil {
		maps.Copy(p.Sandbox, given)
	}
	r := rep.Result
	if r == nil {
		return
	}
	if r.Sandbox == nil {
		r.Sandbox = make(wire.Layers)
	}
	maps.Copy(r.Sandbox, given)
	r.Timing.Queue, r.Timing.Spawn, r.Timing.Total = queued.Microseconds(), t.Spawn.Microseconds(), t.Total.Microseconds()
	for i := range r.Counters {
		c := &r.Counters[i]
		m := e.Grades.Of(c.Name)
		c.Trust = m.String() // whatever the child wrote there
		if m.Grade == trust.Broken {
			r.Warnings = append(r.Warnings, fmt.Sprintf("the counter %s is %s", c.Name, m))
		}
	}
	r.Derived = e.Reader.Events.Derive(r)
}
