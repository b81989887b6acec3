package child

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"webrunner/internal/check"
	"webrunner/internal/compare"
	"webrunner/internal/gate"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// compareTime is how long two functions are compared at one point and in one layout, at
// most, by effort. Most are decided far sooner.
func compareTime(e wire.Effort) time.Duration {
	switch e {
	case wire.Quick:
		return 200 * time.Millisecond
	case wire.Thorough:
		return 2 * time.Second
	}
	return time.Second
}

// compare runs two functions by turns at each point, and in each layout.
func (j *job) compare() (*wire.Report, error) {
	if j.Compare == nil || len(j.Compare.Points) == 0 {
		return nil, wire.Problemf(wire.Internal, "a comparison without a point")
	}
	layouts := []*uint64{j.Measure.Align}
	if at := j.Compare.Layouts; len(at) > 0 {
		layouts = nil
		for i := range at {
			layouts = append(layouts, &at[i])
		}
	}
	out := &wire.Comparison{Failed: []string{}, Notes: []string{}}
	left := len(j.Compare.Points) * len(layouts)
	for _, point := range j.Compare.Points {
		var runs []*pair
		var a, b *wire.Result
		for _, align := range layouts {
			share := (time.Until(j.deadline()) - keptForReport) / time.Duration(left)
			left--
			c, ra, rb, err := j.compareAt(point, align, share, a == nil)
			if err != nil {
				return nil, j.told(err)
			}
			if a == nil {
				a, b = ra, rb
			}
			a.Notes, b.Notes = merged(a.Notes, ra.Notes), merged(b.Notes, rb.Notes)
			runs = append(runs, c)
		}
		p := wire.Compared{Params: a.Params, A: a, B: b}
		if j.Count.All {
			out.Notes = append(out.Notes, differences(a, b, len(j.Compare.Points) > 1)...)
		}
		fine := sound(runs)
		ratios := append(ratiosOf(runs, layouts, fine), exactRatios(a, b, runs[0].depends, fine)...)
		if len(j.Compare.Points) > 1 {
			for i := range ratios {
				ratios[i].Params = p.Params
			}
		}
		out.Points, out.Ratios = append(out.Points, p), append(out.Ratios, ratios...)
	}
	first := out.Points[0]
	out.A, out.B = first.A, first.B
	if len(out.Points) == 1 {
		out.Points = nil
	}
	out.Notes = append(append(out.Notes, gate.SameFunction(first.A, first.B)...), gate.Unverified(first.A, first.B)...)
	out.Ratios = list(out.Ratios)
	return &wire.Report{Comparison: out, OK: true}, nil
}

// keptForReport is what of a deadline is kept for the answer.
const keptForReport = 100 * time.Millisecond

func (j *job) deadline() time.Time {
	return j.began.Add(time.Duration(j.Budget.Deadline) * time.Microsecond)
}

// merged adds the texts that are not there yet.
func merged(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// sideJob is the job of one side at a point.
func (j *job) sideJob(point map[string]uint64, align *uint64, share time.Duration) *wire.Job {
	w := *j.Job
	w.Params, w.Measure.Align, w.Compare, w.Parts = point, align, nil, j.Shared()
	if w.Count.All || w.Count.Profile != "" {
		share /= 2 // the rest is for counting
	}
	w.Budget.CPU = min(w.Budget.CPU, min(share, compareTime(w.Budget.Effort)).Microseconds())
	w.Budget.Memory /= 2
	return &w
}

// pair is two sides that were compared.
type pair struct {
	*compare.Compared
	depends []string // what exact counts of a side depend on beside its operands
}

// compareAt compares at one point, in one layout, and counts both sides if it is asked to.
func (j *job) compareAt(point map[string]uint64, align *uint64, share time.Duration, counting bool) (*pair, *wire.Result, *wire.Result, error) {
	limit := time.Now().Add(share)
	ja, jb := j.sideJob(point, align, share), j.sideJob(point, align, share)
	jb.Symbol, jb.ABI = j.Compare.OtherSymbol, cmp.Or(j.Compare.OtherABI, j.ABI)
	if other := j.Part(wire.RoleOther); other != nil {
		jb.Object = other.Data
	}
	if reference := j.Part(wire.RoleReference); reference != nil {
		ja.Parts = append(ja.Parts, *reference)
	}
	a, err := subject.New(ja, j.filtered(), j.began)
	if err != nil {
		return nil, nil, nil, side("a", err)
	}
	defer a.Space.Close()
	expected, err := check.Expect(a) // whose place b has after it
	if err != nil {
		return nil, nil, nil, err
	}
	b, err := a.Beside(jb)
	if err != nil {
		return nil, nil, nil, side("b", err)
	}
	defer b.Space.Close()
	began := time.Now()
	c, err := compare.Measure(a, b, judgeOf(expected))
	if err != nil {
		name := "a"
		if f := (*compare.Fault)(nil); errors.As(err, &f) {
			if err = f.Err; f.B {
				name = "b"
			}
		}
		return nil, nil, nil, side(name, err)
	}
	took := time.Since(began)
	ra, rb := j.sideResult(ja, &c.A, took), j.sideResult(jb, &c.B, took)
	if expected != nil {
		ra.Verify.Reference, rb.Verify.Reference = expected.Name, expected.Name
	}
	p := &pair{Compared: c}
	if counting {
		p.count(j, ra, rb, limit, took)
	}
	return p, ra, rb, nil
}

// side names the side that a problem is of.
func side(name string, err error) error {
	var p *wire.Problem
	if errors.As(err, &p) {
		told := *p
		told.Detail = name + ": " + p.Detail
		return &told
	}
	return err
}

// sideResult is the result of one side. Cells are timed for both together.
func (j *job) sideResult(w *wire.Job, s *compare.Side, took time.Duration) *wire.Result {
	own := &job{Job: w, layers: j.layers, strict: j.strict, began: j.began}
	res := own.result(s.Subject, s.Measured, s.Found)
	res.Timing = wire.Timing{
		Load: s.Subject.Loading.Microseconds(), Screen: s.Subject.Screening.Microseconds(),
		Cells: took.Microseconds(), Verify: s.Found.Watched.Verifying.Microseconds(),
	}
	return res
}

// sound tells whether nothing speaks against either side in any layout.
func sound(runs []*pair) bool {
	for _, c := range runs {
		for _, s := range []*compare.Side{&c.A, &c.B} {
			broken := s.Found.Watched.Broken.And(s.Measured.Broken)
			if s.Found.Integrity() == wire.Suspect || !broken.ABI().OK || wire.VerifyStatus(s.Found.Watched.Checked.Status) == wire.VerifyMismatch {
				return false
			}
		}
	}
	return true
}

// ratiosOf makes one ratio of those that each layout has of a figure.
func ratiosOf(runs []*pair, layouts []*uint64, sound bool) (out []wire.Ratio) {
	for _, f := range runs[0].Figures {
		var list []stats.Ratio
		var layout wire.Layout
		var cells wire.Cells
		for i, c := range runs {
			at := slices.IndexFunc(c.Figures, func(g compare.Figure) bool { return g.Name == f.Name })
			if at < 0 {
				continue
			}
			g := c.Figures[at]
			list = append(list, g.Ratio)
			if len(runs) > 1 {
				layout.Align = append(layout.Align, *layouts[i])
				layout.A, layout.B = append(layout.A, compare.Mean(g.A)), append(layout.B, compare.Mean(g.B))
			}
			cells.A, cells.B = append(cells.A, g.A...), append(cells.B, g.B...)
		}
		a := counter(runs[0].A.Measured, f.Name)
		if len(list) < len(runs) || a == nil {
			continue
		}
		r, v := list[0], f.Verdict
		if len(list) > 1 {
			r = stats.Pooled(list)
			v = r.LastVerdict()
		}
		w := wire.Ratio{Name: f.Name, Ratio: r.Value, CI95: [2]float64{r.Low, r.High}, Floor: r.Floor, Pairs: r.Pairs, Cells: cells}
		w.Unit, w.Source = a.Unit, a.Source
		w.Verdict, w.Note = gate.Verdict(v, r)
		if len(list) > 1 {
			w.Layout = &layout
			if note := lottery(&layout, r.Value); note != "" {
				w.Note = note
			}
		}
		if !sound {
			w.Verdict, w.Note = wire.Wrong, gate.UnsoundNote
		}
		out = append(out, w)
	}
	return out
}

// counter is the figure of this name, nil if there is none.
func counter(m *measure.Measurement, name string) *wire.Counter {
	for i := range m.Counters {
		if m.Counters[i].Name == name {
			return &m.Counters[i]
		}
	}
	return nil
}

// lottery says that layout alone can make the difference that there is, empty where it
// cannot.
func lottery(l *wire.Layout, ratio float64) string {
	a, b := slices.Max(l.A)/slices.Min(l.A), slices.Max(l.B)/slices.Min(l.B)
	if spread := max(a, b); math.Abs(math.Log(ratio)) < math.Log(spread) && spread > 1.01 {
		return fmt.Sprintf("layout alone can make this difference: by alignment a reads %s to %s, b %s to %s", read(slices.Min(l.A)), read(slices.Max(l.A)), read(slices.Min(l.B)), read(slices.Max(l.B)))
	}
	return ""
}

// read writes a figure with four digits, or all those before its point.
func read(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
