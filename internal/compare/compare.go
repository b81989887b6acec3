// Package compare measures two subjects of one process by turns, and says what the figures
// of one are to those of the other.
package compare

import (
	"math"
	"time"

	"webrunner/internal/audit"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Pairs of cells are looked at when there are this many, and then ever more seldom: an
// answer takes time, and each look is a chance to be wrong.
const (
	firstLook = 8
	mostPairs = 400
)

// Side is one of the two, with all that is known of it.
type Side struct {
	Subject  *subject.Subject
	Watched  *audit.Watched
	Measured *measure.Measurement
	Found    *audit.Finding

	session *measure.Session
	cells   [][]measure.CellFigure // of each cell
}

// Compared is two sides and the ratios of what both have.
type Compared struct {
	A, B    Side
	Figures []Figure
}

// Figure is one figure of both sides.
type Figure struct {
	Name    string
	A, B    []float64 // of the cells, by pairs
	Ratio   stats.Ratio
	Verdict stats.Verdict
}

// Measure verifies both subjects, by their specification unless there is a judge, and then runs cells of both in the order ABBA on one
// CPU until it is clear what one is to the other, or the time of the first one's budget
// is up. An error is a *Fault.
func Measure(a, b *subject.Subject, judge audit.Judge) (*Compared, error) {
	c := &Compared{A: Side{Subject: a}, B: Side{Subject: b}}
	place := measure.Pin(a.Job.Host.CPUs)
	for _, s := range []*Side{&c.A, &c.B} {
		var err error
		if s.Watched, err = audit.Watch(s.Subject, judge); err != nil {
			return nil, c.fault(s, err)
		}
	}
	for _, s := range []*Side{&c.A, &c.B} {
		var err error
		known := measure.Known{Place: place, Call: s.Watched.Expected(), Faults: s.Watched.Faults()}
		if s.session, err = measure.Begin(s.Subject, known); err != nil {
			return nil, c.fault(s, err)
		}
	}
	if err := c.sample(); err != nil {
		return nil, err
	}
	for _, s := range []*Side{&c.A, &c.B} {
		s.Measured = s.session.Measurement()
		s.Found = audit.Examine(s.Subject, s.Watched, s.Measured)
	}
	return c, nil
}

// Fault is an error of one side.
type Fault struct {
	B   bool // else a
	Err error
}

// Error implements error.
func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap is the error of the side.
func (f *Fault) Unwrap() error { return f.Err }

func (c *Compared) fault(s *Side, err error) error { return &Fault{s == &c.B, err} }

// sample runs pairs of cells.
func (c *Compared) sample() error {
	next := firstLook
	for pairs := 1; ; pairs++ {
		order := []*Side{&c.A, &c.B}
		if pairs%2 == 0 {
			order = []*Side{&c.B, &c.A}
		}
		for _, s := range order {
			if err := s.session.Cell(); err != nil {
				return c.fault(s, err)
			}
			s.cells = append(s.cells, s.session.Last())
		}
		order[0].session.Follow(order[1].session)
		out := c.A.session.Left() <= 0 && pairs >= stats.FewestPairs || c.A.Subject.Left() <= enough(c, pairs)
		if pairs < next && !out {
			continue
		}
		next += next/4 + 1
		c.Figures = c.estimate()
		switch {
		case c.decided():
			c.stop(wire.StopPrecision)
		case pairs >= mostPairs:
			c.stop(wire.StopCells)
		case out:
			c.stop(wire.StopDeadline)
		default:
			continue
		}
		return nil
	}
}

// enough is the time that must be left before the deadline of the job for one more pair
// of cells, by the pairs that there were, and for the examination.
func enough(c *Compared, pairs int) time.Duration {
	began := c.A.session.Began()
	return 2*time.Since(began)/time.Duration(pairs) + 20*time.Millisecond
}

func (c *Compared) stop(why wire.StopReason) {
	for i := range c.Figures {
		if f := &c.Figures[i]; f.Verdict == stats.Undecided {
			f.Verdict = f.Ratio.LastVerdict()
		}
	}
	c.A.session.Stop(why)
	c.B.session.Stop(why)
}

// decided tells whether more cells would change no verdict. Counts that are the PMU's are
// looked at only if there are no others: some scatter for ever.
func (c *Compared) decided() bool {
	seen := false
	for _, f := range c.Figures {
		if !timed(f.Name) {
			continue
		}
		seen = true
		if f.Verdict == stats.Undecided && !f.Ratio.Exhausted() {
			return false
		}
	}
	return seen
}

// timed tells of a figure that it is what comparisons are made for.
func timed(name string) bool {
	switch name {
	case wire.FigureCycles, wire.FigureCyclesByTSC, wire.FigureReferenceCycles, wire.FigureTime:
		return true
	}
	return false
}

// estimate returns the ratios by all pairs so far.
func (c *Compared) estimate() (list []Figure) {
	if len(c.A.cells) == 0 {
		return nil
	}
	for _, first := range c.A.cells[0] {
		a, b := pairsOf(c.A.cells, c.B.cells, first.Name)
		f := Figure{Name: first.Name, A: a, B: b}
		scatter := 0.0
		if timed(first.Name) {
			scatter = c.scatter()
		}
		var err error
		if f.Ratio, err = stats.EstimateRatio(a, b, scatter); err != nil {
			continue // too short to be told from nothing, or a count of none
		}
		f.Verdict = f.Ratio.Verdict()
		list = append(list, f)
	}
	return list
}

// pairsOf returns the values of a figure in the pairs that have it on both sides: without
// those that were disturbed, unless that is most of them.
func pairsOf(a, b [][]measure.CellFigure, name string) (x, y []float64) {
	var all, clean [2][]float64
	for i := range a {
		p, q := find(a[i], name), find(b[i], name)
		if p == nil || q == nil {
			continue
		}
		all[0], all[1] = append(all[0], p.Value), append(all[1], q.Value)
		if !p.Disturbed && !q.Disturbed {
			clean[0], clean[1] = append(clean[0], p.Value), append(clean[1], q.Value)
		}
	}
	if n := len(clean[0]); n >= firstLook && 2*n > len(all[0]) {
		return clean[0], clean[1]
	}
	return all[0], all[1]
}

func find(list []measure.CellFigure, name string) *measure.CellFigure {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

// Mean is that of the values of cells.
func Mean(v []float64) (sum float64) {
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

// layoutCycles is what calls of one length differ by, in cycles, by how their code is laid
// out at its beginning and its end: half of a 95 % interval (perf/stats/CALIBRATION.md).
const layoutCycles = 1

// scatter is half of the relative 95 % interval of what layout alone may make of the ratio
// of two times.
func (c *Compared) scatter() float64 {
	each := func(s *Side) float64 {
		var cycles []float64
		for _, cell := range s.cells {
			for _, f := range cell {
				if f.Name == wire.FigureCycles || f.Name == wire.FigureCyclesByTSC {
					cycles = append(cycles, f.Value)
					break
				}
			}
		}
		if v := Mean(cycles); v > 0 {
			return layoutCycles / v / float64(s.session.Batch())
		}
		return 0
	}
	return math.Hypot(each(&c.A), each(&c.B))
}
