package stats

import (
	"fmt"
	"math"
	"strings"
)

// verdict is what the filters say about one sample.
type verdict uint8

const (
	clean verdict = iota
	broken
	faulted
	preempted
	interrupted
	unsteady
	contended
	lull // clean, but where the neighbour hardly ever rested
	warmUp
)

// word names a verdict, empty for that of a clean sample.
func (v verdict) word() string {
	return [...]string{
		clean: "", broken: "broken", faulted: "page faults", preempted: "preempted", interrupted: "interrupted", unsteady: "unsteady",
		contended: "contended", lull: "contended", warmUp: "warm-up",
	}[v]
}

// filter judges samples of one cell.
type filter struct {
	chains  bool    // judge by chains and witnesses, which counters do not need
	quantum float64 // ticks
	cal     Calibration
}

// judge returns the first reason against a sample.
func (f filter) judge(s Sample) verdict {
	switch {
	case f.chains && (s.Ticks == 0 || backwards(s)):
		return broken
	case s.Faulted:
		return faulted
	case s.Lengthy:
		return clean
	case s.Preempted:
		return preempted
	case s.Interrupted:
		return interrupted
	case !f.chains || s.Before == 0:
		return clean
	}
	a, b := float64(s.Before), float64(s.After)
	if math.Abs(a-b) > max(ChainTolerance*a, 2*f.quantum) {
		return unsteady
	}
	if f.cal.WitnessCycles > 0 && s.WitnessBefore > 0 {
		limit := f.cal.WitnessCycles*(1+witnessTolerance) + f.quantum*f.scale(s)
		if f.witness(s) > limit {
			return contended
		}
	}
	return clean
}

// backwards tells of a difference of stamps that wrapped, or of half a chain.
func backwards(s Sample) bool {
	const absurd = 1 << 62
	return s.Ticks > absurd || s.Before > absurd || s.After > absurd || (s.Before == 0) != (s.After == 0)
}

// fastestChain is the shortest chain of all samples, in ticks.
func fastestChain(cells [][]Sample) (ticks uint64) {
	for _, cell := range cells {
		for _, s := range cell {
			for _, t := range [...]uint64{s.Before, s.After} {
				if t > 0 && (ticks == 0 || t < ticks) {
					ticks = t
				}
			}
		}
	}
	return ticks
}

// heldUp tells of a sample beside which a chain took far longer than a core's
// slowest frequency explains: something else had the core. It cannot tell
// cycles, not even as the last resort of a busy host.
func heldUp(s Sample, fastest uint64) bool {
	const slowest = 4 // of the ratio of frequencies
	return max(s.Before, s.After) > slowest*fastest
}

// largestStep is more than the frequency ever changes by within a sample.
const largestStep = 1.25

// scale returns core cycles per tick around a sample, by its chains; by the
// shorter one where only an interrupt explains how they differ.
func (f filter) scale(s Sample) float64 {
	a, b := float64(min(s.Before, s.After)), float64(max(s.Before, s.After))
	chain := (a + b) / 2
	if b > largestStep*a {
		chain = a
	}
	if chain <= 0 {
		return math.NaN()
	}
	return (f.cal.ChainCycles + f.cal.ChainEdge) / chain
}

// witness returns the cycles of the slower witness of a sample.
func (f filter) witness(s Sample) float64 {
	return float64(max(s.WitnessBefore, s.WitnessAfter))*f.scale(s) - f.cal.ChainEdge
}

// add counts a verdict.
func (r *Rejections) add(v verdict) {
	switch v {
	case broken:
		r.Broken++
	case faulted:
		r.Faulted++
	case preempted:
		r.Preempted++
	case interrupted:
		r.Interrupted++
	case unsteady:
		r.Unsteady++
	case contended, lull:
		r.Contended++
	case warmUp:
		r.WarmUp++
	}
}

// emptyTicks returns the ticks of a batch of empty calls, from the undisturbed
// ones of a cell.
func emptyTicks(samples []Sample, quantum float64) window {
	var calls []float64
	for i := range samples {
		if s := &samples[i]; s.Empty && s.Ticks != 0 && !s.Interrupted && !s.Preempted {
			calls = append(calls, float64(s.Ticks))
		}
	}
	if len(calls) == 0 {
		return window{}
	}
	return windowMean(calls, quantum)
}

// reasons pairs the counts with their words.
func (r Rejections) reasons() [7]reason {
	return [...]reason{
		{r.Broken, broken.word()}, {r.Faulted, faulted.word()}, {r.Preempted, preempted.word()}, {r.Interrupted, interrupted.word()},
		{r.Unsteady, unsteady.word()}, {r.Contended, contended.word()}, {r.WarmUp, warmUp.word()},
	}
}

type reason struct {
	n    int
	word string
}

// Counts returns the counts that are not zero by their words, nil if there are
// none.
func (r Rejections) Counts() map[string]int {
	var counts map[string]int
	for _, p := range r.reasons() {
		if p.n > 0 {
			if counts == nil {
				counts = make(map[string]int)
			}
			counts[p.word] = p.n
		}
	}
	return counts
}

// String lists the counts that are not zero, in parentheses.
func (r Rejections) String() string {
	var parts []string
	for _, p := range r.reasons() {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// markWarmUp finds the first three clean calls of a cell that agree within
// 2 %, three quanta, or what the host scatters them by, and marks the clean ones before them: caches, branch
// predictors and the clock were still settling. A cell that never settles in
// its first half is left as it is.
func markWarmUp(cell []Sample, verdicts []verdict, quantum, scatter float64) {
	agree := max(0.02, scatter)
	var at []int // indices of clean calls
	for i, s := range cell {
		if !s.Empty && verdicts[i] == clean {
			at = append(at, i)
		}
	}
	for first := 0; first+2 < len(at) && first <= len(at)/2; first++ {
		a, b, c := cell[at[first]].Ticks, cell[at[first+1]].Ticks, cell[at[first+2]].Ticks
		lo, hi := float64(min(a, b, c)), float64(max(a, b, c))
		if hi-lo <= max(agree*lo, 3*quantum) {
			for _, i := range at[:first] {
				verdicts[i] = warmUp
			}
			return
		}
	}
}

// markLulls tells samples that look clean from clean ones in a cell whose
// neighbour hardly ever rested: it may well have woken and slept again between
// the two witnesses. It returns how many there are.
func markLulls(cell []Sample, verdicts []verdict) (lulls int) {
	const leastShare = 10 // of the samples that can tell, one in so many
	good, bad := 0, 0
	for i, v := range verdicts {
		switch {
		case cell[i].Empty:
		case v == clean:
			good++
		case v == contended:
			bad++
		}
	}
	if good*leastShare >= good+bad {
		return 0
	}
	for i, v := range verdicts {
		if v == clean && !cell[i].Empty {
			verdicts[i] = lull
		}
	}
	return good
}
