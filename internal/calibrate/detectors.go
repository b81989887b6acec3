package calibrate

import (
	"errors"
	"fmt"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// A detector is proved by calls that are disturbed for certain, and by calls so
// short that hardly one is. The supervisor is the disturbance: a Stop stops
// for it, so that the processor comes back to the cell from an exception, by the
// instruction by which it comes back from an interrupt, and the scheduler has had
// the cell off its processor.
const (
	disturbedCalls = 3
	shortCalls     = 200
	proofTries     = 4
	maxFalse       = shortCalls / 4 // of the short calls that may be disturbed after all
)

// Detectors tells which means of seeing disturbances work on this host. An error is a
// *cell.StepError: the host runs no cell at all.
func (b *Bench) Detectors() (d wire.Detectors, err error) {
	_, _ = cell.Pin(b.host.CPUs) // they work without, and Calibrate tells of it
	for range proofTries {       // a busy host's short calls may be disturbed
		quiet, seen, err := b.provoke()
		var step *cell.StepError
		switch {
		case errors.As(err, &step):
			return d, err
		case err != nil:
			d.Interrupt, d.Preempt = err.Error(), err.Error()
		default:
			d.Interrupt = judge(trampoline.FlagInterrupt, quiet, seen)
			d.Preempt = judge(trampoline.FlagPreempt, quiet, seen)
		}
		if d == (wire.Detectors{}) {
			break
		}
	}
	return d, nil
}

// provoke runs a cell of short calls, and one of calls that are disturbed.
func (b *Bench) provoke() (quiet, seen []cell.Record, err error) {
	_, witness := b.ruler.Turns()
	short := cell.Lap{Kind: trampoline.Witness, Turns: witness}
	if quiet, err = b.calls(cell.Plan{Laps: []cell.Lap{short}, Records: shortCalls}); err != nil {
		return nil, nil, err
	}
	stops := []cell.Lap{{Kind: trampoline.Stop}}
	seen, err = b.calls(cell.Plan{Laps: stops, Records: disturbedCalls, Watch: &cell.Watch{Phase: cell.EveryRecord}})
	return quiet, seen, err
}

// judge returns what speaks against a detector, or "".
func judge(flag uint64, quiet, seen []cell.Record) string {
	never, always := flagged(flag, quiet), flagged(flag, seen)
	switch {
	case never > maxFalse:
		return fmt.Sprintf("it shows in %d of %d calls too short for it", never, shortCalls)
	case always < disturbedCalls:
		return fmt.Sprintf("it shows in %d of %d calls that were stopped: the processor keeps what it looks at, or Linux has no rseq", always, disturbedCalls)
	}
	return ""
}

// flagged returns how many calls were disturbed by the account of a detector.
func flagged(flag uint64, calls []cell.Record) (n int) {
	for _, r := range calls {
		if r.Flags&flag != 0 {
			n++
		}
	}
	return n
}

// calls runs a cell and returns its records.
func (b *Bench) calls(plan cell.Plan) ([]cell.Record, error) {
	plan.Budget, plan.Wall = b.ruler.Ticks(time.Second), 2*time.Second
	plan.XSave, plan.Rseq = processor.XGETBV() != 0, true
	out, err := b.run(plan)
	if err != nil {
		return nil, err
	}
	return out.Samples.Records, nil
}
