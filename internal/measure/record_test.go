package measure

import (
	"math"
	"testing"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// TestLong: long calls, single or in batches, have a chain beside them that is about
// as long and has an index of its own; what is seen in it alone says nothing against
// the call.
func TestLong(t *testing.T) {
	host := &wire.Host{TSCHz: 2_000_000_000}
	base := NewRecord(*host)
	host.Rhythm.Chain = 10_000 // ticks: 5 us
	for _, tt := range []struct {
		calls, long time.Duration
		batch, at   int
	}{
		{4 * time.Microsecond, 0, 1, 0},
		{20 * time.Microsecond, 20 * time.Microsecond, 1, 4},
		{20 * time.Microsecond, 20 * time.Microsecond, 100, 5},
		{800 * time.Microsecond, 250 * time.Microsecond, 1, 4},
		{2 * time.Millisecond, 500 * time.Microsecond, 1, 4},
		{time.Second, time.Millisecond, 1, 4},
	} {
		r := base
		r.Batch = tt.batch
		r = r.beside(tt.calls, host)
		took := time.Duration(float64(r.Long) / float64(r.Chain) * 5 * float64(time.Microsecond))
		if math.Abs(float64(took-tt.long)) > float64(tt.long)/20+float64(time.Microsecond)/10 {
			t.Errorf("beside %v there is a chain of %v, not %v", tt.calls, took, tt.long)
		}
		at, there := r.lapLong()
		if there != (tt.long > 0) || there && (at != tt.at || r.Laps() != at+1) {
			t.Errorf("beside %v, batches of %d: lap %d of %d, %v", tt.calls, tt.batch, at, r.Laps(), there)
			continue
		}
		if !there {
			continue
		}
		rec := cell.Record{}
		rec.Ticks[lapChain], rec.Ticks[lapKernel], rec.Ticks[at] = 10_000, 1234, uint64(10_500*float64(r.Long)/float64(r.Chain))
		hit := rec
		hit.Flags = trampoline.FlagInterrupt << at
		samples := r.samples([]cell.Record{rec, hit}, 10_000, wire.Detectors{})
		first, second := samples[0], samples[len(samples)/2]
		if first.Long != rec.Ticks[at] || first.LongCycles != float64(r.Long)*r.ChainTurn() || second.Long != 0 || second.Interrupted || second.Ticks != 1234 {
			t.Errorf("beside %v: %+v, %+v", tt.calls, first, second)
		}
	}
}
