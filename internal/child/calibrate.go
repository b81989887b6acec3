package child

import (
	"fmt"
	"math"
	"time"

	"webrunner/filter/seccomp"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// Calibration runs references of known length where a kernel would stand: two
// imul chains, the long one ten times the short one, and a chain of additions
// as the cross-check.
const (
	calibrationCells = 4
	shortTurns       = 8
	longTurns        = 10 * shortTurns
	addTurns         = 3 * shortTurns
)

// calibrate finds what the measuring code costs on this host.
func (s *session) calibrate() (wire.Calibration, error) {
	space, err := cell.NewSpace(nil)
	if err != nil {
		return wire.Calibration{}, err
	}
	defer space.Close()
	var filter []uint64
	if s.enforced("seccomp") {
		if filter, err = filterFor(nil); err != nil {
			return wire.Calibration{}, err
		}
	}
	chain, witness := s.turns()
	if err := cell.Pin(); err != nil {
		return wire.Calibration{}, err
	}
	sample := func(kind trampoline.Kind, turns uint64) ([]perf.Sample, error) {
		var all []perf.Sample
		for range calibrationCells {
			plan := cell.Plan{
				Sections: sections(chain, witness, cell.Section{Kind: kind, Turns: turns}),
				Budget:   s.ticks(4 * time.Millisecond), Wall: time.Second,
				XSave: perf.XGETBV() != 0, Rseq: true, Filter: filter,
			}
			plan.Records = plan.MaxRecords()
			out, err := space.Run(plan)
			if err != nil {
				return nil, err
			}
			if out.End != cell.Returned {
				return nil, fmt.Errorf("the calibration cell ended by %v, signal %v", out.End, out.Signal)
			}
			all = append(all, samplesOf(out)...)
		}
		return all, nil
	}
	turn := s.turnCycles()
	refs := []struct {
		kind   trampoline.Kind
		turns  uint64
		cycles float64
		perf.Reference
	}{
		{kind: trampoline.ImulChain, turns: shortTurns, cycles: shortTurns * turn},
		{kind: trampoline.ImulChain, turns: longTurns, cycles: longTurns * turn},
		{kind: trampoline.AddChain, turns: addTurns, cycles: addTurns * trampoline.ChainSteps},
	}
	for i := range refs {
		r := &refs[i]
		if r.Samples, err = sample(r.kind, r.turns); err != nil {
			return wire.Calibration{}, err
		}
		r.Cycles = r.cycles
	}
	cal, err := perf.Calibrate(float64(chain)*turn, s.job.Host.TSCQuantum, refs[0].Reference, refs[1].Reference, refs[2].Reference)
	if math.IsNaN(cal.ChainHidden) || math.IsNaN(cal.Hidden) {
		return wire.Calibration{}, fmt.Errorf("the calibration is not a number")
	}
	return wire.Calibration(cal), err
}

// enforced tells whether a layer is in force.
func (s *session) enforced(layer string) bool {
	return len(s.layers[layer]) >= len("enforced") && s.layers[layer][:len("enforced")] == "enforced"
}

// filterFor compiles the stage-2 program: exit_group, and read on the given
// counter descriptors.
func filterFor(fds []int) ([]uint64, error) {
	prog, err := seccomp.Cell(fds).Compile()
	if err != nil {
		return nil, err
	}
	return words(prog), nil
}
