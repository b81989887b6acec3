package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noisy is a host on which two functions are compared.
type noisy struct {
	within float64 // relative standard deviation of cells
	drift  float64 // relative, of both from cell to cell
	odd    float64 // share of cells that are slower by a tenth
	wander float64 // relative standard deviation of a random walk of both
}

// compare looks at a growing number of pairs, as a comparison does, and returns its
// verdict and the last ratio.
func (h noisy) compare(r *rand.Rand, times float64) (Verdict, Ratio) {
	const first = 8 // pairs, as a comparison has them
	var a, b []float64
	level := 1000.0
	cell := func(k float64) float64 {
		level *= 1 + h.drift + h.wander*r.NormFloat64()
		v := level * k * (1 + h.within*r.NormFloat64())
		if r.Float64() < h.odd {
			v *= 1.1
		}
		return v
	}
	const most = 400
	for next := first; ; {
		x, y := 0.0, 0.0
		if len(a)%2 == 0 {
			x = cell(1)
			y = cell(times)
		} else {
			y = cell(times)
			x = cell(1)
		}
		if a, b = append(a, x), append(b, y); len(a) < next {
			continue
		}
		got, err := EstimateRatio(a, b, 0.001)
		if err != nil {
			panic(err)
		}
		if v := got.Verdict(); v != Undecided {
			return v, got
		}
		if len(a) >= most {
			return got.LastVerdict(), got
		}
		next += next/4 + 1
	}
}

// TestVerdicts: of two functions that are one, at most two in a hundred comparisons say
// anything but that, and of a difference of two per cent at most two miss it.
func TestVerdicts(t *testing.T) {
	const trials = 500
	for name, h := range map[string]noisy{
		"quiet":   {within: 0.001},
		"scatter": {within: 0.005, wander: 0.001},
		"drift":   {within: 0.002, drift: 0.0005},
		"odd":     {within: 0.003, odd: 0.1},
		"busy":    {within: 0.02, odd: 0.1, wander: 0.003},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		wrong, missed, held := 0, 0, 0
		for range trials {
			v, ratio := h.compare(r, 1)
			if v != Same && v != Undecided {
				wrong++
			}
			if ratio.Low <= 1 && ratio.High >= 1 {
				held++
			}
			if v, _ := h.compare(r, 1.02); v != More {
				missed++
			}
		}
		t.Logf("%s: %d false, %d missed of %d, %.1f %% of intervals hold", name, wrong, missed, trials, float64(held)/trials*100)
		if wrong > trials/50 || missed > trials/50 {
			t.Errorf("%s: %d of %d comparisons of one function with itself find a difference, %d miss one of 2 %%", name, wrong, trials, missed)
		}
		if held < trials*92/100 {
			t.Errorf("%s: %d of %d intervals hold the truth", name, held, trials)
		}
	}
}

// TestVerdictIsHonest: an interval that is too wide says neither.
func TestVerdictIsHonest(t *testing.T) {
	var a, b []float64
	r := rand.New(rand.NewPCG(3, 4))
	for range FewestPairs {
		a, b = append(a, 1000*math.Exp(0.2*r.NormFloat64())), append(b, 1020*math.Exp(0.2*r.NormFloat64()))
	}
	got, err := EstimateRatio(a, b, 0)
	if err != nil || got.Verdict() != Undecided {
		t.Errorf("%+v %v, %v", got, got.Verdict(), err)
	}
}

func TestRatioOfCounts(t *testing.T) {
	same := func(v float64) []float64 {
		l := make([]float64, FewestPairs)
		for i := range l {
			l[i] = v
		}
		return l
	}
	for _, row := range []struct {
		a, b float64
		want Verdict
	}{{100, 100, Same}, {100, 101, More}, {101, 100, Less}, {1000, 1001, Same}} {
		r, err := EstimateRatio(same(row.a), same(row.b), 0)
		if err != nil || math.Abs(r.Value-row.b/row.a) > 1e-12 || r.Verdict() != row.want || r.Floor != 0 {
			t.Errorf("%v: %+v %v, %v", row, r, r.Verdict(), err)
		}
	}
	for _, bad := range [][2][]float64{{same(1)[1:], same(1)[1:]}, {same(1), same(1)[1:]}, {same(0), same(1)}, {same(1), same(-1)}, {same(math.NaN()), same(1)}} {
		if r, err := EstimateRatio(bad[0], bad[1], 0); err == nil {
			t.Errorf("%v: %+v", bad, r)
		}
	}
}

// TestExhausted: where layout alone may make the difference, more pairs do not help.
func TestExhausted(t *testing.T) {
	var a, b []float64
	r := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		a, b = append(a, 50+0.1*r.NormFloat64()), append(b, 51+0.1*r.NormFloat64())
	}
	got, err := EstimateRatio(a, b, 0.028)
	if err != nil || got.Verdict() != Undecided || !got.Exhausted() || got.Half() < 0.028 {
		t.Errorf("%+v %v %v, %v", got, got.Verdict(), got.Half(), err)
	}
}

// TestPooled: layouts that say the same make the interval no wider, and those that
// contradict each other make it wide.
func TestPooled(t *testing.T) {
	at := func(ratio float64) Ratio {
		var a, b []float64
		r := rand.New(rand.NewPCG(7, 8))
		for range 16 {
			a, b = append(a, 1000*(1+0.001*r.NormFloat64())), append(b, ratio*1000*(1+0.001*r.NormFloat64()))
		}
		got, err := EstimateRatio(a, b, 0)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := Pooled([]Ratio{at(1.02), at(1.02), at(1.02), at(1.02)}); got.Verdict() != More || got.Pairs != 64 {
		t.Errorf("alike: %+v", got)
	}
	if got := Pooled([]Ratio{at(1), at(1), at(2), at(0.5)}); got.LastVerdict() != Undecided || got.Half() < 0.5 {
		t.Errorf("contradicting: %+v", got)
	}
	if one := at(1.5); Pooled([]Ratio{one}) != one {
		t.Error("one layout is not itself")
	}
}

func TestRatioOfRuns(t *testing.T) {
	for _, row := range []struct {
		a, b []float64
		want Verdict
	}{
		{[]float64{1000, 1001, 1000.5}, []float64{1020, 1020.5, 1021}, More},
		{[]float64{1020, 1020.5, 1021}, []float64{1000, 1001, 1000.5}, Less},
		{[]float64{1000, 1001, 1000.5}, []float64{1000.2, 1001, 1000}, Same},
		{[]float64{1000, 1100, 1050}, []float64{1020, 1060, 1090}, Undecided},
		{[]float64{500, 500, 500}, []float64{500, 500, 500}, Same},
	} {
		if r, err := RatioOfRuns(row.a, row.b, 0.001); err != nil || r.LastVerdict() != row.want {
			t.Errorf("%v: %+v %v, %v", row, r, r.LastVerdict(), err)
		}
	}
	for _, bad := range [][2][]float64{{{1}, {1, 1}}, {{1, 1}, {0, 1}}} {
		if r, err := RatioOfRuns(bad[0], bad[1], 0); err == nil {
			t.Errorf("%v: %+v", bad, r)
		}
	}
}
