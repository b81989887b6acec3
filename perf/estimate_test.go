package perf

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
)

const syscallENOENT = syscall.ENOENT

// simulated is a core with a clock of its own, a coarse TSC and neighbours.
type simulated struct {
	rng     *rand.Rand
	ratio   float64 // core cycles per tick
	quantum uint64
	hidden  float64 // cycles of a call that overlap entry and exit
	edge    float64 // cycles of an empty call

	interrupts float64 // share of samples that are interrupted
	turbo      float64 // share in which the frequency moves
	neighbours float64 // share in which another thread slows witness and call
	immune     bool    // it slows the witness alone: the call waits for its own results
}

func newSimulated() *simulated {
	return &simulated{rng: rand.New(rand.NewPCG(1, 2)), ratio: 1.42, quantum: 26, hidden: 11, edge: 100}
}

const (
	simChain   = 18000.0
	simWitness = 3630.0
)

// visible is what a call shows beside itself.
func (s *simulated) visible() float64 { return s.edge - s.hidden }

// ticks is what the TSC shows for so many cycles that begin at any moment.
func (s *simulated) ticks(cycles float64) uint64 {
	q := float64(s.quantum)
	start := s.rng.Float64() * q
	return uint64(math.Floor((start+cycles/s.ratio)/q) * q)
}

func (s *simulated) call(cycles float64) float64 { return s.edge + max(0, cycles-s.hidden) }

// cell takes n samples of a kernel that needs so many cycles.
func (s *simulated) cell(n int, cycles float64) []Sample {
	var out []Sample
	for range n {
		slow := 1.0
		if s.rng.Float64() < s.neighbours {
			slow = 1.4
		}
		c := Sample{
			Before: s.ticks(s.call(simChain)), After: s.ticks(s.call(simChain)),
			WitnessBefore: s.ticks(s.call(simWitness * slow)), WitnessAfter: s.ticks(s.call(simWitness * slow)),
		}
		if s.immune {
			slow = 1
		}
		c.Ticks = s.ticks(s.call(cycles * slow))
		if s.rng.Float64() < s.interrupts {
			c.Interrupted = true
			c.Ticks += 5000 + s.quantum*uint64(s.rng.IntN(1000))
		}
		if s.rng.Float64() < s.turbo {
			c.After = c.After * 104 / 100
			c.Ticks = c.Ticks * 102 / 100
		}
		out = append(out, c, Sample{Empty: true, Ticks: s.ticks(s.edge)})
	}
	return out
}

// batches takes n samples of batches of calls.
func (s *simulated) batches(n, calls int, cycles float64) []Sample {
	const back = 8 // cycles of an empty call among others
	var out []Sample
	for range n {
		out = append(out, Sample{
			Before: s.ticks(s.call(simChain)), After: s.ticks(s.call(simChain)),
			WitnessBefore: s.ticks(s.call(simWitness)), WitnessAfter: s.ticks(s.call(simWitness)),
			Ticks: s.ticks(s.edge + float64(calls)*(cycles+back)),
		}, Sample{Empty: true, Ticks: s.ticks(s.edge + float64(calls)*back)}, Sample{Empty: true, Edge: true, Ticks: s.ticks(s.edge)})
	}
	return out
}

// The empty calls of a batch have no share in the length of a chain.
func TestBatches(t *testing.T) {
	s := newSimulated()
	const calls, cycles = 400, 40.0
	cal := s.calibrate(t)
	cells := [][]Sample{s.batches(100, calls, cycles), s.batches(100, calls, cycles), s.batches(100, calls, cycles)}
	f, q, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil || q.Contended || q.Disturbed {
		t.Fatal(f, q, err)
	}
	if got := f.Value / calls; math.Abs(got/cycles-1) > 0.002 || math.Abs(f.Overhead/calls-8) > 0.5 {
		t.Errorf("a call reads as %.2f cycles beyond %.2f, want %.0f", got, f.Overhead/calls, cycles)
	}
	if math.Abs(q.RatioLow/s.ratio-1) > 0.01 || math.Abs(q.RatioHigh/s.ratio-1) > 0.01 {
		t.Errorf("%.3f to %.3f cycles a tick, want %.3f", q.RatioLow, q.RatioHigh, s.ratio)
	}
	if f, _, err := EstimateTSC(cells, cal, s.quantum); err != nil || math.Abs(f.Value*s.ratio/calls/cycles-1) > 0.002 {
		t.Errorf("%+v, %v", f, err)
	}
}

func (s *simulated) cells(k, n int, cycles float64) [][]Sample {
	var all [][]Sample
	for range k {
		all = append(all, s.cell(n, cycles))
	}
	return all
}

func (s *simulated) calibrate(t *testing.T) Calibration {
	t.Helper()
	cal, err := Calibrate(simChain, s.quantum, Reference{768, s.cells(10, 100, 768)}, Reference{768, s.cells(10, 100, 768)})
	if err != nil || cal.Doubt != "" {
		t.Fatalf("%+v, %v", cal, err)
	}
	return cal
}

func TestCalibrateFindsTheEdges(t *testing.T) {
	s := newSimulated()
	s.interrupts, s.turbo, s.neighbours = .05, .05, .5
	cal := s.calibrate(t)
	if math.Abs(cal.Edge-s.visible()) > 2 || cal.EdgeError <= 0 || cal.EdgeError > 2 || math.Abs(cal.WitnessCycles/simWitness-1) > .01 {
		t.Errorf("%+v", cal)
	}
}

func TestCalibrateDoubtsChainsThatAreWrong(t *testing.T) {
	s := newSimulated()
	cal, err := Calibrate(simChain*4/3, s.quantum, Reference{1024, s.cells(5, 100, 768)}, Reference{768, s.cells(5, 100, 768)})
	if err != nil || !strings.Contains(cal.Doubt, "adds") {
		t.Errorf("an imul of 4 cycles that takes 3: %+v, %v", cal, err)
	}
	if _, err := Calibrate(simChain, 1, Reference{}, Reference{}); err == nil {
		t.Error("calibrated without samples")
	}
	if _, err := Calibrate(0, 1, Reference{}, Reference{}); !errors.Is(err, ErrNoChain) {
		t.Errorf("without a chain: %v", err)
	}
}

func TestEstimateCyclesUnderDisturbance(t *testing.T) {
	for _, c := range []struct {
		name                          string
		interrupts, turbo, neighbours float64
	}{{"quiet", 0, 0, 0}, {"interrupts", .3, 0, 0}, {"turbo", 0, .3, 0}, {"neighbours", 0, 0, .6}, {"all", .2, .2, .5}} {
		s := newSimulated()
		cal := s.calibrate(t)
		s.interrupts, s.turbo, s.neighbours = c.interrupts, c.turbo, c.neighbours
		for _, want := range []float64{60, 300, 3000, 40000} {
			f, q, err := EstimateCycles(s.cells(3, 500, want), cal, s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(f.Value-want) > max(3, .001*want) {
				t.Errorf("%s: %.1f cycles, want %.0f (%+v)", c.name, f.Value, want, f.Rejected)
			}
			if f.CILow > f.Value || f.CIHigh < f.Value || f.CIHigh-f.CILow > max(16, .002*want) || f.CIHigh == f.CILow {
				t.Errorf("%s: interval %.2f to %.2f around %.2f", c.name, f.CILow, f.CIHigh, f.Value)
			}
			if f.Total != 1500 || f.Cells != 3 || f.Accepted+f.Rejected.Interrupted+f.Rejected.Unsteady+f.Rejected.Contended+f.Rejected.WarmUp != f.Total {
				t.Errorf("%s: %+v", c.name, f)
			}
			if math.Abs(f.Overhead-s.visible()) > 3 || q.Contended || q.Disturbed || len(q.Modes) > 0 || len(q.Warnings) > 0 {
				t.Errorf("%s: overhead %.1f, %+v", c.name, f.Overhead, q)
			}
			if math.Abs(q.RatioLow/s.ratio-1) > .01 || math.Abs(q.RatioHigh/s.ratio-1) > .01 && c.turbo == 0 {
				t.Errorf("%s: clock ratio %.3f to %.3f", c.name, q.RatioLow, q.RatioHigh)
			}
		}
	}
}

// The interval must contain the truth about as often as it says, also where
// the overhead is as unsure as the call.
func TestIntervalsCoverTheTruth(t *testing.T) {
	s := newSimulated()
	cal := Calibration{ChainCycles: simChain, Edge: s.visible(), WitnessCycles: simWitness}
	const trials = 400
	for _, want := range []float64{300, 3000} {
		hit := 0
		for range trials {
			f, _, err := EstimateCycles(s.cells(3, 60, want), cal, s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			if f.CILow <= want && want <= f.CIHigh {
				hit++
			}
		}
		if share := float64(hit) / trials; share < .92 {
			t.Errorf("the 95 %% interval of %.0f cycles contains them in %.1f %% of the trials", want, 100*share)
		}
	}
}

func TestEstimateTellsWhatIsWrong(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)

	s.neighbours = 1
	f, q, err := EstimateCycles(s.cells(3, 100, 4000), cal, s.quantum)
	if err != nil || !q.Contended || Enough(f, q, 1) || len(q.Warnings) != 1 || f.Value < 4000 {
		t.Errorf("neighbours throughout: %+v, %+v, %v", f, q, err)
	}

	s.immune = true
	for _, cycles := range []float64{300, 4000, 40000} {
		f, q, err = EstimateCycles(s.cells(3, 100, cycles), cal, s.quantum)
		if err != nil || !q.Contended || f.Value < cycles-3 || f.Value > cycles+2*float64(s.quantum)*s.ratio || f.CILow > f.Value || f.CIHigh < f.Value {
			t.Errorf("an upper bound of %.0f cycles: %+v, %+v, %v", cycles, f, q, err)
		}
	}
	s.immune = false

	s.neighbours = .98
	f, q, err = EstimateCycles(s.cells(3, 500, 4000), cal, s.quantum)
	if err != nil || !q.Contended || math.Abs(f.Value/4000-1) > .02 || Enough(f, q, 1) {
		t.Errorf("neighbours nearly throughout: %+v, %+v, %v", f, q, err)
	}

	s.neighbours, s.interrupts = 0, 1
	f, q, err = EstimateCycles(s.cells(3, 100, 4e6), cal, s.quantum)
	if err != nil || !q.Disturbed || Enough(f, q, 1) || math.Abs(f.Value/4e6-1) > .02 {
		t.Errorf("interrupts throughout: %+v, %+v, %v", f, q, err)
	}

	s.interrupts = 0
	two := s.cells(2, 100, 4000)
	two = append(two, s.cells(1, 100, 4400)...)
	f, q, err = EstimateCycles(two, cal, s.quantum)
	if err != nil || len(q.Modes) != 2 || math.Abs(f.Value-4000) > 8 || math.Abs(q.Modes[1].Value-4400) > 8 || Enough(f, q, 1) {
		t.Errorf("one cell of another layout: %+v, %+v, %v", f, q, err)
	}

	var none *NoFigureError
	if _, _, err := EstimateCycles(nil, cal, 1); !errors.As(err, &none) || none.Why == "" {
		t.Errorf("no samples: %v", err)
	}
	if _, _, err := EstimateCycles([][]Sample{{{Ticks: 0, Before: 5, After: 5}, {Ticks: 1 << 63, Before: 5, After: 5}}}, cal, 1); !errors.As(err, &none) || none.Rejected.Broken != 2 {
		t.Errorf("broken samples: %v", err)
	}
	if _, _, err := EstimateCycles([][]Sample{{{Ticks: 100}}}, cal, 1); !errors.As(err, &none) {
		t.Errorf("cycles without chains: %v", err)
	}
	if _, _, err := EstimateCycles(two, Calibration{}, 1); !errors.Is(err, ErrNoChain) {
		t.Errorf("without a chain: %v", err)
	}
	f, q, err = EstimateCycles([][]Sample{{{Before: 10000, Ticks: 5000, After: 10000}}}, Calibration{ChainCycles: 14200}, 26)
	if err != nil || math.Abs(f.Value-7100) > 1 || f.CILow > 10 || f.CIHigh < 14190 || len(q.Warnings) == 0 {
		t.Errorf("a single sample: %+v, %+v, %v", f, q, err)
	}
	cal.Doubt = "because"
	if _, q, _ = EstimateCycles(s.cells(3, 100, 400), cal, 26); len(q.Warnings) != 1 || !strings.Contains(q.Warnings[0], "because") {
		t.Errorf("doubt is lost: %v", q.Warnings)
	}
}

func TestEstimateIsNeverClamped(t *testing.T) {
	cell := []Sample{{Before: 9000, Ticks: 80, After: 9000}, {Empty: true, Ticks: 104}, {Before: 9000, Ticks: 80, After: 9000}, {Empty: true, Ticks: 104}}
	f, _, err := EstimateCycles([][]Sample{cell}, Calibration{ChainCycles: 12800, Edge: 100}, 1)
	if err != nil || f.Value >= 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestEstimateTSC(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	s.neighbours, s.interrupts = .3, .1
	f, _, err := EstimateTSC(s.cells(3, 300, 4260), cal, s.quantum)
	if err != nil || math.Abs(f.Value-3000) > 4 {
		t.Errorf("%+v, %v", f, err)
	}
	var plain []Sample
	for range 50 {
		plain = append(plain, Sample{Ticks: 1100}, Sample{Empty: true, Ticks: 100})
	}
	f, q, err := EstimateTSC([][]Sample{plain, plain, plain}, Calibration{}, 1)
	if err != nil || f.Value != 1000 || f.Overhead != 100 || !Enough(f, q, 0) {
		t.Errorf("without chains: %+v, %+v, %v", f, q, err)
	}
}

func TestRestoreIsMonotoneAndContinuous(t *testing.T) {
	last := math.Inf(-1)
	for seen := -20.0; seen < 60; seen += .01 {
		v := restore(seen, 11)
		if v < last || v-last > .03 && !math.IsInf(last, 0) {
			t.Fatalf("restore(%v) = %v after %v", seen, v, last)
		}
		last = v
	}
	if restore(0, 11) != 0 || restore(-5, 11) != -5 || math.Abs(restore(50, 11)-61) > 1e-9 {
		t.Error("restore is wrong at its ends")
	}
}

func TestWarmUpIsLeftOut(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	var cells [][]Sample
	for range 3 {
		cell := append(append(append(s.cell(1, 9000), s.cell(1, 6000)...), s.cell(1, 4500)...), s.cell(4, 4000)...)
		cells = append(cells, cell)
	}
	f, _, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil || f.Rejected.WarmUp != 9 || f.Accepted != 12 || math.Abs(f.Value-4000) > 30 || f.P90 > 4100 {
		t.Errorf("%+v, %v", f, err)
	}
	never := [][]Sample{append(append(s.cell(1, 4000), s.cell(1, 5000)...), s.cell(1, 6000)...)}
	if f, _, err := EstimateCycles(never, cal, s.quantum); err != nil || f.Rejected.WarmUp != 0 || f.Accepted != 3 {
		t.Errorf("never settles: %+v, %v", f, err)
	}
}

// Cells that differ by more than their own noise make the figure less sure.
func TestCellsThatDifferWidenTheInterval(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	alike, _, err := EstimateCycles(s.cells(3, 100, 40000), cal, s.quantum)
	if err != nil {
		t.Fatal(err)
	}
	var cells [][]Sample
	if two, q, err := EstimateCycles(s.cells(2, 300, 40000), cal, s.quantum); err != nil || Enough(two, q, .5) {
		t.Errorf("two cells are enough to see that they differ: %+v, %v", two, err)
	}
	for _, cycles := range []float64{39960, 40000, 40040} {
		cells = append(cells, s.cell(100, cycles))
	}
	apart, _, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil || apart.CIHigh-apart.CILow < 100 || apart.CIHigh-apart.CILow < 3*(alike.CIHigh-alike.CILow) {
		t.Errorf("%+v beside %+v, %v", apart, alike, err)
	}
}

// So must it where processes differ, as by their layout in memory: three of them
// have to say how far others would be off.
func TestIntervalsCoverCellsThatDiffer(t *testing.T) {
	s := newSimulated()
	cal := Calibration{ChainCycles: simChain, Edge: s.visible(), WitnessCycles: simWitness}
	const trials, want = 500, 4000.0
	timed, counts := 0, 0
	for range trials {
		var cells [][]Sample
		var readings []Readings
		for range 3 {
			cycles := want * (1 + .005*s.rng.NormFloat64())
			cells = append(cells, s.cell(60, cycles))
			var calls []uint64
			for range 33 {
				calls = append(calls, uint64(cycles+100+10*s.rng.NormFloat64()))
			}
			readings = append(readings, second(counted(calls, repeat(100, 33)))...)
		}
		f, _, err := EstimateCycles(cells, cal, s.quantum)
		if err != nil {
			t.Fatal(err)
		}
		if f.CILow <= want && want <= f.CIHigh {
			timed++
		}
		if f, _, err = EstimateCounter(readings); err != nil {
			t.Fatal(err)
		}
		if f.CILow <= want && want <= f.CIHigh {
			counts++
		}
	}
	// Of three such cells one in eight looks like a second mode, whose interval
	// is that of the first alone.
	if float64(timed)/trials < .92 || float64(counts)/trials < .88 {
		t.Errorf("the intervals contain what cells have in the mean in %d and %d of %d trials", timed, counts, trials)
	}
}

// What the processor did for others is left out as long as anything else is there.
func TestPreemptedSamplesAreTheLastResort(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	cells := s.cells(3, 8, 40000)
	for _, cell := range cells {
		calls := 0
		for i := range cell {
			if cell[i].Empty {
				continue
			}
			switch calls++; {
			case calls > 4:
				cell[i].Preempted = true
				cell[i].Ticks *= 3
			case calls > 2:
				cell[i].After = cell[i].After * 101 / 100
			}
		}
	}
	f, q, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil || f.Accepted != 12 || math.Abs(f.Value/40000-1) > .01 || !q.Disturbed || Enough(f, q, 1) || !strings.Contains(q.Warnings[0], "kept their processor") {
		t.Errorf("%+v, %+v, %v", f, q, err)
	}
}

// Chains that were held up on a busy host make no figure, even where there is
// next to nothing else.
func TestHeldUpChainsTellNoCycles(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	cells := s.cells(3, 12, 200000)
	for _, cell := range cells {
		calls := 0
		for i := range cell {
			if cell[i].Empty {
				continue
			}
			if calls++; calls > 1 { // all but the first call of each cell
				cell[i].Preempted = true
				cell[i].Before, cell[i].After = 60*cell[i].Before, 60*cell[i].After
			}
		}
	}
	fig, q, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(fig.Value/200000-1) > 0.02 {
		t.Errorf("200,000 cycles read as %g; %v", fig.Value, q.Warnings)
	}
}

// The calibration's own error is a part of the interval.
func TestIntervalCoversCalibration(t *testing.T) {
	s := newSimulated()
	for _, want := range []float64{300, 3000, 40000} {
		const trials = 200
		hit, narrow := 0, 0
		for range trials {
			cal, err := Calibrate(simChain, s.quantum, Reference{768, s.cells(12, 20, 768)}, Reference{})
			if err != nil {
				t.Fatal(err)
			}
			cells := s.cells(3, 600, want)
			f, _, err := EstimateCycles(cells, cal, s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			if f.CILow <= want && want <= f.CIHigh {
				hit++
			}
			cal.EdgeError = 0
			if f, _, err = EstimateCycles(cells, cal, s.quantum); err == nil && f.CILow <= want && want <= f.CIHigh {
				narrow++
			}
		}
		if share := float64(hit) / trials; share < .9 {
			t.Errorf("the interval of %.0f cycles contains them in %.1f %% of the trials", want, 100*share)
		}
		if narrow > hit*4/5 {
			t.Errorf("%.0f cycles: %d of %d intervals contain them without the calibration's error, %d with it: the trials do not test it", want, narrow, trials, hit)
		}
	}
}

// What looks clean where a neighbour hardly ever rests does not count beside
// cells that were left alone.
func TestLulls(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	quiet := s.cells(3, 100, 4000)
	s.neighbours = .98
	busy := s.cells(10, 100, 4000)
	for _, cell := range busy { // the neighbour comes and goes between the witnesses
		for i := range cell {
			cell[i].Ticks += cell[i].Ticks / 20
		}
	}
	f, q, err := EstimateCycles(append(busy, quiet...), cal, s.quantum)
	if err != nil || q.Contended || math.Abs(f.Value-4000) > 4 || f.Accepted > 300 || f.Cells != 3 || f.Rejected.Contended != 1000 {
		t.Errorf("with quiet cells: %+v, %+v, %v", f, q, err)
	}
	f, q, err = EstimateCycles(busy, cal, s.quantum)
	if err != nil || !q.Contended || f.Value < 4000 || f.Value > 4300 || Enough(f, q, 1) {
		t.Errorf("without: %+v, %+v, %v", f, q, err)
	}
}
