package known

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
	"webrunner/perf"
)

// Bench measures known kernels on this machine as a cell would.
type Bench struct {
	*Sampler
	Host perf.HostInfo
	Cal  perf.Calibration
}

// NewBench calibrates with a chain of 5 µs and a witness of 1 µs at 3.6 GHz.
// The caller holds its thread and CPU.
func NewBench() (*Bench, error) {
	const chain, witnessed = 18000, 3600
	b := &Bench{Sampler: NewSampler(chain, witnessed), Host: perf.ProbeHost(os.DirFS("/"))}
	cycles := func(rounds int) float64 { return float64(rounds*ChainSteps) * perf.ChainStepCycles(b.Host) }
	reference := func(k ID, rounds int, cycles float64) (r perf.Reference) {
		r.Cycles = cycles
		for range 5 { // spread over time, for a moment without neighbours
			r.Samples = append(r.Samples, b.Take(k, rounds, 200)...)
			time.Sleep(2 * time.Millisecond)
		}
		return r
	}
	var err error
	for range 10 {
		b.Cal, err = perf.Calibrate(cycles(b.ChainRounds), b.Host.TSCQuantum,
			reference(Imul, 2, cycles(2)), reference(Imul, 200, cycles(200)), reference(Add, 300, 300*64))
		if err == nil {
			break
		}
	}
	if mix := perf.WitnessMixCycles(b.Host); mix > 0 && b.Cal.WitnessCycles > 0 {
		b.Cal.WitnessCycles = min(b.Cal.WitnessCycles, mix*float64(16*b.WitnessRounds))
	}
	return b, err
}

// Measure takes cells of 101 samples until the figure is within the relative
// precision, or the time is over.
func (b *Bench) Measure(k ID, rounds int, precision float64, limit time.Duration) (perf.Figure, perf.Quality, error) {
	var cells [][]perf.Sample
	for start := time.Now(); ; {
		cells = append(cells, b.Take(k, rounds, 101))
		f, q, err := perf.EstimateCycles(cells, b.Cal, b.Host.TSCQuantum)
		if err == nil && perf.Enough(f, q, precision) || time.Since(start) > limit {
			return f, q, err
		}
		if f.Rejected.Contended > f.Total/2 {
			time.Sleep(time.Millisecond)
		}
	}
}

// Pin holds the calling thread on a CPU; the caller has locked it.
func Pin(cpu int) error {
	var one unix.CPUSet
	one.Set(cpu)
	return unix.SchedSetaffinity(0, &one)
}
