package perf

import "testing"

func TestValley(t *testing.T) {
	even := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if at := valley(even, .1); at != 0 {
		t.Errorf("an even spread splits at %d", at)
	}
	two := []float64{1, 1, 1.1, 1.1, 1.1, 9, 9, 9.1, 9.1, 9.1}
	if at := valley(two, .1); at != 5 {
		t.Errorf("two groups split at %d", at)
	}
	if at := valley(two, 10); at != 0 {
		t.Errorf("middles that are too near split at %d", at)
	}
	if at := valley([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 9}, .1); at != 0 {
		t.Errorf("a single outlier splits at %d", at)
	}
}
