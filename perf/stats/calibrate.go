package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Length is a lap of known length in the records of a cell.
type Length struct {
	Cycles float64
	Ticks  []uint64 // of each record
}

// References are what the records of one cell of known laps show.
type References struct {
	Long, Chain Length   // chains of two lengths, the first that of measurements
	Adds        Length   // dependent additions, one cycle each, in a loop as that of a chain
	Witness     []uint64 // ticks
	Alone       float64  // cycles of a witness that has the core to itself, where known; else 0
	// Straight are calls without a loop, by ascending length, the first of the
	// empty function.
	Straight  []Length
	Disturbed []bool // an interrupt or another process came into the record
}

// clean returns the records of a cell that nothing disturbed and beside which the
// core kept its frequency.
func (r References) clean() (list []int) {
	var long []float64
	for i, t := range r.Long.Ticks {
		if !r.Disturbed[i] {
			long = append(long, float64(t))
		}
	}
	slices.Sort(long)
	usual := Quantile(long, .5)
	for i, t := range r.Long.Ticks {
		if !r.Disturbed[i] && math.Abs(float64(t)-usual) <= 2*ChainTolerance*usual {
			list = append(list, i)
		}
	}
	return list
}

// shown is what one cell shows of each lap, in cycles.
type shown struct {
	cell            References
	at              []int // the records that it is from
	perTick         float64
	chainEdge, adds float64
	witness         []float64 // of each record
	straight        []float64
}

// read reads records of a cell. The difference of both chains tells the frequency:
// what stands between the stamps beside them is the same, since their code is.
func (r References) read(at []int, quantum float64) (s shown, ok bool) {
	if len(at) < minAccepted {
		return s, false
	}
	s.cell, s.at = r, at
	mean := func(ticks []uint64) float64 {
		var v []float64
		for _, i := range at {
			v = append(v, float64(ticks[i]))
		}
		return windowMean(v, quantum).mean
	}
	long, chain := mean(r.Long.Ticks), mean(r.Chain.Ticks)
	perTick := (r.Long.Cycles - r.Chain.Cycles) / (long - chain)
	if !(perTick > 0) {
		return s, false
	}
	s.perTick = perTick
	s.chainEdge = chain*perTick - r.Chain.Cycles
	s.adds = mean(r.Adds.Ticks)*perTick - s.chainEdge
	for _, i := range at {
		s.witness = append(s.witness, float64(r.Witness[i])*perTick-s.chainEdge)
	}
	for _, l := range r.Straight {
		s.straight = append(s.straight, mean(l.Ticks)*perTick)
	}
	return s, true
}

// ErrUncalibrated says that no cell of references has enough clean records.
var ErrUncalibrated = errors.New("stats: too few clean records to calibrate")

// Calibrate finds what stands between the time stamps beside a chain and beside a
// call, what a witness costs, and checks that against additions, whose step is one
// cycle everywhere. It fails only without usable records; doubts are told in the
// result.
func Calibrate(cells []References, quantum uint64) (Calibration, error) {
	var cal Calibration
	var seen []shown
	step := float64(max(1, quantum))
	for _, c := range cells {
		cal.ChainCycles = c.Long.Cycles
		if s, ok := c.read(c.clean(), step); ok {
			seen = append(seen, s)
		}
	}
	if cal.ChainCycles <= 0 {
		return cal, ErrNoChain
	}
	if len(seen) == 0 {
		return cal, ErrUncalibrated
	}
	cal.WitnessCycles = lowest(seen, step)
	if known := cells[0].Alone; known > 0 {
		cal.WitnessCycles = math.Min(cal.WitnessCycles, known)
	}
	busy := 0.0
	if quiet := alone(seen, cal.WitnessCycles, step); len(quiet) > 0 {
		seen = quiet
	} else {
		busy = busyEdge
	}
	last := len(cells[0].Straight) - 1
	over := func(of func(shown) float64) (mean, err float64) {
		var v []float64
		for _, s := range seen {
			v = append(v, of(s))
		}
		w := windowMean(v, 0)
		if len(v) < 2 {
			return w.mean, resolution
		}
		return w.mean, w.stdev * student95(w.n-1) / normal95
	}
	var chainError, edgeError float64
	cal.ChainEdge, chainError = over(func(s shown) float64 { return s.chainEdge })
	cal.Edge, edgeError = over(func(s shown) float64 { return s.straight[last] - cells[0].Straight[last].Cycles })
	cal.EdgeError = math.Hypot(math.Max(chainError, edgeError), busy)
	for i, l := range cells[0].Straight {
		mean, _ := over(func(s shown) float64 { return s.straight[i] })
		cal.Short = append(cal.Short, [2]float64{l.Cycles, mean})
	}
	cal.Short = rising(cal.Short)
	adds, _ := over(func(s shown) float64 { return s.adds })
	cal.doubts(adds, cells[0].Adds.Cycles)
	return cal, nil
}

// lowest returns the cost of a witness that has the core to itself: the lowest
// group of records that is not a fluke.
func lowest(seen []shown, quantum float64) float64 {
	var costs []float64
	for _, s := range seen {
		costs = append(costs, s.witness...)
	}
	return lowestGroup(costs, quantum)
}

// busyEdge is the standard error of edges that were seen beside a busy
// hyper-thread: they are up to twice as many cycles longer.
const busyEdge = 2

// alone reads what the cells that had the core to themselves most of the time show
// in those records.
func alone(seen []shown, witness, quantum float64) (list []shown) {
	for _, s := range seen {
		limit := witness*(1+witnessTolerance) + quantum*s.perTick
		var quiet []int
		for i, at := range s.at {
			if s.witness[i] <= limit {
				quiet = append(quiet, at)
			}
		}
		if 2*len(quiet) < len(s.at) {
			continue
		}
		if s, ok := s.cell.read(quiet, quantum); ok {
			list = append(list, s)
		}
	}
	return list
}

// steepest is how much faster than what it shows a call may grow: of two calls
// that show nearly the same, noise decides which is the longer.
const steepest = 4

// rising makes what calls show grow with their length, from the longest down.
func rising(short [][2]float64) [][2]float64 {
	for i := len(short) - 2; i >= 0; i-- {
		most := short[i+1][1] - (short[i+1][0]-short[i][0])/steepest
		short[i][1] = min(short[i][1], most)
	}
	return short
}

// doubts checks a calibration for what no machine can show, and against adds.
func (cal *Calibration) doubts(adds, cycles float64) {
	const implausible = 1000 // cycles of two fences and two time stamps
	if !(cal.Edge > 0 && cal.Edge < implausible && math.Abs(cal.ChainEdge) < implausible) {
		cal.Doubt = fmt.Sprintf("entering and leaving a call takes %.0f cycles", cal.Edge)
		cal.Edge, cal.ChainEdge, cal.Short = 0, 0, nil
		return
	}
	if off := adds/cycles - 1; math.Abs(off) > 0.05 {
		cal.Doubt = fmt.Sprintf("a chain of %.0f adds reads as %.0f cycles (%+.1f %%)", cycles, adds, 100*off)
	}
}

// witnessAlone is the same from samples of a measurement. 0 without witnesses.
func witnessAlone(cal Calibration, quantum float64, cells ...[]Sample) float64 {
	cal.WitnessCycles = 0 // to judge by the chains alone
	if cal.ChainCycles <= 0 {
		return 0
	}
	var costs []float64
	step := 0.0
	f := filter{chains: true, quantum: quantum, cal: cal}
	for _, cell := range cells {
		for _, s := range cell {
			if s.Empty || s.Before == 0 || s.WitnessBefore == 0 || f.judge(s) != clean {
				continue
			}
			costs = append(costs, f.witness(s))
			step = max(step, quantum*f.scale(s))
		}
	}
	return lowestGroup(costs, step)
}

// lowestGroup is the mean of the lowest costs that are no fluke, 0 if there are
// none.
func lowestGroup(costs []float64, step float64) float64 {
	slices.Sort(costs)
	need := max(minAccepted/2, len(costs)/50) // a fluke is rarer than that
	for i := 0; i+need <= len(costs); i++ {
		limit := costs[i]*(1+witnessTolerance) + step
		end, _ := slices.BinarySearch(costs, limit)
		if end-i >= need {
			return windowMean(costs[i:end], step).mean
		}
	}
	return 0
}
