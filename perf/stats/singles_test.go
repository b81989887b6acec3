package stats

import (
	"math"
	"testing"
)

// TestSingles tells each sample by itself: what it is worth, and what speaks against it.
func TestSingles(t *testing.T) {
	cal := Calibration{ChainCycles: 1000, Edge: 50}
	ok := Sample{Before: 500, After: 500, Ticks: 275}
	interrupted, unsteady, empty := ok, ok, Sample{Empty: true, Ticks: 25, Before: 500, After: 500}
	interrupted.Interrupted, unsteady.After = true, 700
	list := Singles([][]Sample{{ok, ok, ok, ok, interrupted}, {ok, ok, ok, unsteady}, {ok, ok, ok, empty, {Ticks: 5}}}, cal, 1)
	if len(list) != 13 {
		t.Fatalf("%d samples: %+v", len(list), list)
	}
	for i, want := range map[int]Single{
		0: {0, 275, 500, ""}, 4: {0, 275, 500, "interrupted"}, 8: {1, 275, math.NaN(), "unsteady"}, 9: {2, 275, 500, ""}, 12: {2, 5, math.NaN(), "broken"},
	} {
		got := list[i]
		if got.Cell != want.Cell || got.Ticks != want.Ticks || got.Why != want.Why || !math.IsNaN(want.Cycles) && got.Cycles != want.Cycles {
			t.Errorf("sample %d is %+v, want %+v", i, got, want)
		}
	}
}

// TestHistogram counts every value once, and none that is no number.
func TestHistogram(t *testing.T) {
	var v []float64
	for i := range 1000 {
		v = append(v, float64(i%10))
	}
	list := Histogram(append(v, math.NaN(), math.Inf(1), 1e9, -5), 9)
	sum := 0
	for i, b := range list {
		sum += b.Count
		if !(b.High > b.Low) || i > 0 && b.Low != list[i-1].High {
			t.Errorf("bin %d is %+v", i, b)
		}
	}
	if len(list) != 9 || sum != 1002 || list[0].Low != -5 || list[8].High <= 1e9 || list[1].Count != 100 {
		t.Errorf("%d values in %+v", sum, list)
	}
	for _, none := range [][]float64{nil, {math.NaN()}, {3, 3, 3}} {
		if list := Histogram(none, 9); list != nil {
			t.Errorf("%v: %+v", none, list)
		}
	}
}
