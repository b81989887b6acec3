package cell

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// Constants that golang.org/x/sys/unix lacks, from Linux's uapi headers.
const (
	archSetGS = 0x1001     // asm/prctl.h
	archSetFS = 0x1002     // asm/prctl.h
	ssDisable = 2          // linux/signal.h
	rseqSig   = 0x53053053 // the signature that this program registers; any will do
)

// script is the list of system calls by which a cell strips itself.
type script struct {
	steps []Step
	err   error
}

// add adds a system call that returns 0.
func (s *script) add(step Step, nr uintptr, args ...uint64) {
	s.step(step, trampoline.Step{NR: uint64(nr)}, args)
}

// get adds one that returns a number that is known beforehand.
func (s *script) get(result uint64, step Step, nr uintptr, args ...uint64) {
	s.step(step, trampoline.Step{NR: uint64(nr), Result: result}, args)
}

// try adds a step whose failure does not matter.
func (s *script) try(step Step, nr uintptr, args ...uint64) {
	s.step(step, trampoline.Step{NR: uint64(nr), Optional: 1}, args)
}

func (s *script) step(step Step, st trampoline.Step, args []uint64) {
	c := control()
	if len(s.steps) == len(c.Steps) {
		s.err = errors.New("cell: too many mappings for the script")
		return
	}
	copy(st.Args[:], args)
	c.Steps[len(s.steps)] = st
	s.steps = append(s.steps, step)
	c.StepCount = uint64(len(s.steps))
}

// buildScript fills the control block's script, which the stub can only read by then. Order matters: tracing first,
// so that the supervisor sees every failure; the filter last, because nothing
// but exit_group works after it.
func (s *Space) buildScript(p Plan) ([]Step, error) {
	c := control()
	sc := &script{}
	sc.add(Step{Kind: StepDieWithParent}, unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL))
	// One that died before was not noticed (prctl(2), PR_SET_PDEATHSIG), and an
	// orphan would ask its adopter to trace it, and wait for that for ever.
	sc.get(uint64(unix.Getpid()), Step{Kind: StepFindParent}, unix.SYS_GETPPID)
	sc.add(Step{Kind: StepTrace}, unix.SYS_PTRACE, unix.PTRACE_TRACEME)
	// The supervisor may have hidden itself from its user's other processes; a
	// tracee that hides cannot be read by its own tracer (mm/memory.c,
	// ptrace_access_vm).
	sc.add(Step{Kind: StepBeReadable}, unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1)
	sc.add(Step{Kind: StepTakeSignals}, unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, addrOf.noSignals, 0, 8)
	c.SigStack = [3]uint64{0, ssDisable, 0}
	sc.add(Step{Kind: StepDropSignalStack}, unix.SYS_SIGALTSTACK, addrOf.sigStack)
	sc.add(Step{Kind: StepCloseFiles}, unix.SYS_CLOSE_RANGE, 0, 0xffffffff)
	for i, g := range s.gaps() {
		sc.add(Step{StepUnmap, i, fmt.Sprintf("%#x+%#x", g[0], g[1])}, unix.SYS_MUNMAP, g[0], g[1])
	}
	touched := 0
	for _, r := range s.regions {
		if at, n := s.hot(r, p); n > 0 {
			touched++
			sc.try(Step{StepPopulate, touched - 1, r.Name}, unix.SYS_MADVISE, at, n, unix.MADV_POPULATE_WRITE)
		}
	}
	sc.add(Step{Kind: StepTouch}, trampoline.TouchPages)
	sc.counters(p)
	sc.limits(p)
	sc.add(Step{Kind: StepSetFS}, unix.SYS_ARCH_PRCTL, archSetFS, trampoline.FSBase)
	sc.add(Step{Kind: StepClearGS}, unix.SYS_ARCH_PRCTL, archSetGS, 0)
	c.Rseq = 0
	if p.Rseq {
		c.Rseq = 1
		sc.add(Step{Kind: StepRegisterRseq}, unix.SYS_RSEQ, addrOf.rseq, rseqSize, 0, rseqSig)
	}
	// The alarm comes last, so that a busy host's slow script does not count.
	// ITIMER_REAL: SIGALRM stops the cell before its tracer, wherever it is.
	c.Alarm = [4]uint64{0, 0, uint64(p.Wall / time.Second), uint64(p.Wall % time.Second / time.Microsecond)}
	sc.add(Step{Kind: StepSetAlarm}, unix.SYS_SETITIMER, unix.ITIMER_REAL, addrOf.alarm, 0)
	if err := sc.filter(p.Filter); err != nil {
		return nil, err
	}
	return sc.steps, sc.err
}

// hot returns the part of a writable region whose pages are there before the first
// sample, so that no page fault falls into one: those of the job only where the kernel is
// called. The first calls take those of very large operands, and that of the thread, to
// which few kernels write: LoopFaults tells.
func (s *Space) hot(r Region, p Plan) (addr, size uint64) {
	size = r.end() - r.Addr
	switch {
	case r.Prot&unix.PROT_WRITE == 0 || !r.own && !p.calls() || r.vast() || r.Addr == trampoline.ControlAddr || r.Addr == trampoline.ThreadAddr:
		return 0, 0
	case r.Addr == trampoline.ResultsAddr:
		used := trampoline.RecordsAddr - trampoline.ResultsAddr + uint64(p.Records+1)*p.stride()
		return r.Addr, (used + pageSize - 1) &^ (pageSize - 1)
	case r.Addr == trampoline.StackAddr:
		const used = 1 << 10 // by most kernels; a page of the stack costs every cell as much as all of its script
		at := (control().EntrySP - used) &^ (pageSize - 1)
		return at, r.end() - at
	}
	return r.Addr, size
}

// counters opens the events of a counter group in the cell itself. All
// descriptors are closed by then, so that the group's leader is descriptor 0. It
// is stopped until all of the group is there: a sibling that joins a running
// leader may stay off.
func (s *script) counters(p Plan) {
	if p.pmu != nil {
		return
	}
	c := control()
	for i := range p.Attrs {
		c.Attrs[i] = p.Attrs[i]
		leader := uint64(0)
		if i == 0 {
			leader = ^uint64(0)
		}
		s.get(uint64(i), Step{Kind: StepOpenCounter, Index: i}, unix.SYS_PERF_EVENT_OPEN,
			addrOf.attr(i), 0, ^uint64(0), leader, 0)
	}
	if len(p.Attrs) > 0 {
		s.add(Step{Kind: StepStartCounters}, unix.SYS_PRCTL, unix.PR_TASK_PERF_EVENTS_ENABLE)
	}
	if p.Mode == trampoline.ModeRDPMC {
		for i := range p.Attrs {
			at := trampoline.PagesAddr + uint64(i)*pageSize
			s.get(at, Step{Kind: StepMapCounter, Index: i}, unix.SYS_MMAP, at, pageSize,
				unix.PROT_READ, unix.MAP_SHARED|unix.MAP_FIXED_NOREPLACE, uint64(i), 0)
		}
	}
}

// noCore keeps Linux from writing a core file, and, unlike 0, also from
// starting a program that /proc/sys/kernel/core_pattern names (fs/coredump.c).
const noCore = 1

// limits bounds what Linux would otherwise bound only by its defaults.
func (s *script) limits(p Plan) {
	c := control()
	cpu := uint64(p.Wall.Seconds()) + 2
	for i, l := range []struct {
		name     string
		resource uint64
		limit    uint64
	}{
		{"CPU seconds", unix.RLIMIT_CPU, cpu},
		{"core files", unix.RLIMIT_CORE, noCore},
		{"file size", unix.RLIMIT_FSIZE, 0},
		{"processes", unix.RLIMIT_NPROC, 0},
	} {
		c.Limit[i] = [2]uint64{l.limit, l.limit}
		s.add(Step{StepLimit, i, l.name}, unix.SYS_PRLIMIT64, 0, l.resource, addrOf.limit(i), 0)
	}
}

// filter installs the stage-2 seccomp program. An empty one is left out.
func (s *script) filter(prog []uint64) error {
	c := control()
	if len(prog) == 0 {
		return nil
	}
	if len(prog) > len(c.Filter) {
		return fmt.Errorf("cell: a filter of %d instructions does not fit", len(prog))
	}
	copy(c.Filter[:], prog)
	c.FilterLen, c.FilterPtr = uint64(len(prog)), addrOf.filter
	s.add(Step{Kind: StepFilter}, unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, addrOf.filterProg)
	return nil
}
