package child

import (
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
	secEdge // only where calls are batches
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
	length         time.Duration // of the next cell's sampling
	share          time.Duration // of the next cell that counts
	cells          [][]perf.Sample
	outcomes       []*cell.Outcome
	on             []int              // the CPU that each was pinned to
	reference      rhythm             // of a cell that runs no kernel
	retakes        int                // of the reference
	beside         map[string]float64 // events counted beside the readings of a record, by name
	quality        perf.Quality
	precision      wire.Precision
}

// measure samples the kernel in several cells until the figures are precise
// enough or the time is up.
func (r *runner) measure() *wire.Problem {
	s := &sampler{runner: r, batch: 1, length: firstCell}
	s.chain, s.witness = r.turns()
	r.began = time.Now()
	for _, phase := range []func() *wire.Problem{s.chooseBatch, s.takeReference, s.countHardware, s.takeSamples, s.otherFigures} {
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
	plan.Records, plan.Budget = pilotCalls, s.ticks(firstCell)
	s.fill()
	out, p := s.inCell(plan)
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
	next := minCells // when to ask: an answer takes time in proportion to the cells
	for {
		if p := s.sample(); p != nil {
			return p
		}
		stopped := ""
		switch {
		case s.sampling() <= 0:
			stopped = "deadline"
		case len(s.cells) < next:
			continue
		case s.enough():
			stopped = "precision"
		case len(s.cells) == maxCells:
			stopped = "cells"
		}
		next = min(next+next/4+1, maxCells)
		if s.precision.Stopped != "" { // the PMU's figures are the main ones
			return nil
		}
		if s.precision.Stopped = stopped; stopped != "" {
			return nil
		}
	}
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
func (r *runner) sampling() time.Duration {
	budget := time.Duration(r.job.Budget.CPU)*time.Microsecond - time.Since(r.began)
	return min(budget, time.Until(r.deadline())-reserve)
}

// sample runs one more cell.
func (s *sampler) sample() *wire.Problem {
	plan := s.recordPlan(cell.Section{Kind: trampoline.Kernel})
	plan.Budget = s.ticks(s.length)
	// No record is shorter than its chain, whatever the core's frequency; room for
	// more would only be memory to prepare.
	plan.Records = min(int(s.length/(chainTime/2))+1, plan.MaxRecords())
	s.fill()
	out, p := s.inCell(plan)
	if p != nil {
		return p
	}
	samples := samplesOf(s.usable(out), out.Samples.LastChain, s.batch > 1, s.job.Host.Detectors)
	s.outcomes, s.on, s.cells = append(s.outcomes, out), append(s.on, s.cpu), append(s.cells, samples)
	s.settle(samples)
	if n := len(out.Samples.Records); n < wantedRecords {
		s.length = min(s.length*wantedRecords/time.Duration(max(n, 1)), max(s.sampling()/minCells, s.length))
	} else if len(s.cells) >= minCells {
		s.length = max(s.length, laterCells)
	}
	return nil
}

// recordPlan is a plan of samples of a call under the conditions asked for.
func (s *sampler) recordPlan(call cell.Section) cell.Plan {
	list := sections(s.chain, s.witness, call)
	if s.batch > 1 {
		list[secKernel].Batch, list[secEmpty].Batch = s.batch, s.batch
		list = append(list, cell.Section{Kind: trampoline.Empty}) // secEdge
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
// between the chains before and after it, and the empty call's; of batches also
// that of a single empty call. A detector that was not proved on this host has
// no say.
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
		}, perf.Sample{
			Empty: true, Ticks: rec.Ticks[secEmpty],
			Interrupted: rec.Flags&(trampoline.FlagInterrupt<<secEmpty) != 0,
			Preempted:   rec.Flags&(trampoline.FlagPreempt<<secEmpty) != 0,
		})
		if batches {
			samples = append(samples, perf.Sample{
				Empty: true, Edge: true, Ticks: rec.Ticks[secEdge],
				Interrupted: rec.Flags&(trampoline.FlagInterrupt<<secEdge) != 0,
				Preempted:   rec.Flags&(trampoline.FlagPreempt<<secEdge) != 0,
			})
		}
	}
	return samples
}
