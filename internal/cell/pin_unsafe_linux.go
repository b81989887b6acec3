package cell

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Pin keeps the calling thread, and the cells that it forks, on the CPU where
// it runs now: the scheduler has chosen an idle one. If that has to be one of
// several, as the cores of one kind are, it goes there first. It returns that CPU's
// number once Linux has confirmed it; Outcome.CPU tells of each cell. The
// caller is locked to its thread.
func Pin(among []int) (cpu int, err error) {
	if len(among) > 0 {
		if err := Move(among); err != nil {
			return -1, err
		}
		// What has to move is put on any of them; what wakes, on an idle core if
		// there is one (kernel/sched/fair.c, select_idle_sibling).
		_ = unix.Nanosleep(&unix.Timespec{Nsec: 1}, nil)
	}
	if cpu, err = getcpu(); err != nil {
		return -1, err
	}
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return -1, fmt.Errorf("sched_setaffinity: %w", err)
	}
	if err := checkPin(cpu); err != nil {
		return -1, err
	}
	return cpu, nil
}

// Move keeps the calling thread, and the cells that it forks, on some CPUs. Without any it
// does nothing. The caller is locked to its thread.
func Move(among []int) error {
	if len(among) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, c := range among {
		set.Set(c)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("sched_setaffinity to the CPUs %v: %w", among, err)
	}
	return nil
}

// checkPin tells whether the calling thread runs on this CPU and may run on no
// other.
func checkPin(want int) error {
	now, err := getcpu()
	if err != nil {
		return err
	}
	return pinned(want, onlyCPU(0), now)
}

// pinned compares the CPU that was asked for with the only one allowed and the
// one in use. A system that merely emulates Linux may take note of the one
// without heeding it.
func pinned(want, only, now int) error {
	switch {
	case only != want:
		return fmt.Errorf("asked for CPU %d alone, Linux says %d (-1: several)", want, only)
	case now != want:
		return fmt.Errorf("the thread is bound to CPU %d and runs on CPU %d", want, now)
	}
	return nil
}

// onlyCPU returns the one CPU that Linux lets a thread run on, -1 if there
// are several or Linux does not tell. A cell cannot change its own, which
// its seccomp filter forbids, nor its supervisor's account of it; the number in
// its rseq area would be its own word.
func onlyCPU(pid int) int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(pid, &set); err != nil || set.Count() != 1 {
		return -1
	}
	cpu := 0
	for !set.IsSet(cpu) {
		cpu++
	}
	return cpu
}

func getcpu() (int, error) {
	var cpu uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return -1, fmt.Errorf("getcpu: %w", errno)
	}
	return int(cpu), nil
}
