package measure

import (
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// histogramBins is how many bins a histogram has: as many as fit below each other.
const histogramBins = 24

// singles lists the samples of a session by themselves, no more than wire.MaxSingles,
// and the histogram of those that nothing speaks against.
func (x *Session) singles() (list []wire.Single, histogram []wire.Bin) {
	s := x.sampler
	var good []float64
	for _, one := range stats.Singles(s.cells, calibration(*s.host(), s.record), s.host().TSCQuantum) {
		if len(list) == wire.MaxSingles {
			break
		}
		cycles := one.Cycles / float64(s.record.Batch)
		list = append(list, wire.Single{Cell: one.Cell, Ticks: one.Ticks, Cycles: wire.Float(cycles), Why: one.Why})
		if one.Why == "" {
			good = append(good, cycles)
		}
	}
	for _, b := range stats.Histogram(good, histogramBins) {
		histogram = append(histogram, wire.Bin(b))
	}
	return list, histogram
}
