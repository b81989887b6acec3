package check

import (
	"errors"
	"fmt"
	"strings"

	"webrunner/internal/autopsy"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// errTime tells that the job's time is up.
var errTime = errors.New("the time is up")

// finding is one way in which the function failed a case.
type finding struct {
	kind      wire.FailureKind
	detail    string
	operand   string
	index     *int
	got, want *kernels.Returned
	problem   *wire.Problem // of a call that did not return
	second    bool          // the call of the two
}

// findings are those of one case, of each kind the first.
type findings []finding

func (l findings) of(kind wire.FailureKind) *finding {
	for i := range l {
		if l[i].kind == kind {
			return &l[i]
		}
	}
	return nil
}

func (l *findings) add(f finding) {
	if l.of(f.kind) == nil {
		*l = append(*l, f)
	}
}

// trial is a case while it is judged.
type trial struct {
	findings
	calls    [2]*kernels.Call // placed; nil for a call that did not return
	left     [2]kernels.Left
	ref      *kernels.Call // what results are compared with, and what it left
	want     kernels.Left
	rounding kernels.Rounding
	doubts   bool // results differ by more than is rounding
}

// The two calls of a case.
const (
	first = iota
	second
)

// evaluate makes the calls of cases and judges them. It stops behind a case that runs
// out of time: what it returns is then shorter than the list of cases.
func (c *checker) evaluate(list []kase) ([]findings, error) {
	trials := make([]trial, len(list))
	var shots []shot
	for i := range list {
		if !list[i].like.alone {
			shots = append(shots, shot{kase: &list[i], index: i})
		}
		shots = append(shots, shot{kase: &list[i], index: i, second: true})
	}
	hung := len(list)
	err := c.target.run(shots, func(s *shot, f *fired) {
		c.look(&trials[s.index], s, f)
	}, func(s *shot, p *wire.Problem) {
		trials[s.index].add(finding{kind: kindOf(p), detail: p.Detail, operand: p.Operand, problem: p, second: s.second})
		if p.Class == wire.Timeout {
			hung = s.index + 1
		}
	})
	if err == nil {
		err = c.compare(list[:hung], trials[:hung])
	}
	if err != nil {
		return nil, err
	}
	out := make([]findings, hung)
	for i := range out {
		out[i] = trials[i].findings
	}
	return out, nil
}

// kindOf is the kind of failure that a call's end is.
func kindOf(p *wire.Problem) wire.FailureKind {
	switch {
	case p.Class == wire.Timeout:
		return wire.FailTimeout
	case p.Class == wire.ForbiddenSyscall:
		return wire.FailSyscall
	case p.Class == wire.Crashed && p.Operand != "" && p.Access == "read":
		return wire.FailReadOutside
	case p.Class == wire.Crashed && p.Operand != "" && p.Access == "write":
		return wire.FailWroteOutside
	}
	return wire.FailCrashed
}

// look judges a call by itself, and keeps what is to be compared.
func (c *checker) look(t *trial, s *shot, f *fired) {
	which := first
	if s.second {
		which = second
	}
	if text := autopsy.Violations(f.seen.Flags); len(text) > 0 {
		t.add(finding{kind: wire.FailABI, detail: strings.Join(text, "; "), second: s.second})
	}
	if f.beside != nil {
		o := &f.call.Operands[f.beside.operand]
		t.add(finding{kind: wire.FailWroteOutside, detail: strayed(o, f.beside.at), operand: o.Name, second: s.second})
	}
	if v, ok := f.call.Untouched(f.memory, f.before); !ok {
		t.add(found(v, s.second))
	}
	if c.builtin() {
		v := f.call.Verify(f.memory, f.before, int64(f.seen.RAX), f.seen.XMM[0][0])
		if v.Status == kernels.Mismatch && v.Wrote == "" {
			t.add(found(v, s.second))
		}
		return
	}
	t.calls[which], t.left[which] = f.call, f.left()
}

// strayed says where beside an operand a byte was written.
func strayed(o *kernels.Buffer, at int) string {
	n, where := at, "behind"
	if at < 0 {
		n, where = -at, "before"
	}
	bytes := "bytes"
	if n == 1 {
		bytes = "byte"
	}
	return fmt.Sprintf("the kernel wrote %d %s %s operand %s, where nothing of it is", n, bytes, where, o.Name)
}

// found makes a finding of a verification.
func found(v kernels.Verification, second bool) finding {
	f := finding{kind: wire.FailMismatch, detail: v.Why, operand: v.Operand, index: v.FirstBad, got: v.Got, want: v.Want, second: second}
	if v.Wrote != "" {
		f.kind = wire.FailureKind(v.Wrote)
	}
	return f
}

// compare holds what calls left against the reference's, or against each other where
// there is none.
func (c *checker) compare(list []kase, trials []trial) error {
	if c.builtin() {
		return nil
	}
	judge := c.ref
	if judge == nil {
		judge = c.target
		for i := range trials {
			if t := &trials[i]; t.calls[first] != nil && t.calls[second] != nil {
				t.ref, t.want = t.calls[first], t.left[first]
				t.calls[first] = nil
			}
		}
	} else if err := c.consult(list, trials); err != nil {
		return err
	}
	for i := range trials {
		t := &trials[i]
		if c.target.s.Left() <= 0 {
			return errTime
		}
		t.doubts = t.ref != nil && c.differs(t) != nil
	}
	if c.tolerance() == (kernels.Tolerance{}) {
		if err := c.vary(judge, list, trials, 1, firstVaried); err != nil {
			return err
		}
		if err := c.vary(judge, list, trials, firstVaried+1, mostVaried); err != nil {
			return err
		}
	}
	for i := range trials {
		if t := &trials[i]; t.doubts {
			t.add(*c.differs(t))
		}
	}
	return nil
}

// vary has the reference make the calls of cases that are in doubt with some variations of
// their contents, and looks again whether what was left is more than rounding.
func (c *checker) vary(judge *side, list []kase, trials []trial, from, to int) error {
	var again []shot
	for i := range trials {
		t := &trials[i]
		if !t.doubts || !t.ref.Rounds() {
			continue
		}
		if from == 1 {
			t.rounding.Enlarge(t.ref, t.want)
		}
		for v := from; v <= to; v++ {
			again = append(again, shot{kase: &list[i], index: i, calm: true, varied: variation(v)})
		}
	}
	err := judge.run(again, func(s *shot, f *fired) {
		s.varied.account(&trials[s.index].rounding, f.call, kernels.Left{Memory: f.memory, Registers: f.registers()}, trials[s.index].want)
	}, func(*shot, *wire.Problem) {}) // other contents than those of the case: they tell nothing
	if err != nil {
		return err
	}
	for i := range trials {
		t := &trials[i]
		if c.target.s.Left() <= 0 {
			return errTime
		}
		t.doubts = t.doubts && c.differs(t) != nil
	}
	return nil
}

// consult has the reference make the calls of cases of which there is something to
// compare. A reference that fails is an error, a *wire.Problem.
func (c *checker) consult(list []kase, trials []trial) error {
	var shots []shot
	for i := range trials {
		if t := &trials[i]; t.calls[first] != nil || t.calls[second] != nil {
			shots = append(shots, shot{kase: &list[i], index: i, calm: true})
		}
	}
	var failed *wire.Problem
	err := c.ref.run(shots, func(s *shot, f *fired) {
		t := &trials[s.index]
		t.ref, t.want = f.call, f.left()
	}, func(s *shot, p *wire.Problem) {
		if failed == nil {
			failed = blame(c.spec, s.params, p)
		}
	})
	if err == nil && failed != nil {
		return failed
	}
	return err
}

// blame makes a problem of the reference of one of a call of it.
func blame(spec *kernels.Spec, params map[string]uint64, p *wire.Problem) *wire.Problem {
	q := *p
	q.Detail = fmt.Sprintf("the reference, not the object, failed with %s: %s; if a function need not take that, say what it must take: size_t n = 100 in 1..4096", told(spec, params), p.Detail)
	return &q
}

// told lists parameters for people.
func told(spec *kernels.Spec, params map[string]uint64) string {
	var list []string
	for i := range spec.Params {
		p := &spec.Params[i]
		list = append(list, p.Name+"="+p.Text(params[p.Name]))
	}
	if len(list) == 0 {
		return "its arguments"
	}
	return strings.Join(list, ", ")
}

// differs compares both calls of a case, and is nil where they are right.
func (c *checker) differs(t *trial) *finding {
	for which, call := range t.calls {
		if call == nil {
			continue
		}
		if v := call.Compare(t.left[which], t.ref, t.want, c.tolerance(), t.rounding); v.Status == kernels.Mismatch {
			f := found(v, which == second)
			if c.ref == nil {
				f.detail = strings.Replace(f.detail, "the reference has", "the call before, on the same contents at other addresses, had", 1)
			}
			return &f
		}
	}
	return nil
}

// tolerance is the job's.
func (c *checker) tolerance() kernels.Tolerance { return toleranceOf(c.job) }

func toleranceOf(job *wire.Job) kernels.Tolerance {
	t := job.Tolerance
	return kernels.Tolerance{Exact: t.Exact, ULP: t.ULP, Rel: t.Rel, Abs: t.Abs}
}
