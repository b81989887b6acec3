package perf_test

import (
	"math"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"webrunner/perf/internal/known"
)

// onOneCPU holds the test's thread and the first allowed CPU.
func onOneCPU(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	var old unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.SchedSetaffinity(0, &old)
		runtime.UnlockOSThread()
	})
	for c := range 1024 {
		if old.IsSet(c) {
			if err := known.Pin(c); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

func TestKnownKernelsReadTheirCycles(t *testing.T) {
	onOneCPU(t)
	b, err := known.NewBench()
	if err != nil {
		t.Skip("this machine is too busy to calibrate: ", err)
	}
	t.Logf("%+v", b.Cal)
	judged := 0
	for _, k := range known.Kernels(b.Host) {
		if k.Step == 0 || !k.Runs() {
			t.Logf("%s: no known cost on %s", k.Name, b.Host.CPU)
			continue
		}
		rounds, want := k.Rounds(40000)
		f, q, err := b.Measure(k.ID, rounds, 0.001, 300*time.Millisecond)
		off := f.Value/want - 1
		t.Logf("%-28s want %6.0f got %8.1f ±%4.1f (%+.3f %%) accepted %d/%d%v", k.Name, want, f.Value, (f.CIHigh-f.CILow)/2, 100*off, f.Accepted, f.Total, f.Rejected)
		switch {
		case err != nil:
			t.Errorf("%s: %v", k.Name, err)
		case q.Contended || q.Disturbed || len(q.Modes) > 0:
			t.Logf("%s: not judged: %v", k.Name, q.Warnings)
		case math.Abs(off) > 0.01:
			t.Errorf("%s: %.1f cycles, want %.0f (%+.2f %%); %v", k.Name, f.Value, want, 100*off, q.Warnings)
		default:
			judged++
		}
	}
	t.Logf("%d kernels judged", judged)
}
