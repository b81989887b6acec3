package stats

import (
	"math"
	"slices"
)

// Single is one sample of a call by itself.
type Single struct {
	Cell   int
	Ticks  uint64  // of the time-stamp counter between the stamps
	Cycles float64 // of the call, or the batch of calls, with the overhead subtracted; NaN where no chain tells
	Why    string  // the first reason against the sample, as Rejections.Counts has it; empty for none
}

// Singles lists the samples of cells one by one as EstimateCycles sees them, without
// those of empty calls. One that has a reason against it may still be in a figure, where
// there are no better ones.
func Singles(cells [][]Sample, cal Calibration, quantum uint64) (list []Single) {
	e := estimator{cal: cal, quantum: float64(max(1, quantum)), cycles: true}
	e.judge(cells, new(Figure))
	f := filter{quantum: e.quantum, cal: e.cal}
	for i, cell := range cells {
		empty := emptyTicks(cell, e.quantum)
		for j, s := range cell {
			if s.Empty {
				continue
			}
			one := Single{Cell: i, Ticks: s.Ticks, Cycles: math.NaN()}
			if s.Before != 0 && !backwards(s) {
				if scale := f.scale(s); empty.n > 0 {
					one.Cycles = (float64(s.Ticks) - empty.mean) * scale
				} else {
					one.Cycles = cal.call(float64(s.Ticks) * scale)
				}
			}
			one.Why = e.verdicts[i][j].word()
			list = append(list, one)
		}
	}
	return list
}

// Bin is a part of a histogram: how many values are at least Low and less than High.
type Bin struct {
	Low, High float64
	Count     int
}

// Histogram sorts values into at most so many bins of one width, and those beyond the
// inner 98 % of them into the first and the last bin, which are as much wider. There are
// none without values that differ, or without finite ones.
func Histogram(values []float64, bins int) (list []Bin) {
	var v []float64
	for _, x := range values {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			v = append(v, x)
		}
	}
	if len(v) == 0 || bins < 1 {
		return nil
	}
	sorted := append([]float64(nil), v...)
	slices.Sort(sorted)
	low, high := Quantile(sorted, .01), Quantile(sorted, .99)
	if !(high > low) {
		return nil
	}
	width := (high - low) / float64(bins)
	for i := range bins {
		list = append(list, Bin{Low: low + float64(i)*width, High: low + float64(i+1)*width})
	}
	list[0].Low = min(list[0].Low, sorted[0])
	last := &list[bins-1]
	last.High = math.Nextafter(max(last.High, sorted[len(sorted)-1]), math.Inf(1))
	for _, x := range v {
		i := int((x - low) / width)
		list[min(max(i, 0), bins-1)].Count++
	}
	return list
}
