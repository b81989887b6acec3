package child

import (
	"testing"

	"webrunner/internal/wire"
)

// TestLottery: a difference that is within what layout makes of either side is said to be, in figures
// that a person reads; a larger one is not.
func TestLottery(t *testing.T) {
	l := wire.Layout{Align: []uint64{0, 16}, A: []float64{10540.4, 10052.3}, B: []float64{61.6512, 60.6}}
	if got, want := lottery(&l, 0.99), "layout alone can make this difference: by alignment a reads 10052 to 10540, b 60.6 to 61.65"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := lottery(&l, 0.9); got != "" {
		t.Error(got)
	}
}
