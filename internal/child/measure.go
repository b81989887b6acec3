package child

import (
	"math"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/perf/uarch"
	"webrunner/trampoline"
)

// How sampling proceeds. Every cell is a fresh process, so that an effect of
// its layout in memory shows as a second mode instead of hiding in one.
const (
	minCells     = 3
	maxCells     = 64
	quickCells   = 3                     // where there is little time, however little they say
	firstRecords = 32                    // of the first cells,
	shortRecords = 64                    // where a call takes some steps of the clock only
	firstTime    = 2 * time.Millisecond  // of their sampling, where calls are long
	laterTime    = 10 * time.Millisecond // of the others, when precision asks for more
	fewestInCell = 12                    // records, where cells differ more than samples do,
	cellShare    = 6                     // and no less time for them than a part of what a cell costs, one in so many
	reserve      = 50 * time.Millisecond // of the deadline, for the answer, or a tenth of it
)

// Lengths of the calibration chain and of the witness; perf/CALIBRATION.md has
// the measurements behind them.
const (
	chainTime   = 5 * time.Microsecond
	witnessTime = time.Microsecond
	betweenTime = 2 * time.Microsecond // of all sections of a record
)

// The sections of a record, by index.
const (
	secChain = iota
	secWitness
	secKernel
	secWitnessAfter
	secEmpty // only where calls are batches
)

// Throughput is measured over batches of calls that take about this long
// together, so that what stands around a batch is small beside it.
const (
	batchTime  = 20 * time.Microsecond
	maxBatch   = 10000
	minBatch   = 4
	pilotCalls = 16
)

// wantedRecords is how many samples a cell should give at least: one that gives
// less gets more time.
const wantedRecords = 4

// sampler collects the samples of one run.
type sampler struct {
	*runner
	chain, witness uint64        // turns
	batch          int           // calls between two time stamps
	reading        []uint64      // the filter of cells that also read counters
	share          time.Duration // of the next cell that counts
	cells          [][]perf.Sample
	outcomes       []*cell.Outcome
	on             []int              // the CPU that each was pinned to
	record         time.Duration      // that one takes
	longest        float64            // undisturbed call, ticks
	reference      *rhythm            // of a cell that runs no kernel; nil while nothing asked for it
	retakes        int                // of the reference
	beside         map[string]float64 // events counted beside the readings of a record, by name
	quality        perf.Quality
	precision      wire.Precision
}

// measure samples the kernel in several cells until the figures are precise
// enough or the time is up.
func (r *runner) measure() *wire.Problem {
	s := &sampler{runner: r, batch: 1}
	s.chain, s.witness = r.turns()
	r.began = time.Now()
	for _, phase := range []func() *wire.Problem{s.chooseBatch, s.countHardware, s.takeSamples, s.otherFigures} {
		if p := phase(); p != nil {
			return p
		}
	}
	s.checkIntegrity()
	s.describe()
	return nil
}

// chooseBatch sizes the batches of throughput by a pilot cell of single calls.
func (s *sampler) chooseBatch() *wire.Problem {
	if !s.job.Manner.Throughput {
		return nil
	}
	plan := s.plan()
	plan.Records, plan.Budget = pilotCalls, s.ticks(firstTime)
	s.fill()
	out, p := s.inCell(plan, nil)
	if p != nil {
		return p
	}
	fastest := s.ticks(batchTime)
	for _, r := range out.Samples.Records {
		fastest = min(fastest, max(r.Ticks[0], 1))
	}
	s.batch = int(min(max(s.ticks(batchTime)/fastest, minBatch), maxBatch))
	return nil
}

// takeSamples runs cells until the figure for cycles is precise enough, or the
// time is up. Where a PMU counts cycles, they serve to check it.
func (s *sampler) takeSamples() *wire.Problem {
	records := s.firstRecords()
	next := minCells // when to ask: an answer takes time in proportion to the cells
	if s.quick() {
		next = 1
	}
	for {
		if p := s.sample(records); p != nil {
			return p
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
		if stopped == "" && s.sampling() <= 0 {
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

func (s *sampler) quick() bool { return s.job.Budget.Effort == wire.Quick }

// firstRecords is how many samples the first cells take, by what a watched call
// took.
func (s *sampler) firstRecords() int {
	s.record = chainTime + 2*witnessTime + betweenTime
	if s.batch > 1 {
		s.record += batchTime
	} else {
		s.record += s.watchedCall()
	}
	records := firstRecords
	if s.batch == 1 && s.watchedCall() < witnessTime {
		records = shortRecords
	}
	return max(min(records, int(firstTime/s.record)), wantedRecords)
}

// watchedCall is about how long a call takes.
func (r *runner) watchedCall() time.Duration {
	fastest := uint64(math.MaxInt64)
	for _, w := range r.audited.calls {
		fastest = min(fastest, w.call.Ticks)
	}
	return r.duration(fastest)
}

// nextRecords divides what is left to do among cells. A cell costs a fixed time
// and a time for each sample; the variance of the figure is that of samples,
// divided by their number, and that of cells, divided by theirs. So samples in a
// cell are to cells as the roots of variance and cost are (Cochran, Sampling
// Techniques, 10.6, the optimum for two stages).
func (s *sampler) nextRecords(f perf.Figure, q perf.Quality, err error) int {
	most := max(int(laterTime/s.record), wantedRecords)
	if err != nil || f.Accepted == 0 || f.Accepted*2 < f.Total { // much is disturbed
		return most
	}
	var wanted int
	if q.Between > 0 {
		var cost time.Duration
		for _, o := range s.outcomes {
			cost += max(o.Wall-o.Loop, 0) / time.Duration(len(s.outcomes))
		}
		wanted = int(math.Sqrt(float64(cost)/float64(s.record)) * q.Within / q.Between)
		wanted = max(wanted, int(cost/cellShare/s.record))
	} else {
		short := f.Half() / f.Target(s.job.Budget.Precision)
		wanted = int(float64(f.Accepted) * (short*short - 1))
	}
	return min(max(wanted, fewestInCell), most)
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
	return trampoline.ChainSteps * s.core().ChainStep
}

// core is what is known of this machine's processor.
func (s *session) core() uarch.Core {
	h := s.job.Host
	return uarch.Of(uarch.CPU{Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping})
}

// sampling is how much time is left for more cells.
func (r *runner) sampling() time.Duration {
	budget := time.Duration(r.job.Budget.CPU)*time.Microsecond - time.Since(r.began)
	return min(budget, time.Until(r.deadline())-r.reserved())
}

// reserved is what of the deadline is kept for the answer.
func (s *session) reserved() time.Duration {
	return min(reserve, time.Duration(s.job.Budget.Deadline)*time.Microsecond/10)
}

// sample runs one more cell.
func (s *sampler) sample(records int) *wire.Problem {
	plan := s.recordPlan(cell.Section{Kind: trampoline.Kernel})
	plan.Records = min(records, plan.MaxRecords())
	// What is disturbed takes longer. A cell must give a few samples all the same.
	plan.Budget = s.ticks(max(2*s.record*time.Duration(records), firstTime))
	if left := s.sampling(); len(s.cells) > 0 && left > 0 {
		plan.Budget = min(plan.Budget, s.ticks(left))
	}
	s.fill()
	out, p := s.inCell(plan, nil)
	if p != nil {
		return p
	}
	samples := samplesOf(s.usable(out), out.Samples.LastChain, s.batch > 1, s.job.Host.Detectors)
	s.keepLengthy(samples, out)
	s.outcomes, s.on, s.cells = append(s.outcomes, out), append(s.on, s.cpu), append(s.cells, samples)
	if n := len(out.Samples.Records); n > 0 {
		s.record = max(s.record, out.Loop/time.Duration(n))
		if len(s.cells) > 1 {
			s.record = min(s.record, out.Loop/time.Duration(n))
		}
	}
	s.settle(samples)
	return nil
}

// keepLengthy tells calls that are disturbed because they are long from those that
// are long because they are disturbed. The one kind must not be left out: a kernel
// whose long calls were all rejected would look as quick as its short ones. The
// processor time of the cell, which the supervisor knows, tells which it is: another
// process's turn is not in it.
func (s *sampler) keepLengthy(samples []perf.Sample, o *cell.Outcome) {
	for i := range samples {
		if c := &samples[i]; !c.Empty && calm(c) {
			s.longest = max(s.longest, float64(c.Ticks))
		}
	}
	if s.longest == 0 {
		return
	}
	var long []*perf.Sample
	excess := 0.0
	for i := range samples {
		c := &samples[i]
		if over := float64(c.Ticks) - s.longest; !c.Empty && !calm(c) && over > s.longest+float64(s.ticks(interruptTime)) {
			long = append(long, c)
			excess += over
		}
	}
	stolen := float64(o.Samples.End-o.Samples.Start) - float64(s.ticks(o.Busy))
	if stolen > mostStolen*excess {
		return
	}
	for _, c := range long {
		c.Lengthy = true
	}
}

// calm tells that nothing came into a sample that a long call is more likely to
// meet than a short one.
func calm(c *perf.Sample) bool {
	a, b := float64(c.Before), float64(c.After)
	return !c.Interrupted && !c.Preempted && math.Abs(a-b) < perf.ChainTolerance*a
}

// mostStolen is the share of the time by which calls are longer than others that
// other processes may have had, if the calls are long themselves.
const mostStolen = 0.8

// interruptTime is more than interrupts make a call longer.
const interruptTime = 200 * time.Microsecond

// recordPlan is a plan of samples of a call under the conditions asked for.
func (s *sampler) recordPlan(call cell.Section) cell.Plan {
	list := []cell.Section{
		secChain:        {Kind: trampoline.ImulChain, Turns: s.chain},
		secWitness:      {Kind: trampoline.Witness, Turns: s.witness},
		secKernel:       call,
		secWitnessAfter: {Kind: trampoline.Witness, Turns: s.witness},
	}
	if s.batch > 1 {
		list[secKernel].Batch = s.batch
		list = append(list, cell.Section{Kind: trampoline.Empty, Batch: s.batch}) // secEmpty
	}
	return s.emptyCaches(s.plan(), list)
}

// emptyCaches gives a plan its sections. Where caches shall be cold, they are
// emptied behind each record, for the next one.
func (r *runner) emptyCaches(p cell.Plan, list []cell.Section) cell.Plan {
	p.Sections = list
	if r.cold() {
		p.Sections = append(list, cell.Section{Kind: trampoline.Flush})
		p.ColdData, p.ColdCode = r.job.Manner.ColdData, r.job.Manner.ColdCode
	}
	return p
}

// cold tells that caches are emptied between calls.
func (r *runner) cold() bool { return r.job.Manner.ColdData || r.job.Manner.ColdCode }

// usable returns the records that were taken under the conditions asked for:
// nothing was flushed before the first one.
func (r *runner) usable(o *cell.Outcome) []cell.Record {
	if r.cold() {
		return o.Samples.Records[min(1, len(o.Samples.Records)):]
	}
	return o.Samples.Records
}

// ticks converts a time to ticks of the time-stamp counter.
func (s *session) ticks(d time.Duration) uint64 { return uint64(d.Seconds() * s.tscHz()) }

// duration converts ticks of the time-stamp counter to a time.
func (s *session) duration(ticks uint64) time.Duration {
	return time.Duration(float64(ticks) / s.tscHz() * float64(time.Second))
}

func (s *session) tscHz() float64 { return float64(max(s.job.Host.TSCHz, 1e9)) }

// samplesOf turns the records of a cell into samples: for each the kernel's,
// between the chains before and after it, and of batches the empty one's. A
// detector that was not proved on this host has no say.
func samplesOf(recs []cell.Record, lastChain uint64, batches bool, d wire.Detectors) []perf.Sample {
	var samples []perf.Sample
	believed := uint64(0)
	if d.Interrupt == "" {
		believed |= 0xff * trampoline.FlagInterrupt
	}
	if d.Preempt == "" {
		believed |= 0xff * trampoline.FlagPreempt
	}
	for i, rec := range recs {
		after := lastChain
		rec.Flags &= believed
		disturbed := rec.Flags
		if i+1 < len(recs) {
			after = recs[i+1].Ticks[secChain]
			disturbed |= recs[i+1].Flags & believed & ((trampoline.FlagInterrupt | trampoline.FlagPreempt) << secChain)
		}
		samples = append(samples, perf.Sample{
			Before: rec.Ticks[secChain], After: after,
			WitnessBefore: rec.Ticks[secWitness], WitnessAfter: rec.Ticks[secWitnessAfter],
			Ticks:       rec.Ticks[secKernel],
			Interrupted: disturbed&0xff != 0,
			Preempted:   disturbed&0xff00 != 0,
		})
		if batches {
			samples = append(samples, perf.Sample{
				Empty: true, Ticks: rec.Ticks[secEmpty],
				Interrupted: rec.Flags&(trampoline.FlagInterrupt<<secEmpty) != 0,
				Preempted:   rec.Flags&(trampoline.FlagPreempt<<secEmpty) != 0,
			})
		}
	}
	return samples
}
