package cell

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// StepKind says what a step of a cell's script does.
type StepKind uint8

// Every StepKind, in the order in which a script takes them. StepNone is no step:
// the cell ended before its first one.
const (
	StepNone            StepKind = iota
	StepProtectControl           // mprotect of the control block; the stub does it by itself before it reads the script there
	StepDieWithParent            // prctl PR_SET_PDEATHSIG
	StepFindParent               // getppid
	StepTrace                    // ptrace PTRACE_TRACEME; hardened hosts refuse it (kernel.yama.ptrace_scope)
	StepBeReadable               // prctl PR_SET_DUMPABLE
	StepTakeSignals              // rt_sigprocmask
	StepDropSignalStack          // sigaltstack
	StepCloseFiles               // close_range
	StepUnmap                    // munmap of one gap between regions
	StepPopulate                 // madvise MADV_POPULATE_WRITE of one region
	StepTouch                    // no system call: the pages of the job are read
	StepOpenCounter              // perf_event_open of one event
	StepStartCounters            // prctl PR_TASK_PERF_EVENTS_ENABLE
	StepMapCounter               // mmap of one event's page
	StepLimit                    // prlimit64 of one resource
	StepSetFS                    // arch_prctl ARCH_SET_FS
	StepClearGS                  // arch_prctl ARCH_SET_GS
	StepRegisterRseq             // rseq
	StepSetAlarm                 // setitimer
	StepFilter                   // seccomp SECCOMP_SET_MODE_FILTER
	stepKinds                    // how many kinds there are
)

// Step is one step of a cell's script: a system call by which the cell strips
// itself before it runs an object's code.
type Step struct {
	Kind StepKind
	// Index counts steps of one kind from 0. Of StepOpenCounter and StepMapCounter
	// it is the event's index in Plan.Attrs.
	Index int
	what  string // of steps that are told apart by more than their index, for people
}

// String says for people what the step does, as in "open counter 2".
func (s Step) String() string {
	switch act := s.Kind.String(); s.Kind {
	case StepOpenCounter, StepMapCounter:
		return fmt.Sprintf("%s %d", act, s.Index)
	case StepUnmap, StepPopulate, StepLimit:
		return act + " " + s.what
	default:
		return act
	}
}

// String says what steps of this kind do, as in "open counter".
func (k StepKind) String() string {
	names := [stepKinds]string{
		StepNone: "no step", StepDieWithParent: "die with the supervisor", StepFindParent: "find the supervisor alive",
		StepTrace: "be traced (ptrace)", StepBeReadable: "be readable", StepTakeSignals: "take signals",
		StepDropSignalStack: "drop the signal stack", StepCloseFiles: "close every descriptor", StepUnmap: "unmap",
		StepPopulate: "populate", StepTouch: "touch", StepOpenCounter: "open counter", StepStartCounters: "start the counters",
		StepMapCounter: "map counter", StepLimit: "limit", StepSetFS: "set FS", StepClearGS: "clear GS",
		StepRegisterRseq: "register rseq", StepSetAlarm: "set the alarm",
		StepProtectControl: "protect the control block", StepFilter: "install the filter",
	}
	if k >= stepKinds {
		return fmt.Sprintf("step of kind %d", k)
	}
	return names[k]
}

// StepError is a step of the script that the host refuses.
type StepError struct {
	Step  Step
	Errno unix.Errno
}

// Error names the step and the system's error.
func (e *StepError) Error() string { return fmt.Sprintf("cell: %v: %v", e.Step, e.Errno) }

// Unwrap gives the error number to errors.Is and errors.As.
func (e *StepError) Unwrap() error { return e.Errno }
