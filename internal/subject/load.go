package subject

import (
	"errors"
	"slices"
	"sync/atomic"

	"webrunner/filter/screen"
	"webrunner/internal/heap"
	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/trampoline"
)

// seat is where in a cell's address space the image, the operands and the thread-local
// variables of a subject lie.
type seat struct{ image, operands, variables uint64 }

// firstSeat is that of the only subject, or of the first.
func firstSeat() seat { return seat{trampoline.ImageAddr, trampoline.OperandAddr, trampoline.FSBase} }

// secondSeat is that of a second subject of the same process. Its addresses have the
// low bits of the first one's, by which caches and predictors go.
func secondSeat() seat {
	return seat{(trampoline.ImageAddr + trampoline.ImageLimit) / 2, (trampoline.OperandAddr + trampoline.OperandLimit) / 2, trampoline.FSBase - trampoline.VariablesRoom}
}

// placement is the cell's address space as the loader sees it.
func (s seat) placement() loader.Placement {
	return loader.Placement{
		Base: s.image, Limit: trampoline.ImageLimit,
		TrapBase: trampoline.TrapAddr, TrapLimit: trampoline.TrapLimit,
		Externals:       trampoline.Supplied(),
		ThreadBase:      s.variables - trampoline.VariablesRoom,
		ThreadEnd:       s.variables,
		ThreadPointer:   trampoline.FSBase,
		ThreadExternals: trampoline.SuppliedVariables(),
		Descriptor:      trampoline.Descriptor(),
	}
}

// limits are the loader's. The image is held to the job's memory, and the file, which
// the server has held to its own limit, is as large as it is.
func limits(job *wire.Job, stop func() error) loader.Limits {
	lim := loader.DefaultLimits()
	lim.Stop = stop
	lim.AllocBytes, lim.FileBytes = memoryOf(job), uint64(len(job.Object))
	return lim
}

// Load parses and relocates the object of a job, where it falls, until stop returns an
// error. An error is a *wire.Problem.
func Load(job *wire.Job, stop func() error) (*loader.Image, error) {
	return load(job, firstSeat(), 0, nil, stop)
}

// load does so beside operands of so many bytes, and asks place, if it is not nil, where
// the image shall lie.
func load(job *wire.Job, at seat, operands uint64, place func(*loader.Object, *loader.Placement) error, stop func() error) (*loader.Image, error) {
	p := at.placement()
	makeRoom(job)
	obj, err := loader.Link(job.Object, companions(job), p, limits(job, stop))
	if err != nil {
		return nil, Problem(err)
	}
	if place != nil {
		if err := place(obj, &p); err != nil {
			return nil, Problem(err)
		}
	}
	plan, err := loader.Layout(obj, p)
	if err != nil {
		return nil, Problem(err)
	}
	if err := fits(plan.Bytes(), operands, memoryOf(job)); err != nil {
		return nil, err
	}
	im, err := loader.Relocate(plan)
	if err != nil {
		return nil, Problem(err)
	}
	if len(im.IFuncs) == 0 {
		return im, nil
	}
	if p.Implementations, err = implementations(im, job, stop); err != nil {
		return nil, err
	}
	if plan, err = loader.Layout(obj, p); err == nil {
		im, err = loader.Relocate(plan)
	}
	if err != nil {
		return nil, Problem(err)
	}
	return im, nil
}

// makeRoom has the heap of this process grow, in large pages, for the work on the files
// of a job, if they are long.
func makeRoom(job *wire.Job) {
	size := len(job.Object)
	for i := range job.Parts {
		size += len(job.Parts[i].Data)
	}
	want := min(size*roomFactor, mostRoom)
	if want < leastRoom || int64(want) <= 2*room.Load() {
		return
	}
	room.Store(int64(want))
	heap.Grow(want)
}

// Of makeRoom.
const (
	roomFactor = 32        // of what a byte of a file takes in memory, at most
	leastRoom  = 32 << 20  // bytes; for less it does not pay
	mostRoom   = 512 << 20 // bytes
)

// room is what makeRoom has made, in bytes. It stays with the process.
var room atomic.Int64

// mistaken is a *wire.Problem where the only function of an object is not what was
// asked for, but another kernel that everybody knows.
func (s *Subject) mistaken() error {
	name := s.Choice.Name
	if s.Choice.Exact || s.Job.Symbol != "" || slices.Contains(s.Call.Spec.Alternatives, name) {
		return nil
	}
	other := s.Call.Spec.Instead(name)
	if other == "" {
		return nil
	}
	p := wire.Problemf(wire.UndefinedSymbol, "the object has no function %s; its only one is %s, which the kernel %s is for: ask for that kernel, or name the function with the option symbol",
		s.Call.Spec.Name, name, other)
	p.Symbol = name
	return p
}

// companions are the files that come to give the object what it lacks.
func companions(job *wire.Job) (list []loader.Companion) {
	for _, p := range job.Companions() {
		list = append(list, loader.Companion{Name: p.Name, Data: p.Data})
	}
	return list
}

// Joined says what became of the companions of a job in its image, nil if it has none.
func Joined(job *wire.Job, im *loader.Image) *wire.Joined {
	if job.Part(wire.RoleWith) == nil {
		return nil
	}
	w := &wire.Joined{Taken: append([]string{}, im.Joined.Taken...), Undefined: []string{}}
	for i := range im.Undefined {
		switch u := &im.Undefined[i]; {
		case u.Supplied || u.Kind == loader.UnresolvedUnmapped:
		case len(w.Undefined) == wire.MaxUndefined:
			w.More++
		default:
			w.Undefined = append(w.Undefined, u.Name)
		}
	}
	return w
}

// Inspect tells what the loader makes of the object of a job, until stop returns an
// error.
func Inspect(job *wire.Job, stop func() error) *loader.Report {
	return loader.Inspect(job.Object, companions(job), limits(job, stop), firstSeat().placement(), "", nil)
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
	if p.Class == wire.MemoryLimit {
		p.Limit = memoryName
	}
	if e.HasOffset {
		off := e.Offset
		p.Offset = &off
	}
	return p
}
