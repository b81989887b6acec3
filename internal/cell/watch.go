package cell

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Watch looks at the calls of a cell one by one. The cell stands still before
// and after each: between the two stops only the kernel runs, and between the
// calls only the stub, with memory that the supervisor has seen since. So what
// a watched call did is known without believing the kernel anything.
type Watch struct {
	Before func(lap int)               // may write to shared regions
	After  func(WatchedCall) (on bool) // false ends the cell, as if its last record were complete
}

// WatchedCall is what is known of one watched call.
type WatchedCall struct {
	Lap  int
	RAX  uint64
	XMM0 uint64 // low half
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

	// Wrote: the call changed what only the stub has to write, or the time at which
	// the stub says that it began is not between the two stops.
	Wrote bool
}

// watcher is the state of watching one cell.
type watcher struct {
	*Watch
	enter, leave uint64 // instruction pointers of the two stops
	inside, lost bool
	over         bool               // the supervisor has seen enough
	results      trampoline.Results // before the call
	records      []byte             // before the call
	size         uint64             // of records
	cpu          time.Duration
	faults       int64
	since        time.Time
	released     uint64 // time stamp when the cell was let go

	steps  *Steps // of the first call; nil where it runs freely, and when it is made
	kernel uint64 // address of the function
}

func newWatcher(p Plan) *watcher {
	if p.Watch == nil {
		return nil
	}
	w := &watcher{Watch: p.Watch, size: uint64(p.Records+1) * p.stride(), steps: p.Steps, kernel: p.Call.Kernel}
	w.enter, w.leave = trampoline.Watched()
	return w
}

// watched handles the stops of a watched cell, and is false for all others.
func (t *tracee) watched(ws unix.WaitStatus, ru *unix.Rusage) (bool, error) {
	now := time.Now()
	w := t.watch
	if w == nil || ws.StopSignal() != unix.SIGTRAP || ws.TrapCause() != 0 {
		return false, nil
	}
	var regs unix.PtraceRegsAmd64
	if err := unix.PtraceGetRegsAmd64(t.pid, &regs); err != nil {
		return true, ignoreGone(err)
	}
	entering := regs.Rip == w.enter
	if !entering && regs.Rip != w.leave {
		return false, nil
	}
	w.lost = w.lost || entering == w.inside
	w.inside = entering
	switch {
	case w.lost:
	case entering:
		w.Before(int(results().Lap))
		w.results = *results()
		w.records = append(w.records[:0], memory(trampoline.RecordsAddr, w.size)...)
		w.cpu, w.faults, w.since, w.released = cpuTime(ru), ru.Minflt, time.Now(), processor.RDTSC()
		if err := t.takeSteps(); err != nil || t.pending != nil {
			return true, err
		}
	default:
		wrote, ticks := w.wrote(), regs.Rax-results().Stamp
		if w.untimely(results().Stamp, regs.Rax) {
			wrote, ticks = true, 0
		}
		w.over = !w.After(WatchedCall{
			Lap: int(w.results.Lap), RAX: results().RAX, XMM0: results().FX.XMM[0][0], Vector: results().Vector,
			Ticks: ticks, Began: w.since, Wall: now.Sub(w.since), CPU: cpuTime(ru) - w.cpu,
			Faults: ru.Minflt - w.faults, Wrote: wrote,
		})
	}
	if w.over {
		return true, ignoreGone(unix.Kill(t.pid, unix.SIGKILL))
	}
	return true, ignoreGone(unix.PtraceCont(t.pid, 0))
}

// wrote compares the results with what they were before the call, but for what
// the stub and Linux write between the two stops.
func (w *watcher) wrote() bool {
	now := *results()
	if !w.rseqKept(&now) {
		return true
	}
	now.Rseq, now.Stamp, now.Remaining = w.results.Rseq, w.results.Stamp, w.results.Remaining
	now.RAX, now.RDX, now.SI, now.DI = w.results.RAX, w.results.RDX, w.results.SI, w.results.DI
	now.FX.XMM[0], now.Vector = w.results.FX.XMM[0], w.results.Vector
	return now != w.results || !bytes.Equal(w.records, memory(trampoline.RecordsAddr, w.size))
}

// clockSkew is what the time-stamp counters of two processors may differ by, ticks.
const clockSkew = 10_000

// untimely tells that a call did not begin, by the stamp in memory, between the
// moment when the cell was let go and its end.
func (w *watcher) untimely(began, ended uint64) bool {
	return int64(began-w.released) < -clockSkew || int64(ended-began) < 0
}

// rseqKept tells whether Linux alone wrote to the thread's struct
// rseq. A kernel that names a critical section of its own there gets control when
// the cell goes on, outside of the call (linux/rseq.h: rseq_cs, then flags).
func (w *watcher) rseqKept(now *trampoline.Results) bool {
	cs := now.Rseq.CS
	return (cs == 0 || cs == w.results.Rseq.CS) && now.Rseq.Flags == w.results.Rseq.Flags
}

// ended tells that the supervisor has ended the cell.
func (w *watcher) ended() bool { return w != nil && w.over }

// strayed tells whether a call ended otherwise than at the stop after it.
func (w *watcher) strayed() bool { return w != nil && (w.lost || w.inside) }
