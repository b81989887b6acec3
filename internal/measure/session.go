package measure

import (
	"slices"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Session is a measurement under way, which who compares subjects drives cell by cell.
type Session struct {
	known    Known
	record   Record
	broken   autopsy.Broken
	counting *counting
	sampler  *sampler
}

// Begin begins to measure the calls of a subject; its time is that of the job's budget
// from now on. An error is a *wire.Problem of a cell that ended otherwise than by
// returning.
func Begin(s *subject.Subject, known Known) (*Session, error) {
	t := timer{subject: s, began: time.Now()}
	s.Lasts(known.Call)
	x := &Session{known: known, record: NewRecord(s.Job.Host)}
	var err error
	if x.record.Batch, x.known.Call, x.broken, err = chooseBatch(s, x.record.Ruler, known.Call); err != nil {
		return nil, err
	}
	x.record = x.record.beside(x.known.Call, &s.Job.Host)
	x.counting, x.sampler = newCounting(x.record, t), newSampler(x.record, t, x.known)
	return x, nil
}

// Left is how much of the session's time is left.
func (x *Session) Left() time.Duration { return x.sampler.left() }

// Began is when the session did.
func (x *Session) Began() time.Time { return x.sampler.began }

// Batch is how many calls lie between two time stamps.
func (x *Session) Batch() int { return x.record.Batch }

// Cell runs one more cell for time stamps, and one for each group of events. An error is
// a *wire.Problem of a cell that ended otherwise than by returning.
func (x *Session) Cell() error {
	for _, g := range x.counting.groups {
		if g.failed != nil {
			continue
		}
		if err := x.counting.countInCell(g, laterTime); err != nil {
			return err
		}
	}
	return x.sampler.sample(x.records())
}

// records is how many a cell of the session takes: enough for a figure of its own, and
// one of calls that are so long that a few of them are all there is time for.
func (x *Session) records() int {
	if x.sampler.length > longRecord {
		return 1
	}
	return x.sampler.firstRecords()
}

// Follow has the next cells run where those of another session do.
func (x *Session) Follow(o *Session) { x.sampler.place = o.sampler.place }

// Stop says why the session is over.
func (x *Session) Stop(why wire.StopReason) { x.sampler.precision.Stopped = why }

// CellFigure is a figure by one cell alone, per call.
type CellFigure struct {
	Name  string
	Value float64
	// Disturbed tells that few samples of the cell were free of disturbance, so that the
	// value may be too high.
	Disturbed bool
}

// Last returns the figures of the cells that ran last. What these do not show is left out.
func (x *Session) Last() (list []CellFigure) {
	for _, g := range x.counting.groups {
		if g.failed != nil || len(g.cells) == 0 {
			continue
		}
		for i, e := range g.events {
			f, _, err := stats.EstimateCounter([]stats.Readings{{Samples: g.cells[len(g.cells)-1], Counter: i}})
			if err == nil && !has(list, e.name) {
				list = append(list, CellFigure{Name: e.name, Value: f.Value / float64(x.record.Batch)})
			}
		}
	}
	s := x.sampler
	if len(s.cells) == 0 {
		return list
	}
	last := s.cells[len(s.cells)-1:]
	host, batch := s.host(), float64(x.record.Batch)
	if f, q, err := stats.EstimateCycles(last, calibration(*host, x.record), host.TSCQuantum); err == nil {
		list = append(list, CellFigure{cyclesName(host), f.Value / batch, q.Contended || q.Disturbed})
	}
	if f, q, err := stats.EstimateTSC(last, calibration(*host, x.record), host.TSCQuantum); err == nil {
		list = append(list, CellFigure{wire.FigureReferenceCycles, f.Value / batch, q.Contended || q.Disturbed})
		if hz := float64(host.TSCHz); hz > 0 {
			list = append(list, CellFigure{wire.FigureTime, f.Value / batch * 1e9 / hz, q.Contended || q.Disturbed})
		}
	}
	return list
}

func has(list []CellFigure, name string) bool {
	return slices.ContainsFunc(list, func(f CellFigure) bool { return f.Name == name })
}

// Measurement is what the cells of the session showed altogether.
func (x *Session) Measurement() *Measurement {
	s := x.sampler
	m := &Measurement{
		Figures: Figures{batch: x.record.Batch}, Broken: x.broken.And(x.counting.broken).And(s.broken),
		Doubts: x.counting.doubts, Cells: s.outcomes, Record: x.record, Plans: s.plans, Counted: x.counting.plans,
	}
	x.counting.addCounts(&m.Figures) // they come first
	quality := m.cycles(s)
	m.Missing = append(m.Missing, s.subject.Job.Refused...)
	m.pageFaults(x.known.Faults)
	m.Conditions = describe(s, m.Figures, quality)
	if s.subject.Job.Measure.Samples {
		m.Single, m.Histogram = x.singles()
	}
	if s.place.Why != "" {
		m.Warnings = append(m.Warnings, "the cells are not pinned to a CPU: "+s.place.Why)
	}
	return m
}
