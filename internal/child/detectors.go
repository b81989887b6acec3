package child

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// A detector is proved by a call that must be disturbed and by calls so short
// that nearly none can be. The timer of the slowest kernels interrupts every
// 10 ms; a scheduler that has two threads for one CPU changes between them at
// least as often. A virtual processor may be away for a while, so there are
// several tries.
const (
	longCall   = 25 * time.Millisecond
	longCalls  = 2
	shortCalls = 200
	proofTries = 4
	maxFalse   = shortCalls / 4 // of the short calls that may be disturbed after all
)

// proveDetectors tells which means of seeing disturbances work on this host.
func (s *session) proveDetectors(space *cell.Space, cpu int) (d wire.Detectors) {
	d.Interrupt, d.Preempt = "it was not tried", "it was not tried"
	for range proofTries {
		if d.Interrupt != "" {
			d.Interrupt = s.prove(space, trampoline.FlagInterrupt, "the timer did not show in calls of %v (nohz_full, or the processor keeps ES)")
		}
		if d.Preempt != "" {
			stop := disturb(cpu)
			d.Preempt = s.prove(space, trampoline.FlagPreempt, "another thread on the CPU did not show in calls of %v (a kernel without rseq)")
			stop()
		}
	}
	return d
}

// prove runs short calls and long ones, and returns what speaks against a
// detector. While it is proved by disturbance, short calls are disturbed no
// more often than long ones are long.
func (s *session) prove(space *cell.Space, flag uint64, unseen string) string {
	short, err := s.flagged(space, flag, witnessTime, shortCalls)
	if err != nil {
		return err.Error()
	}
	long, err := s.flagged(space, flag, longCall, longCalls)
	switch {
	case err != nil:
		return err.Error()
	case short > maxFalse:
		return fmt.Sprintf("it shows in %d of %d calls too short for it", short, shortCalls)
	case long < longCalls:
		return fmt.Sprintf(unseen, longCall)
	}
	return ""
}

// flagged returns how many calls of a length were disturbed by the account of
// a detector.
func (s *session) flagged(space *cell.Space, flag uint64, length time.Duration, calls int) (n int, err error) {
	turns := float64(s.ticks(length)) * 1.3 / s.turnCycles()
	plan := cell.Plan{
		Sections: []cell.Section{{Kind: trampoline.ImulChain, Turns: uint64(turns) + 1}},
		Records:  calls, Budget: s.ticks(time.Second), Wall: 2 * time.Second,
		XSave: perf.XGETBV() != 0, Rseq: true,
	}
	out, err := s.runOwn(space, plan)
	if err != nil {
		return 0, err
	}
	for _, r := range out.Samples.Records {
		if r.Flags&flag != 0 {
			n++
		}
	}
	return n, nil
}

// disturb keeps a CPU busy by another thread until the function that it
// returns is called.
func disturb(cpu int) (stop func()) {
	var over atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and die with it: nothing else shall run there
		var set unix.CPUSet
		set.Set(cpu)
		if unix.SchedSetaffinity(0, &set) != nil {
			return
		}
		for !over.Load() {
		}
	}()
	return func() { over.Store(true); <-done }
}
