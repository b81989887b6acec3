package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWindowMeanLeavesOutliersOut(t *testing.T) {
	v := []float64{1e9, 104, 78, 104, 104, 78, 104, 78, 104, 78}
	w := windowMean(v, 26)
	if want := (5*104 + 4*78) / 9.0; math.Abs(w.mean-want) > 1e-9 || w.n != 9 {
		t.Errorf("%+v, want %v of 9", w, want)
	}
	if w := windowMean([]float64{5}, 1); w.mean != 5 || w.n != 1 || w.stdev != 0 {
		t.Errorf("one value: %+v", w)
	}
	if w := windowMean(nil, 1); !math.IsNaN(w.mean) {
		t.Errorf("no value: %+v", w)
	}
}

func TestQuantile(t *testing.T) {
	eleven := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	for _, c := range []struct {
		sorted  []float64
		p, want float64
	}{
		{[]float64{7}, 0, 7}, {[]float64{7}, 1, 7},
		{[]float64{1, 2, 3}, .5, 2}, {[]float64{1, 2, 3, 4}, .5, 3}, {[]float64{1, 2}, .49, 1},
		{eleven, 0, 1}, {eleven, .1, 2}, {eleven, .9, 10}, {eleven, 1, 11},
	} {
		if got := Quantile(c.sorted, c.p); got != c.want {
			t.Errorf("Quantile(%v, %v) = %v, want %v", c.sorted, c.p, got, c.want)
		}
	}
	if got := Quantile(nil, .5); !math.IsNaN(got) {
		t.Errorf("of no values: %v", got)
	}
}

// Values of Student's distribution from any table.
func TestStudent95(t *testing.T) {
	for n, want := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 10: 2.228, 30: 2.042, 120: 1.980, 100000: 1.960} {
		if got := student95(n); math.Abs(got/want-1) > .012 {
			t.Errorf("student95(%d) = %.3f, want %.3f", n, got, want)
		}
	}
}

// Order statistics that enclose the median, from the binomial distribution.
func TestMedianRanks(t *testing.T) {
	for _, n := range []int{1, 2, 5, 6, 10, 31, 101, 1000} {
		lo, hi := medianRanks(n)
		if lo < 0 || hi >= n || lo > hi || lo != n-1-hi {
			t.Errorf("medianRanks(%d) = %d, %d", n, lo, hi)
		}
		if n >= 6 {
			miss := 0.0 // P(the median lies outside) = 2 P(X <= lo-1... ) of Binomial(n, 1/2)
			for k := 0; k < lo; k++ {
				miss += 2 * math.Exp(logBinomial(n, k)-float64(n)*math.Ln2)
			}
			if miss > .065 {
				t.Errorf("medianRanks(%d) misses in %.3f", n, miss)
			}
		}
	}
}

func logBinomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// TestWindowBelow: values that something makes much more in a third of the cases do
// not move the mean of the others, nor does it lean to the lower ones.
func TestWindowBelow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, share := range []float64{0, .1, .35} {
		var v []float64
		for range 20_000 {
			x := 1000 + 2*rng.NormFloat64()
			if rng.Float64() < share {
				x += 50 + 30*rng.ExpFloat64()
			}
			v = append(v, x)
		}
		slices.Sort(v)
		if w := windowBelow(v, 1); math.Abs(w.mean-1000) > .1 || math.Abs(float64(w.n)-(1-share)*float64(len(v))) > .02*float64(len(v)) {
			t.Errorf("of %.2f of the values: %+v of %d", share, w, len(v))
		}
	}
}
