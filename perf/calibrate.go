package perf

import (
	"fmt"
	"math"
	"slices"
)

// ChainStepCycles is the latency of a dependent 32-bit imul on a processor,
// in core cycles, from the vendors' optimisation manuals. It is 3 but on
// Bulldozer's line and on the first Atoms. Calibrate checks it against adds.
func ChainStepCycles(h HostInfo) float64 {
	switch {
	case h.Vendor == "AuthenticAMD" && h.Family == 0x15:
		return 4
	case h.Vendor == "GenuineIntel" && h.Family == 6 && slices.Contains([]int{0x1c, 0x26, 0x27, 0x35, 0x36}, h.Model):
		return 5
	}
	return 3
}

// Reference is samples of a call that is known to take Cycles.
type Reference struct {
	Cycles float64
	Cells  [][]Sample // with empty calls among them
}

func (r Reference) samples() []Sample { return slices.Concat(r.Cells...) }

// Calibrate finds what the edges of a call and a witness cost from a short
// reference of dependent imul, of a tenth of chainCycles at most, and checks
// that against a reference of dependent add (whose step is one cycle
// everywhere), unless that has no samples. It fails only without usable samples;
// doubts are told in the result.
func Calibrate(chainCycles float64, quantum uint64, short, adds Reference) (Calibration, error) {
	cal := Calibration{ChainCycles: chainCycles}
	if chainCycles <= 0 {
		return cal, ErrNoChain
	}
	q := float64(max(1, quantum))
	cal.WitnessCycles = witnessAlone(cal, q, short.samples(), adds.samples())
	edge, err := cal.edge(q, short.Cycles, short.samples())
	if err != nil {
		return cal, err
	}
	var edges []float64
	for _, cell := range short.Cells {
		if e, err := cal.edge(q, short.Cycles, cell); err == nil {
			edges = append(edges, e)
		}
	}
	cal.Edge, cal.EdgeError = edge, standardError(edges)
	cal.doubts(q, adds)
	return cal, nil
}

// edge solves ratio = (cycles + Edge) / (ChainCycles + Edge) for a reference.
func (cal Calibration) edge(q, cycles float64, samples []Sample) (float64, error) {
	r, err := chainRatio(cal, q, samples)
	return (r*cal.ChainCycles - cycles) / (1 - r), err
}

// standardError is that of the mean of values; of one alone nothing is known
// but the resolution of a figure.
func standardError(values []float64) float64 {
	if len(values) < 2 {
		return resolution
	}
	_, variance := moments(values)
	return math.Sqrt(variance / float64(len(values)))
}

// doubts checks a calibration for what no machine can show, and against adds.
func (cal *Calibration) doubts(q float64, adds Reference) {
	const implausible = 1000 // cycles of two fences and two time stamps
	if !(cal.Edge > 0 && cal.Edge < implausible) {
		cal.Doubt = fmt.Sprintf("entering and leaving a call takes %.0f cycles", cal.Edge)
		cal.Edge = 0
		return
	}
	if len(adds.Cells) == 0 {
		return
	}
	r, err := chainRatio(*cal, q, adds.samples())
	if err != nil {
		cal.Doubt = "the add chain cannot be timed: " + err.Error()
		return
	}
	got := r*(cal.ChainCycles+cal.Edge) - cal.Edge
	if off := got/adds.Cycles - 1; math.Abs(off) > 0.01 {
		cal.Doubt = fmt.Sprintf("a chain of %.0f adds reads as %.0f cycles (%+.1f %%)", adds.Cycles, got, 100*off)
	}
}

// chainRatio returns a reference's ticks per tick of the chains around it, all
// with their edges.
func chainRatio(cal Calibration, quantum float64, samples []Sample) (float64, error) {
	_, overhead := emptyTicks(samples, quantum)
	f := filter{chains: true, overhead: overhead, quantum: quantum, cal: cal}
	var ratios []float64
	var bad Rejections
	for _, s := range samples {
		if s.Empty {
			continue
		}
		v := f.judge(s)
		bad.add(v)
		if v == clean && s.Before != 0 {
			ratios = append(ratios, 2*float64(s.Ticks)/(float64(s.Before)+float64(s.After)))
		}
	}
	if len(ratios) < minAccepted {
		return 0, &NoFigureError{Total: len(samples), Rejected: bad, Why: "too few clean samples to calibrate"}
	}
	return windowMean(ratios, quantum/float64(samples[0].Before+1)).mean, nil
}

// witnessAlone returns the cost in cycles of a witness that has the core to
// itself: the lowest group of samples that is not a fluke. 0 without witnesses.
func witnessAlone(cal Calibration, quantum float64, sets ...[]Sample) float64 {
	var costs []float64
	step := 0.0
	cal.WitnessCycles = 0 // to judge by the chains alone
	if cal.ChainCycles <= 0 {
		return 0
	}
	for _, set := range sets {
		_, edge := emptyTicks(set, quantum)
		f := filter{chains: true, overhead: edge, quantum: quantum, cal: cal}
		for _, s := range set {
			if s.Empty || s.Before == 0 || s.WitnessBefore == 0 || f.judge(s) != clean {
				continue
			}
			costs = append(costs, f.witness(s))
			step = max(step, quantum*f.scale(s))
		}
	}
	slices.Sort(costs)
	need := max(minAccepted/2, len(costs)/50) // a fluke is rarer than that
	for i := 0; i+need <= len(costs); i++ {
		limit := costs[i]*(1+witnessTolerance) + step
		end, _ := slices.BinarySearch(costs, limit)
		if end-i >= need {
			return windowMean(costs[i:end], step).mean
		}
	}
	return 0
}

// Better returns c with the lower witness cost of both, the nearer to that of
// a core without neighbours. Whoever calibrates repeatedly keeps it this way.
func (c Calibration) Better(o Calibration) Calibration {
	if o.WitnessCycles > 0 && o.WitnessCycles < c.WitnessCycles && o.ChainCycles > 0 {
		c.WitnessCycles = o.WitnessCycles
	}
	return c
}

// WitnessMixCycles is what one mix of the witness (two loads, a store, three
// additions) costs on a core without neighbours, in cycles, or 0 where that is
// not known: Zen 3 and later and Golden Cove and later dispatch all six at
// once. It bounds a calibration that met busy neighbours only.
func WitnessMixCycles(h HostInfo) float64 {
	const measured = 1.012 // Zen 4, with the loop's end
	switch {
	case h.Vendor == "AuthenticAMD" && h.Family >= 0x19:
		return measured
	case h.Vendor == "GenuineIntel" && h.Family == 6 && slices.Contains([]int{0x8f, 0xcf, 0xad, 0xae}, h.Model):
		return measured
	}
	return 0
}
