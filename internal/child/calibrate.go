package child

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"webrunner/filter/bpf"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf"
	"webrunner/trampoline"
)

// Calibration runs references of known length where a kernel would stand: a
// short imul chain, and a chain of additions as the cross-check. Many short
// cells say more than a few long ones: what each has of its own averages out,
// and its scatter shows. On a busy host it takes longer to meet a quiet spell.
const (
	minRounds  = 16
	maxRounds  = 128
	moreRounds = 4                        // at a time, until the error is small
	roundTime  = 4 * time.Millisecond / 3 // of sampling, for each reference
	longEnough = 3 * time.Second          // a slow host settles for what it has
	goodError  = 1                        // cycles: standard error of the edges
	imulTurns  = 8
	addTurns   = 3 * imulTurns
)

// learn finds what the measuring code costs on this host, and which of its
// detectors can be believed.
func (s *session) learn() (cal wire.Calibration, d wire.Detectors, err error) {
	space, err := cell.NewSpace(nil)
	if err != nil {
		return cal, d, err
	}
	defer space.Close()
	cpu, err := cell.Pin(s.job.Host.CPUs)
	if err != nil {
		return cal, d, err
	}
	d = s.proveDetectors(space, cpu)
	cal, err = s.calibrate(space, cpu)
	return cal, d, err
}

// calibrate begins on the CPU that the cells are pinned to.
func (s *session) calibrate(space *cell.Space, cpu int) (wire.Calibration, error) {
	turn := s.turnCycles()
	chain, _ := s.turns()
	kinds := []cell.Section{
		{Kind: trampoline.ImulChain, Turns: imulTurns},
		{Kind: trampoline.AddChain, Turns: addTurns},
	}
	refs := []perf.Reference{{Cycles: imulTurns * turn}, {Cycles: addTurns * trampoline.ChainSteps}}
	var cal perf.Calibration
	var err error
	for round := range maxRounds {
		for i, k := range kinds {
			samples, err := s.sampleReference(space, k)
			if err != nil {
				return wire.Calibration{}, err
			}
			refs[i].Cells = append(refs[i].Cells, samples)
		}
		if n := round + 1 - minRounds; n < 0 || n%moreRounds != 0 {
			continue
		}
		cal, err = perf.Calibrate(float64(chain)*turn, s.job.Host.TSCQuantum, refs[0], refs[1])
		if err == nil && cal.Doubt == "" && cal.EdgeError < goodError || time.Since(s.start) > longEnough {
			break
		}
		// The other hyper-thread is busy: perhaps not elsewhere.
		next, err := cell.Pin(others(s.job.Host.CPUs, cpu))
		if err != nil {
			return wire.Calibration{}, err
		}
		cpu = next
	}
	if math.IsNaN(cal.Edge + cal.EdgeError) {
		return wire.Calibration{}, errors.New("the calibration is not a number")
	}
	if mix := perf.WitnessMixCycles(s.processor()); mix > 0 && cal.WitnessCycles > 0 {
		_, witness := s.turns()
		cal.WitnessCycles = min(cal.WitnessCycles, float64(witness)*trampoline.WitnessMixes*mix)
	}
	return wire.Calibration(cal), err
}

// sampleReference runs one cell of a reference.
func (s *session) sampleReference(space *cell.Space, ref cell.Section) ([]perf.Sample, error) {
	chain, witness := s.turns()
	plan := cell.Plan{
		Sections: sections(chain, witness, ref),
		Budget:   s.ticks(roundTime), Wall: time.Second,
		XSave: perf.XGETBV() != 0, Rseq: true,
	}
	plan.Records = plan.MaxRecords()
	out, err := s.runOwn(space, plan)
	if err != nil {
		return nil, err
	}
	return samplesOf(out.Samples.Records, out.Samples.LastChain, false, wire.Detectors{}), nil
}

// runOwn runs a cell of the stub's own sections, which has to return.
func (s *session) runOwn(space *cell.Space, plan cell.Plan) (*cell.Outcome, error) {
	if s.enforced("seccomp") {
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
func (s *session) enforced(layer string) bool {
	return strings.HasPrefix(s.layers[layer], "enforced")
}

// filterFor compiles the stage-2 program of a cell.
func filterFor(reads bool) ([]uint64, error) {
	prog, err := stage2(reads).Compile()
	if err != nil {
		return nil, err
	}
	return bpf.Words(prog), nil
}
