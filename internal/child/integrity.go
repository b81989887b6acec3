package child

import (
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// The samples lie in memory that the kernel can write, so it can make itself
// look fast. What it cannot do is make time vanish: the loop's own rhythm, the
// wall clock and the CPU time of the cell are known from outside.

// How far samples may be from the reference before they are suspect. The
// reference may have had the core to itself and the cell not, which doubles
// what is bound by throughput; nothing slows the chain but the frequency. The
// scheduler hits a gap of two microseconds far more rarely than a quarter of
// the time.
const (
	maxChainChange = 0.30 // relative
	maxGapChange   = 1.00 // relative
	gapSlack       = 200  // ticks; steps of a coarse clock, a cache miss
	fewRecords     = 16   // in a cell; below, all cells are judged together
)

// rhythm is what a sample costs beside the kernel, in ticks of the time-stamp
// counter.
type rhythm struct {
	chain float64 // median of the calibration chains
	gap   float64 // upper quartile of the time between the sections of a sample
	// script is the CPU time of a cell outside of its loop.
	script float64
}

// referenceRecords is how many samples the reference cell takes.
const referenceRecords = 64

// takeReference runs a cell whose kernel is the empty function: it shows the
// rhythm that every cell of this run must keep.
func (s *sampler) takeReference() *wire.Problem {
	plan := s.plan()
	plan.Sections = sections(s.chain, s.witness, cell.Section{Kind: trampoline.Empty})
	plan.Records = referenceRecords
	out, err := s.space.Run(plan)
	if err != nil {
		return wire.Problemf(wire.Internal, "%v", err)
	}
	if out.End != cell.Returned {
		return wire.Problemf(wire.Internal, "the reference cell ended by %v, signal %v", out.End, out.Signal)
	}
	s.reference = rhythmOf(out)
	loop := float64(out.Samples.End - out.Samples.Start)
	s.reference.script = max(float64(s.ticks(out.User+out.System))-loop, 0)
	return nil
}

// rhythmOf measures the rhythm of one or more cells.
func rhythmOf(cells ...*cell.Outcome) rhythm {
	var chain, gap []float64
	for _, o := range cells {
		recs := o.Samples.Records
		for i, r := range recs {
			chain = append(chain, float64(r.Ticks[secChain]))
			end := o.Samples.End - o.Samples.LastChain
			if i+1 < len(recs) {
				end = recs[i+1].Start
			}
			gap = append(gap, float64(int64(end-r.Start))-total(r.Ticks[:]))
		}
	}
	return rhythm{chain: quantile(chain, 0.5), gap: quantile(gap, 0.75)}
}

func total(ticks []uint64) (sum float64) {
	for _, t := range ticks {
		sum += float64(t)
	}
	return sum
}

func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[int(p*float64(len(v)-1))]
}

// checkIntegrity holds what the stub wrote, which the kernel could have
// written, against what the cell cannot touch.
func (s *sampler) checkIntegrity() {
	few := true
	for i, o := range s.outcomes {
		if why := s.disagreement(o); why != "" {
			s.suspect = append(s.suspect, fmt.Sprintf("cell %d: %s", i+1, why))
		}
		few = few && len(o.Samples.Records) < fewRecords
	}
	if !few || len(s.suspect) > 0 {
		return
	}
	if why := s.reference.compare(rhythmOf(s.outcomes...)); why != "" {
		s.suspect = append(s.suspect, "all cells together: "+why)
	}
}

// disagreement is the first thing about a cell that does not fit, or "".
func (s *sampler) disagreement(o *cell.Outcome) string {
	if why := inOrder(o); why != "" {
		return why
	}
	loop := o.Samples.End - o.Samples.Start
	if wall := s.ticks(o.Wall); loop > wall {
		return fmt.Sprintf("its loop took %d ticks by its own account, but it lived for %d only", loop, wall)
	}
	// The loop is nearly all that a cell does; the script before it is short,
	// but its page faults and its fork vary.
	script := max(4*s.reference.script, float64(s.ticks(20*time.Millisecond)))
	cpu := float64(s.ticks(o.User+o.System)) - script
	if float64(loop) < cpu {
		return fmt.Sprintf("its loop took %d ticks by its own account, but %.0f of CPU time", loop, cpu)
	}
	if len(o.Samples.Records) < fewRecords {
		return ""
	}
	return s.reference.compare(rhythmOf(o))
}

// compare tells what breaks the rhythm.
func (want rhythm) compare(got rhythm) string {
	switch {
	case math.Abs(got.chain/want.chain-1) > maxChainChange:
		return fmt.Sprintf("its calibration chain took %.0f ticks, in a cell without the kernel %.0f", got.chain, want.chain)
	case got.gap > want.gap*(1+maxGapChange)+gapSlack:
		return fmt.Sprintf("%.0f ticks of a sample lie between its sections, in a cell without the kernel %.0f: time is hidden", got.gap, want.gap)
	}
	return ""
}

// inOrder checks that samples follow each other within the loop.
func inOrder(o *cell.Outcome) string {
	s := &o.Samples
	if len(s.Records) == 0 {
		return "it returned without a sample"
	}
	last := s.Start
	for i, r := range s.Records {
		if r.Start < last {
			return fmt.Sprintf("sample %d begins before the one before it ends", i)
		}
		last = r.Start
		for _, t := range r.Ticks {
			if t > math.MaxInt64 {
				return fmt.Sprintf("sample %d took negative time", i)
			}
			last += t
		}
	}
	if s.End < last {
		return "its samples end after the loop around them"
	}
	return ""
}
