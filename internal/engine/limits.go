package engine

import (
	"cmp"
	"time"

	"webrunner/internal/request"
	"webrunner/internal/wire"
)

// Limits of every job.
const (
	DefaultTimeout   = 10 * time.Second
	ShortestTimeout  = 10 * time.Millisecond
	DefaultMeasuring = 2 * time.Second // a steady kernel needs far less
)

// budget is what a job has where its query asks for nothing less.
func (c Config) budget() (wire.Budget, error) {
	timeout := cmp.Or(c.Timeout, DefaultTimeout)
	if timeout < ShortestTimeout {
		return wire.Budget{}, wire.Problemf(wire.BadParameter, "the timeout of a job must be at least %v, not %v", ShortestTimeout, timeout)
	}
	return wire.Budget{
		Deadline: timeout.Microseconds(),
		CPU:      min(cmp.Or(c.Measuring, DefaultMeasuring), timeout/2).Microseconds(),
		Call:     min(request.MaxCall, timeout/2).Microseconds(),
		Memory:   wire.DefaultMemory,
	}, nil
}
