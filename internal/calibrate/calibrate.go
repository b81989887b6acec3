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
	minRounds    = 6 // where the error is to be small: fewer agree by chance now and then
	maxRounds    = 200
	moreRounds   = 3               // at a time, until the error is small
	roundRecords = 100             // of each cell
	longEnough   = 3 * time.Second // a slow host settles for what it has
	shortTurns   = 20              // of the shorter chain
	addTurns     = 24
)

// The standard error of the edges, in cycles, that is enough for every call, and one
// that the fewest rounds have nearly always: where more would do, nothing is saved.
const (
	goodError  = 0.7
	roughError = 4
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

// Bench finds out on a host what measuring costs there, by cells in a space.
type Bench struct {
	space  *cell.Space
	ruler  measure.Ruler
	host   *wire.Host
	filter []uint64 // of the cells; nil where an operator does without seccomp
}

// NewBench returns a bench that runs cells in a space, where a subject may lie already,
// under a filter of cell.Filter, or under none.
func NewBench(host *wire.Host, space *cell.Space, filter []uint64) *Bench {
	return &Bench{space: space, ruler: measure.RulerOf(*host), host: host, filter: filter}
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
	var filter []uint64
	if filtered {
		if filter, err = cell.Filter(false); err != nil {
			return probed, err
		}
	}
	space, err := cell.NewSpace(nil)
	if err != nil {
		return probed, err
	}
	defer space.Close()
	b := NewBench(host, space, filter)
	if probed.Detectors, err = b.Detectors(); err != nil {
		return probed, err
	}
	probed.Calibration, probed.Rhythm, err = b.Calibrate(goodError)
	return probed, err
}

// Enough is the standard error of the edges, in cycles, that a calibration may have for a
// call of about this length that is to be known with a relative precision: it adds
// little to the interval then.
func (b *Bench) Enough(call time.Duration, precision float64) float64 {
	chain, _ := b.ruler.Turns()
	most := stats.EdgeErrorFor(b.ruler.Cycles(call), precision, float64(chain)*b.ruler.ChainTurn())
	return min(max(most, goodError), roughError)
}

// Calibrate finds what the measuring code costs, so well that the standard error of the
// edges is below enough, in cycles, or for as long as is reasonable. It leaves the
// thread on some CPU of the host's.
func (b *Bench) Calibrate(enough float64) (wire.Calibration, wire.Rhythm, error) {
	cpu, err := cell.Pin(b.host.CPUs)
	if err != nil {
		return wire.Calibration{}, wire.Rhythm{}, err
	}
	var outcomes []*cell.Outcome
	var cells []stats.References
	var cal stats.Calibration
	least := minRounds
	if enough >= roughError {
		least = moreRounds
	}
	began := time.Now()
	for round := range maxRounds {
		refs, out, err := b.sampleReferences()
		if err != nil {
			return wire.Calibration{}, wire.Rhythm{}, err
		}
		cells, outcomes = append(cells, refs), append(outcomes, out)
		if n := round + 1 - least; n < 0 || n%moreRounds != 0 {
			continue
		}
		cal, err = stats.Calibrate(cells, b.host.TSCQuantum)
		if err == nil && cal.Doubt == "" && cal.EdgeError < enough {
			break
		}
		if time.Since(began) > longEnough {
			if err != nil {
				return wire.Calibration{}, wire.Rhythm{}, err
			}
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
	return wire.Calibration(cal), wire.Rhythm{Chain: chain, Gap: gap / float64(refStraight+len(straightSteps))}, nil
}

// sampleReferences runs one cell of references.
func (b *Bench) sampleReferences() (r stats.References, out *cell.Outcome, err error) {
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
func (b *Bench) run(plan cell.Plan) (*cell.Outcome, error) {
	plan.Filter, plan.Elsewhere = b.filter, b.host.CPUs
	out, err := b.space.Run(plan)
	if err == nil && out.End != cell.Returned {
		err = fmt.Errorf("the calibration cell ended by %v, signal %v", out.End, out.Signal)
	}
	return out, err
}
