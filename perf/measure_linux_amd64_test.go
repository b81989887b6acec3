package perf_test

import (
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"webrunner/perf"
	"webrunner/perf/internal/known"
)

// onOneCPU holds the test's thread and the first allowed CPU.
func onOneCPU(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	var old, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		t.Fatal(err)
	}
	for c := range 1024 {
		if old.IsSet(c) {
			one.Set(c)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.SchedSetaffinity(0, &old)
		runtime.UnlockOSThread()
	})
}

// bench measures known kernels on this machine.
type bench struct {
	*known.Sampler
	host    perf.HostInfo
	cal     perf.Calibration
	quantum uint64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	host := perf.ProbeHost(os.DirFS("/"))
	b := &bench{Sampler: known.NewSampler(18000, 3600), host: host, quantum: host.TSCQuantum}
	cycles := func(rounds int) float64 { return float64(rounds*known.ChainSteps) * perf.ChainStepCycles(host) }
	ref := func(k known.ID, rounds int, cycles float64) (r perf.Reference) {
		r.Cycles = cycles
		for range 5 { // spread over time, for a moment without neighbours
			r.Samples = append(r.Samples, b.Take(k, rounds, 200)...)
			time.Sleep(2 * time.Millisecond)
		}
		return r
	}
	var err error
	b.cal, err = perf.Calibrate(cycles(b.ChainRounds), b.quantum,
		ref(known.Imul, 2, cycles(2)), ref(known.Imul, 200, cycles(200)), ref(known.Add, 300, 300*64))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// measure takes cells until the figure is good enough, or the time is over.
func (b *bench) measure(k known.ID, rounds int, limit time.Duration) (perf.Figure, perf.Quality, error) {
	var cells [][]perf.Sample
	for start := time.Now(); ; {
		cells = append(cells, b.Take(k, rounds, 101))
		f, q, err := perf.EstimateCycles(cells, b.cal, b.quantum)
		if err == nil && perf.Enough(f, q, 0.0005) || time.Since(start) > limit {
			return f, q, err
		}
		if q.Contended || f.Rejected.Contended > f.Total/2 {
			time.Sleep(time.Millisecond)
		}
	}
}

func TestKnownKernelsReadTheirCycles(t *testing.T) {
	onOneCPU(t)
	b := newBench(t)
	t.Logf("%+v", b.cal)
	for _, k := range known.Kernels(b.host) {
		if k.Step == 0 || !k.Runs() {
			t.Logf("%s: no known cost on %s", k.Name, b.host.CPU)
			continue
		}
		rounds, want := k.Rounds(40000)
		f, q, err := b.measure(k.ID, rounds, 500*time.Millisecond)
		off := f.Value/want - 1
		t.Logf("%-28s want %6.0f got %8.1f ±%4.1f (%+.3f %%) accepted %d/%d contended %d unsteady %d intr %d", k.Name, want, f.Value, (f.CIHigh-f.CILow)/2, 100*off, f.Accepted, f.Total, f.Rejected.Contended, f.Rejected.Unsteady, f.Rejected.Interrupted)
		switch {
		case err != nil:
			t.Errorf("%s: %v", k.Name, err)
		case q.Contended || q.Disturbed:
			t.Logf("%s: not judged: %v", k.Name, q.Warnings)
		case math.Abs(off) > 0.01:
			t.Errorf("%s: %.1f cycles, want %.0f (%+.2f %%); %v", k.Name, f.Value, want, 100*off, q.Warnings)
		}
	}
}
