// Package calibrate finds what the measuring code of cells costs on a host, by laps
// of known length, and proves the detectors by which disturbances are seen.
package calibrate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/measure"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/perf/stats"
	"webrunner/trampoline"
)

// Calibration runs laps of known length: two chains, additions as the
// cross-check, and calls that are too short for their edges to show in full. Many
// short cells say more than a few long ones: what each has of its own averages
// out, and its scatter shows. On a busy host it takes longer to meet a quiet spell.
const (
	minRounds    = 6
	maxRounds    = 200
	moreRounds   = 3               // at a time, until the error is small
	roundRecords = 100             // of each cell
	longEnough   = 3 * time.Second // a slow host settles for what it has
	goodError    = 0.7             // cycles: standard error of the edges
	shortTurns   = 20              // of the shorter chain
	addTurns     = 24
)

// The laps of a record of references, by index. The straight chains follow.
const (
	refLong = iota
	refWitness
	refChain
	refAdds
	refStraight
)

// straightSteps is how long the straight chains are, in multiplications: the
// shortest hide behind entry and exit, the longest does not on any core.
var straightSteps = [...]uint64{0, 2, 5, trampoline.ChainSteps}

// bench is the cells that calibration runs.
type bench struct {
	space  *cell.Space
	ruler  measure.Ruler
	host   *wire.Host
	filter []uint64 // of the cells; nil where an operator does without seccomp
}

// Learn finds what the measuring code costs on this host, in calibration, detectors and
// rhythm, and which of its detectors can be believed. Cells are filtered by seccomp
// unless an operator does without. What the host is told to have learned before is not
// found anew. Of errors that are a *cell.StepError, the host runs no cell at all; of
// cell.ErrAddressTaken, another process may be able to.
func Learn(host *wire.Host, filtered bool) (probed wire.Probed, err error) {
	if host.Calibrated() {
		return wire.Probed{Calibration: host.Calibration, Detectors: host.Detectors, Rhythm: host.Rhythm}, nil
	}
	b := bench{host: host, ruler: measure.RulerOf(*host)}
	if filtered {
		if b.filter, err = cell.Filter(false); err != nil {
			return probed, err
		}
	}
	if b.space, err = cell.NewSpace(nil); err != nil {
		return probed, err
	}
	defer b.space.Close()
	cpu, err := cell.Pin(host.CPUs)
	if err != nil {
		return probed, err
	}
	probed.Detectors = b.proveDetectors()
	probed.Calibration, probed.Rhythm, err = b.calibrate(cpu)
	return probed, err
}

// calibrate begins on the CPU that the cells are pinned to.
func (b *bench) calibrate(cpu int) (wire.Calibration, wire.Rhythm, error) {
	var outcomes []*cell.Outcome
	var cells []stats.References
	var cal stats.Calibration
	var err error
	began := time.Now()
	for round := range maxRounds {
		refs, out, err := b.sampleReferences()
		if err != nil {
			return wire.Calibration{}, wire.Rhythm{}, err
		}
		cells, outcomes = append(cells, refs), append(outcomes, out)
		if n := round + 1 - minRounds; n < 0 || n%moreRounds != 0 {
			continue
		}
		cal, err = stats.Calibrate(cells, b.host.TSCQuantum)
		if err == nil && cal.Doubt == "" && cal.EdgeError < goodError || time.Since(began) > longEnough {
			break
		}
		// The other hyper-thread may be busy, and not elsewhere.
		next, err := cell.Pin(slices.DeleteFunc(slices.Clone(b.host.CPUs), func(c int) bool { return c == cpu }))
		if err != nil {
			return wire.Calibration{}, wire.Rhythm{}, err
		}
		cpu = next
	}
	if math.IsNaN(cal.Edge + cal.ChainEdge + cal.EdgeError) {
		return wire.Calibration{}, wire.Rhythm{}, errors.New("the calibration is not a number")
	}
	chain, gap := measure.Rhythm(outcomes...)
	return wire.Calibration(cal), wire.Rhythm{Chain: chain, Gap: gap / float64(refStraight+len(straightSteps))}, err
}

// sampleReferences runs one cell of references.
func (b *bench) sampleReferences() (r stats.References, out *cell.Outcome, err error) {
	chain, witness := b.ruler.Turns()
	plan := cell.Plan{
		Laps: []cell.Lap{
			refLong:    {Kind: trampoline.ImulChain, Turns: chain},
			refWitness: {Kind: trampoline.Witness, Turns: witness},
			refChain:   {Kind: trampoline.ImulChain, Turns: shortTurns},
			refAdds:    {Kind: trampoline.AddChain, Turns: addTurns},
		},
		Records: roundRecords, Budget: b.ruler.Ticks(time.Second), Wall: time.Second,
		XSave: processor.XGETBV() != 0, Rseq: true,
	}
	for _, n := range straightSteps {
		plan.Laps = append(plan.Laps, cell.Lap{Kind: trampoline.Straight, Turns: n})
	}
	if out, err = b.run(plan); err != nil {
		return r, nil, err
	}
	turn := b.ruler.ChainTurn()
	ticks := func(lap int) (list []uint64) {
		for _, rec := range out.Samples.Records {
			list = append(list, rec.Ticks[lap])
		}
		return list
	}
	r = stats.References{
		Long:    stats.Length{Cycles: float64(chain) * turn, Ticks: ticks(refLong)},
		Chain:   stats.Length{Cycles: shortTurns * turn, Ticks: ticks(refChain)},
		Adds:    stats.Length{Cycles: addTurns * trampoline.ChainSteps, Ticks: ticks(refAdds)},
		Witness: ticks(refWitness), Alone: float64(witness) * b.ruler.WitnessTurn(),
	}
	for i, n := range straightSteps {
		r.Straight = append(r.Straight, stats.Length{Cycles: float64(n) * turn / trampoline.ChainSteps, Ticks: ticks(refStraight + i)})
	}
	for _, rec := range out.Samples.Records {
		r.Disturbed = append(r.Disturbed, rec.Flags&0xffff != 0)
	}
	return r, out, nil
}

// run runs a cell of the stub's own laps, which has to return.
func (b *bench) run(plan cell.Plan) (*cell.Outcome, error) {
	plan.Filter = b.filter
	out, err := b.space.Run(plan)
	if err == nil && out.End != cell.Returned {
		err = fmt.Errorf("the calibration cell ended by %v, signal %v", out.End, out.Signal)
	}
	return out, err
}
