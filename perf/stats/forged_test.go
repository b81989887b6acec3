package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestForgedTimes: whatever a kernel writes where its times are kept, a figure is made
// of numbers, which a report can hold.
func TestForgedTimes(t *testing.T) {
	times := []uint64{0, 1, 2, 48, 60, 100, 256, 1000, 8000, 11000, 1 << 20, 1 << 32, 1 << 40, 1 << 61, 1<<62 - 1, 1 << 62, 1 << 63, math.MaxUint64}
	lengths := []float64{20, 300, 3000, 5e4, 3e5}
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := seeded(seed)
		length := lengths[rng.IntN(len(lengths))]
		cells := s.cells(1+rng.IntN(4), 4+rng.IntN(40), length)
		share, fields, usual := rng.Float64(), rng.IntN(64), times[rng.IntN(len(times))]
		for _, cell := range cells {
			for i := range cell {
				c := &cell[i]
				c.LongCycles = length
				for k, field := range []*uint64{&c.Ticks, &c.Before, &c.After, &c.WitnessBefore, &c.WitnessAfter, &c.Long} {
					switch {
					case fields&(1<<k) == 0 || rng.Float64() > share:
					case rng.IntN(4) == 0:
						*field = times[rng.IntN(len(times))]
					default:
						*field = usual
					}
				}
			}
		}
		for _, estimate := range []func([][]Sample, Calibration, uint64) (Figure, Quality, error){EstimateCycles, EstimateTSC} {
			f, q, err := estimate(cells, s.known(), s.quantum)
			if err != nil {
				continue
			}
			values := []float64{f.Value, f.CILow, f.CIHigh, f.Min, f.P10, f.P90, f.Overhead, f.Steep, f.Unseen, q.Within, q.Between, q.RatioLow, q.RatioHigh}
			for _, m := range q.Modes {
				values = append(values, m.Value, m.Share)
			}
			for _, v := range values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("seed %d: %+v, %+v", seed, f, q)
				}
			}
		}
	}
}
