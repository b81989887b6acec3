// Package trust grades counters: it has kernels run whose cost is known by
// their instructions, and compares what comes back with the truth. The jobs are
// those of clients in all but the object, so a grade is about everything that a
// figure passes through, from the counter to the report.
package trust

import (
	"fmt"
	"math"
	"strconv"
)

// Grade is how far a counter's figures are to be believed.
type Grade string

// The grades.
const (
	Trusted  Grade = "trusted"  // every figure is the truth, within Tolerance or the counter's resolution
	Biased   Grade = "biased"   // every figure is off by one factor, by one amount a call, or by both
	Broken   Grade = "broken"   // figures have no such relation to the truth, or failed to come
	Ungraded Grade = "ungraded" // no kernel has a known answer, or the host was too noisy to tell
)

// Grades returns every grade, the best first.
func Grades() []Grade { return []Grade{Trusted, Biased, Broken, Ungraded} }

// Tolerance is how far a trusted figure may be off, relative to the truth.
const Tolerance = 0.005

// Mark is the grade of one counter.
type Mark struct {
	Counter string `json:"counter"`
	Grade   Grade  `json:"grade"`
	// Ratio is figure over truth less 1, of the kernel with the largest truth;
	// 0 of a counter that is ungraded.
	Ratio  float64 `json:"bias_ratio"`
	Offset float64 `json:"bias_offset,omitempty"` // of a biased counter, per call, in its unit
	Factor float64 `json:"bias_factor,omitempty"` // of a biased counter, less 1
	Why    string  `json:"why,omitempty"`         // it is broken or ungraded
}

// String is the grade with the bias or the reason.
func (m Mark) String() string {
	switch {
	case m.Grade == Biased && m.Factor == 0:
		return fmt.Sprintf("biased by %s per call", signed(m.Offset))
	case m.Grade == Biased && m.Offset == 0:
		return fmt.Sprintf("biased by %s %%", signed(100*m.Factor))
	case m.Grade == Biased:
		return fmt.Sprintf("biased by %s %% and %s per call", signed(100*m.Factor), signed(m.Offset))
	case m.Why != "":
		return string(m.Grade) + ": " + m.Why
	}
	return string(m.Grade)
}

// An interrupt that no sample shows, and what a processor counts otherwise than its
// manual says, may make so many events of difference between a PMU's count of a call and
// the exact one.
const (
	exactSlack = 2
	exactError = 0.001 // relative
)

// agree tells whether a PMU's count may be of what was counted exactly.
func agree(pmu, exact float64) bool {
	return math.Abs(pmu-exact) <= exactSlack+exactError*math.Abs(exact)
}

// Beside is the mark of a counter that counted so many events in a call of which the
// exact count is known. A figure that disagrees with it lowers the grade: one that known
// kernels have found to be true, or have not looked at, is biased by the difference; one
// whose bias they have found is broken unless the bias explains the difference.
func (m Mark) Beside(pmu, exact float64) Mark {
	switch {
	case agree(pmu, exact), m.Grade == Broken, m.Grade == Biased && agree(pmu, exact*(1+m.Factor)+m.Offset):
		return m
	case m.Grade == Biased:
		return Mark{Counter: m.Counter, Grade: Broken, Ratio: m.Ratio, Why: fmt.Sprintf("it is %s by known kernels, and counted %.1f where %.0f is exact", m, pmu, exact)}
	}
	return Mark{Counter: m.Counter, Grade: Biased, Ratio: pmu/max(exact, 1) - 1, Offset: pmu - exact}
}

// signed writes three digits, or all of an integer, with the sign.
func signed(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%+.0f", v)
	}
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if v > 0 {
		s = "+" + s
	}
	return s
}
