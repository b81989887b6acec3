package stats

import (
	"math"
	"testing"
)

// trial measures one function as a job does, on a core that was calibrated as
// a server does it: until it is precise enough, or for so many cells.
type trial struct {
	quantum    uint64
	cycles     float64
	quick      bool
	neighbours float64
	taken      float64 // cycles between two interruptions by the host
	within     float64 // relative standard deviation of calls
	between    float64 // of processes
}

const (
	trialRounds    = 6 // of a calibration, at least
	trialMost      = 24
	trialGood      = 0.7 // cycles of EdgeError
	trialRecords   = 32
	trialQuickly   = 20
	trialCells     = 64
	trialPrecision = 0.005
	trialQuick     = 0.05
)

// onCore is a core on which this trial runs.
func (tr trial) onCore(seed uint64) *simulated {
	s := seeded(seed)
	s.quantum, s.neighbours, s.spell = tr.quantum, tr.neighbours, 40
	s.ratio *= 1 + .1*s.rng.Float64()
	s.edgeScatter, s.drift, s.turbo, s.interrupts = .9, 5e-5, .01, .02
	s.taken = tr.taken
	return s
}

func (tr trial) calibrate(s *simulated) (cal Calibration, err error) {
	var refs []References
	for len(refs) < trialMost {
		refs = append(refs, s.references(1, 100)...)
		if len(refs) < trialRounds {
			continue
		}
		if cal, err = Calibrate(refs, s.quantum); err == nil && cal.EdgeError < trialGood {
			break
		}
	}
	return cal, err
}

func (tr trial) measure(s *simulated, cal Calibration) (f Figure, q Quality, err error) {
	// What this function has of its own, within what the interval allows.
	edge := s.edge
	defer func() { s.edge = edge }()
	s.edge += codeScatter / normal95 * s.rng.NormFloat64()
	work := tr.cycles * (1 + chainScatter/normal95*s.rng.NormFloat64())
	precision, records := trialPrecision, trialRecords
	if tr.quick {
		precision, records = trialQuick, trialQuickly
	}
	var cells [][]Sample
	for next := 3; len(cells) < trialCells; {
		here := work * (1 + tr.between*s.rng.NormFloat64())
		cells = append(cells, s.calls(records, func() float64 { return here * (1 + tr.within*s.rng.NormFloat64()) }))
		if tr.quick {
			f, q, err = EstimateCycles(cells, cal, s.quantum)
			if err == nil && Precise(f, precision) && !q.Contended && !q.Disturbed {
				break
			}
			continue
		}
		if len(cells) < next {
			continue
		}
		next += next/4 + 1
		f, q, err = EstimateCycles(cells, cal, s.quantum)
		if err == nil && Enough(f, q, precision) {
			break
		}
	}
	return f, q, err
}

// conditions are what a calibration depends on.
type conditions struct {
	quantum    uint64
	neighbours float64
	taken      float64
	seed       uint64
}

// coverage is the share of trials whose interval holds the truth, and of those
// that find modes.
func (tr trial) coverage(t *testing.T, trials int, known map[conditions]Calibration) (held, modes float64) {
	for i := range uint64(trials) {
		s := tr.onCore(i)
		at := conditions{tr.quantum, tr.neighbours, tr.taken, i}
		cal, ok := known[at]
		if !ok {
			var err error
			if cal, err = tr.calibrate(s); err != nil {
				t.Fatal(err)
			}
			known[at] = cal
		}
		f, q, err := tr.measure(tr.onCore(^i), cal)
		if err != nil {
			t.Fatal(err)
		}
		if f.CILow <= tr.cycles && tr.cycles <= f.CIHigh {
			held++
		}
		if len(q.Modes) > 0 {
			modes++
		}
	}
	return held / float64(trials), modes / float64(trials)
}

// TestIntervalsCover: whatever the length, the clock and the neighbours, the
// interval of a run on a core that was calibrated for it holds the truth in 93 % of
// the trials; of each kind, less what so few trials differ by.
func TestIntervalsCover(t *testing.T) {
	const trials, least = 30, .83
	known := make(map[conditions]Calibration)
	all, n := 0.0, 0.0
	for _, tr := range []trial{
		{quantum: 26, cycles: 20}, {quantum: 21, cycles: 60}, {quantum: 1, cycles: 60}, {quantum: 26, cycles: 300},
		{quantum: 21, cycles: 3000}, {quantum: 26, cycles: 20000}, {quantum: 21, cycles: 1e5}, {quantum: 26, cycles: 1e6}, {quantum: 1, cycles: 1e6},
		{quantum: 21, cycles: 300, neighbours: .3}, {quantum: 26, cycles: 1e5, neighbours: .6, within: .01},
		{quantum: 21, cycles: 3000, within: .02}, {quantum: 21, cycles: 3000, between: .002}, {quantum: 21, cycles: 3000, between: .005},
		{quantum: 26, cycles: 60, quick: true}, {quantum: 1, cycles: 300, quick: true}, {quantum: 26, cycles: 20000, quick: true},
		{quantum: 26, cycles: 1e6, quick: true}, {quantum: 1, cycles: 1e6, quick: true}, {quantum: 21, cycles: 1e5, within: .01, quick: true},
		{quantum: 2, cycles: 300, taken: 240e3}, {quantum: 2, cycles: 10e3, taken: 240e3}, {quantum: 2, cycles: 20e3, taken: 240e3}, {quantum: 2, cycles: 30e3, taken: 240e3}, {quantum: 2, cycles: 30e3, taken: 120e3}, {quantum: 2, cycles: 50e3, taken: 240e3}, {quantum: 2, cycles: 1e5, taken: 240e3},
		{quantum: 2, cycles: 3e5, taken: 240e3}, {quantum: 26, cycles: 1e6, taken: 240e3}, {quantum: 2, cycles: 3e6, taken: 240e3}, {quantum: 2, cycles: 1e5, taken: 240e3, within: .02},
		{quantum: 26, cycles: 1e6, taken: 5e6}, {quantum: 2, cycles: 1e5, taken: 240e3, quick: true}, {quantum: 2, cycles: 1e6, taken: 240e3, quick: true},
	} {
		held, modes := tr.coverage(t, trials, known)
		if held < least || modes > .02 {
			t.Errorf("%+v: %.0f %% of the intervals hold the truth, %.0f %% have modes", tr, 100*held, 100*modes)
		}
		all, n = all+held, n+1
	}
	if all/n < .93 {
		t.Errorf("%.1f %% of the intervals hold the truth", 100*all/n)
	}
}

// TestStandardErrors: what the scatter of samples says of the mean of a cell is what
// means differ by, also where the clock's step comes from the chains.
func TestStandardErrors(t *testing.T) {
	const trials = 300
	for _, quantum := range []uint64{1, 26} {
		for _, cycles := range []float64{100, 3000, 40000, 1e6} {
			squares := 0.0
			for i := range uint64(trials) {
				s := seeded(i)
				s.quantum, s.interrupts = quantum, .02
				s.ratio *= 1 + .1*s.rng.Float64()
				e := estimator{cal: s.known(), quantum: float64(quantum), cycles: true}
				cell := s.cell(40, cycles)
				e.judge([][]Sample{cell}, &Figure{})
				p := e.measure(0, cell, func(v verdict) bool { return v == clean }, &Quality{}).summed()
				off := (p.mean - cycles) / p.stderr
				squares += off * off / trials
			}
			if off := math.Sqrt(squares); off < .75 || off > 1.1 {
				t.Errorf("%.0f cycles on a clock of %d ticks: means are off by %.2f of their standard errors", cycles, quantum, off)
			}
		}
	}
}

// TestEdgeErrors: few cells of a calibration know how little they know.
func TestEdgeErrors(t *testing.T) {
	const trials = 150
	edge, chain := 0, 0
	for i := range uint64(trials) {
		s := seeded(i)
		s.edgeScatter = 2
		cal, err := Calibrate(s.references(4, 20), s.quantum)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(cal.Edge-s.edge) <= normal95*cal.EdgeError {
			edge++
		}
		if math.Abs(cal.ChainEdge-s.chainEdge) <= normal95*cal.EdgeError {
			chain++
		}
	}
	if min(edge, chain) < trials*93/100 {
		t.Errorf("the edges are within 1.96 of their errors in %d and %d of %d calibrations", edge, chain, trials)
	}
}

// TestErrorsOfEdgesCount: an interval is wide enough for what wrong edges make
// of the figure, however often the chain goes into the call.
func TestErrorsOfEdgesCount(t *testing.T) {
	const wrong = 5
	for _, cycles := range []float64{10, 300, simChain, 1e6} {
		s := newSimulated()
		cells := s.cells(3, 100, cycles)
		estimate := func(change func(*Calibration)) Figure {
			cal := s.known()
			change(&cal)
			f, _, err := EstimateCycles(cells, cal, s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		right, told := estimate(func(*Calibration) {}), estimate(func(c *Calibration) { c.EdgeError = wrong / normal95 })
		chain := estimate(func(c *Calibration) { c.ChainEdge += wrong }).Value - right.Value
		call := estimate(func(c *Calibration) {
			c.Edge += wrong
			for i := range c.Short {
				c.Short[i][1] += wrong
			}
		}).Value - right.Value
		if share := math.Hypot(chain, call) / math.Sqrt(told.Half()*told.Half()-right.Half()*right.Half()); share > 1.02 {
			t.Errorf("%.0f cycles are off by %.1f and %.1f, which is %.2f of what the interval is wider by", cycles, chain, call, share)
		}
	}
}

// TestOneCell: a single process knows what others differ by: as measured of
// multiplications, in cycles, and of functions of libraries, relative.
func TestOneCell(t *testing.T) {
	const trials = 200
	for _, tt := range []struct{ cycles, scatter, between float64 }{{100, .9, 0}, {1e5, 0, .002}} {
		held := 0
		for i := range uint64(trials) {
			s := seeded(i)
			s.quantum, s.edgeScatter = 1, tt.scatter
			f, _, err := EstimateCycles(s.sampled(steady(tt.cycles, 0, tt.between), 1, 60), s.known(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if f.CILow <= tt.cycles && tt.cycles <= f.CIHigh {
				held++
			}
		}
		if held < trials*93/100 {
			t.Errorf("%+v: %d of %d intervals hold the truth", tt, held, trials)
		}
	}
}
