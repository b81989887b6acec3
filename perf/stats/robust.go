package stats

import (
	"math"
	"slices"
)

// window is the part of a sorted sample that lies within one interquartile
// range and two quanta of its quartiles, and what follows from it. Between two
// stamps of a coarse clock lie two or three numbers of quanta; all of them, with
// what the scale of each sample moves them by, have to be inside.
type window struct {
	mean  float64
	stdev float64 // standard error of mean
	n     int     // values inside
}

// windowMean returns the mean of the values that are not outliers. A coarse
// clock makes a lattice of values on which medians and trimmed means stick;
// the mean of the whole lattice does not, and the window, which a single far
// value cannot move, keeps the tail out. The slice is sorted.
func windowMean(v []float64, quantum float64) window { return windowMeanOf(v, quantum, 0) }

// windowMeanOf is the same with a window that reaches so far beyond the quartiles
// at least. What comes into nearly a quarter of the values, or somewhat more, is
// inside or outside by chance where the quartiles alone say how far it reaches.
func windowMeanOf(v []float64, quantum, least float64) window {
	slices.Sort(v)
	n := len(v)
	if n == 0 {
		return window{mean: math.NaN(), stdev: math.NaN()}
	}
	q1, q3 := v[n/4], v[n-1-n/4]
	return windowAround(v, q1, q3, max(q3-q1, least)+2*quantum)
}

// windowAround is the part of sorted values that reaches so far beyond two of them.
func windowAround(v []float64, lowest, highest, reach float64) window {
	n := len(v)
	lo, _ := slices.BinarySearch(v, lowest-reach)
	hi, found := slices.BinarySearch(v, highest+reach)
	for found && hi < n && v[hi] <= highest+reach {
		hi++
	}
	inside := v[lo:hi]
	mean, variance := moments(inside)
	// The cut tails make the variance inside too small: scale by the share
	// kept, as for a trimmed mean (Yuen 1974).
	kept := float64(len(inside)) / float64(n)
	return window{mean: mean, stdev: math.Sqrt(variance/float64(len(inside))) / kept, n: len(inside)}
}

// belowMiddle returns what encloses the values between the tenth and the fortieth
// percentile of a sorted sample.
func belowMiddle(sorted []float64) (lo, hi float64) {
	return Quantile(sorted, .1), Quantile(sorted, .4)
}

// windowBelow is the window around these, for values that nothing makes less and
// something makes much more, in up to half of them. Of a normal distribution it has
// all but 0.3 %, above its middle as below.
func windowBelow(sorted []float64, quantum float64) window {
	const upTo = 3 // distances of the two
	lo, hi := belowMiddle(sorted)
	return windowAround(sorted, lo, hi, upTo*(hi-lo)+2*quantum)
}

// moments returns the mean and the unbiased variance; of one value the
// variance is 0.
func moments(v []float64) (mean, variance float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	if len(v) < 2 {
		return mean, 0
	}
	for _, x := range v {
		variance += (x - mean) * (x - mean)
	}
	return mean, variance / float64(len(v)-1)
}

// Quantile returns the value at p, from 0 to 1, of values that the caller has
// sorted in ascending order: one of them, that of the rank nearest to p(n-1),
// the higher of two that are as near. So 0.5 gives the median, the upper one of
// an even number. It does not interpolate, which would show values that a coarse
// clock cannot. Without values it is NaN.
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[int(math.Round(p*float64(len(sorted)-1)))]
}

// normal95 is the two-sided 95 % quantile of the normal distribution.
const normal95 = 1.959964

// student95 is the two-sided 95 % quantile of Student's t with n degrees of
// freedom, within 1 % from 3 degrees on.
func student95(n int) float64 {
	exact := [...]float64{math.Inf(1), 12.706, 4.303}
	if n < len(exact) {
		return exact[max(n, 0)]
	}
	return student(normal95, n)
}

// student is the quantile of Student's t with n degrees of freedom that z is of the
// normal distribution, by the first terms of the Cornish-Fisher expansion (Abramowitz
// and Stegun 26.7.5).
func student(z float64, n int) float64 {
	f, z3, z5, z7 := float64(n), z*z*z, z*z*z*z*z, z*z*z*z*z*z*z
	return z + (z3+z)/(4*f) + (5*z5+16*z3+3*z)/(96*f*f) + (3*z7+19*z5+17*z3-15*z)/(384*f*f*f)
}

// medianRanks returns the 0-based ranks of the order statistics that enclose
// the median of n values with at least 95 % confidence, without an assumption
// about their distribution (binomial, normal approximation above 5 values).
func medianRanks(n int) (lo, hi int) {
	if n < 6 {
		return 0, max(n-1, 0)
	}
	half := normal95 * math.Sqrt(float64(n)) / 2
	lo = int(math.Floor(float64(n)/2 - half))
	return max(lo, 0), min(n-1, n-1-max(lo, 0))
}
