package audit

import (
	"fmt"

	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/trampoline"
)

// rhythm is what a sample costs beside the kernel, in ticks of the time-stamp
// counter.
type rhythm struct {
	chain float64 // median of the calibration chains
	gap   float64 // median of the time between the laps of a sample
	// atBase is a chain on a core that makes a cycle in each tick: cores are as fast as
	// their time-stamp counter at least, and up to twice as fast.
	atBase float64
	// beside is the CPU time that the supervisor sees beside the loop.
	beside float64
}

func rhythmOf(cells ...*cell.Outcome) (r rhythm) {
	r.chain, r.gap = measure.Rhythm(cells...)
	return r
}

// referenceRecords is how many samples the reference cell takes.
const referenceRecords = 64

// takeReference runs a cell whose kernel is the empty function: it shows the rhythm
// that every cell must keep. It is false where the host does not let it end.
func (e *examination) takeReference() bool {
	plan := e.record.Plan(e.subject, cell.Lap{Kind: trampoline.Empty})
	plan.Records = referenceRecords
	out, err := e.subject.Space.Run(plan)
	if err == nil && out.End == cell.Timeout {
		out, err = e.subject.Space.Run(plan)
	}
	if err != nil || out.End != cell.Returned {
		return false
	}
	got := rhythmOf(out)
	seen := float64(e.record.Ticks(out.Busy)) - float64(out.Samples.End-out.Samples.Start)
	got.beside = max(4*seen, float64(e.record.Ticks(besideLoop)))
	if old := e.reference; old != nil {
		got.chain, got.gap, got.beside = max(got.chain, old.chain), max(got.gap, old.gap), max(got.beside, old.beside)
	}
	e.reference = &got
	return true
}

// another takes the reference, or takes it again, since the host may have changed;
// it is false when that has been done often enough.
func (e *examination) another() bool {
	if e.retakes > mostRetakes {
		return false
	}
	e.retakes++
	return e.takeReference()
}

// disagreement tells how a cell does not fit what is seen from outside, or "".
func (e *examination) disagreement(o *cell.Outcome) string {
	loop := o.Samples.End - o.Samples.Start
	for e.unaccounted(o, loop) > 0 {
		if !e.another() {
			return fmt.Sprintf("its loop took %d ticks by its own account, but %.0f ticks of CPU time beside it", loop, e.unaccounted(o, loop))
		}
	}
	if len(o.Samples.Records) < fewRecords {
		return ""
	}
	return e.rhythmBroken(o)
}

// unaccounted is the CPU time of a cell that neither its loop, by its own account,
// nor what lies beside that explains, in ticks.
func (e *examination) unaccounted(o *cell.Outcome, loop uint64) float64 {
	beside := float64(e.record.Ticks(besideLoop))
	if e.reference != nil {
		beside = e.reference.beside
	}
	return float64(e.record.Ticks(o.Busy))*(1-clockError) - beside - float64(loop)
}

// rhythmBroken tells how cells differ from the reference. The calibration's stands
// in for it until a cell disagrees with that.
func (e *examination) rhythmBroken(cells ...*cell.Outcome) string {
	got, calls := rhythmOf(cells...), e.callsOf(cells)
	for {
		host := e.subject.Job.Host.Rhythm
		want := rhythm{chain: host.Chain, gap: host.Gap * float64(e.record.Laps())}
		if e.reference != nil {
			want = *e.reference
		}
		want.chain = max(want.chain, chainAfter(cells))
		want.atBase = float64(e.record.Chain) * e.record.ChainTurn()
		why := want.compare(got, calls)
		if why == "" || !e.another() {
			return why
		}
	}
}

// chainAfter is how long the chains behind the last calls of cells took, which the kernel
// cannot touch: a core that is slower beside this kernel's instructions shows it there
// too, and in no cell without them.
func chainAfter(cells []*cell.Outcome) float64 {
	var chains []float64
	for _, o := range cells {
		chains = append(chains, float64(o.Samples.LastChain))
	}
	return measure.Quantile(chains, 0.5)
}

// callsOf is the median length in ticks of what lies between two time stamps.
func (e *examination) callsOf(cells []*cell.Outcome) float64 {
	var calls []float64
	for _, o := range cells {
		for i := range o.Samples.Records {
			calls = append(calls, e.record.CallTicks(&o.Samples.Records[i])*float64(e.record.Batch))
		}
	}
	return measure.Quantile(calls, 0.5)
}

// compare tells what breaks the rhythm. A longer chain makes a kernel look
// quicker, a shorter one slower.
// What lies between the laps matters beside the calls' own length only: a call
// that empties the caches makes the stub's next steps slower.
func (want rhythm) compare(got rhythm, call float64) string {
	switch {
	case got.chain > max(want.chain*(1+maxChainChange), want.atBase):
		return fmt.Sprintf("its calibration chain took %.0f ticks, in a cell without the kernel %.0f", got.chain, want.chain)
	case got.gap > want.gap*(1+maxGapChange)+gapSlack+gapShare*call:
		return fmt.Sprintf("%.0f ticks of a sample lie between its laps, in a cell without the kernel %.0f: time is hidden", got.gap, want.gap)
	}
	return ""
}
