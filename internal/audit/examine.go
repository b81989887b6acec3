package audit

import (
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/internal/subject"
	"webrunner/internal/wire"
	"webrunner/kernels"
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
	nothingSlack   = 5    // ticks, beyond the interval, that entry and exit may differ by
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
	watchAttempts   = 5  // before times count, which noise makes longer
)

// Finding is what speaks against figures, and what would speak for them but could not
// be had. Watched is what all watched cells showed, of which there may be more now.
type Finding struct {
	Suspect, Unproven []string
	Watched           *Watched
}

// Integrity is the finding in a word.
func (f *Finding) Integrity() wire.Integrity {
	switch {
	case len(f.Suspect) > 0:
		return wire.Suspect
	case len(f.Unproven) > 0:
		return wire.Unproven
	}
	return wire.Consistent
}

// Why is the finding in sentences, none where figures are consistent.
func (f *Finding) Why() []string { return slices.Concat(f.Suspect, f.Unproven) }

// examination holds a measurement against what is known of its cells from outside.
type examination struct {
	subject   *subject.Subject
	watched   *Watched
	measured  *measure.Measurement
	record    measure.Record
	reference *rhythm // of a cell that runs no kernel; nil while nothing asked for it
	retakes   int     // of the reference
}

// Examine holds what the stub wrote, which the kernel could have written, against what
// the cell cannot touch, and against calls that were watched. Noise makes those longer,
// so more are watched before a kernel is suspect.
func Examine(s *subject.Subject, w *Watched, m *measure.Measurement) *Finding {
	e := &examination{subject: s, watched: w, measured: m, record: m.Record}
	f := &Finding{Suspect: slices.Clone(m.Doubts)}
	f.Suspect = append(f.Suspect, e.odd()...)
	if why := chainsStretched(m.Cells); why != "" {
		f.Suspect = append(f.Suspect, why)
	}
	if why := lessThanNothing(m); why != "" {
		f.Suspect = append(f.Suspect, why)
	}
	why, unproven := e.callsShrunk()
	if why != "" {
		f.Suspect = append(f.Suspect, why)
	}
	f.Unproven = append(f.Unproven, unproven...)
	if len(f.Suspect) == 0 {
		if why := e.altogether(); why != "" {
			f.Suspect = append(f.Suspect, why)
		}
	}
	if len(f.Suspect) == 0 {
		why, unproven := e.twins()
		if why != "" {
			f.Suspect = append(f.Suspect, why)
		}
		if unproven != "" && len(f.Unproven) == 0 {
			f.Unproven = append(f.Unproven, unproven)
		}
	}
	f.Watched = e.watched
	return f
}

// odd tells what is odd about single cells.
func (e *examination) odd() (suspect []string) {
	var list []string
	records, all := 0, 0 // of odd cells, and of all
	for i, o := range e.measured.Cells {
		all += len(o.Samples.Records)
		if why := forged(o, e.record.Ticks(o.Loop)); why != "" {
			suspect = append(suspect, fmt.Sprintf("cell %d: %s", i+1, why))
		} else if why := e.disagreement(o); why != "" {
			list = append(list, fmt.Sprintf("cell %d: %s", i+1, why))
			records += len(o.Samples.Records)
		}
	}
	if !fewOdd(len(list), len(e.measured.Cells)) || !fewOdd(records, all) {
		suspect = append(suspect, list...)
	}
	return suspect
}

// oddShare is the part of the cells, one in so many, that a busy host's noise may
// make look odd, and of their records. Who lies in so few changes the figure by less
// than it says of cells that differ; a cell that has more records than others, which
// may be of its own making, changes it by more.
const oddShare = 3

func fewOdd(odd, all int) bool { return odd*oddShare <= all }

// altogether tells what is odd about cells that have too few records each.
func (e *examination) altogether() string {
	records := 0
	for _, o := range e.measured.Cells {
		if len(o.Samples.Records) >= fewRecords {
			return ""
		}
		records += len(o.Samples.Records)
	}
	if records < fewRecords {
		return ""
	}
	if why := e.rhythmBroken(e.measured.Cells...); why != "" {
		return "all cells together: " + why
	}
	return ""
}

// lengths are those in ticks of the calls that were measured: the median of all, or
// the figure if that is less, and what nine of ten of those do not exceed that are
// among the first of their cell, as watched calls are.
func (e *examination) lengths() (usual, early float64) {
	var all, first []float64
	for _, o := range e.measured.Cells {
		for i := range o.Samples.Records {
			ticks := e.record.CallTicks(&o.Samples.Records[i])
			all = append(all, ticks)
			if i > 0 && i <= 2*len(fullOrder) {
				first = append(first, ticks)
			}
		}
	}
	usual = measure.Quantile(all, 0.5)
	if f := e.measured.Reference(); f != nil {
		usual = min(usual, f.Value+f.Overhead)
	}
	return usual, measure.Quantile(first, 0.9)
}

// callsShrunk holds the samples against the calls that were watched. What keeps a
// kernel from being proved honest is told as well.
func (e *examination) callsShrunk() (suspect string, unproven []string) {
	measured, early := e.lengths()
	var d doubt
	var first string
	w := e.watched
	for try := 1; ; try++ {
		if w.wrong != "" {
			return w.wrong, nil
		}
		d, first = w.longer(measured, early), w.firstCall(measured)
		if d.why == "" && first == "" || try == watchAttempts || e.subject.Left() < watchedTime+4*w.Call.Wall {
			break
		}
		more, err := watch(w.subject, w.judge, w)
		if err != nil {
			return "a watched cell ended otherwise: " + wire.AsProblem(err).Detail, nil
		}
		w, e.watched = more, more
	}
	varied, unvaried := w.varied()
	switch {
	case d.certain:
		return d.why, nil
	case d.why != "":
		return "", []string{d.why + "; cold caches may explain it"}
	case !varied:
		return "", []string{unvaried}
	case first != "" && !(w.Checked.Status == kernels.Match && w.operands > 0):
		// With the right results for other contents the work must have been done in
		// each watched call; without, it may have been done in the first one alone.
		return "", []string{first + ": it prepares itself, or works once and remembers"}
	}
	return "", nil
}

// chainsStretched compares, cell by cell, the fast ones of the chains beside the
// kernel with the one behind its last call: the kernel could have changed those,
// and not this. Noise makes either longer, and the core's frequency may change
// within a cell, but not in most. Of fewer cells than usual only what spoils the
// figures counts.
func chainsStretched(cells []*cell.Outcome) string {
	most := maxChainStretch
	if len(cells) < measure.MinCells {
		most = 1.5
	}
	var stretched []float64
	for _, o := range cells {
		var beside []float64
		for i := range o.Samples.Records {
			beside = append(beside, measure.ChainTicks(&o.Samples.Records[i]))
		}
		stretched = append(stretched, measure.Quantile(beside, 0.1)/float64(o.Samples.LastChain))
	}
	if m := measure.Quantile(stretched, 0.5); m > most {
		return fmt.Sprintf("its calibration chains took %.2f times as long as those after its last calls", m)
	}
	return ""
}

// lessThanNothing tells calls that take less than one that returns at once, or "". Where a call
// takes that long, its figure is 0 but for what entry and exit differ by from place to place.
func lessThanNothing(m *measure.Measurement) string {
	for _, c := range m.Counters {
		if c.Name == wire.FigureReferenceCycles && m.Record.Batch == 1 && c.CI95[1] < -nothingSlack {
			return fmt.Sprintf("its calls take %.0f ticks less than one that returns at once: their first time stamp is not the stub's", -c.Value)
		}
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
