// Package audit tells whether what a kernel showed of itself can be believed. It
// watches calls one by one, with contents of the operands that the kernel cannot
// foresee, and holds what was measured against them and against what is known of the
// cells from outside.
package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/stats"
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
	watchedTime  = 10 * time.Millisecond  // after which the cell ends with fewer calls, at least one,
	shortWatched = 200 * time.Microsecond // unless they are as short as that
	leastPause   = 25 * time.Microsecond  // before calls that find what the one before left: a stop takes 70 us on some hosts and less than 10 on others, and a kernel may work after it only
	freshBytes   = 1 << 20                // of operands that are filled anew: it takes time in proportion
)

// Laps of a watched cell. The last one has the kernel called as it is when it
// is measured, so that the next call that is watched finds caches and predictors
// warm but for what the supervisor has touched.
const (
	lapWatched = iota
	lapNothing
	lapWarm
	lapWarmer
)

// contents is what the contents of the operands are like before a watched call.
type contents uint8

const (
	usual   contents = iota // as every cell begins: the first call of the process
	again                   // as the call before left them, which is how calls that are measured find them
	changed                 // those, but for a few elements
	same                    // as the watched call before found them
	fresh                   // others altogether, in caches of another processor or none
)

// The order in which watched calls follow each other: all, and where there is little
// time. The process makes three calls for each of these, of which one is watched: so
// calls with changed contents, and those with the same that they are compared with,
// are even ones and odd ones in turn, as are calls that a kernel may treat alike.
var (
	fullOrder  = []contents{usual, again, changed, again, same, changed, again, same, fresh, again, same}
	quickOrder = []contents{usual, again, changed, same}
	bareOrder  = []contents{usual, again, again, again} // of kernels without operands
)

// orderFor returns the order of watched calls of a subject.
func orderFor(s *subject.Subject) []contents {
	switch {
	case s.OperandBytes() == 0:
		return bareOrder
	case s.Job.Budget.Effort == wire.Quick:
		return quickOrder
	}
	return fullOrder
}

// watched is a call and the empty one after it, which noise hits as often.
type watched struct {
	call, empty cell.WatchedCall
	contents    contents
	touched     int // lines of the cache that the supervisor wrote or read before the call
}

// Watched is what watched cells showed.
type Watched struct {
	Outcome   *cell.Outcome        // of the first cell
	Call      cell.WatchedCall     // its first call, whose result is verified
	Returned  kernels.Returned     // that result
	Checked   kernels.Verification // of it
	Broken    autopsy.Broken
	Verifying time.Duration // that the cells stood still for it
	Dump      []wire.Dump   // what operands held after the first call, where the job asks for it
	InPlace   []string      // operands that the function reads and its first call changed
	Note      string        // what is to know of where operands have to lie; may be empty

	subject  *subject.Subject
	judge    Judge // of the first call; nil is the kernel's reference
	calls    []watched
	order    []contents
	wrong    string // what the kernel did that no kernel may
	ruler    measure.Ruler
	operands int // bytes
	reach    int // bytes that a call can touch
}

// Expected is about how long a call takes.
func (w *Watched) Expected() time.Duration {
	least := uint64(math.MaxInt64)
	for _, c := range w.calls {
		least = min(least, c.call.Ticks)
	}
	return w.ruler.Duration(least)
}

// Faults are the page faults of the watched calls and of empty ones, which Linux has
// counted from stop to stop. The first call of a process is not like those that are
// measured.
func (w *Watched) Faults() (samples []stats.Sample) {
	calls := w.calls
	if len(calls) > 1 {
		calls = calls[1:]
	}
	for _, c := range calls {
		samples = append(samples, stats.Sample{Ticks: 1, Counters: []uint64{uint64(c.call.Faults)}}, stats.Sample{Ticks: 1, Empty: true, Counters: []uint64{uint64(c.empty.Faults)}})
	}
	return samples
}

// watcher is a watched cell under way.
type watcher struct {
	*Watched
	earlier *Watched // what cells before this one showed; nil for the first
	given   [][]byte // the operands' contents before a call
	started time.Time
}

// vectorAlign is the alignment of operands, in bytes, that the widest vectors ask for.
const vectorAlign = 64

// Watch runs a watched cell, whose operands end where unmapped memory begins: the
// calls that are measured find it before their operands. A kernel that works only on
// operands that are aligned is given such ones, and Note says so. An error is the
// *wire.Problem of a cell that did not end as all others did.
//
// What the first call leaves is held against judge, which may be nil: then the kernel's
// own reference does.
func Watch(s *subject.Subject, judge Judge) (*Watched, error) {
	if s.OperandBytes() == 0 {
		return watch(s, judge, nil)
	}
	for _, align := range []uint64{1, vectorAlign} {
		w, err := watch(s.AtGuard(align), judge, nil)
		if unaligned(w, err) {
			continue
		}
		if err == nil && align > 1 {
			w.Note = fmt.Sprintf("the kernel works only on operands that are aligned, as these are to %d bytes", align)
		}
		return w, err
	}
	w, err := watch(s, judge, nil)
	if !unaligned(w, err) && err == nil {
		w.Note = fmt.Sprintf("the kernel works only on operands that are aligned to more than %d bytes, as these are to a page", vectorAlign)
	}
	return w, err
}

// unaligned tells that the end of a watched cell may have come of where its operands
// lie: a crash that is no access beside an operand, or a wrong result.
func unaligned(w *Watched, err error) bool {
	if err != nil {
		p := wire.AsProblem(err)
		return p.Class == wire.Crashed && p.Operand == ""
	}
	return w.Checked.Status == kernels.Mismatch
}

// unseen is the verification of a kernel no call of which was seen to return.
var unseen = kernels.Verification{Status: kernels.NoReference, Why: "no watched call returned"}

// watch runs a watched cell after earlier ones, and returns what all of them showed.
func watch(s *subject.Subject, judge Judge, earlier *Watched) (*Watched, error) {
	w := &watcher{
		Watched: &Watched{subject: s, judge: judge, Checked: unseen, order: orderFor(s), ruler: measure.RulerOf(s.Job.Host), operands: s.OperandBytes(), reach: s.Reach()},
		earlier: earlier,
	}
	p := s.Plan()
	p.Laps = []cell.Lap{
		lapWatched: {Kind: trampoline.Kernel},
		lapNothing: {Kind: trampoline.Empty},
		lapWarm:    {Kind: trampoline.Kernel},
		lapWarmer:  {Kind: trampoline.Kernel},
	}
	p.Records = len(w.order)
	p.Watch = &cell.Watch{Phase: cell.EveryRecord, Before: w.prepare, After: w.look}
	out, broken, err := s.RunFilled(p, w.begin)
	if err != nil {
		return nil, err
	}
	w.wrong = cmp.Or(w.wrong, wrongIn(out))
	w.Outcome, w.Broken = out, broken
	if earlier != nil {
		w.Outcome, w.Call, w.Returned = earlier.Outcome, earlier.Call, earlier.Returned
		w.Checked, w.Note, w.InPlace, w.Dump = earlier.Checked, earlier.Note, earlier.InPlace, earlier.Dump
		w.Broken, w.Verifying = w.Broken.And(earlier.Broken), w.Verifying+earlier.Verifying
		w.calls = slices.Concat(earlier.calls, w.calls) // all of them count
	}
	return w.Watched, nil
}

// begin forgets what a cell showed that is run again.
func (w *watcher) begin() {
	w.calls, w.given = nil, nil
	for _, m := range w.subject.Memory {
		w.given = append(w.given, slices.Clone(m))
	}
}

// wrongIn tells what a watched cell did that none may do, or "".
func wrongIn(o *cell.Outcome) string {
	switch {
	case o.Strayed:
		return "a watched call left by another way than returning"
	case o.Rewritten:
		return writes
	}
	return ""
}

// writes is what is wrong about a kernel that changes what only the stub writes.
const writes = "the kernel writes to the samples"

// prepare gives the operands their contents before every call.
func (w *watcher) prepare() {
	if len(w.calls) == 0 {
		w.started = time.Now()
	}
	s, n := w.subject, uint64(len(w.calls))
	c := watched{contents: w.order[min(len(w.calls), len(w.order)-1)]}
	if c.contents == fresh && w.operands > freshBytes {
		c.contents = changed
	}
	switch c.contents {
	case usual:
		c.touched = lines(w.operands)
	case fresh:
		s.Call.Fill(s.Memory, s.Job.AuditSeed+n)
		for i, m := range s.Memory {
			copy(w.given[i], m)
		}
		c.touched = lines(w.operands)
	case changed:
		c.touched = w.written(func(given, m []byte) { copy(given, m) })
		c.touched += s.Call.Change(s.Job.AuditSeed+n, s.Memory, w.given)
	case same:
		c.touched = w.written(func(given, m []byte) { copy(m, given) })
	case again:
		for began := time.Now(); time.Since(began) < leastPause; { // to sleep takes longer
		}
	}
	w.calls = append(w.calls, c)
}

// written does something with the contents of each operand that the kernel may
// write, and returns how many lines of the cache they have. Those of others stay as
// they were given, in whatever caches they are.
func (w *watcher) written(do func(given, memory []byte)) (touched int) {
	for i, m := range w.subject.Memory {
		if w.subject.Call.Operands[i].Access != kernels.In {
			do(w.given[i], m)
			touched += lines(len(m))
		}
	}
	return touched
}

func lines(bytes int) int { return (bytes + 63) / 64 }

// look notes what a call did, and tells whether to go on.
func (w *watcher) look(s cell.WatchedCall) bool {
	c := &w.calls[len(w.calls)-1]
	if s.Beside {
		c.empty = s
		return w.more()
	}
	c.call = s
	w.check(c)
	return true
}

// more tells whether there is time for another watched call, and for the warm one
// before it. Long calls on operands go on until those have changed once.
func (w *watcher) more() bool {
	last := &w.calls[len(w.calls)-1]
	if min(last.call.Wall, last.call.CPU) < shortWatched || time.Since(w.started) < watchedTime {
		return true
	}
	if w.operands == 0 {
		return len(w.calls) < 2 && last.call.Wall < watchedTime // the first call alone says little
	}
	if varied, _ := w.varied(); varied && last.contents == same {
		return false
	}
	for len(w.calls) < len(w.order) && w.order[len(w.calls)] == again { // nothing but time depends on these
		w.order = slices.Delete(slices.Clone(w.order), len(w.calls), len(w.calls)+1)
	}
	call := last.call.Wall
	return 8*call < w.subject.Plan().Wall && 40*call < w.subject.Left()
}

// check holds against a call what no call may do, while the cell stands still.
func (w *watcher) check(c *watched) {
	s := c.call
	if w.wrong == "" && s.Wrote {
		w.wrong = writes
	}
	if c.contents == again {
		return // nothing was looked at before the call, to leave the caches alone
	}
	start := time.Now()
	v := w.verify(s)
	w.Verifying += time.Since(start)
	first := w.earlier
	if first == nil {
		first = w.Watched
		if len(w.calls) == 1 {
			w.InPlace, w.Dump = w.inPlace(), w.dump()
			w.Checked, w.Call, w.Returned = v, s, w.subject.Call.Returned(w.registers(s))
			return
		}
	}
	if w.wrong == "" && first.Checked.Status != kernels.Mismatch && v.Status == kernels.Mismatch {
		w.wrong = fmt.Sprintf("its first call gave the right result, call %d of a watched cell, with other contents of the operands, did not: %s", len(w.calls), v.Why)
	}
}

// Judge compares what the first call of a process left behind: the call has its operands
// placed, and given is their contents before it, those of the job's seed.
type Judge func(call *kernels.Call, memory, given [][]byte, r kernels.Registers) kernels.Verification

// verify compares what a call left behind with what it should have. A judge knows the
// first one's results alone: of others only where they wrote.
func (w *watcher) verify(s cell.WatchedCall) kernels.Verification {
	c := w.subject.Call
	switch {
	case w.judge == nil:
		return c.Verify(w.subject.Memory, w.given, int64(s.RAX), s.XMM0)
	case len(w.calls) == 1:
		return w.judge(c, w.subject.Memory, w.given, w.registers(s))
	}
	v, _ := c.Untouched(w.subject.Memory, w.given)
	return v
}

func (w *watcher) registers(s cell.WatchedCall) kernels.Registers {
	return w.subject.Registers(s.RAX, s.XMM0, s.Vector)
}

// varied tells whether the contents of the operands were others in some watched
// call after the first, or why not. A kernel without operands has none.
func (w *Watched) varied() (bool, string) {
	if w.operands == 0 {
		return true, ""
	}
	for _, c := range w.calls {
		if (c.contents == changed || c.contents == fresh) && c.touched > 0 && !c.call.Began.IsZero() {
			return true, ""
		}
	}
	if len(w.calls) < len(w.order) {
		return false, "there was no time to watch calls with other contents of the operands"
	}
	return false, "its operands are constants or hold results alone, so their contents are the same in all calls"
}
