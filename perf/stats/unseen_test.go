package stats

import (
	"math"
	"testing"
)

// TestUnseen: what a host takes without a trace is in no figure in cycles, whatever
// the length of calls, in all time; and the answer knows how much it is.
func TestUnseen(t *testing.T) {
	const gap, length = 240e3, 12e3 // cycles, on average
	const taken = length / gap
	for _, tt := range []struct {
		cycles float64
		spared bool // most calls meet none
	}{{50e3, true}, {2e5, false}, {1e6, false}, {1e7, false}} {
		s := newSimulated()
		s.quantum, s.taken = 2, gap
		cells := s.cells(60, 60, tt.cycles)
		f, q, err := EstimateCycles(cells, s.known(), s.quantum)
		if err != nil || len(q.Modes) > 0 || !(f.CILow <= tt.cycles && tt.cycles <= f.CIHigh) || f.Half() > .01*tt.cycles {
			t.Errorf("%.0f cycles: %+v, %+v, %v", tt.cycles, f, q, err)
		}
		if math.Abs(f.Overhead-s.edge) > 1 {
			t.Errorf("%.0f cycles: an overhead of %.1f", tt.cycles, f.Overhead)
		}
		ticks, _, err := EstimateTSC(cells, s.known(), s.quantum)
		want := 1 + taken
		if tt.spared {
			want = 1
		}
		if got := ticks.Value * s.ratio / tt.cycles; err != nil || math.Abs(got-want) > .015 { // the usual one's, and usual is what most are
			t.Errorf("%.0f cycles: %.4f of their time, not %.4f, %v", tt.cycles, got, want, err)
		}
		if math.Abs(1+f.Unseen-want) > .01 {
			t.Errorf("%.0f cycles: a share of %.4f is unseen, not %.4f", tt.cycles, f.Unseen, want-1)
		}
	}
}

// TestUnseenIsTheHosts: what calls have of their own stays in their figure, though it
// looks like what the host takes.
func TestUnseenIsTheHosts(t *testing.T) {
	for _, tt := range []struct{ share, extra, taken float64 }{{.3, .3, 0}, {.3, .3, 240e3}, {.15, .5, 240e3}} {
		s := newSimulated()
		s.quantum, s.taken = 2, tt.taken
		const cycles = 50e3
		var cells [][]Sample
		for range 40 {
			cells = append(cells, s.calls(60, func() float64 {
				if s.rng.Float64() < tt.share {
					return cycles * (1 + tt.extra)
				}
				return cycles
			}))
		}
		f, q, err := EstimateCycles(cells, s.known(), s.quantum)
		mean := cycles * (1 + tt.share*tt.extra)
		if told := len(q.Modes) > 0 || f.CILow <= mean && mean <= f.CIHigh; err != nil || !told {
			t.Errorf("%+v: %.0f cycles, and no word of others: %+v, %+v, %v", tt, cycles, f, q, err)
		}
	}
}

// TestUnseenBound: what a chain of a kernel's own making takes off its calls is bounded.
func TestUnseenBound(t *testing.T) {
	s := newSimulated()
	cells := s.cells(5, 60, 1e5)
	for _, cell := range cells {
		for i := range cell {
			cell[i].Long *= 2
		}
	}
	f, q, err := EstimateCycles(cells, s.known(), s.quantum)
	if err != nil || !q.Disturbed || len(q.Warnings) == 0 || f.Value < 1e5/(1+mostUnseen)*.999 {
		t.Errorf("%+v, %+v, %v", f, q, err)
	}
}

// TestUnseenNothing: chains that claim to take no time at all leave a figure that is one.
func TestUnseenNothing(t *testing.T) {
	for _, long := range []uint64{1, 48, 56, 57, 100, 1 << 40, 1 << 61} {
		s := newSimulated()
		cells := s.cells(5, 60, 1e5)
		for _, cell := range cells {
			for i := range cell {
				cell[i].Long = long
			}
		}
		for _, estimate := range []func([][]Sample, Calibration, uint64) (Figure, Quality, error){EstimateCycles, EstimateTSC} {
			f, q, err := estimate(cells, s.known(), s.quantum)
			for _, v := range []float64{f.Value, f.CILow, f.CIHigh, f.Min, f.P10, f.P90, f.Overhead, f.Steep, f.Unseen, q.Within, q.Between} {
				if err != nil || math.IsNaN(v) || math.Abs(v) > 1e6 {
					t.Errorf("chains of %d ticks: %+v, %+v, %v", long, f, q, err)
					break
				}
			}
		}
	}
}

func TestHidden(t *testing.T) {
	for _, tt := range []struct {
		short [][2]float64
		want  float64
	}{
		{nil, 0},
		{[][2]float64{{0, 85}, {6, 86}, {15, 93}, {96, 174}}, 15}, // as on Zen 5
		{[][2]float64{{0, 71}, {6, 84}, {15, 93}, {96, 174}}, 0},  // longer than their work
		{[][2]float64{{0, 80}, {6, 84.5}, {15, 93.5}, {96, 174}}, 6},
	} {
		if got := (Calibration{Edge: 78, Short: tt.short}).Hidden(); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.short, got, tt.want)
		}
	}
}

// TestFewLongChains: where few chains are beside calls that nothing speaks against, those
// beside others count too, and the interval knows how few there are.
func TestFewLongChains(t *testing.T) {
	const cycles = 1e6
	for what, change := range map[string]func(i int, s *Sample){
		"one of six": func(i int, s *Sample) {
			if i%6 != 0 {
				s.Long = 0
			}
		},
		"beside a neighbour only": func(i int, s *Sample) {
			if i%2 == 0 {
				s.Long = 0
			} else {
				s.WitnessBefore += s.WitnessBefore / 2
			}
		},
	} {
		held, bounds := 0, 0
		for seed := range uint64(200) {
			s := seeded(seed)
			s.quantum, s.taken = 2, 240e3
			cell := s.cell(20, cycles)
			for i := range cell {
				change(i, &cell[i])
			}
			f, q, err := EstimateCycles([][]Sample{cell}, s.known(), s.quantum)
			if err != nil {
				t.Fatal(err)
			}
			if q.Contended { // the host came into the witnesses, too
				bounds++
			} else if f.CILow <= cycles && cycles <= f.CIHigh {
				held++
			}
		}
		if judged := 200 - bounds; judged < 100 || held*100 < 93*judged {
			t.Errorf("%s: %d of %d intervals hold the truth", what, held, judged)
		}
	}
}
