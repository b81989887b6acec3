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

// TestElsewhere: what is left of a cell may be taken apart on the CPUs that the plan
// names, and on no others.
func TestElsewhere(t *testing.T) {
	s := newSpace(t, "c3")
	_, cpus := affinity(t)
	if len(cpus) < 2 {
		t.Skip("one CPU: there is no other")
	}
	bind(t, 0, cpus[0])
	for _, tt := range []struct {
		elsewhere []int
		only      int
	}{{nil, cpus[0]}, {cpus[:2], -1}, {cpus[1:2], cpus[1]}} {
		p := onePlan(t)
		p.Elsewhere = tt.elsewhere
		if o := run(t, s, p); o.CPU != cpus[0] {
			t.Errorf("the cell ran on CPU %d, want %d", o.CPU, cpus[0])
		}
		if on := onlyCPU(s.remains.pid); on != tt.only {
			t.Errorf("it ends on CPU %d (-1: several), want %d", on, tt.only)
		}
	}
}
