package stats

import (
	"errors"
	"math"
	"strings"
	"testing"
)

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
	if got := f.Value / calls; math.Abs(got/cycles-1) > 0.002 || math.Abs(f.Overhead/calls-emptyInBatch) > 0.5 {
		t.Errorf("a call reads as %.2f cycles beyond %.2f, want %.0f", got, f.Overhead/calls, cycles)
	}
	if math.Abs(q.RatioLow/s.ratio-1) > 0.01 || math.Abs(q.RatioHigh/s.ratio-1) > 0.01 {
		t.Errorf("%.3f to %.3f cycles a tick, want %.3f", q.RatioLow, q.RatioHigh, s.ratio)
	}
	if f, _, err := EstimateTSC(cells, cal, s.quantum); err != nil || math.Abs(f.Value*s.ratio/calls/cycles-1) > 0.002 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestCalibrateFindsTheEdges(t *testing.T) {
	s := newSimulated()
	s.interrupts, s.turbo, s.neighbours = .05, .05, .5
	cal, err := Calibrate(s.references(24, 100), s.quantum)
	if err != nil || cal.Doubt != "" {
		t.Fatal(cal, err)
	}
	if math.Abs(cal.Edge-s.edge) > 2 || math.Abs(cal.ChainEdge-s.chainEdge) > 2 || cal.EdgeError <= 0 || cal.EdgeError > 2 || math.Abs(cal.WitnessCycles/simWitness-1) > .01 {
		t.Errorf("%+v", cal)
	}
	for i, c := range straightCalls() {
		if short := cal.Short[i]; short[0] != c || math.Abs(short[1]-s.edge-beside(c)-c) > 2 {
			t.Errorf("a call of %.0f cycles shows %.1f", c, short[1])
		}
	}
}

func TestCalibrateDoubtsChainsThatAreWrong(t *testing.T) {
	s := newSimulated()
	refs := s.references(8, 100)
	for i := range refs {
		refs[i].Long.Cycles *= 4. / 3
		refs[i].Chain.Cycles *= 4. / 3
	}
	cal, err := Calibrate(refs, s.quantum)
	if err != nil || !strings.Contains(cal.Doubt, "adds") {
		t.Errorf("an imul of 4 cycles that takes 3: %+v, %v", cal, err)
	}
	if _, err := Calibrate([]References{{Long: Length{Cycles: simChain}}}, 1); !errors.Is(err, ErrUncalibrated) {
		t.Errorf("calibrated without samples: %v", err)
	}
	for _, none := range [][]References{nil, {{}}} {
		if _, err := Calibrate(none, 1); !errors.Is(err, ErrNoChain) {
			t.Errorf("without a chain: %v", err)
		}
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
			if math.Abs(f.Overhead-s.edge) > 3 || q.Contended || q.Disturbed || len(q.Modes) > 0 || len(q.Warnings) > 0 {
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
	cal := s.known()
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
	if err != nil || len(q.Warnings) != 1 || f.CILow > 4000 || f.CIHigh < 4400 || Enough(f, q, 1) {
		t.Errorf("one of three cells of another layout: %+v, %+v, %v", f, q, err)
	}
	two = append(append(two, s.cells(4, 100, 4000)...), s.cells(1, 100, 4400)...)
	f, q, err = EstimateCycles(two, cal, s.quantum)
	if err != nil || len(q.Modes) != 2 || !q.ByCell || math.Abs(f.Value-4000) > 8 || math.Abs(q.Modes[1].Value-4400) > 8 || Enough(f, q, 1) {
		t.Errorf("two of eight cells of another layout: %+v, %+v, %v", f, q, err)
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
	cell := []Sample{{Before: 9000, Ticks: 60, After: 9000}, {Before: 9000, Ticks: 60, After: 9000}}
	for _, short := range [][][2]float64{nil, {{0, 100}, {96, 190}}} {
		f, _, err := EstimateCycles([][]Sample{cell}, Calibration{ChainCycles: 12800, Edge: 100, Short: short}, 1)
		if err != nil || math.Abs(f.Value-(60*12800./9000-100)) > 1e-9 {
			t.Errorf("%+v, %v", f, err)
		}
	}
	batch := []Sample{{Before: 9000, Ticks: 80, After: 9000}, {Empty: true, Ticks: 104}, {Before: 9000, Ticks: 80, After: 9000}, {Empty: true, Ticks: 104}}
	if f, _, err := EstimateCycles([][]Sample{batch}, Calibration{ChainCycles: 12800, Edge: 100}, 1); err != nil || math.Abs(f.Value+24*12800./9000) > 1e-9 {
		t.Errorf("of a batch: %+v, %v", f, err)
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

// What is put back for short calls never makes a longer one read shorter, nor
// jumps.
func TestCallIsMonotoneAndContinuous(t *testing.T) {
	noisy := newSimulated().known()
	noisy.Short = rising([][2]float64{{0, 92}, {6, 91}, {15, 91.5}, {96, 96 + noisy.Edge}})
	for _, cal := range []Calibration{newSimulated().known(), noisy} {
		last := math.Inf(-1)
		for shown := -20.0; shown < 200; shown += .01 {
			v := cal.call(shown)
			if v <= last || v-last > .01*steepest+1e-9 && !math.IsInf(last, 0) {
				t.Fatalf("%v: call(%v) = %v after %v", cal.Short, shown, v, last)
			}
			last = v
		}
		for _, k := range cal.Short {
			if math.Abs(cal.call(k[1])-k[0]) > 1e-9 {
				t.Errorf("%v: what shows %v takes %v", cal.Short, k[1], cal.call(k[1]))
			}
		}
		empty := cal.Short[0][1]
		if math.Abs(cal.call(empty-5)+5) > 1e-9 || math.Abs(cal.call(500)-500+cal.Edge) > 1e-9 {
			t.Error("it is wrong at its ends")
		}
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
	cal := s.known()
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
		for i := range cell {
			switch calls := i + 1; {
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
		for i := range cell[1:] { // all but the first call of each cell
			c := &cell[1+i]
			c.Preempted = true
			c.Before, c.After = 60*c.Before, 60*c.After
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
		const trials = 100
		hit, narrow := 0, 0
		for range trials {
			cal, err := Calibrate(s.references(6, 20), s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			cells := s.cells(3, 300, want)
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
		// Of long calls, what the frequency may differ by is more than that.
		if want < simChain && narrow > hit*4/5 {
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

// TestEdgeErrorFor: edges of such an error make an interval half as long as it may be,
// around short calls and around such as a chain goes into many times.
func TestEdgeErrorFor(t *testing.T) {
	for _, row := range []struct{ cycles, precision float64 }{{1, 0.005}, {300, 0.005}, {3600, 0.005}, {3600, 0.05}, {1e6, 0.001}} {
		const chain = 13600
		f := Figure{Value: row.cycles}
		e := estimator{cycles: true, cal: Calibration{ChainCycles: chain, EdgeError: EdgeErrorFor(row.cycles, row.precision, chain)}}
		half := e.systematic(f, part{steep: 1})
		others := math.Hypot(codeScatter, chainScatter*row.cycles)
		if want := math.Hypot(f.Target(row.precision)/2, others); math.Abs(half-want) > 1e-9*want {
			t.Errorf("%+v: half of the interval is %g, want %g", row, half, want)
		}
	}
}

// Calls into which page faults fell are in no figure that has others, and a figure of nothing
// else says so.
func TestPageFaults(t *testing.T) {
	s := newSimulated()
	cal := s.calibrate(t)
	cells := s.cells(3, 2, 40000)
	for _, c := range cells {
		c[0].Ticks *= 50
		c[0].Faulted = true
	}
	f, q, err := EstimateCycles(cells, cal, s.quantum)
	if err != nil || math.Abs(f.Value/40000-1) > .01 || f.Rejected.Counts()["page faults"] != len(cells) {
		t.Errorf("%+v, %+v, %v", f, q, err)
	}
	for i := range cells {
		cells[i] = cells[i][:1]
	}
	f, q, err = EstimateCycles(cells, cal, s.quantum)
	if err != nil || f.Value < 40*40000 || !q.Disturbed || !strings.Contains(strings.Join(q.Warnings, "\n"), "page faults") {
		t.Errorf("%+v, %+v, %v", f, q, err)
	}
}

// TestOtherSpeed: edges that are as many nanoseconds are fewer cycles on a core that is
// slower than at its calibration, and the interval of a short call says so.
func TestOtherSpeed(t *testing.T) {
	for _, tt := range []struct {
		slower float64
		least  float64 // half of the interval, cycles
		most   float64
	}{{1, 0, 4}, {.9, 0, 4}, {.7, 20, 30}} {
		s := newSimulated()
		cal := s.known()
		cal.Ratio = s.ratio
		s.ratio *= tt.slower
		s.edge *= tt.slower
		for i, estimate := range []func([][]Sample, Calibration, uint64) (Figure, Quality, error){EstimateCycles, EstimateTSC} {
			f, _, err := estimate(s.cells(5, 60, 60), cal, s.quantum)
			half, unit := f.Half(), 1.0
			if i == 1 {
				unit = s.ratio
			}
			if err != nil || half*unit < tt.least || half*unit > tt.most {
				t.Errorf("at %.1f of the speed: %+v, %v", tt.slower, f, err)
			}
			s.neighbours, s.spell = 1, 1
			if bound, q, err := estimate(s.cells(5, 60, 60), cal, s.quantum); err != nil || !q.Contended || (bound.CIHigh-bound.Value)*unit < tt.least {
				t.Errorf("at %.1f of the speed, beside a neighbour: %+v, %+v, %v", tt.slower, bound, q, err)
			}
			s.neighbours = 0
			if i == 0 && tt.least > 0 && (f.CILow > 60 || f.CIHigh < 60) {
				t.Errorf("at %.1f of the speed 60 cycles read %+v", tt.slower, f)
			}
		}
	}
}
