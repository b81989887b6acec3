package cell

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Watch looks at calls of a cell one by one. The cell stands still before and after
// each: between the two stops only the kernel and the stub's way around it run. So what
// a watched call did is known without believing the kernel anything. Of nothing that
// the cell can read does anything differ from a cell of the same Plan that is not
// watched; only its clocks tell of the stops.
type Watch struct {
	// Phase is which of each Plan.Gates records have their call watched. EveryRecord is all,
	// and the lap behind each call as well.
	Phase  int
	Before func()                      // may write to shared regions; nil for nothing to do
	After  func(WatchedCall) (on bool) // false ends the cell, as if its last record were complete
}

// EveryRecord is a Watch.Phase.
const EveryRecord = -1

// WatchedCall is what is known of one watched call or, right after it where every record
// is watched, of the lap that follows in the record, which is the stub's own.
type WatchedCall struct {
	Record int  // whose call it was, from 0
	Beside bool // not the call, but the lap behind it
	RAX    uint64
	XMM0   uint64 // low half
	// Vector is what the function returned, as much as Call.Returns says.
	Vector trampoline.Vector

	// Ticks is what the stub measured. Its first time stamp lies in memory that
	// the kernel can write, without a trace: but time that it hides so shows in
	// the two below.
	Ticks uint64
	// From stop to stop: the call and some ten microseconds, about half of them
	// CPU time of the cell.
	Began time.Time
	Wall  time.Duration
	CPU   time.Duration // in steps of a microsecond

	Faults int64 // page faults without a read from disk

	// Wrote: the call, or one since the watched call before it, changed what only the
	// stub has to write, or the time at which the stub says that it began is not between
	// the two stops.
	Wrote bool
}

// watcher is the state of watching one cell.
type watcher struct {
	*Watch
	lap, laps      int    // the watched lap of a record, and how many there are
	gates          int    // of the records
	looped         bool   // its site
	mode, words    uint64 // of reading counters around it
	stride         uint64 // from one record to the next
	around, within uint64 // instruction pointers of the stops
	stopped        bool   // a Stop may be met
	at             stage
	record         int // that is watched, or was last
	lost, over     bool
	wrote          bool               // since the last watched call
	results        trampoline.Results // when the cell was let go last
	records        []byte             // likewise
	cpu            time.Duration
	faults         int64
	since          time.Time
	released       uint64 // time stamp when the cell was let go

	steps  *Steps // of the first call; nil where it runs freely, and when it is made
	kernel uint64 // address of the function
}

// stage is where a watched cell is.
type stage uint8

const (
	apart  stage = iota // not at a watched call
	inCall              // in a watched call
	beside              // in the lap behind it
)

func newWatcher(p Plan) *watcher {
	if p.Watch == nil {
		return nil
	}
	w := &watcher{Watch: p.Watch, lap: p.watched(), laps: len(p.Laps), gates: p.Gates(), stride: p.stride(), record: -1, steps: p.Steps, kernel: p.Call.Kernel}
	_, w.around, w.within = trampoline.GateReads()
	for i, l := range p.Laps {
		w.stopped = w.stopped || l.Kind == trampoline.Stop
		if i == w.lap {
			w.looped = l.looped()
			w.mode = p.Mode * b2u(l.Counted)
		}
	}
	if w.mode != 0 {
		w.words = p.words()
	}
	return w
}

// watched is the lap of a plan around which gates are read, or -1: the first call of the
// function under test.
func (p Plan) watched() int {
	for i, l := range p.Laps {
		if l.Kind == trampoline.Kernel {
			return i
		}
	}
	return -1
}

// shut gives the gates the protection with which the next cell will be forked: a watched
// cell finds that of its records shut, or all.
func (w *Watch) shut() error {
	if w == nil {
		return nil
	}
	pages := memory(trampoline.GatesAddr, gatesSize)
	if w.Phase != EveryRecord {
		pages = pages[w.Phase*pageSize:][:pageSize]
	}
	if err := unix.Mprotect(pages, unix.PROT_NONE); err != nil {
		return fmt.Errorf("cell: shut a gate: %w", err)
	}
	return nil
}

// open undoes shut, for the cells that follow.
func (w *Watch) open() error {
	if w == nil {
		return nil
	}
	return unix.Mprotect(memory(trampoline.GatesAddr, gatesSize), unix.PROT_READ)
}

// gatesSize is that of all gates' pages, in bytes: those of records, and the one behind the lap
// that follows.
const gatesSize = (trampoline.Gates + 1) * pageSize

// pass lets a watched cell pass what is shut of the gates that it reads before it is ready, and is false
// for any other stop. The code of an object has not run by then.
func (t *tracee) pass(ws unix.WaitStatus) (bool, error) {
	if t.watch == nil || ws.StopSignal() != unix.SIGSEGV {
		return false, nil
	}
	var regs unix.PtraceRegsAmd64
	if err := unix.PtraceGetRegsAmd64(t.pid, &regs); err != nil {
		return false, fmt.Errorf("cell: ptrace: %w", err)
	}
	before, _, _ := trampoline.GateReads()
	if regs.Rip != before {
		return false, nil
	}
	on := before + trampoline.GateRead // as if it had read
	if t.watch.Phase == EveryRecord {
		on = trampoline.Warmed() // the other gates are shut, too
	}
	if err := errors.Join(jump(t.pid, on), unix.PtraceCont(t.pid, 0)); err != nil {
		return false, fmt.Errorf("cell: ptrace: %w", err)
	}
	return true, nil
}

// watched handles the stops of a watched cell, and is false for all others.
func (t *tracee) watched(ws unix.WaitStatus, ru *unix.Rusage) (bool, error) {
	now, arrived := time.Now(), processor.RDTSC()
	w := t.watch
	if w == nil || ws.StopSignal() != unix.SIGSEGV {
		return false, nil
	}
	var regs unix.PtraceRegsAmd64
	if err := unix.PtraceGetRegsAmd64(t.pid, &regs); err != nil {
		return true, ignoreGone(err)
	}
	if regs.Rip != w.around && (regs.Rip != w.within || !w.stopped) {
		return false, nil
	}
	if si, err := getSiginfo(t.pid); err != nil || si.addr-trampoline.GatesAddr >= gatesSize {
		return err != nil, ignoreGone(err)
	}
	if regs.Rip == w.around {
		w.look(now, ru)
	}
	if w.over {
		return true, ignoreGone(unix.Kill(t.pid, unix.SIGKILL))
	}
	if err := jump(t.pid, regs.Rip+trampoline.GateRead); err != nil { // as if it had read
		return true, ignoreGone(err)
	}
	w.release(ru, arrived)
	if w.at == inCall {
		if err := t.takeSteps(); err != nil || t.pending != nil {
			return true, err
		}
		if w.over {
			return true, ignoreGone(unix.Kill(t.pid, unix.SIGKILL))
		}
	}
	return true, ignoreGone(unix.PtraceCont(t.pid, 0))
}

// look looks at what the cell has done until it stopped.
func (w *watcher) look(now time.Time, ru *unix.Rusage) {
	r := results()
	switch w.at {
	case apart:
		w.enter(r)
		return
	case inCall:
		w.leave(r, now, ru)
		w.at = beside
		if w.lap+1 == w.laps || w.Phase != EveryRecord { // the record is complete, or the last gate open
			w.at = apart
		}
	case beside:
		w.leave(r, now, ru)
		w.at = apart
	}
}

// enter begins a watched call.
func (w *watcher) enter(r *trampoline.Results) {
	next := max(w.Phase, 0)
	if w.record >= 0 {
		next = w.record + w.gates
		if w.Phase == EveryRecord {
			next = w.record + 1
		}
	}
	if w.record >= 0 && !w.kept() || r.Count != uint64(next) || r.Lap != uint64(w.lap) || r.Record != trampoline.RecordsAddr+uint64(next)*w.stride {
		w.wrote = true
	}
	w.record, w.at = next, inCall
	if w.Before != nil {
		w.Before()
	}
}

// leave notes what a watched call has done, or the lap behind it.
func (w *watcher) leave(r *trampoline.Results, now time.Time, ru *unix.Rusage) {
	lap := w.lap + int(w.at-inCall)
	record := w.recordAt(w.record)
	s := WatchedCall{
		Record: w.record, Beside: w.at == beside, RAX: r.RAX, XMM0: r.FX.XMM[0][0], Vector: r.Vector, Ticks: record.Ticks[lap],
		Began: w.since, Wall: now.Sub(w.since), CPU: cpuTime(ru) - w.cpu, Faults: ru.Minflt - w.faults,
	}
	if r.Lap != uint64(lap+1) {
		w.lost = true // by whichever way it came here, the record is not what it seems
		w.over = true
		return
	}
	if w.at == inCall {
		s.Wrote = w.wrote || w.changed(r)
		w.wrote = false
		if untimely(w.released, r.Stamp, r.Stamp+s.Ticks) {
			s.Wrote, s.Ticks = true, 0
		}
	}
	w.over = !w.After(s)
}

// release notes how things are when the cell is let go. The time that it stood still is
// no part of its budget.
func (w *watcher) release(ru *unix.Rusage, arrived uint64) {
	r := results()
	still := processor.RDTSC() - arrived
	r.Start, r.Deadline = r.Start+still, r.Deadline+still
	for i := range w.record + 1 {
		if i < w.record || r.Lap > 0 {
			w.recordAt(i).Start += still
		}
	}
	w.results = *r
	w.records = append(w.records[:0], memory(trampoline.RecordsAddr, uint64(w.record+1)*w.stride)...)
	w.cpu, w.faults, w.since, w.released = cpuTime(ru), ru.Minflt, time.Now(), processor.RDTSC()
}

// kept tells that nobody has changed what the stub wrote before the last watched call
// and wrote once only.
func (w *watcher) kept() bool {
	n := min(uint64(w.record)*w.stride, uint64(len(w.records)))
	r := results()
	return r.Start == w.results.Start && r.Deadline == w.results.Deadline && bytes.Equal(w.records[:n], memory(trampoline.RecordsAddr, n))
}

// changed compares the results with what they were before the call, but for what
// the stub and Linux write between the two stops.
func (w *watcher) changed(r *trampoline.Results) bool {
	now, was := *r, w.results
	if !w.rseqKept(&now) {
		return true
	}
	// What the stub writes, and how.
	was.Lap, was.Turns, was.Site, was.Mode = was.Lap+1, control().Laps[w.lap].Turns, uint64(w.lap)+b2u(w.looped)*trampoline.MaxLaps, w.mode
	if w.words > 0 {
		was.Next += 2 * w.words * 8
	}
	was.FX, was.Rseq, was.Stamp, was.Remaining, was.RAX, was.RDX = now.FX, now.Rseq, now.Stamp, now.Remaining, now.RAX, now.RDX
	was.ES, was.SI, was.DI, was.Vector, was.Lock, was.Begin, was.After = now.ES, now.SI, now.DI, now.Vector, now.Lock, now.Begin, now.After
	if now != was || !w.kept() {
		return true
	}
	last := *w.recordAt(w.record)
	before := *recordIn(w.records[uint64(w.record)*w.stride:])
	own := uint64(trampoline.FlagInterrupt|trampoline.FlagPreempt)<<w.lap | trampoline.ViolationMask | trampoline.FlagCounter | trampoline.FlagUpper
	before.Flags |= last.Flags & own
	before.Ticks[w.lap] = last.Ticks[w.lap]
	if w.lap == 0 {
		before.Start = last.Start
	}
	return last != before
}

// clockSkew is what the time-stamp counters of two processors may differ by, ticks.
const clockSkew = 10_000

// untimely tells that a call did not begin, by the stamp in memory, between the
// moment when the cell was let go and its end.
func untimely(released, began, ended uint64) bool {
	return int64(began-released) < -clockSkew || int64(ended-began) < 0
}

// rseqKept tells whether Linux and the stub alone wrote to the thread's struct
// rseq. A kernel that names a critical section of its own there gets control when
// the cell goes on, outside of the call (linux/rseq.h: rseq_cs, then flags).
func (w *watcher) rseqKept(now *trampoline.Results) bool {
	cs := now.Rseq.CS
	return (cs == 0 || cs == addrOf.rseqDesc && control().Rseq == 1) && now.Rseq.Flags == w.results.Rseq.Flags
}

// ended tells that the supervisor has ended the cell.
func (w *watcher) ended() bool { return w != nil && w.over }

// strayed tells whether a call ended otherwise than at the stop after it.
func (w *watcher) strayed() bool { return w != nil && (w.lost || w.at == inCall && !w.over) }

// rewritten tells, at the cell's end, whether what a watched cell's stub wrote was
// changed since.
func (w *watcher) rewritten() bool {
	return w != nil && w.record >= 0 && (w.wrote || !w.kept())
}
