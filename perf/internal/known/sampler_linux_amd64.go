package known

import "webrunner/perf"

// raw is one sample: chain, witness, kernel, witness, chain, empty call.
type raw struct {
	Stamps [12]uint64 // begin and end of each of the six, time-stamp counter
	ES     [6]uint64  // the ES selector after each: 3 undisturbed, 0 after an interrupt
}

// sample times kernel number fn between chains of rounds of kernel number chain.
func sample(fn, iters, chain, chainIters, witnessIters int, mem *[8]uint64, out *raw)

// Sampler times kernels as the measuring stub does.
type Sampler struct {
	ChainRounds, WitnessRounds int

	mem *[8]uint64
}

// The rounds of the chain that ChainRounds counts: 32 dependent imul of r32.
const ChainSteps = 32

// NewSampler returns a sampler whose chain and witness take about so many core
// cycles on a processor of 3 cycles an imul.
func NewSampler(chain, witness float64) *Sampler {
	return &Sampler{ChainRounds: int(chain/(3*ChainSteps) + .5), WitnessRounds: int(witness/16 + .5), mem: newMem()}
}

// Take returns n samples of a kernel of so many rounds, an empty call after
// each. The caller holds its thread and CPU.
func (s *Sampler) Take(k ID, rounds, n int) []perf.Sample {
	out := make([]perf.Sample, 0, 2*n)
	for range n {
		var r raw
		sample(int(k), rounds, int(Imul), s.ChainRounds, s.WitnessRounds, s.mem, &r)
		d := func(i int) uint64 { return r.Stamps[2*i+1] - r.Stamps[2*i] }
		hit := false
		for _, es := range r.ES[:5] {
			hit = hit || es != 3
		}
		out = append(out,
			perf.Sample{Before: d(0), WitnessBefore: d(1), Ticks: d(2), WitnessAfter: d(3), After: d(4), Interrupted: hit},
			perf.Sample{Empty: true, Ticks: d(5), Interrupted: r.ES[5] != 3})
	}
	return out
}
