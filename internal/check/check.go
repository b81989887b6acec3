// Package check tests a function by many cases: other sizes, other contents, other
// places in memory, other values in the registers that a call leaves undefined. What
// each call leaves is held against what a reference makes of the same, and against
// what no function may do. Nothing is timed.
package check

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// checker is a check under way.
type checker struct {
	job    *wire.Job
	spec   *kernels.Spec
	gen    *generator
	rooms  []uint64 // bytes for each operand, in all cases
	target *side
	ref    *side // nil without an object as a reference

	made  int // cases
	worst map[wire.FailureKind]*candidates
	ended int // calls that did not return
}

// candidates are failures of one kind to tell one of.
type candidates struct {
	smallest shrunk // with the smallest operands
	first    shrunk
}

// builtin tells that results are compared with those of a computation in Go.
func (c *checker) builtin() bool { return c.ref == nil && c.spec.Reference != "" }

// Bounds of a check.
const (
	atOnce     = 200     // cases that are made before they are compared
	bytesOnce  = 8 << 20 // of operands of those
	mostEnded  = 64      // calls that do not return, each of which costs a process
	forCases   = 3       // of the time that there is so many parts in
	allParts   = 4       // so many are for cases, what is left for making failures small
	extraBytes = 128     // of room, by which an operand may begin later
)

// Do does a check that was begun at a time. An error is a *wire.Problem, or one for
// which errors.Is(err, cell.ErrAddressTaken) holds.
func Do(job *wire.Job, filtered bool, began time.Time) (*wire.Checked, error) {
	start := time.Now()
	c := &checker{job: job, worst: make(map[wire.FailureKind]*candidates)}
	if err := c.prepare(filtered, began); err != nil {
		return nil, err
	}
	wanted := cmp.Or(job.Check.Cases, wire.DefaultCases)
	err := c.all(wanted)
	late := errors.Is(err, errTime)
	if err != nil && !late {
		return nil, err
	}
	res := c.result()
	if res.Failures, err = c.failures(); err != nil {
		return nil, err
	}
	res.OK, res.Calls = len(res.Failures) == 0, c.target.calls
	switch {
	case c.made == wanted:
	case c.made == 0 && res.OK: // nothing is known
		return nil, wire.Problemf(wire.Timeout, "none of the %d cases was made in the time that there was: the host is too busy, or the reference too slow; --timeout gives more", wanted)
	case late || c.ended == 0:
		res.Notes = append(res.Notes, fmt.Sprintf("%d of %d cases were made in the time that there was", c.made, wanted))
	default:
		res.Notes = append(res.Notes, fmt.Sprintf("%d of %d cases were made: so many of their calls did not return that the others were left out", c.made, wanted))
	}
	res.MS = time.Since(start).Milliseconds()
	return res, nil
}

// prepare makes the subjects, with room for every case.
func (c *checker) prepare(filtered bool, began time.Time) (err error) {
	if c.spec, err = subject.Spec(c.job); err != nil {
		return err
	}
	if c.gen, err = newGenerator(c.job, c.spec, cmp.Or(c.job.Budget.Memory, wire.DefaultMemory)); err != nil {
		return wire.Problemf(cmp.Or(wire.Class(kernels.Class(err)), wire.Internal), "%v", err)
	}
	if err := c.measureRooms(began); err != nil {
		return err
	}
	s, err := subject.Roomy(c.job, c.rooms, filtered, began)
	if err != nil {
		return err
	}
	c.target = &side{s: s, allowed: extremes(c.job.Check.Extremes)}
	if part := c.job.Part(wire.RoleReference); part != nil {
		if c.ref, err = reference(s, part); err != nil {
			return err
		}
		c.ref.allowed = c.target.allowed
	}
	return nil
}

// measureRooms goes through all cases for the largest of each operand.
func (c *checker) measureRooms(began time.Time) error {
	c.rooms = make([]uint64, len(c.spec.Operands))
	for from, n := 0, cmp.Or(c.job.Check.Cases, wire.DefaultCases); from < n; from += atOnce {
		if err := subject.Overdue(c.job, began); err != nil {
			p := wire.Problemf(wire.Timeout, "%v", err)
			p.Limit = "deadline"
			return p
		}
		for _, k := range c.gen.cases(from, min(from+atOnce, n)) {
			for i := range k.call.Operands {
				c.rooms[i] = max(c.rooms[i], k.call.Operands[i].Bytes+extraBytes)
			}
		}
	}
	return nil
}

// hasRoom tells whether the operands of a call fit where those of all cases do.
func (c *checker) hasRoom(call *kernels.Call) bool {
	for i := range call.Operands {
		if call.Operands[i].Bytes+extraBytes > c.rooms[i] {
			return false
		}
	}
	return true
}

// extremes is a list of them as a set.
func extremes(list []wire.Extreme) (set kernels.Extremes) {
	for _, e := range list {
		switch e {
		case wire.ExtremeDenormal:
			set |= kernels.Denormals
		case wire.ExtremeZero:
			set |= kernels.Zeros
		case wire.ExtremeInfinity:
			set |= kernels.Infinities
		case wire.ExtremeNaN:
			set |= kernels.NaNs
		}
	}
	return set
}

// reference makes the other side of a part of the job.
func reference(s *subject.Subject, part *wire.Part) (*side, error) {
	job := *s.Job
	job.Object, job.Parts, job.Symbol = part.Data, s.Job.Shared(), cmp.Or(part.Symbol, job.ReferenceSymbol)
	job.ABI = cmp.Or(job.ReferenceABI, wire.SystemV)
	r, err := s.Beside(&job)
	if p, ok := err.(*wire.Problem); ok {
		q := *p
		q.Detail = "the reference: " + p.Detail
		return nil, &q
	}
	if err != nil {
		return nil, err
	}
	return &side{s: r}, nil
}

// all makes the cases.
func (c *checker) all(wanted int) error {
	left := c.target.s.Left()
	until := time.Now().Add(left * forCases / allParts)
	for c.made < wanted && c.ended < mostEnded {
		if time.Now().After(until) {
			return errTime
		}
		list := c.gen.cases(c.made, min(c.made+atOnce, wanted))
		list = list[:fitting(list)]
		all, err := c.evaluate(list)
		if err != nil {
			return err
		}
		for i, l := range all {
			for _, f := range l {
				c.note(shrunk{kase: list[i], finding: f, cases: c.made + i + 1})
			}
		}
		c.made += len(all)
		if len(all) < len(list) {
			break // a call hung
		}
	}
	return nil
}

// fitting is how many cases of a list are made before they are compared.
func fitting(list []kase) int {
	sum := uint64(0)
	for i := range list {
		if sum += bytesOf(list[i].call); sum > bytesOnce && i > 0 {
			return i
		}
	}
	return len(list)
}

// note keeps, of each kind of failure, the first and that with the smallest operands.
func (c *checker) note(s shrunk) {
	if s.problem != nil {
		c.ended++
	}
	switch old := c.worst[s.kind]; {
	case old == nil:
		c.worst[s.kind] = &candidates{smallest: s, first: s}
	case bytesOf(s.call) < bytesOf(old.smallest.call):
		old.smallest = s
	}
}

// result is what of the answer is known before failures are.
func (c *checker) result() *wire.Checked {
	s := c.target.s
	res := &wire.Checked{
		Kernel: c.spec.Name, Symbol: s.Choice.Name, Tolerance: c.job.Tolerance.String(),
		Cases: c.made, Seed: c.job.Seed, Failures: []wire.Failure{},
		Warnings: append([]string{}, s.Warnings...), Notes: []string{},
	}
	switch {
	case c.ref != nil:
		res.Reference = c.ref.name(c.job.Part(wire.RoleReference))
	case c.builtin():
		res.Reference = "built-in " + c.spec.Reference
	default:
		res.Notes = append(res.Notes, "there is no reference: results were compared only with each other")
	}
	return res
}

// failures shrinks and explains what was found, as far as the time goes.
func (c *checker) failures() ([]wire.Failure, error) {
	kinds := slices.SortedFunc(maps.Keys(c.worst), func(a, b wire.FailureKind) int { return cmp.Compare(order(a), order(b)) })
	out := []wire.Failure{}
	for _, kind := range kinds {
		s, err := c.smallest(c.worst[kind])
		if err == nil {
			err = c.explain(&s)
		}
		if err != nil && !errors.Is(err, errTime) {
			return nil, err
		}
		out = append(out, c.failure(&s))
	}
	return out, nil
}

// smallest makes the smaller of two failures still smaller, or the first where that is
// one of a process in which others went before: what they left behind can be why the
// smaller fails, and the first is the nearer to what left it.
func (c *checker) smallest(of *candidates) (shrunk, error) {
	s, err := c.shrink(of.smallest)
	if err != nil || s.alone || of.first.cases == s.cases {
		return s, err
	}
	first, err := c.shrink(of.first)
	if err != nil || first.alone {
		return first, err
	}
	return s, nil
}

// order is that in which kinds are told: first what can be the cause of the others.
func order(kind wire.FailureKind) int {
	return slices.Index([]wire.FailureKind{
		wire.FailSyscall, wire.FailCrashed, wire.FailReadOutside, wire.FailWroteOutside, wire.FailWroteConst, wire.FailTimeout, wire.FailABI, wire.FailMismatch,
	}, kind)
}

// failure puts a failure into words.
func (c *checker) failure(s *shrunk) wire.Failure {
	f := wire.Failure{
		Kind: s.kind, Params: c.spec.Numbers(s.params), Detail: s.detail, Operand: s.operand, Index: s.index,
		Got: Scalar(s.got), Want: Scalar(s.want), Seed: s.seed, Cases: s.cases, Alone: s.alone,
	}
	if !s.alone {
		f.Seed = c.job.Seed
		f.Detail += fmt.Sprintf("; only after other cases: it is case %d", s.cases)
	}
	if p := s.problem; p != nil {
		f.Symbol, f.Offset, f.Instruction = p.Symbol, p.Offset, p.Instruction
	}
	if f.Params == nil {
		f.Params = map[string]json.Number{}
	}
	return f
}

// Scalar is a number as answers have it, nil where there is none.
func Scalar(r *kernels.Returned) *wire.Scalar {
	if r == nil {
		return nil
	}
	return &wire.Scalar{Value: subject.Value(*r)}
}
