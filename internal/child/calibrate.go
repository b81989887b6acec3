package child

import (
	"errors"
	"fmt"
	"math"
	"time"

	"webrunner/filter/bpf"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// Calibration runs sections of known length: two chains, additions as the
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

// The sections of a record of references, by index. The straight chains follow.
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

// learn finds what the measuring code costs on this host, and which of its
// detectors can be believed.
func (s *session) learn(to *wire.Probed) error {
	space, err := cell.NewSpace(nil)
	if err != nil {
		return err
	}
	defer space.Close()
	cpu, err := cell.Pin(s.job.Host.CPUs)
	if err != nil {
		return err
	}
	to.Detectors = s.proveDetectors(space)
	to.Calibration, to.Rhythm, err = s.calibrate(space, cpu)
	return err
}

// calibrate begins on the CPU that the cells are pinned to.
func (s *session) calibrate(space *cell.Space, cpu int) (wire.Calibration, wire.Rhythm, error) {
	var outcomes []*cell.Outcome
	var cells []perf.References
	var cal perf.Calibration
	var err error
	for round := range maxRounds {
		refs, out, err := s.sampleReferences(space)
		if err != nil {
			return wire.Calibration{}, wire.Rhythm{}, err
		}
		cells, outcomes = append(cells, refs), append(outcomes, out)
		if n := round + 1 - minRounds; n < 0 || n%moreRounds != 0 {
			continue
		}
		cal, err = perf.Calibrate(cells, s.job.Host.TSCQuantum)
		if err == nil && cal.Doubt == "" && cal.EdgeError < goodError || time.Since(s.start) > longEnough {
			break
		}
		// The other hyper-thread may be busy, and not elsewhere.
		next, err := cell.Pin(others(s.job.Host.CPUs, cpu))
		if err != nil {
			return wire.Calibration{}, wire.Rhythm{}, err
		}
		cpu = next
	}
	if math.IsNaN(cal.Edge + cal.ChainEdge + cal.EdgeError) {
		return wire.Calibration{}, wire.Rhythm{}, errors.New("the calibration is not a number")
	}
	rhythm := rhythmOf(outcomes...)
	return wire.Calibration(cal), wire.Rhythm{Chain: rhythm.chain, Gap: rhythm.gap / float64(refStraight+len(straightSteps))}, err
}

// sampleReferences runs one cell of references.
func (s *session) sampleReferences(space *cell.Space) (r perf.References, out *cell.Outcome, err error) {
	chain, witness := s.turns()
	plan := cell.Plan{
		Sections: []cell.Section{
			refLong:    {Kind: trampoline.ImulChain, Turns: chain},
			refWitness: {Kind: trampoline.Witness, Turns: witness},
			refChain:   {Kind: trampoline.ImulChain, Turns: shortTurns},
			refAdds:    {Kind: trampoline.AddChain, Turns: addTurns},
		},
		Records: roundRecords, Budget: s.ticks(time.Second), Wall: time.Second,
		XSave: perf.XGETBV() != 0, Rseq: true,
	}
	for _, n := range straightSteps {
		plan.Sections = append(plan.Sections, cell.Section{Kind: trampoline.Straight, Turns: n})
	}
	if out, err = s.runOwn(space, plan); err != nil {
		return r, nil, err
	}
	turn := s.turnCycles()
	ticks := func(section int) (list []uint64) {
		for _, rec := range out.Samples.Records {
			list = append(list, rec.Ticks[section])
		}
		return list
	}
	r = perf.References{
		Long:    perf.Length{Cycles: float64(chain) * turn, Ticks: ticks(refLong)},
		Chain:   perf.Length{Cycles: shortTurns * turn, Ticks: ticks(refChain)},
		Adds:    perf.Length{Cycles: addTurns * trampoline.ChainSteps, Ticks: ticks(refAdds)},
		Witness: ticks(refWitness), Alone: float64(witness) * trampoline.WitnessMixes * s.core().WitnessMix,
	}
	for i, n := range straightSteps {
		r.Straight = append(r.Straight, perf.Length{Cycles: float64(n) * turn / trampoline.ChainSteps, Ticks: ticks(refStraight + i)})
	}
	for _, rec := range out.Samples.Records {
		r.Disturbed = append(r.Disturbed, rec.Flags&0xffff != 0)
	}
	return r, out, nil
}

// runOwn runs a cell of the stub's own sections, which has to return.
func (s *session) runOwn(space *cell.Space, plan cell.Plan) (*cell.Outcome, error) {
	if s.enforced(wire.LayerSeccomp) {
		var err error
		if plan.Filter, err = filterFor(false); err != nil {
			return nil, err
		}
	}
	out, err := space.Run(plan)
	if err == nil && out.End != cell.Returned {
		err = fmt.Errorf("the calibration cell ended by %v, signal %v", out.End, out.Signal)
	}
	return out, err
}

// enforced tells whether a layer is in force.
func (s *session) enforced(layer wire.LayerName) bool {
	return s.layers[layer].Enforced
}

// filterFor compiles the stage-2 program of a cell.
func filterFor(reads bool) ([]uint64, error) {
	prog, err := stage2(reads).Compile()
	if err != nil {
		return nil, err
	}
	return bpf.Words(prog), nil
}
