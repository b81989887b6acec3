package measure

import (
	"time"

	"webrunner/internal/hostinfo"
	"webrunner/internal/wire"
	"webrunner/perf/uarch"
	"webrunner/trampoline"
)

// Ruler is what lengths are measured with on a host: its time-stamp counter, and
// loops that take a known number of core cycles.
type Ruler struct {
	hz   float64 // of the time-stamp counter
	core uarch.Core
}

// usualHz stands for the rate of a time-stamp counter that is not known.
const usualHz = 2e9

// RulerOf returns the ruler of a host.
func RulerOf(h wire.Host) Ruler {
	r := Ruler{hz: float64(h.TSCHz), core: hostinfo.Core(&h)}
	if r.hz == 0 {
		r.hz = usualHz
	}
	return r
}

// Ticks converts a time to ticks of the time-stamp counter.
func (r Ruler) Ticks(d time.Duration) uint64 { return uint64(d.Seconds() * r.hz) }

// Duration converts ticks of the time-stamp counter to a time.
func (r Ruler) Duration(ticks uint64) time.Duration {
	return time.Duration(float64(ticks) / r.hz * float64(time.Second))
}

// Lengths of the calibration chain and of the witness; perf/stats/CALIBRATION.md has
// the measurements behind them.
const (
	chainTime   = 5 * time.Microsecond
	witnessTime = time.Microsecond
)

// usualRatio stands for core cycles per tick of the time-stamp counter, which are not
// known before something is measured: they are within a factor of two of it.
const usualRatio = 1.3

// Cycles is about how many core cycles a time has.
func (r Ruler) Cycles(d time.Duration) float64 { return r.hz * usualRatio * d.Seconds() }

// Turns converts the lengths of chain and witness to turns of their loops. Nothing
// depends on the core's frequency but those lengths.
func (r Ruler) Turns() (chain, witness uint64) {
	chain = uint64(r.Cycles(chainTime) / r.ChainTurn())
	witness = uint64(r.Cycles(witnessTime) / trampoline.WitnessMixes)
	return max(chain, 1), max(witness, 1)
}

// ChainTurn is the length of one turn of the imul chain, in core cycles.
func (r Ruler) ChainTurn() float64 { return trampoline.ChainSteps * r.core.ChainStep }

// WitnessTurn is the length of one turn of the witness where no other hyper-thread
// takes part of the core, in core cycles; 0 where it is not known.
func (r Ruler) WitnessTurn() float64 { return trampoline.WitnessMixes * r.core.WitnessMix }
