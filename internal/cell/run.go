package cell

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// End says how a cell ended. The zero value is no end at all.
type End uint8

// The ends of a cell.
const (
	Returned End = iota + 1 // the sample loop finished
	Exited                  // the kernel itself called exit_group
	Syscall                 // killed by seccomp for another system call
	Signal                  // killed by a signal: a fault or a trap
	Timeout                 // killed by the supervisor, or by RLIMIT_CPU
)

var endNames = [...]string{Returned: "returned", Exited: "exited", Syscall: "system call", Signal: "signal", Timeout: "timeout"}

// String returns the end in words.
func (e End) String() string {
	if int(e) >= len(endNames) || endNames[e] == "" {
		return fmt.Sprintf("End(%d)", uint8(e))
	}
	return endNames[e]
}

// VsyscallNR stands in Outcome.NR for a call through Linux's vsyscall
// page: it is emulated, and its registers show the state after its return
// (arch/x86/entry/vsyscall/vsyscall_64.c).
const VsyscallNR = ^uint64(0)

// Outcome is what is known of a finished cell. Everything in it but Samples
// comes from outside of the cell.
type Outcome struct {
	End    End
	Signal unix.Signal // of a Signal end
	Code   int32       // si_code
	Addr   uint64      // si_addr: where the access that faulted went
	Regs   unix.PtraceRegsAmd64
	Stack  []uint64 // top words of the stack when it ended abnormally
	NR     uint64   // system call number of a Syscall or Exited end

	CPU int // the only one it could run on when it ended, -1 if there were several

	Wall   time.Duration
	User   time.Duration // CPU time by wait4, without that of taking the cell apart
	System time.Duration
	Faults int64 // minor page faults
	// RSS is the most memory that was resident, in bytes, by the page faults:
	// Linux's own count is in batches of pages (ru_maxrss). A fault that finds
	// more pages ready takes them along, uncounted; a page of the stack that is
	// read before it is written takes two. It is never more than there is.
	RSS uint64

	// From the moment when the loop was let go to the exit: the length of the
	// loop and a few microseconds more.
	Loop       time.Duration // wall time
	Busy       time.Duration // CPU time
	LoopFaults int64         // page faults

	// Untouched: there was no time to touch every page beforehand, so that calls may
	// have done so first.
	Untouched bool

	// Totals is what the counters of the group counted until the exit, read from
	// outside; without those that were not counting at all times it is empty.
	Totals []uint64

	// Strayed: a watched call did not end where it has to. What was seen of the
	// calls before it stands.
	Strayed bool
	// Rewritten: of a watched cell, what the stub had written was changed afterwards.
	Rewritten bool

	Samples Samples
}

// Samples is what the stub wrote. The kernel under test could have written it.
type Samples struct {
	Records    []Record
	LastChain  uint64 // ticks of the first lap, repeated after the last record
	Start, End uint64 // TSC around the loop
	RAX, RDX   uint64
	XMM0       [2]uint64
	Vector     trampoline.Vector // what the function returned, as much as Call.Returns says
}

// Record is one sample with the counters before and after each counted lap.
type Record struct {
	trampoline.Record
	Counts []Count
}

// Count is one pair of readings. In trampoline.ModeRead each begins with the
// number of counters, the time enabled and the time running.
type Count struct{ Before, After []uint64 }

// Run forks a cell, supervises it to its end and reaps it. The calling
// goroutine is locked to its thread while it does so.
//
// An error means that the cell could not do its work for a reason that is not
// the function's: the host refused a step of the script, or this program is wrong.
func (s *Space) Run(p Plan) (*Outcome, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	*control() = trampoline.Control{}
	s.forget()
	series, err := newCases(&p)
	if err != nil {
		return nil, err
	}
	if err := p.write(s, series.components()); err != nil {
		return nil, err
	}
	steps, err := s.buildScript(p)
	if err != nil {
		return nil, err
	}
	s.withhold()
	if err := p.Watch.shut(); err != nil {
		return nil, errors.Join(err, p.Watch.open())
	}
	start := time.Now()
	pid, errno := fork()
	if err := p.Watch.open(); err != nil && errno == 0 { // it has its own by now
		(&tracee{pid: pid}).destroy()
		return nil, err
	}
	if errno != 0 {
		return nil, fmt.Errorf("cell: fork: %w", errno)
	}
	t := &tracee{pid: pid, pmu: p.pmu, watch: newWatcher(p), cases: series, remains: s.remains, elsewhere: p.Elsewhere}
	defer t.release()
	if err := t.arrive(steps, p); err != nil {
		t.destroy()
		if err == errTooSlow {
			return &Outcome{End: Timeout, Signal: unix.SIGALRM, CPU: -1, Wall: time.Since(start)}, nil
		}
		return nil, err
	}
	out, err := t.supervise()
	if err != nil {
		t.destroy()
		return nil, err
	}
	out.RSS = max(out.RSS, s.resident(out.Faults))
	out.Wall = time.Since(start)
	out.Samples = readSamples(p, t.watch.ended())
	return out, nil
}

// forget clears what an earlier cell may have left for this one in memory that
// cells share: the results, and what lies behind each operand in its last page.
func (s *Space) forget() {
	for _, r := range s.regions {
		switch {
		case r.Addr == trampoline.ResultsAddr:
			clear(memory(r.Addr, r.Size))
		case r.Shared && r.Prot&unix.PROT_WRITE != 0:
			clear(memory(r.Addr+r.Size, r.end()-r.Addr-r.Size))
		}
	}
}

// errTooSlow means that the alarm rang before the kernel was entered.
var errTooSlow = errors.New("cell: out of time before it was ready")

// tracee is a cell under ptrace. Only the thread that forked it may trace and
// signal it: ptrace knows threads, and so does Landlock before its ABI 8.
type tracee struct {
	pid  int
	gone bool // reaped, or among the remains
	left bool // among the remains

	script    time.Duration // CPU time until the loop
	faults    int64         // page faults until then
	untouched bool          // pages then
	released  time.Time     // when the loop was let go

	counters []int // the leader of the cell's group, held from outside

	watch   *watcher         // nil where no call is watched
	pending *unix.WaitStatus // seen, and not handled yet
	cases   *cases           // nil where all calls are the same
	pmu     func(*unix.PtraceRegsAmd64) bool

	remains   *remains // where a cell is left that has ended
	elsewhere []int    // CPUs
}

// destroy kills and reaps whatever is left of the cell.
func (t *tracee) destroy() {
	if t.gone {
		return
	}
	_ = unix.Kill(t.pid, unix.SIGKILL)
	for {
		var ws unix.WaitStatus
		_, err := unix.Wait4(t.pid, &ws, unix.WALL, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || ws.Exited() || ws.Signaled() {
			t.gone = true
			return
		}
		_ = unix.PtraceCont(t.pid, 0) // an exit stop on the way
	}
}

// wait waits for the next stop or the end of the cell.
func (t *tracee) wait(ru *unix.Rusage) (unix.WaitStatus, error) {
	if ws := t.pending; ws != nil {
		t.pending = nil
		return *ws, nil
	}
	for {
		var ws unix.WaitStatus
		_, err := unix.Wait4(t.pid, &ws, unix.WALL, ru)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return ws, fmt.Errorf("cell: wait4: %w", err)
		}
		return ws, nil
	}
}

// arrive waits until the cell has run its script and stands at the stub's
// breakpoint, and takes hold of it.
func (t *tracee) arrive(steps []Step, p Plan) error {
	var ru unix.Rusage
	ws, err := t.wait(&ru)
	if err != nil {
		return err
	}
	if passed, err := t.pass(ws); err != nil {
		return err
	} else if passed {
		if ws, err = t.wait(&ru); err != nil {
			return err
		}
	}
	switch {
	case ws.Exited() || ws.Signaled():
		t.gone = true
		return t.unborn(steps, ws)
	case ws.StopSignal() == unix.SIGALRM:
		return errTooSlow
	case ws.StopSignal() != unix.SIGTRAP:
		return fmt.Errorf("cell: stopped by %v before it was ready (%v)", ws.StopSignal(), reached(steps))
	}
	err = unix.PtraceSetOptions(t.pid, unix.PTRACE_O_EXITKILL|unix.PTRACE_O_TRACEEXIT)
	if err != nil {
		return fmt.Errorf("cell: ptrace: %w", err)
	}
	if err := t.holdCounters(p); err != nil {
		return err
	}
	t.remains.clear() // nothing of the cell before runs beside this one's calls
	t.faults, t.untouched = ru.Minflt, results().Untouched != 0
	t.script, t.released = cpuTime(&ru), time.Now()
	if err := unix.PtraceCont(t.pid, 0); err != nil {
		return fmt.Errorf("cell: ptrace: %w", err)
	}
	return nil
}

// unborn explains a cell that ended within its script.
func (t *tracee) unborn(steps []Step, ws unix.WaitStatus) error {
	if errno := results().Errno; errno != 0 {
		step := reached(steps)
		if step.Kind == StepNone {
			step.Kind = StepProtectControl
		}
		return &StepError{step, unix.Errno(errno)}
	}
	return fmt.Errorf("cell: ended with status %#x before it was ready (%v)", int(ws), reached(steps))
}

// reached is the step that the cell came to. The cell says so itself, in memory
// that no object's code has had a chance to write yet.
func reached(steps []Step) Step {
	if n := results().Step; n >= 1 && n <= uint64(len(steps)) {
		return steps[n-1]
	}
	return Step{}
}

// supervise follows the cell to its end.
func (t *tracee) supervise() (*Outcome, error) {
	out := Outcome{CPU: -1}
	var ru unix.Rusage
	for {
		ws, err := t.wait(&ru)
		if err != nil {
			return nil, err
		}
		if ws.Exited() || ws.Signaled() {
			t.gone = true
			if out.End == 0 { // no exit stop: killed from outside
				out.died(ws.Signal())
			}
			t.account(&out, &ru)
			return &out, nil
		}
		if out.End == 0 {
			out.Loop, out.Busy = time.Since(t.released), cpuTime(&ru)-t.script
			out.LoopFaults, out.Untouched = ru.Minflt-t.faults, t.untouched
		}
		watched, err := t.watched(ws, &ru)
		if err == nil && !watched {
			watched, err = t.between(ws)
		}
		if watched && (t.watch.ended() || t.cases.ended()) && out.End == 0 {
			out.End = Returned
		}
		if err == nil && !watched {
			err = t.stopEvent(ws, &out)
		}
		if err != nil {
			return nil, err
		}
		if t.left {
			t.account(&out, &ru)
			return &out, nil
		}
	}
}

// account notes what the cell used up, and what was changed behind its stub's back.
func (t *tracee) account(out *Outcome, ru *unix.Rusage) {
	out.User = time.Duration(ru.Utime.Nano())
	out.System = time.Duration(ru.Stime.Nano())
	out.Faults = ru.Minflt
	out.RSS = uint64(ru.Maxrss) << 10
	out.Strayed, out.Rewritten = t.watch.strayed(), t.watch.rewritten()
}

// cpuTime is the user and system time that wait4 reports.
func cpuTime(ru *unix.Rusage) time.Duration {
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// stopEvent handles one ptrace stop: it notes how the cell ends and pushes it
// over the edge.
func (t *tracee) stopEvent(ws unix.WaitStatus, out *Outcome) error {
	var regs unix.PtraceRegsAmd64
	// Not PTRACE_GETREGSET: of a cell that has jumped to 32-bit code it would
	// give the registers of that mode.
	if err := unix.PtraceGetRegsAmd64(t.pid, &regs); err != nil {
		return ignoreGone(err)
	}
	if ws.TrapCause() == unix.PTRACE_EVENT_EXIT {
		msg, err := unix.PtraceGetEventMsg(t.pid)
		if err != nil {
			return ignoreGone(err)
		}
		if out.End == 0 {
			exitStop(unix.WaitStatus(msg), regs, out)
			t.readTotals(out)
		}
		out.CPU = onlyCPU(t.pid)
		return ignoreGone(t.leave())
	}
	if t.pmu != nil && ws.StopSignal() == unix.SIGSEGV && t.pmu(&regs) {
		return errors.Join(unix.PtraceSetRegsAmd64(t.pid, &regs), unix.PtraceCont(t.pid, 0))
	}
	if out.End == 0 {
		t.signalStop(ws.StopSignal(), regs, out)
	}
	return ignoreGone(unix.Kill(t.pid, unix.SIGKILL))
}

// exitStop reads how the cell exits from its registers at the exit event.
func exitStop(status unix.WaitStatus, regs unix.PtraceRegsAmd64, out *Outcome) {
	out.Regs, out.NR = regs, regs.Orig_rax
	switch {
	case status.Signaled() && status.Signal() == unix.SIGSYS:
		out.End = Syscall
	case status.Signaled():
		out.died(status.Signal())
	case regs.Rip == trampoline.ExitRIP() && results().Step == 0:
		out.End = Returned
	default:
		out.End = Exited
	}
}

// died notes the signal that ends the cell.
func (o *Outcome) died(sig unix.Signal) {
	o.End, o.Signal = Signal, sig
	switch sig {
	case unix.SIGALRM, unix.SIGXCPU, unix.SIGKILL: // the alarm, RLIMIT_CPU, its hard limit
		o.End = Timeout
	}
}

// signalStop reads the cause of a fault or trap before the signal is delivered.
func (t *tracee) signalStop(sig unix.Signal, regs unix.PtraceRegsAmd64, out *Outcome) {
	out.Regs = regs
	out.died(sig)
	if si, err := getSiginfo(t.pid); err == nil {
		out.Code, out.Addr = si.code, si.addr
	}
	for i := range uint64(8) {
		w, ok := peek(t.pid, regs.Rsp+8*i)
		if !ok {
			break
		}
		out.Stack = append(out.Stack, w)
	}
}

// ignoreGone forgives a cell that was killed from outside between two calls.
func ignoreGone(err error) error {
	if err == unix.ESRCH {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cell: ptrace: %w", err)
	}
	return nil
}
