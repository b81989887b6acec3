package subject

import (
	"errors"

	"webrunner/filter/screen"
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
func limits(job *wire.Job, stop func() error) loader.Limits {
	lim := loader.DefaultLimits()
	lim.Stop = stop
	if m := job.Budget.Memory; m != 0 {
		lim.AllocBytes = min(lim.AllocBytes, m)
	}
	return lim
}

// Load parses and relocates the object of a job, at the places that it falls into
// but for what place says, until stop returns an error. An error is a *wire.Problem.
func Load(job *wire.Job, place func(*loader.Object, *loader.Placement) error, stop func() error) (*loader.Image, error) {
	obj, err := loader.Parse(job.Object, limits(job, stop))
	if err != nil {
		return nil, Problem(err)
	}
	p := placement()
	if err := place(obj, &p); err != nil {
		return nil, Problem(err)
	}
	im, err := loader.Load(obj, p)
	if err != nil {
		return nil, Problem(err)
	}
	return im, nil
}

// AsItFalls leaves the code of an object where it falls.
func AsItFalls(*loader.Object, *loader.Placement) error { return nil }

// Inspect tells what the loader makes of the object of a job, until stop returns an
// error.
func Inspect(job *wire.Job, stop func() error) *loader.Report {
	return loader.Inspect(job.Object, limits(job, stop), placement(), "", nil)
}

// Problem turns an error of the loader or the screen into a *wire.Problem.
func Problem(err error) error {
	var stopped *screen.StopError
	var limit *screen.LimitError
	var e *loader.Error
	switch {
	case errors.As(err, &stopped):
		p := wire.Problemf(wire.Timeout, "%v", err)
		p.Limit = "deadline"
		return p
	case errors.As(err, &limit):
		return wire.Problemf(wire.TooLarge, "%v", err)
	case !errors.As(err, &e):
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
