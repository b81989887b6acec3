package measure

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/perf/stats"
)

// A busy hyper-thread sends the next cells to another CPU, and the conditions
// say so; where there is no other, or nothing is busy, they stay.
func TestSettle(t *testing.T) {
	cpus := processor.ProbeHost(os.DirFS("/")).CPUs
	if len(cpus) < 2 {
		t.Skip("this process may run on one CPU only")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer bind(t, cpus)

	samples := func(contended int) (list []stats.Sample) {
		const chain, witness = 10000, 2000 // ticks; the witness is known to take as many cycles
		for i := range 100 {
			s := stats.Sample{Before: chain, After: chain, WitnessBefore: witness, WitnessAfter: witness, Ticks: 5000}
			if i < contended {
				s.WitnessBefore += witness / 3
			}
			list = append(list, s)
		}
		return list
	}
	for _, tt := range []struct {
		name      string
		cpus      []int
		contended int
		moves     bool
	}{
		{"busy", cpus, 51, true},
		{"quiet", cpus, 49, false},
		{"nowhere to go", cpus[:1], 100, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			job := &wire.Job{Host: wire.Host{
				Vendor: "GenuineIntel", Family: 6, CPUs: tt.cpus, Calibration: wire.Calibration{WitnessCycles: 2000},
			}}
			record := NewRecord(job.Host)
			record.Chain = uint64(10000 / record.ChainTurn())
			s := newSampler(record, timer{subject: &subject.Subject{Job: job}}, Known{Place: Pin(tt.cpus[:1])})
			for range 2 {
				s.outcomes, s.on = append(s.outcomes, &cell.Outcome{CPU: s.place.CPU}), append(s.on, s.place.CPU)
				s.settle(samples(tt.contended))
			}
			if moved := s.on[0] != s.on[1]; moved != tt.moves || strings.Contains(s.pinning(), "moved 1 time from") != tt.moves {
				t.Errorf("on CPUs %v, %q", s.on, s.pinning())
			}
			if cpu, err := cell.Pin(nil); err != nil || cpu != s.place.CPU {
				t.Errorf("on CPU %d, not %d: %v", cpu, s.place.CPU, err)
			}
		})
	}
}

// bind lets the calling thread run on these CPUs.
func bind(t *testing.T, cpus []int) {
	t.Helper()
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		t.Error(err)
	}
}
