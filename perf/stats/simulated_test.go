package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// simulated is a core with a coarse time-stamp counter, a frequency that moves,
// and neighbours.
type simulated struct {
	rng     *rand.Rand
	ratio   float64 // core cycles per tick
	quantum uint64

	edge, chainEdge float64 // cycles between the time stamps beside a long call, and beside a chain
	edgeScatter     float64 // standard deviation of both by process

	interrupts float64 // share of records that are interrupted
	turbo      float64 // share in which the frequency steps
	drift      float64 // relative, what the frequency moves by from record to record
	neighbours float64 // share in which another thread slows witness and call
	spell      int     // records that a neighbour stays, or stays away
	immune     bool    // it slows the witness alone: the call waits for its own results
	taken      float64 // cycles between two interruptions by the host, of which the guest sees nothing; 0 for none
	timer      float64 // cycles from which on a call is interrupted for its length; 0 for none

	fast bool // the frequency is at its upper step
	busy bool // a neighbour is there
}

const (
	simChain   = 18000.0
	simShort   = 1920.0
	simAdds    = 768.0
	simWitness = 3630.0
	simLong    = simChain // from which on calls have a chain beside them,
	simLongest = 1e6      // which is no longer than that
	upperStep  = 1.04     // of the frequency
)

func newSimulated() *simulated { return seeded(1) }

func seeded(seed uint64) *simulated {
	return &simulated{rng: rand.New(rand.NewPCG(1, seed)), ratio: 1.42, quantum: 26, edge: 78.5, chainEdge: 79.5, spell: 1}
}

// The calls of calibration cells, in cycles.
func straightCalls() []float64 { return []float64{0, 6, 15, 96} }

// beside is what a call of so many cycles shows beside its edge, as measured on
// Zen 5 with straight multiplications: the shortest hide a part of it.
func beside(cycles float64) float64 {
	short := [...][2]float64{{0, 10}, {6, 6.5}, {9, 4.2}, {10, 3.5}, {15, 0}}
	for i := 1; i < len(short); i++ {
		if a, b := short[i-1], short[i]; cycles < b[0] {
			return a[1] + (cycles-a[0])*(b[1]-a[1])/(b[0]-a[0])
		}
	}
	return 0
}

// ticks is what the clock shows for so many cycles that begin at any moment, at
// so much of the base frequency.
func (s *simulated) ticks(cycles, speed float64) uint64 {
	q := float64(s.quantum)
	return uint64(math.Floor(s.rng.Float64()+cycles/(s.ratio*speed*q)) * q)
}

// process is what differs from process to process.
type process struct{ edge, chainEdge float64 }

func (s *simulated) process() process {
	return process{s.edge + s.edgeScatter*s.rng.NormFloat64(), s.chainEdge + s.edgeScatter*s.rng.NormFloat64()}
}

// next moves the frequency and the neighbour on to the next record. The
// frequency steps at a moment in the middle of it: during is that of the call.
func (s *simulated) next() (before, during, slow float64) {
	s.ratio *= 1 + s.drift*s.rng.NormFloat64()
	before = s.speed()
	if s.rng.Float64() < s.turbo {
		s.fast = !s.fast
	}
	during = (before + s.speed()) / 2
	if s.rng.Float64()*float64(s.spell) < 1 {
		s.busy = s.rng.Float64() < s.neighbours
	}
	if s.busy {
		return before, during, 1.4
	}
	return before, during, 1
}

func (s *simulated) speed() float64 {
	if s.fast {
		return upperStep
	}
	return 1
}

// shown is what the clock shows of so many cycles, with what the host takes meanwhile:
// some 2 us each time, and sometimes much more.
func (s *simulated) shown(cycles, speed float64) uint64 {
	if s.taken > 0 {
		for at := s.rng.ExpFloat64() * s.taken; at < cycles; at += s.rng.ExpFloat64() * s.taken {
			cycles += 7000 + 5000*s.rng.ExpFloat64()
			at += 7000
		}
	}
	return s.ticks(cycles, speed)
}

// interruption is what an interrupt makes a lap longer by.
func (s *simulated) interruption() uint64 { return 5200 + s.quantum*uint64(s.rng.IntN(1000)) }

// calls takes n samples of calls whose cycles the function tells.
func (s *simulated) calls(n int, cycles func() float64) []Sample {
	return s.record(n, func(p process, slow float64) float64 {
		c := cycles() * slow
		return p.edge + beside(c) + c
	})
}

// record takes n samples of what stands between two time stamps.
func (s *simulated) record(n int, between func(p process, slow float64) float64) []Sample {
	p := s.process()
	out := make([]Sample, n)
	chain := func(speed float64) uint64 { return s.shown(simChain+p.chainEdge, speed) }
	for i := range out {
		c := &out[i]
		before, during, slow := s.next()
		c.Before = chain(before)
		c.WitnessBefore = s.shown(simWitness*slow+p.chainEdge, before)
		c.WitnessAfter = s.shown(simWitness*slow+p.chainEdge, s.speed())
		if s.immune {
			slow = 1
		}
		work := between(p, slow)
		c.Ticks = s.shown(work, during)
		if work > simLong {
			c.LongCycles = min(work, simLongest)
			c.Long = s.shown(c.LongCycles+p.chainEdge, s.speed())
		}
		if i > 0 {
			out[i-1].After = c.Before
		}
		switch {
		case s.timer > 0 && work > s.timer:
			c.Interrupted, c.Lengthy = true, true
			c.Ticks += s.interruption() / 4
		case s.rng.Float64() < s.interrupts:
			c.Interrupted = true
			if i > 0 && s.rng.IntN(3) == 0 { // in the chain, which two samples share
				c.Before += s.interruption()
				out[i-1].Interrupted, out[i-1].After = true, c.Before
			} else {
				c.Ticks += s.interruption()
			}
		}
	}
	out[n-1].After = chain(s.speed())
	return out
}

// cell takes n samples of a function that needs so many cycles.
func (s *simulated) cell(n int, cycles float64) []Sample {
	return s.calls(n, func() float64 { return cycles })
}

func (s *simulated) cells(k, n int, cycles float64) (all [][]Sample) {
	for range k {
		all = append(all, s.cell(n, cycles))
	}
	return all
}

// emptyInBatch is the cycles of an empty call among others.
const emptyInBatch = 8

// batches takes n samples of batches of calls.
func (s *simulated) batches(n, calls int, cycles float64) (out []Sample) {
	for _, c := range s.record(n, func(p process, slow float64) float64 {
		return p.edge + float64(calls)*(cycles*slow+emptyInBatch)
	}) {
		out = append(out, c, Sample{Empty: true, Ticks: s.ticks(s.edge+float64(calls)*emptyInBatch, s.speed())})
	}
	return out
}

// references are cells of n records of known laps.
func (s *simulated) references(cells, n int) (list []References) {
	for range cells {
		r := References{Long: Length{Cycles: simChain}, Chain: Length{Cycles: simShort}, Adds: Length{Cycles: simAdds}}
		for _, c := range straightCalls() {
			r.Straight = append(r.Straight, Length{Cycles: c})
		}
		p := s.process()
		for range n {
			before, _, slow := s.next()
			show := func(l *Length, cycles float64) { l.Ticks = append(l.Ticks, s.shown(cycles, before)) }
			show(&r.Long, simChain+p.chainEdge)
			show(&r.Chain, simShort+p.chainEdge)
			show(&r.Adds, simAdds*(1+(slow-1)/20)+p.chainEdge)
			r.Witness = append(r.Witness, s.shown(simWitness*slow+p.chainEdge, before))
			for i := range r.Straight {
				l := &r.Straight[i]
				show(l, p.edge+beside(l.Cycles)+l.Cycles)
			}
			hit := s.rng.Float64() < s.interrupts
			if hit {
				l := &r.Straight[s.rng.IntN(len(r.Straight))]
				l.Ticks[len(l.Ticks)-1] += s.interruption()
			}
			r.Disturbed = append(r.Disturbed, hit)
		}
		list = append(list, r)
	}
	return list
}

func (s *simulated) calibrate(t *testing.T) Calibration {
	t.Helper()
	cal, err := Calibrate(s.references(8, 100), s.quantum)
	if err != nil || cal.Doubt != "" {
		t.Fatalf("%+v, %v", cal, err)
	}
	return cal
}

// known is what a calibration without an error would find.
func (s *simulated) known() Calibration {
	cal := Calibration{ChainCycles: simChain, ChainEdge: s.chainEdge, Edge: s.edge, WitnessCycles: simWitness}
	for _, c := range straightCalls() {
		cal.Short = append(cal.Short, [2]float64{c, s.edge + beside(c) + c})
	}
	return cal
}
