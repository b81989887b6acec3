package measure

import (
	"math"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
	"webrunner/trampoline"
)

// How sampling proceeds. Every cell is a fresh process, so that an effect of
// its layout in memory shows as a second mode instead of hiding in one.
const (
	MinCells     = 3 // where there is time
	maxCells     = 64
	quickCells   = 3                     // where there is little time, however little they say
	quickRecords = 20                    // of cells where there is little time,
	firstRecords = 32                    // of the first cells,
	shortRecords = 64                    // where a call takes few steps of the clock
	fewSteps     = 100                   // of the clock
	firstTime    = 2 * time.Millisecond  // of their sampling, where calls are long
	laterTime    = 10 * time.Millisecond // of the others, when precision asks for more
	fewestInCell = 12                    // records, where cells differ more than samples do,
	cellShare    = 6                     // and no less time for them than a part of what a cell costs, one in so many
	betweenTime  = 2 * time.Microsecond  // of all laps of a record
)

// wantedRecords is how many samples a cell should give at least: one that gives
// less gets more time.
const wantedRecords = 4

// sampler collects the samples of one measurement, cell by cell.
type sampler struct {
	timer
	record    Record
	known     Known
	place     Place // of the next cell
	cells     [][]stats.Sample
	outcomes  []*cell.Outcome
	plans     []cell.Plan   // of these
	on        []int         // the CPU that each was pinned to
	length    time.Duration // that one record takes
	longest   float64       // undisturbed call, ticks
	precision wire.Precision
	broken    autopsy.Broken
}

func newSampler(r Record, t timer, known Known) *sampler {
	return &sampler{
		timer: t, record: r, known: known, place: known.Place,
		precision: wire.Precision{Wanted: t.subject.Job.Budget.Precision},
	}
}

// run runs cells until the figure for cycles is precise enough, or the time is up.
// Where a PMU counts cycles, which stopped for a reason, they serve to check it.
func (s *sampler) run(stopped wire.StopReason) error {
	s.precision.Stopped = stopped
	records := s.firstRecords()
	next := MinCells // when to ask: an answer takes time in proportion to the cells
	if s.quick() {
		next = 1
	}
	for {
		if err := s.sample(records); err != nil {
			return err
		}
		stopped := wire.StopReason("")
		if len(s.cells) >= next {
			fig, q, err := s.estimate()
			switch {
			case err == nil && s.enough(fig, q):
				stopped = wire.StopPrecision
			case len(s.cells) == maxCells, s.quick() && len(s.cells) == quickCells:
				stopped = wire.StopCells
			}
			records = s.nextRecords(fig, q, err)
			next = min(next+next/4+1, maxCells)
		}
		if stopped == "" && s.left() <= 0 {
			stopped = wire.StopDeadline
		}
		if s.precision.Stopped != "" { // the PMU's figures are the main ones
			return nil
		}
		if s.precision.Stopped = stopped; stopped != "" {
			return nil
		}
	}
}

func (s *sampler) quick() bool { return s.subject.Job.Budget.Effort == wire.Quick }

// firstRecords is how many samples the first cells take, by what a call takes.
func (s *sampler) firstRecords() int {
	s.length = chainTime + 2*witnessTime + betweenTime + s.known.Call
	if s.record.Long > 0 {
		s.length += min(s.known.Call, longMost)
	}
	records := firstRecords
	switch {
	case s.quick():
		records = quickRecords
	case s.record.Batch == 1 && s.record.Ticks(s.known.Call) < fewSteps*max(s.host().TSCQuantum, 1):
		records = shortRecords
	}
	return max(min(records, int(firstTime/s.length)), wantedRecords)
}

// nextRecords divides what is left to do among cells. A cell costs a fixed time
// and a time for each sample; the variance of the figure is that of samples,
// divided by their number, and that of cells, divided by theirs. So samples in a
// cell are to cells as the roots of variance and cost are (Cochran, Sampling
// Techniques, 10.6, the optimum for two stages).
func (s *sampler) nextRecords(f stats.Figure, q stats.Quality, err error) int {
	most := max(int(laterTime/s.length), wantedRecords)
	if err != nil || f.Accepted == 0 || f.Accepted*2 < f.Total { // much is disturbed
		return most
	}
	var wanted int
	if q.Between > 0 {
		var cost time.Duration
		for _, o := range s.outcomes {
			cost += max(o.Wall-o.Loop, 0) / time.Duration(len(s.outcomes))
		}
		wanted = int(math.Sqrt(float64(cost)/float64(s.length)) * q.Within / q.Between)
		wanted = max(wanted, int(cost/cellShare/s.length))
	} else {
		short := f.Half() / f.Target(s.precision.Wanted)
		wanted = int(float64(f.Accepted) * (short*short - 1))
	}
	fewest := fewestInCell
	if f.Unseen > s.precision.Wanted { // a few calls say little of what the host takes
		fewest = firstRecords
	}
	return min(max(wanted, fewest), most)
}

// sample runs one more cell.
func (s *sampler) sample(records int) error {
	plan := s.record.Plan(s.subject, cell.Lap{Kind: trampoline.Kernel})
	plan.Records = min(records, plan.MaxRecords())
	// What is disturbed takes longer. A cell must give a few samples all the same.
	plan.Budget = s.record.Ticks(max(2*s.length*time.Duration(records), firstTime))
	if left := s.left(); len(s.cells) > 0 && left > 0 {
		plan.Budget = min(plan.Budget, s.record.Ticks(left))
	}
	out, broken, err := s.subject.Run(plan)
	if err != nil {
		return err
	}
	s.broken = s.broken.And(broken)
	samples := s.record.samples(usable(s.subject, out), out.Samples.LastChain, s.host().Detectors)
	markFaulted(samples, out)
	s.keepLengthy(samples, out)
	s.plans = append(s.plans, plan)
	s.outcomes, s.on, s.cells = append(s.outcomes, out), append(s.on, s.place.CPU), append(s.cells, samples)
	if n := len(out.Samples.Records); n > 0 {
		s.length = max(s.length, out.Loop/time.Duration(n))
		if len(s.cells) > 1 {
			s.length = min(s.length, out.Loop/time.Duration(n))
		}
	}
	s.settle(samples)
	return nil
}

func (s *sampler) host() *wire.Host { return &s.subject.Job.Host }

// markFaulted marks the first call of a cell where pages were touched for the first time
// within the loop. A later call that touches others is not told apart: so do all that are like it.
func markFaulted(samples []stats.Sample, o *cell.Outcome) {
	if len(samples) > 0 && (o.LoopFaults > 0 || o.Untouched) {
		samples[0].Faulted = true
	}
}

// keepLengthy tells calls that are disturbed because they are long from those that
// are long because they are disturbed. The one kind must not be left out: a kernel
// whose long calls were all rejected would look as quick as its short ones. The
// processor time of the cell, which the supervisor knows, tells which it is: another
// process's turn is not in it.
func (s *sampler) keepLengthy(samples []stats.Sample, o *cell.Outcome) {
	for i := range samples {
		if c := &samples[i]; !c.Empty && calm(c) {
			s.longest = max(s.longest, float64(c.Ticks))
		}
	}
	if s.longest == 0 {
		return
	}
	var long []*stats.Sample
	excess := 0.0
	for i := range samples {
		c := &samples[i]
		if over := float64(c.Ticks) - s.longest; !c.Empty && !calm(c) && over > s.longest+float64(s.record.Ticks(interruptTime)) {
			long = append(long, c)
			excess += over
		}
	}
	stolen := float64(o.Samples.End-o.Samples.Start) - float64(s.record.Ticks(o.Busy))
	if stolen > mostStolen*excess {
		return
	}
	for _, c := range long {
		c.Lengthy = true
	}
}

// calm tells that nothing came into a sample that a long call is more likely to
// meet than a short one.
func calm(c *stats.Sample) bool {
	a, b := float64(c.Before), float64(c.After)
	return !c.Interrupted && !c.Preempted && math.Abs(a-b) < stats.ChainTolerance*a
}

// mostStolen is the share of the time by which calls are longer than others that
// other processes may have had, if the calls are long themselves.
const mostStolen = 0.8

// interruptTime is more than interrupts make a call longer.
const interruptTime = 200 * time.Microsecond

// settle moves the next cells to another CPU where most samples of this one
// suffered from the core's other hyper-thread.
func (s *sampler) settle(samples []stats.Sample) {
	elsewhere := others(s.host().CPUs, s.place.CPU)
	if s.place.Why != "" || len(elsewhere) == 0 {
		return
	}
	fig, _, err := stats.EstimateCycles([][]stats.Sample{samples}, calibration(*s.host(), s.record), s.host().TSCQuantum)
	if err == nil && 2*fig.Rejected.Contended > fig.Total {
		s.place = Pin(elsewhere)
	}
}

// enough tells whether the figure for cycles is as precise as was asked for. One
// process is enough where there is little time.
func (s *sampler) enough(f stats.Figure, q stats.Quality) bool {
	if s.quick() {
		return stats.Precise(f, s.precision.Wanted) && !q.Contended && !q.Disturbed
	}
	if s.length > longRecord && len(s.cells) >= MinCells { // each call is interrupted, which is little of it
		return stats.Precise(f, s.precision.Wanted) && !q.Contended
	}
	return stats.Enough(f, q, s.precision.Wanted)
}

// longRecord is longer than the period of any timer.
const longRecord = 20 * time.Millisecond

func (s *sampler) estimate() (stats.Figure, stats.Quality, error) {
	return stats.EstimateCycles(s.cells, calibration(*s.host(), s.record), s.host().TSCQuantum)
}
