package measure

import (
	"testing"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Long calls that the timer interrupts are told from short ones that another
// process interrupted by the processor time of their cell, in ticks of a nanosecond.
func TestKeepLengthy(t *testing.T) {
	const short, long = 100_000, 20_000_000
	for _, tt := range []struct {
		name  string
		ticks uint64 // of every second call, which is interrupted
		own   uint64 // of them that the cell worked
		want  bool
	}{
		{"long calls", long, long, true},
		{"long calls that lost the processor for as long again", 2 * long, long, true},
		{"short calls that lost the processor", long, short, false},
		{"interrupts", short + 150_000, short + 150_000, false},
	} {
		var samples []stats.Sample
		var wall, busy uint64
		for i := range 20 {
			s := stats.Sample{Before: 8000, After: 8000, Ticks: short}
			own := uint64(short)
			if i%2 == 1 {
				s.Ticks, own, s.Interrupted, s.Preempted = tt.ticks, tt.own, true, true
			}
			wall, busy = wall+s.Ticks+20_000, busy+own+20_000
			samples = append(samples, s)
		}
		s := &sampler{record: NewRecord(wire.Host{TSCHz: 1e9})}
		s.keepLengthy(samples, &cell.Outcome{Busy: time.Duration(busy), Samples: cell.Samples{End: wall}})
		for i, c := range samples {
			if c.Lengthy != (tt.want && i%2 == 1) {
				t.Errorf("%s: call %d of %d ticks: lengthy %v", tt.name, i, c.Ticks, c.Lengthy)
				break
			}
		}
		if !tt.want {
			continue
		}
		f, q, err := stats.EstimateTSC([][]stats.Sample{samples, samples, samples}, stats.Calibration{}, 1)
		if err != nil || len(q.Modes) != 2 || f.Accepted != 60 || f.Value != short && f.Value != float64(tt.ticks) {
			t.Errorf("%s: %+v, %+v, %v", tt.name, f, q, err)
		}
	}
}
