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
	watchedTime   = 10 * time.Millisecond  // after which the cell ends with fewer calls, at least one,
	shortWatched  = 200 * time.Microsecond // unless they are as short as that
	watchAttempts = 5                      // before times count, which noise makes longer
	freshBytes    = 1 << 20                // of operands that are filled anew: it takes time in proportion
)

// Sections of a watched cell. The last one has the kernel called as it is when it
// is measured, so that the next call that is watched finds caches and predictors
// warm but for what the supervisor has touched.
const (
	secWatched = iota
	secNothing
	secWarm
	secWarmer
)

// manner is what the contents of the operands are like before a watched call.
type manner uint8

const (
	usual   manner = iota // as every cell begins: the first call of the process
	again                 // as the call before left them, which is how calls that are measured find them
	changed               // those, but for a few elements
	same                  // as the watched call before found them
	fresh                 // others altogether, in caches of another processor or none
)

// manners is how watched calls follow each other: all, and where there is little
// time. The process makes three calls for each of these, of which one is watched: so
// calls with changed contents, and those with the same that they are compared with,
// are even ones and odd ones in turn, as are calls that a kernel may treat alike.
var (
	manners      = []manner{usual, again, changed, again, same, changed, again, same, fresh, again, same}
	quickManners = []manner{usual, again, changed, same}
	bareManners  = []manner{usual, again, again, again} // of kernels without operands
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
	order   []manner
	calls   []watched
	given   [][]byte // the operands' contents before a call
	started time.Time
	wrong   string // what the kernel did that no kernel may
}

// watch runs a watched cell. The problem is that of a cell that did not end as
// all others did.
func (r *runner) watch() (*audit, *cell.Outcome, *wire.Problem) {
	a := &audit{runner: r, order: manners}
	switch {
	case r.operandBytes() == 0:
		a.order = bareManners
	case r.job.Budget.Effort == wire.Quick:
		a.order = quickManners
	}
	p := r.plan()
	p.Sections = []cell.Section{
		secWatched: {Kind: trampoline.Kernel, Counted: true},
		secNothing: {Kind: trampoline.Empty, Counted: true},
		secWarm:    {Kind: trampoline.Kernel},
		secWarmer:  {Kind: trampoline.Kernel},
	}
	p.Records = len(a.order)
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
	a.calls, a.given = nil, nil
	for _, m := range a.memory {
		a.given = append(a.given, slices.Clone(m))
	}
}

// prepare gives the operands their contents before every call.
func (a *audit) prepare(section int) {
	if section != secWatched {
		return
	}
	if len(a.calls) == 0 {
		a.started = time.Now()
	}
	w := watched{manner: a.order[min(len(a.calls), len(a.order)-1)]}
	if w.manner == fresh && a.operandBytes() > freshBytes {
		w.manner = changed
	}
	switch w.manner {
	case usual:
		w.touched = lines(a.operandBytes())
	case fresh:
		a.call.Fill(a.memory, a.job.AuditSeed+uint64(len(a.calls)))
		for i, m := range a.memory {
			copy(a.given[i], m)
		}
		w.touched = lines(a.operandBytes())
	case changed:
		w.touched = a.written(func(given, m []byte) { copy(given, m) })
		w.touched += a.call.Change(a.job.AuditSeed+uint64(len(a.calls)), a.memory, a.given)
	case same:
		w.touched = a.written(func(given, m []byte) { copy(m, given) })
	}
	a.calls = append(a.calls, w)
}

// written does something with the contents of each operand that the kernel may
// write, and returns how many lines of the cache they have. Those of others stay as
// they were given, in whatever caches they are.
func (a *audit) written(do func(given, memory []byte)) (touched int) {
	for i, m := range a.memory {
		if a.call.Operands[i].Access != kernels.In {
			do(a.given[i], m)
			touched += lines(len(m))
		}
	}
	return touched
}

func lines(bytes int) int { return (bytes + 63) / 64 }

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
// before it. Long calls on operands go on until those have changed once.
func (a *audit) more() bool {
	last := &a.calls[len(a.calls)-1]
	if min(last.call.Wall, last.call.CPU) < shortWatched || time.Since(a.started) < watchedTime {
		return true
	}
	if a.operandBytes() == 0 {
		return len(a.calls) < 2 && last.call.Wall < watchedTime // the first call alone says little
	}
	if varied, _ := a.varied(); varied && last.manner == same {
		return false
	}
	for len(a.calls) < len(a.order) && a.order[len(a.calls)] == again { // nothing but time depends on these
		a.order = slices.Delete(slices.Clone(a.order), len(a.calls), len(a.calls)+1)
	}
	call, left := last.call.Wall, time.Until(a.deadline())-a.reserved()
	return 8*call < a.wall() && 40*call < left
}

// check holds against a call what no call may do.
func (a *audit) check(w *watched) {
	s := w.call
	if a.wrong == "" && s.Wrote {
		a.wrong = "the kernel writes to the samples"
	}
	if w.manner == again {
		return // nothing was looked at before the call, to leave the caches alone
	}
	start := time.Now()
	v := a.call.Verify(a.memory, a.given, int64(s.RAX), s.XMM0)
	took := time.Since(start).Microseconds() // while the cell stands still
	a.timing.Verify, a.timing.Cells = a.timing.Verify+took, a.timing.Cells-took
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
	for _, w := range a.calls {
		if (w.manner == changed || w.manner == fresh) && w.touched > 0 && !w.call.Began.IsZero() {
			return true, ""
		}
	}
	if len(a.calls) < len(a.order) {
		return false, "there was no time to watch calls with other contents of the operands"
	}
	return false, "its operands are constants or hold results alone, so their contents are the same in all calls"
}

// How much longer calls may take than others. A watched call finds caches and
// predictors as the supervisor left them; branches that are learned within a few
// calls of the same contents are not with others, and cost up to ten times as much.
const (
	maxWarm      = 3
	maxChanged   = 1.5 // beside a watched call with the same contents, which is as cold
	maxFresh     = 12
	insideSlack  = 250 * time.Nanosecond // more, by what the stub measured,
	alikeSlack   = 100 * time.Nanosecond // the same, where both calls are watched
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
// than each other. The measured ones are all, and those that come as early in a
// process, in ticks: calls may get shorter.
func (a *audit) longer(measured, early float64) doubt {
	var worst doubt
	for _, by := range a.accounts(slack{insideSlack, outsideSlack}) {
		calls := a.of(again)
		if len(calls) == 0 { // there was time for others only
			calls = append(a.of(same), a.of(changed)...)
		}
		if len(calls) == 0 {
			break
		}
		took, extra := by.quickest(calls), float64(a.ticks(by.slack+most(calls)))
		if took <= maxWarm*measured+extra {
			continue
		}
		worst = worst.or(doubt{
			fmt.Sprintf("a watched call takes %.0f ticks%s, those that were measured %.0f", took, by.words, measured),
			took > maxWarm*max(measured, early)+extra+float64(a.ticks(a.footprint())),
		})
	}
	worst = worst.or(a.remembers(changed, "changed a little", maxChanged, slack{alikeSlack, outsideSlack}))
	return worst.or(a.remembers(fresh, "been replaced", maxFresh, slack{insideSlack, coldSlack}))
}

// or returns the more certain of two doubts.
func (d doubt) or(o doubt) doubt {
	if d.why == "" || o.certain && !d.certain {
		return o
	}
	return d
}

// most is the most that calls may take longer for what others have done.
func most(calls []watched) (extra time.Duration) {
	for _, w := range calls {
		extra = max(extra, w.extra())
	}
	return extra
}

// account is one way to know how much longer a call took than empty ones.
type account struct {
	words  string
	slack  time.Duration
	beyond func(watched) float64 // ticks
}

// quickest is that of the quickest of several calls: noise only makes them longer.
func (by account) quickest(list []watched) float64 {
	least := math.Inf(1)
	for _, w := range list {
		least = min(least, by.beyond(w))
	}
	return least
}

// accounts are the stub's own, and that from stop to stop, in which other processes
// lengthen the wall time and ticks of the scheduler the processor time.
func (a *audit) accounts(more slack) [2]account {
	inside := a.beyondEmpty(func(s cell.Seen) float64 { return float64(s.Ticks) })
	wall := a.beyondEmpty(func(s cell.Seen) float64 { return float64(a.ticks(s.Wall)) })
	cpu := a.beyondEmpty(func(s cell.Seen) float64 { return float64(a.ticks(s.CPU)) })
	return [2]account{
		{"", more.inside, inside},
		{" as seen from outside", more.outside, func(w watched) float64 { return min(wall(w), cpu(w)) }},
	}
}

// beyondEmpty returns a time of a call less that of empty ones, of which noise
// spares the quicker half.
func (a *audit) beyondEmpty(of func(cell.Seen) float64) func(watched) float64 {
	var empty []float64
	for _, w := range a.calls {
		if !w.empty.Began.IsZero() {
			empty = append(empty, of(w.empty))
		}
	}
	usual := quick(empty)
	return func(w watched) float64 { return of(w.call) - usual }
}

// footprint is what a call may take longer if all that it can touch is in no cache.
func (a *audit) footprint() time.Duration {
	return time.Duration(lines(a.reach()))*lineSlack + time.Duration(a.reach()/operandAlign)*pageSlack
}

// reach is how many bytes a call can touch.
func (a *audit) reach() int {
	bytes := a.operandBytes()
	for _, seg := range a.image.Segments {
		bytes += int(seg.Size)
	}
	return bytes
}

// remembers tells that calls with other contents take longer than later ones with
// the same, though both find caches alike: who remembers what came of the same
// contents saves himself the work when he is measured. The quickest of each count, as
// noise and calls that are long by turns make others longer.
func (a *audit) remembers(m manner, how string, times float64, more slack) (d doubt) {
	for _, by := range a.accounts(more) {
		other, alike, extra := math.Inf(1), math.Inf(1), time.Duration(0)
		for i, w := range a.calls {
			next := a.next(i)
			if w.manner != m || next == nil {
				continue
			}
			other, extra = min(other, by.beyond(w)), max(extra, w.extra())
			alike = min(alike, by.beyond(*next))
		}
		if !math.IsInf(other, 1) && other > times*max(alike, 0)+float64(a.ticks(by.slack+extra)) {
			// From stop to stop others add to the time: that speaks of who sets his clock,
			// and without a result nobody need.
			certain := by.words == "" || a.checked.Status == kernels.Match
			return doubt{fmt.Sprintf("a call whose operands have %s takes %.0f ticks%s, one with the same contents %.0f", how, other, by.words, alike), certain}
		}
	}
	return d
}

// next returns the whole call that finds the same contents as call i did, or nil.
func (a *audit) next(i int) *watched {
	for j := i + 1; j < len(a.calls) && a.calls[j].manner != usual; j++ {
		if w := &a.calls[j]; w.manner == same {
			if w.empty.Began.IsZero() {
				return nil
			}
			return w
		}
	}
	return nil
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
	var took time.Duration
	for i, w := range a.of(usual) {
		// A new process takes its pages as it touches them, and a virtual machine's
		// host may do so once more, unseen.
		pages := time.Duration(a.reach()/operandAlign) * faultSlack
		if t := min(w.call.Wall, w.call.CPU) - w.extra() - pages - firstSlack; i == 0 || t < took {
			took = t
		}
	}
	if float64(a.ticks(max(took, 0))) <= maxFirst*measured {
		return ""
	}
	return fmt.Sprintf("the first call of a process takes %v more than pages and caches explain, those that were measured %v", took, a.duration(uint64(measured)))
}

// How much longer than the measured calls the first one of a process may take,
// which finds all caches cold.
const (
	maxFirst   = 8
	firstSlack = 50 * time.Microsecond
)
