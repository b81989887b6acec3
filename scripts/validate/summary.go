package main

import (
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

// The aims for long calls on a host without a PMU.
const (
	aimWorst = 0.005 // error of a single run
	aimCV    = 0.001
)

// misses names the aims that a series of long calls misses.
func (s series) misses() (list []string) {
	sum := s.Summary
	if s.Skipped != "" {
		return nil
	}
	if len(s.Failures) > 0 {
		list = append(list, "failed: "+s.Failures[0])
	}
	if sum.Disturbed > sum.Judged {
		list = append(list, "most runs were disturbed")
	}
	if sum.CV > aimCV {
		list = append(list, "coefficient of variation "+percent(sum.CV))
	}
	if s.Truth > 0 && math.Abs(sum.Worst) > aimWorst {
		list = append(list, "worst error "+percent(sum.Worst))
	}
	return list
}
