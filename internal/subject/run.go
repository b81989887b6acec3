package subject

import (
	"fmt"
	"math"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// filters are the seccomp programs of cells, nil where an operator does without; that
// of cells that read counters is there where a job has some counted.
type filters struct{ plain, reading []uint64 }

func newFilters(wanted, counting bool) (f filters, err error) {
	if !wanted {
		return f, nil
	}
	if f.plain, err = cell.Filter(false); err == nil && counting {
		f.reading, err = cell.Filter(true)
	}
	return f, err
}

// Plan is what all cells of the subject have in common: one record of one call.
func (s *Subject) Plan() cell.Plan {
	wall, share := s.wall(), time.Duration(touchShare)
	if s.strides {
		share = vastShare
	}
	return cell.Plan{
		Call: s.Arguments(nil), Laps: []cell.Lap{{Kind: trampoline.Kernel}}, Records: 1,
		Budget: math.MaxInt64, Wall: wall, TouchVast: s.strides, TouchTicks: uint64((wall / share).Seconds() * float64(s.Job.Host.TSCHz)),
		XSave: processor.XGETBV() != 0, Rseq: s.Job.Host.Detectors.Preempt == "", Filter: s.filters.plain,
		StackOffset: s.Job.Measure.StackOffset, Elsewhere: s.Job.Host.CPUs,
	}
}

// touchShare is the part, one in so many, of what a cell may take that it may take to touch
// its pages beforehand, most of which a kernel touches anyway.
const touchShare = 16

// vastShare is touchShare of a kernel that is known to use most of its operands.
const vastShare = 4

// perPage is less than a kernel takes for each page that it uses whole, of 4 KiB: memory gives
// some 30 bytes a nanosecond to a core.
const perPage = 40 * time.Nanosecond

// Lasts tells the subject how long about a call takes. Where that is long enough to use
// all pages of its operands, cells touch these beforehand, however many they are.
func (s *Subject) Lasts(call time.Duration) {
	_, bytes := s.Space.Size()
	s.strides = call >= time.Duration(bytes/4096)*perPage
}

// Reading lets the cell of a plan read its counters by system call too.
func (s *Subject) Reading(p cell.Plan) cell.Plan {
	p.Filter = s.filters.reading
	return p
}

// wall is how long one cell may take: the job's limit for a call, and never
// beyond the job's deadline.
func (s *Subject) wall() time.Duration {
	limit := time.Duration(s.Job.Budget.Call) * time.Microsecond
	return max(min(limit, time.Until(s.Deadline())), time.Millisecond)
}

// Run runs a cell on freshly filled operands and explains an abnormal end, which is a
// *wire.Problem. A cell that did not get the processor is run again.
func (s *Subject) Run(plan cell.Plan) (*cell.Outcome, autopsy.Broken, error) {
	return s.RunFilled(plan, func() {})
}

// RunFilled is Run that calls filled whenever the operands have been filled, just
// before a cell begins.
func (s *Subject) RunFilled(plan cell.Plan, filled func()) (*cell.Outcome, autopsy.Broken, error) {
	out, err := s.Attempt(plan, filled)
	if err != nil {
		return nil, autopsy.Broken{}, wire.Problemf(wire.Internal, "%v", err)
	}
	if err := s.Explain(out, plan); err != nil {
		return nil, autopsy.Broken{}, err
	}
	return out, autopsy.BrokenBy(plan, out), nil
}

// Attempt is RunFilled without the explanations: an error is that of cell.Space.Run.
func (s *Subject) Attempt(plan cell.Plan, filled func()) (out *cell.Outcome, err error) {
	for try := 0; try == 0 || try == 1 && err == nil && starved(out, plan); try++ {
		s.Fill()
		filled()
		out, err = s.Space.Run(plan)
	}
	return out, err
}

// starved tells that a cell ran out of time because it did not get the
// processor: not its fault, and worth a second try.
func starved(o *cell.Outcome, plan cell.Plan) bool {
	return o.End == cell.Timeout && o.User+o.System < plan.Wall/4
}

// Explain makes a *wire.Problem of an abnormal end, and is nil for any other.
func (s *Subject) Explain(o *cell.Outcome, plan cell.Plan) error {
	if o.End == cell.Returned {
		return nil
	}
	b := autopsy.Body{Image: s.Image, Space: s.Space, Host: thisHost(s.Job.Host.CPU), Moved: s.Job.Measure.Align != nil, Operands: s.operandRanges()}
	p := b.Explain(o, plan.Wall)
	if limit := time.Duration(s.Job.Budget.Call) * time.Microsecond; p.Limit == "call" && plan.Wall < limit && s.Left() <= 0 {
		p.Detail = fmt.Sprintf("the job's deadline of %v has come: %s; a longer deadline, a host with less to do, or smaller operands may help",
			time.Duration(s.Job.Budget.Deadline)*time.Microsecond, p.Detail)
		p.Limit = "deadline"
	}
	return p
}
