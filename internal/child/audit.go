package child

import (
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
// writes, and what it has done. Every run begins with such a cell, whose first
// call decides whether the kernel works at all and gives the result that is
// verified. A kernel that does not know that it is watched lies in plain sight;
// one that knows, and behaves, shows by the difference what it does elsewhere;
// one that saves itself the work is asked for the result, and one that remembers
// the result is asked for another: the contents of the operands change before
// each call.

// How a watched cell is run.
const (
	watchedCalls  = 6                     // the first, one or more with other contents, others with changed ones
	quickCalls    = 3                     // where there is little time
	watchedTime   = 10 * time.Millisecond // after which the cell ends with fewer calls, at least one
	watchAttempts = 3                     // before times count, which noise makes longer
)

// Sections of a watched cell. The last one has the kernel called as it is when it
// is measured, so that the next call that is watched finds caches and predictors
// warm but for what the supervisor has touched.
const (
	secWatched = iota
	secNothing
	secWarm
)

// manner is what the contents of the operands are like before a watched call.
type manner uint8

const (
	usual   manner = iota // as every cell begins: the first call
	fresh                 // others altogether, in caches of another processor or none
	changed               // those of the call before, but for a few elements
)

// watched is a call and the empty one after it, which noise hits as often.
type watched struct {
	call, empty cell.Seen
	manner      manner
	touched     int // lines of the cache that the supervisor wrote or read before the call
}

// audit is what one watched cell showed.
type audit struct {
	*runner
	calls   []watched
	given   [][]byte // the operands' contents before a call
	started time.Time
	wrong   string // what the kernel did that no kernel may
}

// watch runs a watched cell. The problem is that of a cell that did not end as
// all others did.
func (r *runner) watch() (*audit, *cell.Outcome, *wire.Problem) {
	a := &audit{runner: r}
	p := r.plan()
	p.Sections = []cell.Section{
		secWatched: {Kind: trampoline.Kernel, Counted: true},
		secNothing: {Kind: trampoline.Empty, Counted: true},
		secWarm:    {Kind: trampoline.Kernel},
	}
	p.Records, p.Budget = watchedCalls, r.ticks(watchedTime)
	if r.job.Budget.Effort == wire.Quick {
		p.Records = quickCalls
	}
	p.Watch = &cell.Watch{Before: a.prepare, After: a.look}
	r.fill()
	a.begin()
	out, problem := r.inCell(p, a.begin)
	if problem != nil {
		return nil, out, problem
	}
	if out.Strayed {
		a.wrong = "a watched call left by another way than returning"
	}
	return a, out, nil
}

// begin forgets what an earlier cell showed.
func (a *audit) begin() {
	a.calls, a.given, a.started = nil, nil, time.Now()
	for _, m := range a.memory {
		a.given = append(a.given, slices.Clone(m))
	}
}

// prepare gives the operands their contents before every call.
func (a *audit) prepare(section int) {
	if section != secWatched {
		return
	}
	w := watched{manner: a.next()}
	switch w.manner {
	case usual:
		w.touched = lines(a.operandBytes())
	case fresh:
		a.call.Fill(a.memory, a.job.AuditSeed+uint64(len(a.calls)))
		for i, m := range a.memory {
			copy(a.given[i], m)
			w.touched += lines(len(m))
		}
	case changed:
		for i, m := range a.memory {
			if a.call.Operands[i].Access != kernels.In { // what the kernel is given is what it left
				copy(a.given[i], m)
				w.touched += lines(len(m))
			}
		}
		w.touched += a.call.Change(a.job.AuditSeed+uint64(len(a.calls)), a.memory, a.given)
	}
	a.calls = append(a.calls, w)
}

func lines(bytes int) int { return (bytes + 63) / 64 }

// next is the manner of the next call. Other contents altogether take time in
// proportion to their size, so those of large operands change but little.
func (a *audit) next() manner {
	const freshBytes = 1 << 20
	switch n := len(a.calls); {
	case n == 0:
		return usual
	case n == 1 && a.operandBytes() > 0 && a.operandBytes() <= freshBytes:
		return fresh
	}
	return changed
}

func (r *runner) operandBytes() (sum int) {
	for _, m := range r.memory {
		sum += len(m)
	}
	return sum
}

// look notes what a call did, and tells whether to go on.
func (a *audit) look(s cell.Seen) bool {
	if len(a.calls) == 0 {
		return true
	}
	w := &a.calls[len(a.calls)-1]
	switch s.Section {
	case secNothing:
		w.empty = s
		return a.more()
	case secWatched:
		w.call = s
		a.check(w)
	}
	return true
}

// more tells whether there is time for another watched call, and for the warm one
// before it. Contents of operands need two.
func (a *audit) more() bool {
	call, left := a.calls[0].call.Wall, time.Until(a.deadline())-a.reserved()
	switch {
	case time.Since(a.started) < watchedTime:
		return true
	case len(a.calls) > 1 || a.operandBytes() == 0:
		return false
	}
	return 4*call < a.wall() && 20*call < left
}

// check holds against a call what no call may do.
func (a *audit) check(w *watched) {
	s := w.call
	if a.wrong == "" && s.Wrote {
		a.wrong = "the kernel writes to the samples"
	}
	v := a.call.Verify(a.memory, a.given, int64(s.RAX), s.XMM0)
	switch {
	case len(a.calls) == 1 && a.audited == nil:
		a.runner.checked, a.runner.seen = v, s
	case a.wrong == "" && a.runner.checked.Status != kernels.Mismatch && v.Status == kernels.Mismatch:
		a.wrong = fmt.Sprintf("its first call gave the right result, call %d of a watched cell, with other contents of the operands, did not: %s", len(a.calls), v.Why)
	}
}

// varied tells whether the contents of the operands were others in some watched
// call after the first, or why not. A kernel without operands has none.
func (a *audit) varied() (bool, string) {
	if a.operandBytes() == 0 {
		return true, ""
	}
	for _, w := range a.calls[1:] {
		if w.manner != usual && w.touched > 0 && !w.call.Began.IsZero() {
			return true, ""
		}
	}
	if len(a.calls) < 2 {
		return false, "there was time for one watched call only, so the contents of the operands were the same in all calls"
	}
	return false, "its operands are constants or hold results alone, so their contents are the same in all calls"
}

// How much longer than the measured calls others may take. A watched call finds
// caches and predictors as the supervisor left them; branches that are learned
// within a few calls of the same contents are not with others, and cost up to
// ten times as much. Lines of the cache that the supervisor has touched are in
// that of another processor, or in none.
const (
	maxWarm      = 3
	maxFresh     = 12
	insideSlack  = 250 * time.Nanosecond // more, by what the stub measured
	outsideSlack = time.Microsecond      // more, by the time from stop to stop
	coldSlack    = 3 * time.Microsecond  // the same, where all contents are others
	lineSlack    = 100 * time.Nanosecond // for each line that the supervisor touched
	faultSlack   = 20 * time.Microsecond // for each page fault
)

// longer tells in which way watched calls take longer than the measured ones,
// or "".
func (a *audit) longer(measured float64) string {
	inside := func(s cell.Seen) float64 { return float64(s.Ticks) }
	wall := func(s cell.Seen) float64 { return float64(a.ticks(s.Wall)) }
	cpu := func(s cell.Seen) float64 { return float64(a.ticks(s.CPU)) }
	for _, c := range []struct {
		manner manner
		what   string
		times  float64
		slack  time.Duration
	}{
		{changed, "a watched call", maxWarm, outsideSlack},
		{fresh, "a watched call with other contents of the operands", maxFresh, coldSlack},
	} {
		calls, extra := a.of(c.manner)
		if len(calls) == 0 {
			continue
		}
		own := beyond(calls, inside)
		// Other processes lengthen the one, ticks of the scheduler the other.
		outside := min(beyond(calls, wall), beyond(calls, cpu))
		switch most := c.times*measured + float64(a.ticks(extra)); {
		case own > most+float64(a.ticks(insideSlack)):
			return fmt.Sprintf("%s takes %.0f ticks, those that were measured %.0f", c.what, own, measured)
		case outside > most+float64(a.ticks(c.slack)):
			return fmt.Sprintf("%s takes %.0f ticks as seen from outside, those that were measured %.0f", c.what, outside, measured)
		}
	}
	return ""
}

// of returns the whole calls of a manner, and what each may take longer for what
// the supervisor and the operating system have done.
func (a *audit) of(m manner) (list []watched, extra time.Duration) {
	for _, w := range a.calls {
		if w.manner == m && !w.empty.Began.IsZero() {
			list = append(list, w)
			extra = max(extra, w.extra())
		}
	}
	return list, extra
}

// extra is what a call may take longer for what others have done.
func (w watched) extra() time.Duration {
	return time.Duration(w.touched)*lineSlack + time.Duration(w.call.Faults)*faultSlack
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

// firstCall tells what is odd about the first call of a watched cell beside those
// that were measured, or "".
func (a *audit) firstCall(measured float64) string {
	w := a.calls[0]
	took := min(w.call.Wall, w.call.CPU) - w.extra()
	if float64(a.ticks(max(took-firstSlack, 0))) <= maxFirst*measured {
		return ""
	}
	return fmt.Sprintf("the first call of a process takes %v, those that were measured %.0f ticks", min(w.call.Wall, w.call.CPU), measured)
}

// How much longer than the measured calls the first one of a process may take,
// which finds all caches cold.
const (
	maxFirst   = 8
	firstSlack = 50 * time.Microsecond
)
