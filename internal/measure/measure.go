// Package measure finds how long the calls of a subject take, and what they count. It
// runs cells that sample the calls between chains of known length, until the figures
// are as precise as the job asks for or its time is up.
package measure

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"webrunner/internal/autopsy"
	"webrunner/internal/cell"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
)

// Known is what is known of a subject's calls before they are measured.
type Known struct {
	Place Place         // of the cells
	Call  time.Duration // about how long one takes, or those between two time stamps
	// Faults are samples of how many page faults a call has, counted from outside, and
	// how many an empty one has.
	Faults []stats.Sample
}

// Measurement is what cells showed of the calls of a subject.
type Measurement struct {
	Figures
	Conditions wire.Conditions
	Broken     autopsy.Broken
	// Doubts are what counters counted beside their readings, where that speaks against
	// these.
	Doubts []string
	// Cells are those that gave the time stamps, whose records are made up as Record
	// says. A kernel could have written to them.
	Cells  []*cell.Outcome
	Record Record
	// Plans are those of Cells, and Counted those of the cells that gave counts: a cell of
	// the same plan finds all as they did.
	Plans, Counted []cell.Plan
	// Single are the samples by themselves, and Histogram is of them, where the job asks
	// for these.
	Single    []wire.Single
	Histogram []wire.Bin
}

// Reference is the figure in ticks of the time-stamp counter, nil if there is none.
func (m *Measurement) Reference() *wire.Counter { return m.positive(wire.FigureReferenceCycles) }

// Measure measures the calls of a subject. An error is a *wire.Problem of a cell that
// ended otherwise than by returning.
func Measure(s *subject.Subject, known Known) (*Measurement, error) {
	x, err := Begin(s, known)
	if err != nil {
		return nil, err
	}
	if err := x.counting.count(); err != nil {
		return nil, err
	}
	if err := x.sampler.run(x.counting.stopped()); err != nil {
		return nil, err
	}
	return x.Measurement(), nil
}

// timer knows how much time is left for measuring.
type timer struct {
	subject *subject.Subject
	began   time.Time
}

// left is how much time is left for more cells.
func (t timer) left() time.Duration {
	budget := time.Duration(t.subject.Job.Budget.CPU) * time.Microsecond
	return min(budget-time.Since(t.began), t.subject.Left())
}

// Throughput is measured over batches of calls that take about this long
// together, so that what stands around a batch is small beside it.
const (
	batchTime  = 20 * time.Microsecond
	maxBatch   = 10000
	minBatch   = 4
	pilotCalls = 16
)

// chooseBatch sizes the batches of throughput by a pilot cell of single calls, and
// tells how long these take: where many calls overlap, by a pilot cell of batches.
// What is measured for latency has no batches.
func chooseBatch(s *subject.Subject, ruler Ruler, call time.Duration) (batch int, takes time.Duration, broken autopsy.Broken, err error) {
	if !s.Job.Measure.Throughput {
		return 1, call, broken, nil
	}
	pilot := func(batch int) (least uint64, err error) {
		plan := s.Plan()
		plan.Laps[0].Batch = batch
		plan.Records, plan.Budget = pilotCalls, ruler.Ticks(firstTime)
		out, b, err := s.Run(plan)
		if err != nil {
			return 0, err
		}
		broken = broken.And(b)
		if len(out.Samples.Records) == 0 {
			return ruler.Ticks(batchTime), nil
		}
		return slices.MinFunc(out.Samples.Records, func(a, b cell.Record) int { return cmp.Compare(a.Ticks[0], b.Ticks[0]) }).Ticks[0], nil
	}
	fastest, err := pilot(1)
	if err != nil {
		return 0, 0, broken, err
	}
	batch = int(min(max(ruler.Ticks(batchTime)/max(fastest, 1), minBatch), maxBatch))
	if batch == minBatch {
		return batch, ruler.Duration(minBatch * fastest), broken, nil
	}
	fastest, err = pilot(batch)
	return batch, ruler.Duration(fastest), broken, err
}

// Place is the CPU that cells run on; Why is the reason why they may run elsewhere,
// empty where they may not.
type Place struct {
	CPU int
	Why string
}

// Pin binds the cells that this thread will fork to one CPU, of these if there are any.
func Pin(among []int) Place {
	cpu, err := cell.Pin(among)
	if err != nil {
		return Place{Why: err.Error()}
	}
	return Place{CPU: cpu}
}

// others returns the CPUs but this one.
func others(cpus []int, cpu int) []int {
	return slices.DeleteFunc(slices.Clone(cpus), func(c int) bool { return c == cpu })
}

// moved tells how often cells changed their CPU, in words for people; the list is of
// the CPU that each was pinned to.
func moved(on []int) string {
	moves := 0
	for i := 1; i < len(on); i++ {
		if on[i] != on[i-1] {
			moves++
		}
	}
	switch moves {
	case 0:
		return "pinned, verified"
	case 1:
		return "pinned, verified; moved 1 time from a busy hyper-thread"
	}
	return fmt.Sprintf("pinned, verified; moved %d times from busy hyper-threads", moves)
}

// calibration is the host's, for a chain of some turns.
func calibration(h wire.Host, r Record) stats.Calibration {
	cal := stats.Calibration(h.Calibration)
	cal.ChainCycles = float64(r.Chain) * r.ChainTurn()
	if h.Rhythm.Chain > 0 {
		cal.Ratio = (cal.ChainCycles + cal.ChainEdge) / h.Rhythm.Chain
	}
	return cal
}
