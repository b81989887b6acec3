package measure

import (
	"testing"

	"webrunner/perf/stats"
)

// TestNoLess: a figure for a time is not negative where its interval holds zero, and stays what it
// is elsewhere.
func TestNoLess(t *testing.T) {
	for _, row := range []struct{ value, low, high, want float64 }{
		{-0.6, -2, 1, 0},
		{-0.6, -1, 0, 0},
		{0.4, -1, 2, 0.4},
		{12, 11, 13, 12},
		{-5, -6, -4, -4}, // the interval is what it was, and holds the figure
	} {
		got := noLess(stats.Figure{Value: row.value, CILow: row.low, CIHigh: row.high})
		if got.Value != row.want || got.CILow != row.low || got.CIHigh != row.high {
			t.Errorf("%v in [%v, %v]: %+v", row.value, row.low, row.high, got)
		}
	}
}

// TestUnhidden: a call that shows less than some that take longer may take as long as
// they do; one that shows more, or less than nothing, may not.
func TestUnhidden(t *testing.T) {
	for _, tt := range []struct{ value, low, high, want float64 }{
		{2, -2, 6, 15}, {0, 0, 0, 15}, {14, 11, 17, 17}, {16, 13, 19, 19}, {-16, -20, -12, -12},
	} {
		if got := unhidden(stats.Figure{Value: tt.value, CILow: tt.low, CIHigh: tt.high}, 15); got.CIHigh != tt.want || got.CILow != tt.low || got.Value != tt.value {
			t.Errorf("%+v: %+v", tt, got)
		}
	}
}
