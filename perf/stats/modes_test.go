package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestValley(t *testing.T) {
	even := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if at := valley(even, .03, apart*.03); at != 0 {
		t.Errorf("an even spread splits at %d", at)
	}
	two := slices.Concat(repeated(1, 3), repeated(1.1, 5), repeated(9, 3), repeated(9.1, 5))
	if at := valley(two, .03, apart*.03); at != 8 {
		t.Errorf("two groups split at %d", at)
	}
	if at := valley(two, 3, apart*3); at != 0 {
		t.Errorf("middles that are too near split at %d", at)
	}
	if at := valley(slices.Concat(repeated(1, 5), repeated(9, 5)), .03, apart*.03); at != 0 {
		t.Errorf("ten values, as chance makes them of one group in a hundred: they split at %d", at)
	}
	if at := valley([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, .03, apart*.03); at != 0 {
		t.Errorf("a single outlier splits at %d", at)
	}
}

func repeated(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }

// Values of the binomial distribution, by hand.
func TestFewOf(t *testing.T) {
	for _, tt := range []struct {
		few, n  int
		p, want float64
	}{{0, 5, 2. / 3, 1. / 243}, {1, 3, .5, .5}, {3, 3, .25, 1}, {0, 0, .5, 1}} {
		if got := fewOf(tt.few, tt.n, tt.p); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("fewOf(%d, %d, %v) = %v, want %v", tt.few, tt.n, tt.p, got, tt.want)
		}
	}
}

// A function gives each process its calls.
type function func(r *rand.Rand) (call func() float64)

// steady takes so many cycles, which vary by call and by process, relative.
func steady(cycles, within, between float64) function {
	return func(r *rand.Rand) func() float64 {
		here := cycles * (1 + between*r.NormFloat64())
		return func() float64 { return here * (1 + within*r.NormFloat64()) }
	}
}

// mixed has calls of several lengths, with a relative spread, and a share of calls
// anywhere between the first and the last.
func mixed(spread, anywhere float64, modes ...Mode) function {
	first, last := modes[0].Value, modes[len(modes)-1].Value
	return func(r *rand.Rand) func() float64 {
		return func() float64 {
			if r.Float64() < anywhere {
				return first + (last-first)*r.Float64()
			}
			return pick(r, modes) * (1 + spread*r.NormFloat64())
		}
	}
}

// byProcess has one of several lengths in each process.
func byProcess(spread float64, modes ...Mode) function {
	return func(r *rand.Rand) func() float64 {
		here := pick(r, modes)
		return func() float64 { return here * (1 + spread*r.NormFloat64()) }
	}
}

func pick(r *rand.Rand, modes []Mode) float64 {
	at := r.Float64()
	for _, m := range modes[1:] {
		if at -= m.Share; at < 0 {
			return m.Value
		}
	}
	return modes[0].Value
}

// lively is a core with a little of everything.
func lively(seed uint64, quantum uint64) *simulated {
	s := seeded(seed)
	s.quantum, s.edgeScatter, s.drift, s.turbo, s.interrupts, s.spell = quantum, .9, 5e-5, .01, .02, 40
	return s
}

// sampled measures a function in so many cells.
func (s *simulated) sampled(f function, cells, records int) (all [][]Sample) {
	for range cells {
		all = append(all, s.calls(records, f(s.rng)))
	}
	return all
}

// TestModesAreFound: also without a gap between them, of unequal shares, and a few
// steps of the clock apart.
func TestModesAreFound(t *testing.T) {
	gather := []Mode{{37500, .65}, {43600, .35}}
	for _, tt := range []struct {
		name    string
		f       function
		cells   int
		records int
		quantum uint64
		modes   []Mode // the most frequent first
		byCell  bool
	}{
		{"spread by 1 %", mixed(.01, .15, gather...), 12, 32, 21, gather, false},
		{"spread by 2 %", mixed(.02, .15, gather...), 12, 32, 26, gather, false},
		{"spread by 3 %", mixed(.03, .15, gather...), 24, 40, 21, gather, false},
		{"one in ten", mixed(.01, 0, Mode{37500, .9}, Mode{43600, .1}), 12, 32, 21, []Mode{{37500, .9}, {43600, .1}}, false},
		{"one in fifteen", mixed(.01, 0, Mode{37500, .93}, Mode{43600, .07}), 24, 32, 1, []Mode{{37500, .93}, {43600, .07}}, false},
		{"short", mixed(.01, 0, Mode{1000, .6}, Mode{1200, .4}), 3, 64, 26, []Mode{{1000, .6}, {1200, .4}}, false},
		{"of one process", mixed(.01, 0, Mode{37500, .6}, Mode{43600, .4}), 1, 64, 26, []Mode{{37500, .6}, {43600, .4}}, false},
		{"three", mixed(.01, .05, Mode{30000, .3}, Mode{36000, .5}, Mode{45000, .2}), 12, 32, 21, []Mode{{36000, .5}, {30000, .3}, {45000, .2}}, false},
		{"processes, 21 ticks", byProcess(.001, Mode{1047, .6}, Mode{1085, .4}), 16, 32, 21, []Mode{{1047, .6}, {1085, .4}}, true},
		{"processes, 26 ticks", byProcess(.001, Mode{1047, .7}, Mode{1085, .3}), 16, 32, 26, []Mode{{1047, .7}, {1085, .3}}, true},
		{"processes, 1 tick", byProcess(.001, Mode{1047, .6}, Mode{1085, .4}), 16, 32, 1, []Mode{{1047, .6}, {1085, .4}}, true},
		{"processes far apart", byProcess(.01, gather...), 16, 32, 21, gather, true},
	} {
		const runs = 40
		found := 0
		for i := range runs {
			s := lively(uint64(i), tt.quantum)
			fig, q, err := EstimateCycles(s.sampled(tt.f, tt.cells, tt.records), s.known(), s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			if len(q.Modes) != len(tt.modes) || q.ByCell != tt.byCell {
				continue
			}
			found++
			if fig.Value != q.Modes[0].Value {
				t.Errorf("%s: the figure is %.0f, the modes %.0f", tt.name, fig.Value, q.Modes)
			}
			// Shares are drawn, and the order with them; of the values those between take their part.
			slices.SortFunc(q.Modes, func(a, b Mode) int { return int(a.Value - b.Value) })
			want := slices.SortedFunc(slices.Values(tt.modes), func(a, b Mode) int { return int(a.Value - b.Value) })
			for k, m := range q.Modes {
				if !tt.byCell && math.Abs(m.Share-want[k].Share) > .2 || math.Abs(m.Value/want[k].Value-1) > .02 {
					t.Errorf("%s: modes %.4g, want %.4g", tt.name, q.Modes, want)
				}
			}
		}
		if found < runs*9/10 {
			t.Errorf("%s: modes in %d of %d runs", tt.name, found, runs)
		}
	}
}

// TestFalseModesAreRare: whatever the form of one group, its clock, and its
// neighbours.
func TestFalseModesAreRare(t *testing.T) {
	uniform := func(lo, hi float64) function {
		return func(r *rand.Rand) func() float64 { return func() float64 { return lo + (hi-lo)*r.Float64() } }
	}
	tailed := func(lo, mean float64) function {
		return func(r *rand.Rand) func() float64 { return func() float64 { return lo + mean*r.ExpFloat64() } }
	}
	runs, found := 0, 0
	for _, tt := range []struct {
		name       string
		f          function
		neighbours float64
	}{
		{"normal", steady(40000, .01, 0), 0}, {"wide", steady(40000, .05, 0), 0}, {"long", steady(1e6, .003, 0), 0},
		{"on three steps of the clock", steady(3000, .03, 0), 0},
		{"processes", steady(4000, .001, .005), 0}, {"processes and calls", steady(40000, .01, .01), 0},
		{"uniform", uniform(40000, 44000), 0}, {"short uniform", uniform(1000, 1400), 0},
		{"tailed", tailed(40000, 4000), 0}, {"all tail", tailed(1000, 1000), 0},
		{"nothing", steady(0, 0, 0), 0}, {"20", steady(20, 0, 0), 0}, {"100", steady(100, 0, 0), 0}, {"300", steady(300, .1, 0), 0},
		{"contended", steady(300, 0, 0), .7}, {"long and contended", steady(40000, .01, 0), .9},
	} {
		here := 0
		const each = 6 // with each clock and number of cells
		for _, quantum := range []uint64{1, 21, 26} {
			for _, cells := range [][2]int{{1, 32}, {3, 32}, {6, 32}, {12, 32}, {40, 12}} {
				for i := range uint64(each) {
					s := lively(i, quantum)
					s.neighbours = tt.neighbours
					_, q, err := EstimateCycles(s.sampled(tt.f, cells[0], cells[1]), s.known(), s.quantum)
					if err != nil {
						t.Fatal(err)
					}
					if runs++; len(q.Modes) > 0 {
						here++
					}
				}
			}
		}
		if found += here; here > 2 {
			t.Errorf("%s: %d times modes of one group", tt.name, here)
		}
	}
	if found*100 > runs {
		t.Errorf("modes of one group in %d of %d runs", found, runs)
	}
}

// TestNoFigureBetweenModesUnsaid: of two modes, whatever their shares and their
// distance, if it is more than four steps of the clock, the figure is one, or it
// says that there are several, or that it is not known so well.
func TestNoFigureBetweenModesUnsaid(t *testing.T) {
	said := 0
	const runs = 150
	for i := range uint64(runs) {
		s := lively(i, []uint64{1, 21, 26}[i%3])
		low := math.Exp(math.Log(300) + math.Log(300)*s.rng.Float64()) // to 90,000 cycles
		share := .1 + .8*s.rng.Float64()
		step := 1.5 * float64(s.quantum) * math.Hypot(1, low/simChain)
		high := max(low*(1.03+.3*s.rng.Float64()), low+4*step)
		two := []Mode{{low, share}, {high, 1 - share}}
		f := byProcess(.001, two...)
		if s.rng.IntN(2) == 0 {
			f = mixed(.01*s.rng.Float64(), .1*s.rng.Float64(), two...)
		}
		var cells [][]Sample
		var fig Figure
		var q Quality
		for next := 3; len(cells) < trialCells; {
			if cells = append(cells, s.sampled(f, 1, trialRecords)...); len(cells) < next {
				continue
			}
			next += next/4 + 1
			var err error
			if fig, q, err = EstimateCycles(cells, s.known(), s.quantum); err != nil {
				t.Fatal(err)
			} else if Enough(fig, q, trialPrecision) {
				break
			}
		}
		near := math.Min(math.Abs(fig.Value-low), math.Abs(fig.Value-high))
		switch {
		case len(q.Modes) > 1 || len(q.Warnings) > 0:
			said++
		case near <= max(fig.Half(), .01*low, 2*resolution):
		case !Precise(fig, trialPrecision):
		default:
			t.Errorf("%d: modes %.0f and %.0f (%.2f) read as %.0f from %.0f to %.0f, %+v", i, low, high, share, fig.Value, fig.CILow, fig.CIHigh, q)
		}
	}
	if said < runs/2 {
		t.Errorf("modes were told in %d of %d runs", said, runs)
	}
}
