package wire

import "testing"

// TestDone: what a specification says counts; what it does not is as it was counted.
func TestDone(t *testing.T) {
	counted := []Counter{{Name: "FLOPs", Value: 30}, {Name: "LoadedBytes", Value: 40}, {Name: "StoredBytes", Value: 8}, {Name: "Loads", Value: 5}}
	for _, row := range []struct {
		r    Result
		want Work
	}{
		{Result{}, Work{}},
		{Result{Counters: counted}, Work{FLOPs: 30, Bytes: 48}},
		{Result{Work: Work{Elements: 3, FLOPs: 7}, Counters: counted}, Work{Elements: 3, FLOPs: 7, Bytes: 48}},
		{Result{Work: Work{Bytes: 9}, Counters: counted}, Work{FLOPs: 30, Bytes: 9}},
	} {
		if got := row.r.Done(); got != row.want {
			t.Errorf("%+v: %+v, want %+v", row.r, got, row.want)
		}
	}
}
