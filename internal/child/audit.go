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
// and behaves, shows by the difference what it does elsewhere; one that saves
// itself the work is asked for the result, and one that remembers the result is
// asked for another.

// How a watched cell is run.
const (
	freshCalls    = 4                     // with other contents of the operands than every cell begins with
	freshBytes    = 1 << 20               // of operands, at most,
	freshTime     = time.Millisecond      // and of a call; by the first call it is seen what longer ones remember
	sameCalls     = 12                    // after them, with the usual contents
	watchedTime   = 20 * time.Millisecond // after which the cell ends with fewer calls, at least one
	watchAttempts = 3                     // before times count, which noise makes longer
	hurry         = time.Millisecond      // within which calls follow each other; after more, caches may be cold
)

// How much longer than the measured calls others may take. A watched call finds
// caches and predictors as the supervisor left them; branches that are learned
// within a few calls of the same contents are not with others, and cost up to
// ten times as much; and the first call finds all caches cold.
const (
	maxSame      = 3
	maxFresh     = 12
	maxFirst     = 8
	insideSlack  = 250 * time.Nanosecond // more, by what the stub measured
	outsideSlack = 700 * time.Nanosecond // more, by the time from stop to stop
	coldSlack    = 3 * time.Microsecond  // the same, where contents are others
	firstSlack   = 50 * time.Microsecond // more, in the first call
)

// Sections of a watched cell.
const (
	secWatched = iota
	secNothing
)

// single is the plan of a cell that makes one watched call.
func (r *runner) single() cell.Plan {
	p := r.plan()
	p.Sections[secWatched].Counted = true
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

// watched is a call and the empty one after it, which noise hits as often.
type watched struct{ call, empty cell.Seen }

// audit is what one watched cell showed.
type audit struct {
	*runner
	same, fresh []watched
	freshCalls  int       // that there shall be
	given       [][]byte  // the operands' contents before one
	last        cell.Seen // call
	wrong       string
}

// watch runs a watched cell. The problem is that of a cell that did not end as
// all others did.
func (r *runner) watch() (*audit, *wire.Problem) {
	a := &audit{runner: r, given: make([][]byte, len(r.memory))}
	p := r.plan()
	p.Sections = []cell.Section{
		secWatched: {Kind: trampoline.Kernel, Counted: true},
		secNothing: {Kind: trampoline.Empty, Counted: true},
	}
	p.Records, p.Budget = sameCalls, r.ticks(watchedTime)
	// What a kernel without a reference does may depend on the contents.
	size := r.operandBytes()
	if r.checked.Status == kernels.Match && size > 0 && size <= freshBytes && r.firstCall() < freshTime {
		a.freshCalls = freshCalls
		p.Records += freshCalls
	}
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

// firstCall is how long the call took whose result was verified. Other processes
// lengthen the one account of it, ticks of the scheduler the other.
func (r *runner) firstCall() time.Duration { return min(r.seen.Wall, r.seen.CPU) }

func (r *runner) operandBytes() (sum int) {
	for _, m := range r.memory {
		sum += len(m)
	}
	return sum
}

// prepare gives the operands their contents before every call.
func (a *audit) prepare(section int) {
	switch {
	case section != secWatched:
	case len(a.fresh) < a.freshCalls:
		a.call.Fill(a.memory, a.job.Seed+1+uint64(len(a.fresh)))
		for i, m := range a.memory {
			a.given[i] = append(a.given[i][:0], m...)
		}
	default:
		for i, m := range a.memory {
			if !bytes.Equal(m, a.before[i]) {
				copy(m, a.before[i])
			}
		}
	}
}

// look notes what a call did.
func (a *audit) look(s cell.Seen) {
	fresh := len(a.fresh) < a.freshCalls
	switch {
	case s.Section == secWatched:
		a.last = s
		a.check(s, fresh)
	case fresh:
		a.fresh = append(a.fresh, watched{a.last, s})
	default:
		a.same = append(a.same, watched{a.last, s})
	}
}

// check holds against a call what no other call may do.
func (a *audit) check(s cell.Seen, fresh bool) {
	given := a.before
	if fresh {
		given = a.given
	}
	switch {
	case a.wrong != "":
	case s.Wrote:
		a.wrong = "the kernel writes to the samples"
	case a.checked.Status == kernels.Match && (fresh || !a.agrees(s)):
		if v := a.call.Verify(a.memory, given, int64(s.RAX), s.XMM0); v.Status == kernels.Mismatch {
			a.wrong = fmt.Sprintf("its first call gave the right result, call %d of a watched cell did not: %s", len(a.fresh)+len(a.same)+1, v.Why)
		}
	}
}

// agrees tells whether a call gave, to the bit, the result that was verified.
func (a *audit) agrees(s cell.Seen) bool {
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

// longer tells in which way watched calls take longer than the measured ones,
// or "".
func (a *audit) longer(measured float64) string {
	inside := func(s cell.Seen) float64 { return float64(s.Ticks) }
	wall := func(s cell.Seen) float64 { return float64(a.ticks(s.Wall)) }
	cpu := func(s cell.Seen) float64 { return float64(a.ticks(s.CPU)) }
	for _, c := range []struct {
		calls []watched
		what  string
		times float64
		slack time.Duration
	}{
		{warm(a.same), "a watched call", maxSame, outsideSlack},
		{a.same, "a watched call", maxFirst, outsideSlack},
		{a.fresh, "a watched call with other contents of the operands", maxFresh, coldSlack},
	} {
		own := beyond(c.calls, inside)
		// Other processes lengthen the one, ticks of the scheduler the other.
		outside := min(beyond(c.calls, wall), beyond(c.calls, cpu))
		switch {
		case len(c.calls) == 0:
		case own > c.times*measured+float64(a.ticks(insideSlack)):
			return fmt.Sprintf("%s takes %.0f ticks, those that were measured %.0f", c.what, own, measured)
		case outside > c.times*measured+float64(a.ticks(c.slack)):
			return fmt.Sprintf("%s takes %.0f ticks as seen from outside, those that were measured %.0f", c.what, outside, measured)
		}
	}
	return ""
}

// warm returns the calls that soon followed another.
func warm(calls []watched) (list []watched) {
	for i := 1; i < len(calls); i++ {
		if last := calls[i-1].call; calls[i].call.Began.Sub(last.Began.Add(last.Wall)) < hurry {
			list = append(list, calls[i])
		}
	}
	return list
}

// beyond is how much longer calls are than the empty ones beside them. Noise
// only ever makes either longer, so the quicker half of both counts.
func beyond(list []watched, of func(cell.Seen) float64) float64 {
	var calls, empty []float64
	for _, w := range list {
		calls, empty = append(calls, of(w.call)), append(empty, of(w.empty))
	}
	return quick(calls) - quick(empty)
}

// quick is the mean of the lower half of values.
func quick(v []float64) (mean float64) {
	slices.Sort(v)
	v = v[:(len(v)+1)/2]
	for _, t := range v {
		mean += t / float64(len(v))
	}
	return mean
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
