package calibrate

import (
	"fmt"
	"time"

	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// A detector is proved by calls that are disturbed for certain, and by calls so
// short that hardly one is. The supervisor is the disturbance: a watched call stops
// for it, so that the processor comes back to the cell from an exception, by the
// instruction by which it comes back from an interrupt, and the scheduler has had
// the cell off its processor.
const (
	disturbedCalls = 3
	shortCalls     = 200
	proofTries     = 4
	maxFalse       = shortCalls / 4 // of the short calls that may be disturbed after all
)

// proveDetectors tells which means of seeing disturbances work on this host.
func (b *bench) proveDetectors() (d wire.Detectors) {
	for range proofTries { // a busy host's short calls may be disturbed
		d.Interrupt = b.prove(trampoline.FlagInterrupt)
		d.Preempt = b.prove(trampoline.FlagPreempt)
		if d == (wire.Detectors{}) {
			break
		}
	}
	return d
}

// prove returns what speaks against a detector, or "".
func (b *bench) prove(flag uint64) string {
	_, witness := b.ruler.Turns()
	short := cell.Lap{Kind: trampoline.Witness, Turns: witness}
	quiet, err := b.flagged(flag, cell.Plan{Laps: []cell.Lap{short}, Records: shortCalls})
	if err != nil {
		return err.Error()
	}
	short.Counted = true
	watch := &cell.Watch{Before: func(int) {}, After: func(cell.WatchedCall) bool { return true }}
	seen, err := b.flagged(flag, cell.Plan{Laps: []cell.Lap{short}, Records: disturbedCalls, Watch: watch})
	switch {
	case err != nil:
		return err.Error()
	case quiet > maxFalse:
		return fmt.Sprintf("it shows in %d of %d calls too short for it", quiet, shortCalls)
	case seen < disturbedCalls:
		return fmt.Sprintf("it shows in %d of %d calls that were stopped: the processor keeps what it looks at, or Linux has no rseq", seen, disturbedCalls)
	}
	return ""
}

// flagged returns how many calls were disturbed by the account of a detector.
func (b *bench) flagged(flag uint64, plan cell.Plan) (n int, err error) {
	plan.Budget, plan.Wall = b.ruler.Ticks(time.Second), 2*time.Second
	plan.XSave, plan.Rseq = processor.XGETBV() != 0, true
	out, err := b.run(plan)
	if err != nil {
		return 0, err
	}
	for _, r := range out.Samples.Records {
		if r.Flags&flag != 0 {
			n++
		}
	}
	return n, nil
}
