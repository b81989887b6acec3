package child

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// A kernel can forge the samples of a cell that runs freely. In a watched cell
// it cannot: the supervisor sees each call begin and end, whatever the kernel
// writes, and what it has done. One such cell is run beside the others. A
// kernel that does not know it is watched lies in plain sight; one that knows,
// and behaves, shows by the difference what it does elsewhere; and one that
// saves itself the work is asked for the result.

// How a watched cell is run, and how far the others may be from it.
const (
	watchedCalls  = 12
	watchedTime   = 10 * time.Millisecond // after which the cell ends with fewer, at least one
	watchAttempts = 3                     // before times count, which noise makes longer
	// A watched call finds caches and predictors as the supervisor left them, and
	// may take so many times as long as those that were measured, and more.
	maxWatched    = 2
	insideSlack   = 250 * time.Nanosecond // on what the stub measured
	outsideSlack  = 700 * time.Nanosecond // on the time from stop to stop
	firstSlack    = 20 * time.Microsecond // on the first call, which finds all caches cold
	maxFirstCall  = 8                     // times as long as those that were measured
	singleSection = 0
	emptySection  = 1
)

// single is the plan of a cell that makes one watched call.
func (r *runner) single() cell.Plan {
	p := r.plan()
	p.Sections[singleSection].Counted = true
	p.Watch = &cell.Watch{Before: func(int) {}, After: func(s cell.Seen) { r.seen = s }}
	return p
}

// keepResult keeps what the operands hold after the call that was verified.
func (r *runner) keepResult() {
	for i, m := range r.memory {
		if bytes.Equal(m, r.before[i]) {
			r.after = append(r.after, r.before[i])
		} else {
			r.after = append(r.after, slices.Clone(m))
		}
	}
}

// audit is what one watched cell showed.
type audit struct {
	*runner
	calls, empty []cell.Seen
	wrong        string
}

// watch runs a watched cell. The problem is that of a cell that did not end as
// all others did.
func (r *runner) watch() (*audit, *wire.Problem) {
	a := &audit{runner: r}
	p := r.plan()
	p.Sections = []cell.Section{
		singleSection: {Kind: trampoline.Kernel, Counted: true},
		emptySection:  {Kind: trampoline.Empty, Counted: true},
	}
	p.Records, p.Budget = watchedCalls, r.ticks(watchedTime)
	p.Watch = &cell.Watch{Before: a.prepare, After: a.look}
	r.fill()
	out, problem := r.inCell(p)
	if problem != nil {
		return nil, problem
	}
	if out.Strayed {
		a.wrong = "a watched call left by another way than returning"
	}
	return a, nil
}

// prepare gives the operands their first contents before every call: the kernel
// cannot tell by them which call will be asked for its result.
func (a *audit) prepare(section int) {
	if section != singleSection {
		return
	}
	for i, m := range a.memory {
		if !bytes.Equal(m, a.before[i]) {
			copy(m, a.before[i])
		}
	}
}

// look notes what a call did.
func (a *audit) look(s cell.Seen) {
	if s.Section == emptySection {
		a.empty = append(a.empty, s)
		return
	}
	a.calls = append(a.calls, s)
	switch {
	case a.wrong != "":
	case s.Wrote:
		a.wrong = "the kernel writes to the samples"
	case a.checked.Status == kernels.Match && !a.same(s):
		v := a.call.Verify(a.memory, a.before, int64(s.RAX), s.XMM0)
		if v.Status != kernels.Match {
			a.wrong = fmt.Sprintf("the first call gave the right result, call %d of a watched cell did not: %s", len(a.calls), v.Why)
		}
	}
}

// same tells whether a call gave, to the bit, the result that was verified.
func (a *audit) same(s cell.Seen) bool {
	first := a.first.Samples
	switch a.call.Spec.Result {
	case kernels.ResultInt:
		if s.RAX != first.RAX {
			return false
		}
	case kernels.ResultFloat32, kernels.ResultFloat64:
		if s.XMM0 != first.XMM0[0] {
			return false
		}
	}
	return slices.EqualFunc(a.memory, a.after, bytes.Equal)
}

// longer tells what makes a watched call longer than one of the given ticks may
// be made, or "".
func (a *audit) longer(measured float64) string {
	inside := func(s cell.Seen) float64 { return float64(s.Ticks) }
	wall := func(s cell.Seen) float64 { return float64(a.ticks(s.Wall)) }
	cpu := func(s cell.Seen) float64 { return float64(a.ticks(s.CPU)) }
	for _, c := range []struct {
		what  string
		took  float64
		slack time.Duration
	}{
		{"by its own clock", a.beyond(inside), insideSlack},
		// Other processes lengthen the one, ticks of the scheduler the other.
		{"from outside", min(a.beyond(wall), a.beyond(cpu)), outsideSlack},
	} {
		if c.took > maxWatched*measured+float64(a.ticks(c.slack)) {
			return fmt.Sprintf("a watched call takes %.0f ticks %s, those that were measured %.0f", c.took, c.what, measured)
		}
	}
	return ""
}

// beyond is how much longer a call is than an empty one. Noise only ever makes
// either longer, so the quick ones of both count.
func (a *audit) beyond(of func(cell.Seen) float64) float64 {
	quick := func(list []cell.Seen) (mean float64) {
		var v []float64
		for _, s := range list {
			v = append(v, of(s))
		}
		slices.Sort(v)
		v = v[:(len(v)+1)/2]
		for _, t := range v {
			mean += t / float64(len(v))
		}
		return mean
	}
	return quick(a.calls) - quick(a.empty)
}

// audit tells what watched cells show that the others do not, or "".
func (s *sampler) audit(measured float64) string {
	var why string
	for range watchAttempts {
		if time.Until(s.deadline()) < reserve+watchedTime+2*s.seen.Wall {
			s.warnings = append(s.warnings, "no call was watched, because the time for this job was up: nothing proves its figures")
			return ""
		}
		a, p := s.watch()
		if p != nil {
			return "a watched cell ended otherwise: " + p.Detail
		}
		if a.wrong != "" {
			return a.wrong
		}
		if why = a.longer(measured); why == "" {
			return ""
		}
	}
	return why
}
