package cell

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRemains: Run does not wait until a cell is taken apart, but no call of the next cell
// begins before that, and nothing is left of a space that is closed.
func TestRemains(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := newSpace(t, "c3") // ret
	_, cpus := affinity(t)
	for _, elsewhere := range [][]int{nil, cpus} {
		p := onePlan(t)
		p.Elsewhere = elsewhere
		if o := run(t, s, p); o.End != Returned {
			t.Fatalf("ended by %v", o.End)
		}
		first := s.remains.pid
		if first == 0 || unix.Kill(first, 0) != nil {
			t.Fatalf("process %d is reaped already", first)
		}
		calls := 0
		p.Watch = &Watch{Phase: EveryRecord, After: func(WatchedCall) bool { calls++; return true }, Before: func() {
			if unix.Kill(first, 0) != unix.ESRCH {
				t.Errorf("a call begins beside what is left of process %d", first)
			}
		}}
		if o := run(t, s, p); o.End != Returned || calls == 0 {
			t.Errorf("ended by %v after %d watched calls", o.End, calls)
		}
	}
	last := s.remains.pid
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if unix.Kill(last, 0) != unix.ESRCH {
		t.Errorf("process %d outlives its space", last)
	}
	s.regions = nil // for the test's own cleaning up
}

// TestElsewhere: what is left of a cell is taken apart on a CPU of the plan's other than
// the one where it ran.
func TestElsewhere(t *testing.T) {
	s := newSpace(t, "c3")
	_, cpus := affinity(t)
	if len(cpus) < 2 {
		t.Skip("one CPU: there is no other")
	}
	bind(t, 0, cpus[0])
	p := onePlan(t)
	p.Elsewhere = cpus[:2]
	if o := run(t, s, p); o.CPU != cpus[0] {
		t.Errorf("the cell ran on CPU %d, want %d", o.CPU, cpus[0])
	}
	if on := onlyCPU(s.remains.pid); on != cpus[1] {
		t.Errorf("it ends on CPU %d, want %d", on, cpus[1])
	}
	p.Elsewhere = cpus[:1]
	if run(t, s, p); onlyCPU(s.remains.pid) != cpus[0] {
		t.Errorf("it ends on CPU %d, which the plan does not name", onlyCPU(s.remains.pid))
	}
}
