package child

import (
	"fmt"
	"strings"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// How sampling proceeds. Every cell is a fresh process, so that an effect of
// its layout in memory shows as a second mode instead of hiding in one.
const (
	minCells   = 3
	maxCells   = 64
	firstCell  = 2 * time.Millisecond  // sampling time of the first cells
	laterCells = 10 * time.Millisecond // of the others, when precision asks for more
	reserve    = 50 * time.Millisecond // of the deadline, for the answer
)

// Lengths of the calibration chain and of the witness; perf/CALIBRATION.md has
// the measurements behind them.
const (
	chainTime   = 5 * time.Microsecond
	witnessTime = time.Microsecond
)

// The sections of a record, by index.
const (
	secChain = iota
	secWitness
	secKernel
	secWitnessAfter
	secEmpty
)

// sampler collects the samples of one run.
type sampler struct {
	*runner
	chain, witness uint64 // turns
	cells          [][]perf.Sample
	outcomes       []*cell.Outcome
	reference      rhythm // of a cell that runs no kernel
}

// measure samples the kernel in several cells until the figures are precise
// enough or the time is up.
func (r *runner) measure() *wire.Problem {
	s := &sampler{runner: r}
	s.chain, s.witness = r.turns()
	start := time.Now()
	if p := s.takeReference(); p != nil {
		return p
	}
	for len(s.cells) < maxCells {
		if p := s.sample(); p != nil {
			return p
		}
		if len(s.cells) >= minCells && s.enough() {
			break
		}
		if left := r.sampling(start); left <= 0 {
			break
		}
	}
	if p := s.figures(); p != nil {
		return p
	}
	s.checkIntegrity()
	return nil
}

// turns converts the lengths of chain and witness to turns of their loops. The
// core's frequency is not known here; it is within a factor of two of the
// time-stamp counter's, and nothing depends on it but the length.
func (s *session) turns() (chain, witness uint64) {
	hz := float64(s.job.Host.TSCHz)
	if hz == 0 {
		hz = 2e9
	}
	chain = uint64(hz * 1.3 * chainTime.Seconds() / s.turnCycles())
	witness = uint64(hz * 1.3 * witnessTime.Seconds() / trampoline.WitnessMixes)
	return max(chain, 1), max(witness, 1)
}

// turnCycles is the length of one turn of the imul chain, in core cycles.
func (s *session) turnCycles() float64 {
	return trampoline.ChainSteps * perf.ChainStepCycles(s.processor())
}

// processor is what the server found about this machine's processor.
func (s *session) processor() perf.HostInfo {
	h := s.job.Host
	return perf.HostInfo{Vendor: h.Vendor, Family: h.Family, Model: h.Model}
}

// sampling is how much time is left for more cells.
func (r *runner) sampling(start time.Time) time.Duration {
	budget := time.Duration(r.job.Budget.CPU)*time.Microsecond - time.Since(start)
	return min(budget, time.Until(r.deadline())-reserve)
}

// sample runs one more cell.
func (s *sampler) sample() *wire.Problem {
	plan := s.plan()
	plan.Sections = sections(s.chain, s.witness, cell.Section{Kind: trampoline.Kernel})
	length := firstCell
	if len(s.cells) >= minCells {
		length = laterCells
	}
	plan.Budget = s.ticks(length)
	plan.Records = plan.MaxRecords()
	s.fill()
	out, p := s.inCell(plan)
	if p != nil {
		return p
	}
	s.outcomes = append(s.outcomes, out)
	s.cells = append(s.cells, samplesOf(out))
	return nil
}

// sections is a record with a call between chains, witnesses and empty calls.
func sections(chain, witness uint64, call cell.Section) []cell.Section {
	return []cell.Section{
		secChain:        {Kind: trampoline.ImulChain, Turns: chain},
		secWitness:      {Kind: trampoline.Witness, Turns: witness},
		secKernel:       call,
		secWitnessAfter: {Kind: trampoline.Witness, Turns: witness},
		secEmpty:        {Kind: trampoline.Empty},
	}
}

// ticks converts a time to ticks of the time-stamp counter.
func (s *session) ticks(d time.Duration) uint64 {
	return uint64(d.Seconds() * float64(max(s.job.Host.TSCHz, 1e9)))
}

// samplesOf turns the records of a cell into samples: for each the kernel's,
// between the chains before and after it, and the empty call's.
func samplesOf(o *cell.Outcome) []perf.Sample {
	recs := o.Samples.Records
	var samples []perf.Sample
	for i, rec := range recs {
		after := o.Samples.LastChain
		disturbed := rec.Flags
		if i+1 < len(recs) {
			after = recs[i+1].Ticks[secChain]
			disturbed |= recs[i+1].Flags & (trampoline.FlagInterrupt | trampoline.FlagPreempt) << secChain
		}
		samples = append(samples, perf.Sample{
			Before: rec.Ticks[secChain], After: after,
			WitnessBefore: rec.Ticks[secWitness], WitnessAfter: rec.Ticks[secWitnessAfter],
			Ticks:       rec.Ticks[secKernel],
			Interrupted: disturbed&0xff != 0,
			Preempted:   disturbed&0xff00 != 0,
		}, perf.Sample{
			Empty: true, Ticks: rec.Ticks[secEmpty],
			Interrupted: rec.Flags&(trampoline.FlagInterrupt<<secEmpty) != 0,
			Preempted:   rec.Flags&(trampoline.FlagPreempt<<secEmpty) != 0,
		})
	}
	return samples
}

// enough tells whether the figure for cycles is as precise as was asked for.
func (s *sampler) enough() bool {
	fig, q, err := s.estimate()
	return err == nil && perf.Enough(fig, q, s.precision())
}

func (s *sampler) precision() float64 {
	if p := s.job.Budget.Precision; p > 0 {
		return p
	}
	return 0.005
}

func (s *sampler) estimate() (perf.Figure, perf.Quality, error) {
	return perf.EstimateCycles(s.cells, s.calibration(), s.job.Host.TSCQuantum)
}

// calibration is the host's, for the chain of this run.
func (s *sampler) calibration() perf.Calibration {
	cal := perf.Calibration(s.job.Host.Calibration)
	cal.ChainCycles = float64(s.chain) * s.turnCycles()
	return cal
}

// cycles adds the figures that come from time stamps.
func (s *sampler) cycles() {
	fig, q, err := s.estimate()
	if err != nil {
		s.unavailable("Cycles", "%v", err)
	} else {
		s.counter(s.cyclesName(), "cycles", wire.TSCCalibrated, fig)
		s.warnings = append(s.warnings, q.Warnings...)
		if fig.CILow <= 0 {
			s.warnings = append(s.warnings, fmt.Sprintf("a call takes less than the time-stamp counter resolves: %.0f cycles, give or take %.0f", fig.Value, (fig.CIHigh-fig.CILow)/2))
		}
	}
	ref, _, err := perf.EstimateTSC(s.cells, s.calibration(), s.job.Host.TSCQuantum)
	if err != nil {
		s.unavailable("Reference cycles", "%v", err)
		return
	}
	s.counter("Reference cycles", "cycles", wire.TSC, ref)
	if hz := float64(s.job.Host.TSCHz); hz > 0 {
		s.counter("Time", "ns", wire.TSC, scaled(ref, 1e9/hz))
	}
}

// noPMU begins a reason by what it is the reason of.
func noPMU(why string) string { return "no PMU: " + strings.TrimPrefix(why, "no PMU: ") }

// cyclesName keeps the calibrated figure apart from the PMU's own.
func (s *sampler) cyclesName() string {
	if s.job.Host.PMU == "" {
		return "Cycles"
	}
	return "Cycles by TSC"
}

// figures adds all figures: the PMU's first where there is one, then those of
// the time-stamp counter, then the kernel's software events.
func (s *sampler) figures() *wire.Problem {
	if s.job.Host.PMU == "" {
		s.cycles()
		s.unavailable("Instructions", "%s", noPMU(s.job.Host.PMUReason))
	} else {
		if p := s.count(hardware()); p != nil {
			return p
		}
		s.cycles()
	}
	return s.count(software())
}

// scaled multiplies a figure by a constant.
func scaled(f perf.Figure, k float64) perf.Figure {
	for _, v := range []*float64{&f.Value, &f.CILow, &f.CIHigh, &f.Min, &f.P10, &f.P90, &f.Overhead} {
		*v *= k
	}
	return f
}

// counter adds a figure to the answer.
func (r *runner) counter(name, unit string, source wire.Source, f perf.Figure) {
	r.counters = append(r.counters, wire.Counter{
		Name: name, Value: f.Value, Unit: unit, Source: source,
		CI95: [2]float64{f.CILow, f.CIHigh}, Min: f.Min, P10: f.P10, P90: f.P90, Overhead: f.Overhead,
		Samples: wire.Samples{Accepted: f.Accepted, Total: f.Total}, Cells: f.Cells, Exact: f.Exact,
	})
}

// unavailable notes a figure that cannot be had, with the reason.
func (r *runner) unavailable(name, format string, args ...any) {
	r.missing = append(r.missing, wire.Unavailable{Name: name, Reason: fmt.Sprintf(format, args...)})
}
