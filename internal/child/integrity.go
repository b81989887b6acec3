package child

import (
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/kernels"
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
	gapShare       = 0.05 // of the call
	gapSlack       = 200  // ticks; steps of a coarse clock, a cache miss
	// CPU time that the supervisor sees beside the loop, at least: the way in and
	// out takes some 10 µs, an interrupt more. Slow hosts show more in the reference.
	besideLoop = 200 * time.Microsecond
	// What the clocks of the scheduler and of the time stamps may differ by, relative.
	clockError = 0.002
	// How much longer the chains beside the kernel may be than the one after the
	// last call, which the kernel cannot touch.
	maxChainStretch = 1.10
	mostRetakes     = 2  // of the reference, when cells do not agree with it
	fewRecords      = 16 // in a cell; below, all cells are judged together
)

// rhythm is what a sample costs beside the kernel, in ticks of the time-stamp
// counter.
type rhythm struct {
	chain float64 // median of the calibration chains
	gap   float64 // median of the time between the sections of a sample
	// beside is the CPU time, in ticks, that the supervisor sees beside the loop.
	beside float64
}

// referenceRecords is how many samples the reference cell takes.
const referenceRecords = 64

// takeReference runs a cell whose kernel is the empty function: it shows the
// rhythm that every cell of this run must keep.
func (s *sampler) takeReference() *wire.Problem {
	plan := s.recordPlan(cell.Section{Kind: trampoline.Empty})
	plan.Records = referenceRecords
	out, err := s.space.Run(plan)
	if err == nil && out.End == cell.Timeout {
		out, err = s.space.Run(plan)
	}
	switch {
	case err != nil:
		return wire.Problemf(wire.Internal, "%v", err)
	case out.End == cell.Timeout:
		return wire.Problemf(wire.Timeout, "a cell without the kernel did not end within %v: this host is overloaded", plan.Wall)
	case out.End != cell.Returned:
		return wire.Problemf(wire.Internal, "the reference cell ended by %v, signal %v", out.End, out.Signal)
	}
	got := rhythmOf(out)
	seen := float64(s.ticks(out.Busy)) - float64(out.Samples.End-out.Samples.Start)
	got.beside = max(4*seen, float64(s.ticks(besideLoop)))
	if old := s.reference; old != nil {
		got.chain, got.gap, got.beside = max(got.chain, old.chain), max(got.gap, old.gap), max(got.beside, old.beside)
	}
	s.reference = &got
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
	return rhythm{chain: quantile(chain, 0.5), gap: quantile(gap, 0.5)}
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
	few, records := true, 0
	var odd []string
	for i, o := range s.outcomes {
		if why := forged(o, s.ticks(o.Loop)); why != "" {
			s.suspect = append(s.suspect, fmt.Sprintf("cell %d: %s", i+1, why))
		} else if why := s.disagreement(o); why != "" {
			odd = append(odd, fmt.Sprintf("cell %d: %s", i+1, why))
		}
		few = few && len(o.Samples.Records) < fewRecords
		records += len(o.Samples.Records)
	}
	if len(odd)*oddShare > len(s.outcomes) {
		s.suspect = append(s.suspect, odd...)
	}
	for _, why := range []string{s.chainsStretched(), s.callsShrunk()} {
		if why != "" {
			s.suspect = append(s.suspect, why)
		}
	}
	if !few || records < fewRecords || len(s.suspect) > 0 {
		return
	}
	if why := s.rhythmBroken(s.outcomes...); why != "" {
		s.suspect = append(s.suspect, "all cells together: "+why)
	}
}

// oddShare is the part of the cells, one in so many, that a busy host's noise may
// make look odd. Who lies in so few changes the figure by less than it says of
// cells that differ.
const oddShare = 3

// measured is the length in ticks of the calls that were measured: the median of
// all, or the figure if that is less, and what nine of ten of those do not exceed
// that are among the first of their cell, as watched calls are.
func (s *sampler) measured() (usual, early float64) {
	var all, first []float64
	for _, o := range s.outcomes {
		for i, r := range o.Samples.Records {
			ticks := float64(r.Ticks[secKernel]) / float64(s.batch)
			all = append(all, ticks)
			if i > 0 && i <= 2*len(manners) {
				first = append(first, ticks)
			}
		}
	}
	usual = quantile(all, 0.5)
	if f := s.figure(wire.FigureReferenceCycles); f != nil {
		usual = min(usual, f.Value+f.Overhead)
	}
	return usual, quantile(first, 0.9)
}

// callsShrunk holds the samples against the calls that were watched. Noise makes
// those longer, so others are watched before a kernel is suspect. What keeps a
// kernel from being proved honest is told as well.
func (s *sampler) callsShrunk() string {
	measured, early := s.measured()
	var d doubt
	var first string
	a := s.audited
	for try := 1; ; try++ {
		if a.wrong != "" {
			return a.wrong
		}
		d, first = a.longer(measured, early), a.firstCall(measured)
		if d.why == "" && first == "" || try == watchAttempts || s.noTimeToWatch() {
			break
		}
		more, _, p := s.watch()
		if p != nil {
			return "a watched cell ended otherwise: " + p.Detail
		}
		more.calls = slices.Concat(a.calls, more.calls) // all of them count
		a = more
	}
	varied, unvaried := a.varied()
	switch {
	case d.certain:
		return d.why
	case d.why != "":
		s.unproven = append(s.unproven, d.why+"; cold caches may explain it")
	case !varied:
		s.unproven = append(s.unproven, unvaried)
	case first != "" && !(s.checked.Status == kernels.Match && s.operandBytes() > 0):
		// With the right results for other contents the work must have been done in
		// each watched call; without, it may have been done in the first one alone.
		s.unproven = append(s.unproven, first+": it prepares itself, or works once and remembers")
	}
	return ""
}

// noTimeToWatch tells that the deadline is too near for another watched cell.
func (s *sampler) noTimeToWatch() bool {
	return time.Until(s.deadline()) < s.reserved()+watchedTime+4*s.seen.Wall
}

// chainsStretched compares, cell by cell, the fast ones of the chains beside the
// kernel with the one behind its last call: the kernel could have changed those,
// and not this. Noise makes either longer, and the core's frequency may change
// within a cell, but not in most. Of fewer cells than usual only what spoils the
// figures counts.
func (s *sampler) chainsStretched() string {
	most := maxChainStretch
	if len(s.outcomes) < minCells {
		most = 2
	}
	var stretched []float64
	for _, o := range s.outcomes {
		var beside []float64
		for _, r := range o.Samples.Records {
			beside = append(beside, float64(r.Ticks[secChain]))
		}
		stretched = append(stretched, quantile(beside, 0.1)/float64(o.Samples.LastChain))
	}
	if m := quantile(stretched, 0.5); m > most {
		return fmt.Sprintf("its calibration chains took %.2f times as long as those after its last calls", m)
	}
	return ""
}

// forged tells what no honest cell shows that lived for so many ticks, or "".
func forged(o *cell.Outcome, alive uint64) string {
	if why := inOrder(o); why != "" {
		return why
	}
	if loop := o.Samples.End - o.Samples.Start; loop > alive+alive/1000 {
		return fmt.Sprintf("its loop took %d ticks by its own account, but it lived for %d only", loop, alive)
	}
	return ""
}

// disagreement tells how a cell does not fit what is seen from outside, or "".
func (s *sampler) disagreement(o *cell.Outcome) string {
	loop := o.Samples.End - o.Samples.Start
	for s.unaccounted(o, loop) > 0 {
		if !s.another() {
			return fmt.Sprintf("its loop took %d ticks by its own account, but %.0f ticks of CPU time beside it", loop, s.unaccounted(o, loop))
		}
	}
	if len(o.Samples.Records) < fewRecords {
		return ""
	}
	return s.rhythmBroken(o)
}

// unaccounted is the CPU time of a cell that neither its loop, by its own account,
// nor what lies beside that explains, in ticks.
func (s *sampler) unaccounted(o *cell.Outcome, loop uint64) float64 {
	beside := float64(s.ticks(besideLoop))
	if s.reference != nil {
		beside = s.reference.beside
	}
	return float64(s.ticks(o.Busy))*(1-clockError) - beside - float64(loop)
}

// another takes the reference, or takes it again, since the host may have changed;
// it is false when that has been done often enough.
func (s *sampler) another() bool {
	if s.retakes > mostRetakes {
		return false
	}
	s.retakes++
	return s.takeReference() == nil
}

// rhythmBroken tells how cells differ from the reference. The calibration's stands
// in for it until a cell disagrees with that.
func (s *sampler) rhythmBroken(cells ...*cell.Outcome) string {
	got := rhythmOf(cells...)
	sections := 4.0
	if s.batch > 1 {
		sections++
	}
	for {
		want := rhythm{chain: s.job.Host.Rhythm.Chain, gap: s.job.Host.Rhythm.Gap * sections}
		if s.reference != nil {
			want = *s.reference
		}
		why := want.compare(got, callsOf(cells))
		if why == "" || !s.another() {
			return why
		}
	}
}

// callsOf is the median length of the calls of cells, in ticks.
func callsOf(cells []*cell.Outcome) float64 {
	var calls []float64
	for _, o := range cells {
		for _, r := range o.Samples.Records {
			calls = append(calls, float64(r.Ticks[secKernel]))
		}
	}
	return quantile(calls, 0.5)
}

// compare tells what breaks the rhythm. A longer chain makes a kernel look
// quicker, a shorter one slower.
// What lies between the sections matters beside the calls' own length only: a call
// that empties the caches makes the stub's next steps slower.
func (want rhythm) compare(got rhythm, call float64) string {
	switch {
	case got.chain > want.chain*(1+maxChainChange):
		return fmt.Sprintf("its calibration chain took %.0f ticks, in a cell without the kernel %.0f", got.chain, want.chain)
	case got.gap > want.gap*(1+maxGapChange)+gapSlack+gapShare*call:
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
