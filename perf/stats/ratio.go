package stats

import (
	"fmt"
	"math"
	"slices"
)

// Ratio is how many times as much b has as a, by pairs of cells of which each has a
// value of both, taken one after the other.
type Ratio struct {
	Value     float64
	Low, High float64 // 95 % confidence interval of Value
	// Floor is by how much a seems to differ from itself, relative: the ratio of two
	// interleaved halves of its own cells, less 1, without a sign.
	Floor float64
	Pairs int

	mean    float64 // logarithm of Value
	stderr  float64 // of mean, by what the pairs scatter
	freedom int     // degrees of freedom of stderr
	scatter float64 // standard error of mean that no repetition shows
	uneven  bool    // Floor is more than chance
}

// Verdict says whether b is below a.
type Verdict int

// Every Verdict. Undecided: the interval is too wide to say any of the others.
const (
	Undecided Verdict = iota
	Less              // b has less than a
	More
	Same
)

// FewestPairs is how many pairs a ratio is made from, at least.
const FewestPairs = 4

const (
	// sameWithin is the relative difference that is called none.
	sameWithin = 0.005
	// trimmedShare is the part of the pairs that is left out at each end, one in so
	// many: a pair of which one side was held up says nothing.
	trimmedShare = 5
	// normal99 and normal999 are two-sided quantiles of the normal distribution.
	normal99  = 2.575829
	normal999 = 3.290527
)

// EstimateRatio returns the ratio of b to a by the values of pairs of cells, pair i
// being a[i] and b[i]. Which of the two was taken first alternates from pair to pair, as
// in ABBA, so that a drift which is a straight line takes no part. The scatter is half
// of the relative 95 % interval of what repeating does not show. The error says why
// there is no ratio: too few pairs, or a value that is not positive.
func EstimateRatio(a, b []float64, scatter float64) (Ratio, error) {
	if len(a) != len(b) || len(a) < FewestPairs {
		return Ratio{}, fmt.Errorf("stats: a ratio needs %d pairs, not %d and %d values", FewestPairs, len(a), len(b))
	}
	var logs, own []float64
	for i := range a {
		if !(a[i] > 0 && b[i] > 0) {
			return Ratio{}, fmt.Errorf("stats: there is no ratio of %g to %g", b[i], a[i])
		}
		logs = append(logs, math.Log(b[i]/a[i]))
		if i%4 == 1 { // the halves are ABBA again: 0 3 4 7 and 1 2 5 6
			own = append(own, math.Log(a[i]/a[i-1]))
		} else if i%4 == 3 {
			own = append(own, math.Log(a[i-1]/a[i]))
		}
	}
	r := Ratio{Pairs: len(a), scatter: scatter / normal95}
	r.mean, r.stderr, r.freedom = trimmedMean(logs)
	floor, stderr, freedom := trimmedMean(own)
	r.Value, r.Floor = math.Exp(r.mean), math.Expm1(math.Abs(floor))
	r.uneven = math.Abs(floor) > student(normal99, max(freedom, 1))*stderr
	r.Low, r.High = r.interval(normal95)
	return r, nil
}

// trimmedMean returns the mean of values without the extreme ones at both ends, with its
// standard error by the winsorised variance and the degrees of freedom of that (Yuen,
// "The two-sample trimmed t for unequal population variances", 1974).
func trimmedMean(v []float64) (mean, stderr float64, freedom int) {
	v = slices.Clone(v)
	slices.Sort(v)
	trimmed := len(v) / trimmedShare
	kept := v[trimmed : len(v)-trimmed]
	mean, _ = moments(kept)
	for i := range trimmed {
		v[i], v[len(v)-1-i] = kept[0], kept[len(kept)-1]
	}
	_, variance := moments(v)
	n, h := float64(len(v)), float64(len(kept))
	return mean, math.Sqrt(variance * (n - 1) / (h * max(h-1, 1))), len(kept) - 1
}

// interval is the one that the ratio is outside of as rarely as a normal variate is
// outside of ±z.
func (r Ratio) interval(z float64) (low, high float64) {
	half := math.Hypot(student(z, max(r.freedom, 1))*r.stderr, z*r.scatter)
	return math.Exp(r.mean - half), math.Exp(r.mean + half)
}

// Verdict says what the ratio shows while more pairs can be had: a difference is one if
// it is more than a shows to itself, and if chance makes so many in a thousand looks
// only, as there may be many looks.
func (r Ratio) Verdict() Verdict { return r.verdict(normal999) }

// LastVerdict says what it shows where there will be no more pairs, and so no more looks.
func (r Ratio) LastVerdict() Verdict { return r.verdict(normal99) }

func (r Ratio) verdict(z float64) Verdict {
	margin, none := max(sameWithin, r.Floor), sameWithin
	if r.uneven {
		none = margin
	}
	low, high := r.interval(z)
	switch {
	case r.Low >= 1-none && r.High <= 1+none:
		return Same
	case high < 1 && r.Value < 1-margin:
		return Less
	case low > 1 && r.Value > 1+margin:
		return More
	}
	return Undecided
}

// Exhausted tells that more pairs would not make the interval much narrower: most of it
// is what repeating does not show.
func (r Ratio) Exhausted() bool { return r.stderr < r.scatter/3 }

// Pooled returns the ratio over several layouts, each of which has one: layouts are the
// unit of its interval. There is at least one.
func Pooled(layouts []Ratio) Ratio {
	if len(layouts) == 1 {
		return layouts[0]
	}
	var means []float64
	p, k, noise := Ratio{}, float64(len(layouts)), 0.0
	for _, r := range layouts {
		means = append(means, r.mean)
		noise += r.stderr * r.stderr
		p.Pairs += r.Pairs
		p.Floor, p.uneven = max(p.Floor, r.Floor), p.uneven || r.uneven
	}
	var between float64
	p.mean, between = moments(means)
	p.stderr, p.freedom = math.Sqrt(between/k+noise/k/k), len(layouts)-1
	p.Value = math.Exp(p.mean)
	p.Low, p.High = p.interval(normal95)
	return p
}

// RatioOfRuns returns the ratio of b to a by values of whole runs of each, which have no
// pairs and may be of other days (Welch, "The generalization of Student's problem", 1947,
// for the degrees of freedom). Its floor is what the runs of one side differ by. The error
// says why there is no ratio.
func RatioOfRuns(a, b []float64, scatter float64) (Ratio, error) {
	if len(a) < 2 || len(b) < 2 {
		return Ratio{}, fmt.Errorf("stats: a ratio needs two runs of each, not %d and %d", len(a), len(b))
	}
	r := Ratio{Pairs: min(len(a), len(b)), scatter: scatter / normal95}
	var means, squares [2]float64
	down := 0.0
	for i, v := range [2][]float64{a, b} {
		var logs []float64
		for _, x := range v {
			if !(x > 0) {
				return Ratio{}, fmt.Errorf("stats: there is no ratio of %g", x)
			}
			logs = append(logs, math.Log(x))
		}
		mean, variance := moments(logs)
		means[i], squares[i] = mean, variance/float64(len(v))
		down += squares[i] * squares[i] / float64(len(v)-1)
		r.Floor = max(r.Floor, math.Expm1(slices.Max(logs)-slices.Min(logs)))
	}
	sum := squares[0] + squares[1]
	r.mean, r.stderr, r.freedom = means[1]-means[0], math.Sqrt(sum), 1
	if down > 0 {
		r.freedom = max(int(sum*sum/down), 1)
	}
	r.uneven = true // runs of one side that differ are what there is to go by
	r.Value = math.Exp(r.mean)
	r.Low, r.High = r.interval(normal95)
	return r, nil
}

// Half is how far the interval reaches from 1, relative: a difference of less than that
// is not resolved.
func (r Ratio) Half() float64 { return max(1-r.Low, r.High-1) }
