package count

import (
	"slices"
	"testing"

	"webrunner/filter/screen"
)

// TestAdd: what depends on the run goes by it.
func TestAdd(t *testing.T) {
	for _, tt := range []struct {
		name   string
		effect screen.Effect
		tally  Tally
		want   Totals // the fields that are compared
	}{
		{"load", screen.Effect{Loads: 1, LoadBytes: 8}, Tally{Executed: 3}, Totals{Instructions: 3, Loads: 3, LoadedBytes: 24}},
		{"branch", screen.Effect{Flow: screen.FlowBranch}, Tally{Executed: 3, Taken: 2}, Totals{Instructions: 3, Branches: 3, Taken: 2}},
		{"call", screen.Effect{Flow: screen.FlowCall, Stores: 1, StoreBytes: 8}, Tally{Executed: 2}, Totals{Instructions: 2, Branches: 2, Taken: 2, Calls: 2, Stores: 2, StoredBytes: 16}},
		{"return", screen.Effect{Flow: screen.FlowReturn, Loads: 1, LoadBytes: 8}, Tally{Executed: 1}, Totals{Instructions: 1, Branches: 1, Taken: 1, Loads: 1, LoadedBytes: 8}},
		{"turns", screen.Effect{Scale: screen.ScaleTurns, Loads: 1, LoadBytes: 4, Stores: 1, StoreBytes: 4}, Tally{Executed: 2, Active: 10},
			Totals{Instructions: 2, Loads: 10, LoadedBytes: 40, Stores: 10, StoredBytes: 40}},
		{"masked", screen.Effect{Scale: screen.ScaleMask, Lanes: 16, Loads: 1, LoadBytes: 64, FLOPs: 32, Precision: 32, Width: 512, File: screen.FileVector},
			Tally{Executed: 3, Active: 5, Touched: 2}, Totals{Instructions: 3, Loads: 2, LoadedBytes: 20, FLOPs: 10, Vector: 3}},
		{"masked whole", screen.Effect{Scale: screen.ScaleMask, Lanes: 16, Loads: 1, LoadBytes: 64, WholeLoad: true},
			Tally{Executed: 3, Active: 5, Touched: 2}, Totals{Instructions: 3, Loads: 3, LoadedBytes: 192}},
		{"masked broadcast", screen.Effect{Scale: screen.ScaleMask, Lanes: 16, Loads: 1, LoadBytes: 4, LoadOnce: true},
			Tally{Executed: 3, Active: 5, Touched: 2}, Totals{Instructions: 3, Loads: 2, LoadedBytes: 8}},
		{"masked store", screen.Effect{Scale: screen.ScaleVector, Lanes: 8, Stores: 1, StoreBytes: 32},
			Tally{Executed: 3, Active: 5, Touched: 2}, Totals{Instructions: 3, Stores: 2, StoredBytes: 20}},
		{"gather", screen.Effect{Scale: screen.ScaleVector, Lanes: 8, Gather: true, Loads: 1, LoadBytes: 4},
			Tally{Executed: 2, Active: 9, Touched: 2}, Totals{Instructions: 2, Loads: 9, LoadedBytes: 36, Gathers: 2}},
		{"division", screen.Effect{Division: true}, Tally{Executed: 2}, Totals{Instructions: 2, Divisions: 2}},
	} {
		got := Totals{FLOPsOf: map[Kind]uint64{}, VectorOf: map[int]uint64{}}
		got.Add(&tt.effect, &tt.tally)
		if tt.want.FLOPs > 0 && got.FLOPsOf[Kind{32, 512}] != tt.want.FLOPs {
			t.Errorf("%s: %v", tt.name, got.FLOPsOf)
		}
		got.FLOPsOf, got.VectorOf, got.Integer = nil, nil, 0
		if g, w := got.Figures(), tt.want.Figures(); len(g) != len(w) {
			t.Errorf("%s: %v, want %v", tt.name, g, w)
		} else {
			for i := range g {
				if g[i] != w[i] {
					t.Errorf("%s: %v, want %v", tt.name, g[i], w[i])
				}
			}
		}
	}
}

// TestUnsized: where an instruction accesses nobody knows how much, there are no figures of accesses.
func TestUnsized(t *testing.T) {
	for _, executed := range []uint64{0, 1} {
		got := Totals{FLOPsOf: map[Kind]uint64{}, VectorOf: map[int]uint64{}}
		got.Add(&screen.Effect{Loads: 1, LoadBytes: 8}, &Tally{Executed: 3})
		got.Add(&screen.Effect{Unsized: true}, &Tally{Executed: executed})
		for _, f := range got.Figures() {
			if slices.Contains(AccessNames(), f.Name) && executed > 0 {
				t.Errorf("there is %+v", f)
			}
		}
		if want := 11 - 4*int(executed); len(got.Figures()) != want || got.Instructions != 3+executed {
			t.Errorf("%d figures, want %d; %d instructions", len(got.Figures()), want, got.Instructions)
		}
	}
}
