// Package cpus shares the CPUs of a host between jobs, whose figures suffer from
// whatever runs beside them, and the service around them.
package cpus

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Share says who has which CPUs.
type Share struct {
	Jobs  []int // where cells run
	Rest  []int // for all else; the same as Jobs where there is no CPU of its own for it
	Slots int   // jobs at one time
}

// Apart tells whether jobs share no CPU with anything else.
func (s Share) Apart() bool {
	return !slices.ContainsFunc(s.Rest, func(c int) bool { return slices.Contains(s.Jobs, c) })
}

// Host is what there is to share.
type Host struct {
	Allowed []int // CPUs that this process may run on, from the lowest
	Fit     []int // those of the kind of core whose events are counted; nil is all
	// Siblings returns the hyper-threads of a CPU's core with it, or nothing where the
	// kernel does not tell. Nil tells nothing.
	Siblings func(cpu int) []int
}

// Divide gives jobs the CPUs that the operator asks for, with one job at a time on each,
// and the others to the rest. Where nothing is asked for, and there are two CPUs, the rest
// has one, with its hyper-threads if others are left, and jobs have all that are fit.
// Slots is how many jobs at one time are asked for; 0 is one, or one for each CPU that is
// asked for. More than there are CPUs apart have all CPUs together with the rest. The error
// says what cannot be had.
func (h Host) Divide(asked []int, slots int) (Share, error) {
	for _, c := range asked {
		if !slices.Contains(h.Allowed, c) {
			return Share{}, fmt.Errorf("CPU %d is none that this process may run on, which are %v", c, h.Allowed)
		}
		if len(h.Fit) > 0 && !slices.Contains(h.Fit, c) {
			return Share{}, fmt.Errorf("CPU %d is of another kind than those whose events can be counted, which are %v", c, h.Fit)
		}
	}
	if len(asked) > 0 {
		asked = slices.Compact(slices.Sorted(slices.Values(asked)))
		if slots > len(asked) {
			return Share{}, fmt.Errorf("%d jobs at one time need as many CPUs, not %d", slots, len(asked))
		}
		if slots == 0 {
			slots = len(asked)
		}
		return Share{asked, orAll(without(h.Allowed, asked), asked), slots}, nil
	}
	slots = max(slots, 1)
	fit := slices.DeleteFunc(slices.Clone(h.Allowed), func(c int) bool { return len(h.Fit) > 0 && !slices.Contains(h.Fit, c) })
	if len(fit) == 0 {
		fit = h.Allowed
	}
	rest := without(h.Allowed, fit) // cores that cannot count are good for the rest
	if len(rest) == 0 && len(fit) > 1 {
		rest = fit[:1]
		if h.Siblings != nil {
			core := slices.DeleteFunc(slices.Clone(fit), func(c int) bool { return c != fit[0] && !slices.Contains(h.Siblings(fit[0]), c) })
			if len(fit)-len(core) >= slots {
				rest = core
			}
		}
	}
	jobs := without(fit, rest)
	if len(jobs) < slots || len(rest) == 0 {
		return Share{fit, h.Allowed, slots}, nil
	}
	return Share{jobs, rest, slots}, nil
}

func without(list, others []int) []int {
	return slices.DeleteFunc(slices.Clone(list), func(c int) bool { return slices.Contains(others, c) })
}

func orAll(list, all []int) []int {
	if len(list) == 0 {
		return all
	}
	return list
}

// Parts divides CPUs among slots: each has its own where there are enough, else all have
// all.
func Parts(list []int, slots int) [][]int {
	parts := make([][]int, max(slots, 1))
	for i := range parts {
		if len(list) < len(parts) {
			parts[i] = list
			continue
		}
		for j := i; j < len(list); j += len(parts) {
			parts[i] = append(parts[i], list[j])
		}
	}
	return parts
}

// Confine binds every thread of this process to CPUs. Threads that are made later, and
// processes, inherit that. The runtime uses no more threads at a time than there are CPUs.
// It needs /proc.
func Confine(list []int) error {
	set := setOf(list)
	err := eachThread(func(tid int) error {
		return os.NewSyscallError("sched_setaffinity", unix.SchedSetaffinity(tid, set))
	})
	if err == nil {
		runtime.GOMAXPROCS(len(list))
	}
	return err
}

// Precede raises the priority of every thread of this process by so many steps of nice(1),
// and returns by how many: none without CAP_SYS_NICE or a limit that allows it
// (setrlimit(2), RLIMIT_NICE). Threads that are made later, and processes, inherit that. It
// needs /proc.
func Precede(by int) (steps int) {
	now, err := nice()
	if err != nil {
		return 0
	}
	const best = -20
	to := max(now-by, best)
	err = eachThread(func(tid int) error {
		return os.NewSyscallError("setpriority", unix.Setpriority(unix.PRIO_PROCESS, tid, to))
	})
	if err != nil {
		return 0
	}
	return now - to
}

// Yield lowers the priority of the calling thread alone, and of the processes that it makes,
// by so many steps of nice(1), which Linux always allows.
func Yield(steps int) {
	if now, err := nice(); err == nil && steps > 0 {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, now+steps)
	}
}

// nice is that of the calling thread, of which the system call returns 20 less (getpriority(2)).
func nice() (int, error) {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	return 20 - raw, err
}

// eachThread does something with every thread of this process but those that end meanwhile.
func eachThread(do func(tid int) error) error {
	done := make(map[int]bool)
	for range 100 { // a thread may be made while it is done with others
		found, err := threads()
		if err != nil {
			return err
		}
		fresh := false
		for _, tid := range found {
			if done[tid] {
				continue
			}
			fresh, done[tid] = true, true
			if err := do(tid); err != nil && !errors.Is(err, unix.ESRCH) { // it has ended
				return err
			}
		}
		if !fresh {
			return nil
		}
	}
	return errors.New("cpus: this process makes threads faster than something can be done with them")
}

func threads() (list []int, err error) {
	entries, err := fs.ReadDir(os.DirFS("/proc/self/task"), ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, fmt.Errorf("cpus: /proc/self/task has %q", e.Name())
		}
		list = append(list, tid)
	}
	return list, nil
}

// On has f done on some CPUs, if there are any: what asks the processor about itself is
// told of the core that it runs on.
func On(list []int, f func()) {
	if len(list) == 0 {
		f()
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if unix.SchedGetaffinity(0, &before) == nil && unix.SchedSetaffinity(0, setOf(list)) == nil {
		defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	}
	f()
}

func setOf(list []int) *unix.CPUSet {
	var set unix.CPUSet
	for _, c := range list {
		set.Set(c)
	}
	return &set
}
