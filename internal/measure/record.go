package measure

import (
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/perf/stats"
	"webrunner/trampoline"
)

// The laps of a record, by index. Those of some records only stand behind them.
const (
	lapChain = iota
	lapWitness
	lapKernel
	lapWitnessAfter
	lapMore
)

// Record is how the records of a cell are made up: a chain of known length, the calls
// that are measured, witnesses of the core's other hyper-thread before and after; of
// batches of calls as many empty ones, and of long calls a chain about as long.
type Record struct {
	Ruler
	Chain, Witness uint64 // turns
	Batch          int    // calls between two time stamps
	Long           uint64 // turns of the chain that is as long as the calls; 0 without
}

// lapEmpty and lapLong are the indices of laps that some records have.
func (r Record) lapEmpty() (at int, there bool) { return lapMore, r.Batch > 1 }

func (r Record) lapLong() (at int, there bool) {
	at = lapMore
	if r.Batch > 1 {
		at++
	}
	return at, r.Long > 0
}

// NewRecord returns the record of single calls on a host.
func NewRecord(h wire.Host) Record {
	r := Record{Ruler: RulerOf(h), Batch: 1}
	r.Chain, r.Witness = r.Turns()
	return r
}

// Plan is a plan of records of a call, under the conditions that the job of a subject
// asks for.
func (r Record) Plan(s *subject.Subject, call cell.Lap) cell.Plan {
	list := []cell.Lap{
		lapChain:        {Kind: trampoline.ImulChain, Turns: r.Chain},
		lapWitness:      {Kind: trampoline.Witness, Turns: r.Witness},
		lapKernel:       call,
		lapWitnessAfter: {Kind: trampoline.Witness, Turns: r.Witness},
	}
	if r.Batch > 1 {
		list[lapKernel].Batch = r.Batch
		list = append(list, cell.Lap{Kind: trampoline.Empty, Batch: r.Batch})
	}
	if r.Long > 0 {
		list = append(list, cell.Lap{Kind: trampoline.ImulChain, Turns: r.Long})
	}
	return prepared(s, list)
}

// Lengths of the chain beside long calls: it is as long as these, but not much longer
// than need be to meet what they meet, and shorter than the timer's period.
const (
	longCalls = chainTime // from which there is one
	longTime  = 250 * time.Microsecond
	longShare = 4 // of calls that are longer, one in so many of their time
	longMost  = time.Millisecond
)

// beside returns the record with a chain beside calls that take so long between two
// time stamps, where these are long.
func (r Record) beside(calls time.Duration, h *wire.Host) Record {
	r.Long = 0
	if calls < longCalls {
		return r
	}
	long := min(calls, max(longTime, calls/longShare), longMost)
	turn := r.Cycles(time.Second) / r.ChainTurn() // turns in a second
	if h.Rhythm.Chain > 0 {
		turn = float64(r.Chain) / r.Duration(uint64(h.Rhythm.Chain)).Seconds()
	}
	r.Long = max(uint64(long.Seconds()*turn), 1)
	return r
}

// Laps is how many a record has, those apart that prepare the next one.
func (r Record) Laps() int {
	at, there := r.lapLong()
	if there {
		at++
	}
	return at
}

// CallTicks is how long a call of a record took, in ticks, with the edges of the
// measuring code; of batches it is the mean.
func (r Record) CallTicks(c *cell.Record) float64 {
	return float64(c.Ticks[lapKernel]) / float64(r.Batch)
}

// ChainTicks is how long the chain of a record took, in ticks.
func ChainTicks(c *cell.Record) float64 { return float64(c.Ticks[lapChain]) }

// prepared returns a plan of laps. Where operands shall have their contents back, or
// caches be cold, that is done behind each record, for the next one.
func prepared(s *subject.Subject, list []cell.Lap) cell.Plan {
	p := s.Plan()
	p.Laps = list
	p = s.Restoring(p)
	if cold(s) {
		p.Laps = append(p.Laps, cell.Lap{Kind: trampoline.Flush})
		p.ColdData, p.ColdCode = s.Job.Measure.ColdData, s.Job.Measure.ColdCode
	}
	return p
}

// cold tells that caches are emptied between calls.
func cold(s *subject.Subject) bool { return s.Job.Measure.ColdData || s.Job.Measure.ColdCode }

// usable returns the records that were taken under the conditions asked for:
// nothing was flushed before the first one.
func usable(s *subject.Subject, o *cell.Outcome) []cell.Record {
	if cold(s) {
		return o.Samples.Records[min(1, len(o.Samples.Records)):]
	}
	return o.Samples.Records
}

// Rhythm measures what samples of cells cost beside the kernel, in ticks: the median
// of the chains, and of the time between the laps of a record altogether.
func Rhythm(cells ...*cell.Outcome) (chain, gap float64) {
	var chains, gaps []float64
	for _, o := range cells {
		recs := o.Samples.Records
		for i, r := range recs {
			chains = append(chains, ChainTicks(&r))
			end := o.Samples.End - o.Samples.LastChain
			if i+1 < len(recs) {
				end = recs[i+1].Start
			}
			between := float64(int64(end - r.Start))
			for _, t := range r.Ticks {
				between -= float64(t)
			}
			gaps = append(gaps, between)
		}
	}
	return Quantile(chains, 0.5), Quantile(gaps, 0.5)
}

// Quantile is stats.Quantile of a list, which it sorts.
func Quantile(v []float64, p float64) float64 {
	slices.Sort(v)
	return stats.Quantile(v, p)
}

// samples turns the records of a cell into samples: for each the kernel's,
// between the chains before and after it, and of batches the empty one's. A
// detector that was not proved on this host has no say.
func (r Record) samples(recs []cell.Record, lastChain uint64, d wire.Detectors) []stats.Sample {
	var samples []stats.Sample
	believed := uint64(0)
	if d.Interrupt == "" {
		believed |= allLaps * trampoline.FlagInterrupt
	}
	if d.Preempt == "" {
		believed |= allLaps * trampoline.FlagPreempt
	}
	empty, batches := r.lapEmpty()
	long, beside := r.lapLong()
	laps := lapMask(lapMore) - 1 // what prepares the next record, or is judged by itself, says nothing of the call
	if batches {
		laps |= lapMask(empty)
	}
	for i, rec := range recs {
		after := lastChain
		rec.Flags &= believed
		disturbed := rec.Flags & (laps * (trampoline.FlagInterrupt | trampoline.FlagPreempt))
		if i+1 < len(recs) {
			after = recs[i+1].Ticks[lapChain]
			disturbed |= recs[i+1].Flags & believed & ((trampoline.FlagInterrupt | trampoline.FlagPreempt) << lapChain)
		}
		s := stats.Sample{
			Before: rec.Ticks[lapChain], After: after,
			WitnessBefore: rec.Ticks[lapWitness], WitnessAfter: rec.Ticks[lapWitnessAfter],
			Ticks:       rec.Ticks[lapKernel],
			Interrupted: disturbed&0xff != 0,
			Preempted:   disturbed&0xff00 != 0,
		}
		if beside && rec.Flags&(lapMask(long)*(trampoline.FlagInterrupt|trampoline.FlagPreempt)) == 0 {
			s.Long, s.LongCycles = rec.Ticks[long], float64(r.Long)*r.ChainTurn()
		}
		samples = append(samples, s)
		if batches {
			samples = append(samples, stats.Sample{
				Empty: true, Ticks: rec.Ticks[empty],
				Interrupted: rec.Flags&(lapMask(empty)*trampoline.FlagInterrupt) != 0,
				Preempted:   rec.Flags&(lapMask(empty)*trampoline.FlagPreempt) != 0,
			})
		}
	}
	return samples
}

// allLaps has the flag of each lap that a record can have.
const allLaps = 1<<trampoline.MaxLaps - 1

// lapMask has the flag of a lap.
func lapMask(lap int) uint64 { return 1 << lap }
