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

// limits are the loader's. The image is held to the job's memory, and the file, which
// the server has held to its own limit, is as large as it is.
func limits(job *wire.Job) loader.Limits {
	lim := loader.DefaultLimits()
	lim.AllocBytes, lim.FileBytes = memoryOf(job), uint64(len(job.Object))
	return lim
}

// Load parses and relocates the object of a job, where it falls. An error is a
// *wire.Problem.
func Load(job *wire.Job) (*loader.Image, error) { return load(job, 0, nil) }

// load does so beside operands of so many bytes, and asks place, if it is not nil, where
// the image shall lie.
func load(job *wire.Job, operands uint64, place func(*loader.Object, *loader.Placement) error) (*loader.Image, error) {
	obj, err := loader.Parse(job.Object, limits(job))
	if err != nil {
		return nil, problem(err)
	}
	p := placement()
	if place != nil {
		if err := place(obj, &p); err != nil {
			return nil, problem(err)
		}
	}
	plan, err := loader.Layout(obj, p)
	if err != nil {
		return nil, problem(err)
	}
	if err := fits(plan.Bytes(), operands, memoryOf(job)); err != nil {
		return nil, err
	}
	im, err := loader.Relocate(plan)
	if err != nil {
		return nil, problem(err)
	}
	return im, nil
}

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
	if p.Class == wire.MemoryLimit {
		p.Limit = memoryName
	}
	if e.HasOffset {
		off := e.Offset
		p.Offset = &off
	}
	return p
}
