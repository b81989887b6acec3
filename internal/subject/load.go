package subject

import (
	"errors"

	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/trampoline"
)

// placement is the cell's address space as the loader sees it.
func placement() loader.Placement {
	return loader.Placement{
		Base: trampoline.ImageAddr, Limit: trampoline.ImageLimit,
		TrapBase: trampoline.TrapAddr, TrapLimit: trampoline.TrapLimit,
		Externals:     trampoline.Supplied(),
		ThreadPointer: trampoline.FSBase,
	}
}

// limits are the loader's, within the job's memory.
func limits(job *wire.Job) loader.Limits {
	lim := loader.DefaultLimits()
	if m := job.Budget.Memory; m != 0 {
		lim.AllocBytes = min(lim.AllocBytes, m)
	}
	return lim
}

// Load parses and relocates the object of a job, at the places that it falls into
// but for what place says. An error is a *wire.Problem.
func Load(job *wire.Job, place func(*loader.Object, *loader.Placement) error) (*loader.Image, error) {
	obj, err := loader.Parse(job.Object, limits(job))
	if err != nil {
		return nil, problem(err)
	}
	p := placement()
	if err := place(obj, &p); err != nil {
		return nil, problem(err)
	}
	im, err := loader.Load(obj, p)
	if err != nil {
		return nil, problem(err)
	}
	return im, nil
}

// AsItFalls leaves the code of an object where it falls.
func AsItFalls(*loader.Object, *loader.Placement) error { return nil }

// Inspect tells what the loader makes of the object of a job.
func Inspect(job *wire.Job) *loader.Report {
	return loader.Inspect(job.Object, limits(job), placement(), "", nil)
}

// problem turns a loader's error into a problem.
func problem(err error) error {
	var e *loader.Error
	if !errors.As(err, &e) {
		return wire.Problemf(wire.Internal, "%v", err)
	}
	p := wire.Problemf(wire.Class(e.Class), "%v", e)
	p.Section, p.Symbol = e.Section, e.Symbol
	if e.HasOffset {
		off := e.Offset
		p.Offset = &off
	}
	return p
}
