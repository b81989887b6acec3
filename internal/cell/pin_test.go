package cell

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// affinity locks the test to its thread, and returns the CPUs that the thread
// may run on. It gets them back when the test ends.
func affinity(t *testing.T) (set unix.CPUSet, cpus []int) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return set, cpus
}

// bind binds a thread to some CPUs.
func bind(t *testing.T, pid int, cpus ...int) {
	t.Helper()
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(pid, &set); err != nil {
		t.Fatal(err)
	}
}

// A cell runs where its supervisor was pinned to, on every CPU.
func TestPin(t *testing.T) {
	s := newSpace(t, "c3")
	_, cpus := affinity(t)
	for _, want := range cpus {
		bind(t, 0, want)
		cpu, err := Pin(nil)
		if err != nil || cpu != want {
			t.Fatalf("pinned to CPU %d, want %d: %v", cpu, want, err)
		}
		if o := run(t, s, onePlan(t)); o.CPU != want {
			t.Errorf("the cell was bound to CPU %d, want %d", o.CPU, want)
		}
	}
	bind(t, 0, cpus...)
	cpu, err := Pin(nil)
	if err != nil {
		t.Fatal(err)
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil || set.Count() != 1 || !set.IsSet(cpu) {
		t.Errorf("pinned to %v, want CPU %d alone (%v)", set, cpu, err)
	}
}

// What is not pinned is not called so.
func TestNotPinned(t *testing.T) {
	s := newSpace(t, "f4c3") // hlt; ret
	_, cpus := affinity(t)
	if len(cpus) < 2 {
		t.Skip("one CPU: everything is pinned")
	}
	bind(t, 0, cpus[0], cpus[1])
	for _, cpu := range cpus {
		if checkPin(cpu) == nil {
			t.Errorf("the thread passes for pinned to CPU %d", cpu)
		}
	}
	p := onePlan(t)
	p.pmu = func(r *unix.PtraceRegsAmd64) bool { r.Rip++; return true }
	if o := run(t, s, p); o.CPU != -1 {
		t.Errorf("the cell passes for bound to CPU %d", o.CPU)
	}
	bind(t, 0, cpus[0])
	if checkPin(cpus[1]) == nil {
		t.Error("the thread passes for pinned to another CPU")
	}
	p.pmu = func(r *unix.PtraceRegsAmd64) bool { // the host's administrator moves the cell
		r.Rip++
		bind(t, cellPID(t), cpus[1])
		return r.Rip == trampoline.ImageAddr+1
	}
	if o := run(t, s, p); o.End != Returned || o.CPU != cpus[1] {
		t.Errorf("ended by %v, bound to CPU %d, want %d", o.End, o.CPU, cpus[1])
	}
}

func TestPinned(t *testing.T) {
	for _, tt := range []struct {
		want, only, now int
		ok              bool
	}{{1, 1, 1, true}, {0, 0, 0, true}, {1, -1, 1, false}, {1, 0, 1, false}, {1, 1, 0, false}} {
		if err := pinned(tt.want, tt.only, tt.now); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// cellPID finds the cell that this thread has forked.
func cellPID(t *testing.T) int {
	t.Helper()
	children, err := os.ReadFile("/proc/thread-self/children")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// Where only some CPUs will do, it goes to one of them.
func TestPinAmong(t *testing.T) {
	_, cpus := affinity(t)
	if len(cpus) < 2 {
		t.Skip("this process has one CPU only")
	}
	for _, want := range cpus {
		bind(t, 0, cpus...)
		if cpu, err := Pin([]int{want}); err != nil || cpu != want {
			t.Errorf("pinned to CPU %d, want %d: %v", cpu, want, err)
		}
	}
	if _, err := Pin([]int{len(unix.CPUSet{})*64 - 1}); err == nil {
		t.Error("pinned to a CPU that is not there")
	}
}
