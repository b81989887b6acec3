package main

import (
	"fmt"
	"math"
	"slices"
)

// summary is what the runs of a series have in common. Errors and spread are
// of the runs that do not say of themselves that they were disturbed, relative
// to the truth, or to their own median where that is not known; they are 0
// where there is no such run.
type summary struct {
	Judged    int     `json:"judged"`    // runs behind the next four
	Median    float64 `json:"median"`    // core cycles
	Error     float64 `json:"error"`     // of the median
	Worst     float64 `json:"worst"`     // error of a single run
	CV        float64 `json:"cv"`        // standard deviation over mean
	Disturbed int     `json:"disturbed"` // runs that say so of themselves
	Suspect   int     `json:"suspect"`   // runs whose integrity is in doubt

	Accepted int            `json:"accepted"` // samples, of all runs
	Total    int            `json:"total"`
	Rejected map[string]int `json:"rejected"`

	Covered   int `json:"covered"`    // of all runs, those whose interval holds the truth
	BothModes int `json:"both_modes"` // those that name every mode of the kernel
	Between   int `json:"between"`    // those that lie between two modes, and do not say that there are two

	Achieved [2]float64 `json:"achieved"` // precision of a run: median and worst
	Millis   [2]float64 `json:"millis"`   // time of a run: median and longest
}

func (s series) summarise() summary {
	sum := summary{Rejected: map[string]int{}}
	var values, achieved, millis []float64
	for _, o := range s.Runs {
		sum.Accepted += o.Accepted
		sum.Total += o.Total
		for why, n := range o.Rejected {
			sum.Rejected[why] += n
		}
		millis = append(millis, float64(o.Micros)/1000)
		if o.CI95[0] <= s.Truth && s.Truth <= o.CI95[1] {
			sum.Covered++
		}
		if s.namesAll(o) {
			sum.BothModes++
		}
		if s.between(o) {
			sum.Between++
		}
		if len(o.Suspect) > 0 {
			sum.Suspect++
		}
		if o.disturbed() {
			sum.Disturbed++
			continue
		}
		values, achieved = append(values, s.figure(o)), append(achieved, o.Achieved)
	}
	sum.Judged = len(values)
	sum.Achieved, sum.Millis = ends(achieved), ends(millis)
	if len(values) == 0 {
		return sum
	}
	sum.Median = ends(values)[0]
	truth := s.Truth
	if truth == 0 {
		truth = sum.Median
	}
	sum.Error = sum.Median/truth - 1
	for _, v := range values {
		if e := v/truth - 1; math.Abs(e) > math.Abs(sum.Worst) {
			sum.Worst = e
		}
	}
	sum.CV = variation(values)
	return sum
}

// ends returns the median and the largest of values, 0 if there are none.
func ends(values []float64) (e [2]float64) {
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n > 0 {
		e = [2]float64{(v[(n-1)/2] + v[n/2]) / 2, v[n-1]}
	}
	return e
}

// variation is the coefficient of variation of values: the standard deviation
// of what they are a sample of, over their mean. It is 0 for fewer than two.
func variation(values []float64) float64 {
	var mean, squares float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return 0
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares/float64(len(values)-1)) / mean
}

// near tells that a figure is that of a mode.
func near(value, mode float64) bool { return math.Abs(value-mode) < 0.005*mode+3 }

// namesAll tells whether a run names every mode of a kernel that has several.
func (t task) namesAll(o observation) bool {
	for _, m := range t.Modes {
		if !slices.ContainsFunc(o.Modes, func(v float64) bool { return near(v, m) }) {
			return false
		}
	}
	return len(t.Modes) > 0
}

// between tells whether a run's figure is of no mode, and the run says neither
// that there are several nor that it was disturbed.
func (t task) between(o observation) bool {
	return len(t.Modes) > 0 && len(o.Modes) == 0 && !o.disturbed() &&
		!slices.ContainsFunc(t.Modes, func(m float64) bool { return near(o.Value, m) })
}

// The aims on a host without a PMU.
const (
	aimLong     = 0.005 // error of a single long call
	aimCV       = 0.001 // spread of long calls
	aimShort    = 3     // error of a single short call, core cycles
	aimBatch    = 0.01  // error of a call back to back, beyond aimShort
	aimCoverage = 0.93  // share of intervals that hold the truth
	aimFrom     = 20    // core cycles, for calls that are no shorter
)

// aimMillis is the median time of a run without a neighbour.
func (t task) aimMillis() float64 {
	switch {
	case t.Effort == "quick":
		return 2
	case len(t.Modes) > 0:
		return 40
	}
	return 6
}

// misses names the aims that a series misses.
func (e *experiment) misses(s series) (list []string) {
	sum := s.Summary
	if s.Skipped != "" {
		return nil
	}
	miss := func(yes bool, format string, args ...any) {
		if yes {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	if len(s.Failures) > 0 {
		miss(true, "failed: %s", s.Failures[0])
	}
	miss(sum.Suspect > 0, "%d runs of an honest kernel are suspect", sum.Suspect)
	worst := math.Abs(sum.Worst)
	switch e.Name {
	case longCalls, wholeCalls:
		miss(sum.Disturbed > sum.Judged, "most runs were disturbed")
		miss(!s.Varies && sum.CV > aimCV, "coefficient of variation %s", percent(sum.CV))
		miss(s.Truth > 0 && worst > aimLong, "worst error %s", percent(sum.Worst))
	case shortCalls:
		miss(s.Truth > 0 && worst*s.Truth > aimShort, "worst error %.1f cycles", sum.Worst*s.Truth)
	case backToBack:
		miss(s.Truth > 0 && worst*s.Truth > aimShort+aimBatch*s.Truth, "worst error %.1f cycles", sum.Worst*s.Truth)
	case twoModes:
		miss(sum.Between > 0, "%d runs lie between the modes and do not say so", sum.Between)
	case timeOfRun:
		miss(e.Neighbour == nobody && sum.Millis[0] > s.aimMillis(), "%.1f ms a run, aim %.0f", sum.Millis[0], s.aimMillis())
	}
	return list
}

// coverage is how many of the intervals of kernels of exact cost hold it, but for
// the shortest.
func coverage(list []series) (held, runs int) {
	for _, s := range list {
		if s.Exact && s.Truth >= aimFrom {
			held += s.Summary.Covered
			runs += len(s.Runs)
		}
	}
	return held, runs
}
