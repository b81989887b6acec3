package child

import (
	"fmt"
	"math"
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
	same                  // those that the call before left
	changed               // the same, but for a few elements
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
	case n%2 == 0:
		return same
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
	if w.manner == same {
		return // nothing was looked at before the call, to leave the caches alone
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
		if w.manner != same && w.touched > 0 && !w.call.Began.IsZero() {
			return true, ""
		}
	}
	if len(a.calls) < 2 {
		return false, "there was time for one watched call only, so the contents of the operands were the same in all calls"
	}
	return false, "its operands are constants or hold results alone, so their contents are the same in all calls"
}

// How much longer calls may take than others. A watched call finds caches and
// predictors as the supervisor left them; branches that are learned within a few
// calls of the same contents are not with others, and cost up to ten times as much.
const (
	maxWarm      = 3
	maxChanged   = 2 // beside a watched call with the same contents, which is as cold
	maxFresh     = 12
	insideSlack  = 250 * time.Nanosecond // more, by what the stub measured
	outsideSlack = time.Microsecond      // more, by the time from stop to stop
	coldSlack    = 3 * time.Microsecond  // the same, where all contents are others
	lineSlack    = 30 * time.Nanosecond  // for each line of the cache that is another processor's, or in none
	pageSlack    = 200 * time.Nanosecond // for each page whose translation is not at hand
	faultSlack   = 20 * time.Microsecond // for each page that a process touches for the first time
)

// slack is what a call may take longer: by what the stub measured, and by the time
// from stop to stop.
type slack struct{ inside, outside time.Duration }

// doubt is what watched calls speak against; it is certain where no state of caches
// explains it.
type doubt struct {
	why     string
	certain bool
}

// longer tells in which way watched calls take longer than the measured ones, or
// than each other.
func (a *audit) longer(measured float64) doubt {
	warm := append(a.of(same), a.of(changed)...)
	if d := a.exceed(warm, "a watched call", maxWarm*measured, slack{insideSlack, outsideSlack}); d.why != "" {
		return d
	}
	if d := a.exceed(a.of(fresh), "a watched call with other contents of the operands", maxFresh*measured, slack{insideSlack, coldSlack}); d.why != "" {
		return d
	}
	return a.remembers()
}

// exceed tells whether calls take longer than so many ticks and what others have
// done to them, and whether cold caches cannot explain it.
func (a *audit) exceed(calls []watched, what string, most float64, more slack) (d doubt) {
	if len(calls) == 0 {
		return d
	}
	touched := time.Duration(0)
	for _, w := range calls {
		touched = max(touched, w.extra())
	}
	for _, by := range a.accounts(more) {
		took := by.beyond(calls)
		over := took - most - float64(a.ticks(by.slack+touched))
		if over <= 0 {
			continue
		}
		d = doubt{fmt.Sprintf("%s takes %.0f ticks%s; by what was measured it would take %.0f at most", what, took, by.words, most), over > float64(a.ticks(a.footprint()))}
		if d.certain {
			return d
		}
	}
	return d
}

// account is one way to know how long a call took.
type account struct {
	words  string
	slack  time.Duration
	beyond func([]watched) float64 // ticks, above those of empty calls
}

// accounts are the stub's own, and that from stop to stop, in which other processes
// lengthen the one time and ticks of the scheduler the other.
func (a *audit) accounts(more slack) [2]account {
	inside := func(s cell.Seen) float64 { return float64(s.Ticks) }
	wall := func(s cell.Seen) float64 { return float64(a.ticks(s.Wall)) }
	cpu := func(s cell.Seen) float64 { return float64(a.ticks(s.CPU)) }
	return [2]account{
		{"", more.inside, func(c []watched) float64 { return beyond(c, inside) }},
		{" as seen from outside", more.outside, func(c []watched) float64 { return min(beyond(c, wall), beyond(c, cpu)) }},
	}
}

// footprint is what a call may take longer if all that it can touch is in no cache.
func (a *audit) footprint() time.Duration {
	bytes := a.operandBytes()
	for _, seg := range a.image.Segments {
		bytes += int(seg.Size)
	}
	return time.Duration(lines(bytes))*lineSlack + time.Duration(bytes/4096)*pageSlack
}

// remembers tells that calls with changed contents take longer than those with the
// same, though both find caches alike: who remembers what came of the same contents
// saves himself the work when he is measured.
func (a *audit) remembers() doubt {
	quickest, slowest := a.of(changed), a.of(same)
	if len(quickest) == 0 || len(slowest) == 0 {
		return doubt{}
	}
	for _, by := range a.accounts(slack{insideSlack, outsideSlack}) {
		least, most, extra := math.Inf(1), 0.0, time.Duration(0)
		for _, w := range quickest {
			least, extra = min(least, by.beyond([]watched{w})), max(extra, w.extra())
		}
		for _, w := range slowest {
			most = max(most, by.beyond([]watched{w}))
		}
		if least > maxChanged*most+float64(a.ticks(by.slack+extra)) {
			return doubt{fmt.Sprintf("a call whose operands have changed a little takes %.0f ticks%s, one with the same contents %.0f", least, by.words, most), true}
		}
	}
	return doubt{}
}

// of returns the whole calls of a manner.
func (a *audit) of(m manner) (list []watched) {
	for _, w := range a.calls {
		if w.manner == m && !w.empty.Began.IsZero() {
			list = append(list, w)
		}
	}
	return list
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
	took := min(w.call.Wall, w.call.CPU)
	// A new process takes its pages as it touches them, and a virtual machine's
	// host does so once more, unseen.
	if float64(a.ticks(max(took-w.extra()-firstSlack, 0))) <= maxFirst*measured {
		return ""
	}
	return fmt.Sprintf("the first call of a process takes %v, those that were measured %v", took, a.duration(uint64(measured)))
}

// How much longer than the measured calls the first one of a process may take,
// which finds all caches cold.
const (
	maxFirst   = 8
	firstSlack = 100 * time.Microsecond
)
