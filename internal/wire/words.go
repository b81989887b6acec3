package wire

import (
	"fmt"
	"slices"
)

// VerifyStatus says what comparing a function's results with the reference's
// has shown.
type VerifyStatus string

// Every VerifyStatus. They are those of kernels.Status, which compares.
const (
	VerifyMatch    VerifyStatus = "match"    // within the tolerance of the specification
	VerifyMismatch VerifyStatus = "mismatch" // at least one element is beyond it
	VerifyNone     VerifyStatus = "none"     // nothing was compared; Verify.Why says why
)

// Integrity says whether the samples, which a function could have forged, agree
// with what was seen from outside.
type Integrity string

// Every Integrity. Unproven: nothing contradicts the figures, but what would
// prove them could not be had.
const (
	Consistent Integrity = "consistent"
	Suspect    Integrity = "suspect"
	Unproven   Integrity = "unproven"
)

// StopReason says why sampling ended.
type StopReason string

// Every StopReason.
const (
	StopPrecision  StopReason = "precision"  // the interval is as narrow as was asked for
	StopResolution StopReason = "resolution" // likewise, as near as time stamps can tell for a call so short
	StopDeadline   StopReason = "deadline"   // the time that was given is used up
	StopCells      StopReason = "cells"      // more cells would not make it narrower
)

// CallMode says how calls follow each other between two time stamps.
type CallMode string

// Every CallMode.
const (
	ModeLatency    CallMode = "latency"    // one call, fenced on both sides
	ModeThroughput CallMode = "throughput" // a batch of calls back to back
)

// CacheState says whether the caches held something when a call began.
type CacheState string

// Every CacheState.
const (
	CacheWarm CacheState = "warm"
	CacheCold CacheState = "cold"
)

// PageSize is the size of the pages that operands lie in.
type PageSize string

// Every PageSize.
const (
	Pages4K PageSize = "4k"
	Pages2M PageSize = "2m"
)

// The names of the figures that are measured on every host, or that forms of a
// result treat apart. Counter.Name may be any event's name beside these. Those of
// hardware events are events.CyclesName and its neighbours, which a test of
// package request compares with these.
const (
	FigureCycles              = "Cycles"
	FigureCyclesByTSC         = "Cycles by TSC" // of the time stamps, where the PMU counts Cycles
	FigureInstructions        = "Instructions"
	FigureInstructionsCounted = "Instructions counted" // exactly, where the PMU counts Instructions
	FigureReferenceCycles     = "Reference cycles"
	FigureTime                = "Time" // nanoseconds
	FigurePageFaults          = "Page faults"
)

// word is a type with a closed list of words.
type word interface {
	~string
	// Valid tells whether this is one of the words.
	Valid() bool
}

// Valid tells whether s is one of the constants of its type.
func (s VerifyStatus) Valid() bool { return slices.Contains(verifyStatuses(), s) }

// Valid tells whether i is one of the constants of its type.
func (i Integrity) Valid() bool { return slices.Contains(integrities(), i) }

// Valid tells whether r is one of the constants of its type.
func (r StopReason) Valid() bool { return slices.Contains(stopReasons(), r) }

// Valid tells whether m is one of the constants of its type.
func (m CallMode) Valid() bool { return slices.Contains(callModes(), m) }

// Valid tells whether c is one of the constants of its type.
func (c CacheState) Valid() bool { return slices.Contains(cacheStates(), c) }

// Valid tells whether p is one of the constants of its type.
func (p PageSize) Valid() bool { return slices.Contains(pageSizes(), p) }

// Valid tells whether k is one of the constants of its type.
func (k Kind) Valid() bool { return slices.Contains(kinds(), k) }

// Valid tells whether e is one of the constants of its type.
func (e Effort) Valid() bool { return slices.Contains(efforts(), e) }

// Valid tells whether n is one of the constants of its type.
func (n ABIName) Valid() bool { return slices.Contains(abiNames(), n) }

// Valid tells whether s is one of the constants of its type.
func (s Source) Valid() bool { return slices.Contains(sources(), s) }

// Valid tells whether c is in the error table.
func (c Class) Valid() bool { return c.Info().Class == c }

func verifyStatuses() []VerifyStatus {
	return []VerifyStatus{VerifyMatch, VerifyMismatch, VerifyNone}
}

func integrities() []Integrity { return []Integrity{Consistent, Suspect, Unproven} }

func stopReasons() []StopReason {
	return []StopReason{StopPrecision, StopResolution, StopDeadline, StopCells}
}

func callModes() []CallMode { return []CallMode{ModeLatency, ModeThroughput} }

func cacheStates() []CacheState { return []CacheState{CacheWarm, CacheCold} }

func pageSizes() []PageSize { return []PageSize{Pages4K, Pages2M} }

func kinds() []Kind { return []Kind{Run, Screen, Inspect, Probe, Compare, Sweeping, Check} }

func abiNames() []ABIName { return []ABIName{SystemV, Microsoft} }

func verdicts() []Verdict { return []Verdict{Faster, Slower, Same, Wrong} }

func efforts() []Effort { return []Effort{Quick, Default, Thorough} }

func sources() []Source { return []Source{PMU, TSC, TSCCalibrated, Counted, Software} }

// checkWords holds a result to the words that there are. A child that was taken
// over may write anything; its reader passes on no word that nobody documents.
// What a run did not come to know may be empty, but not what its trust rests on.
func (r *Result) checkWords() error {
	c := &r.Conditions
	for _, err := range []error{
		known("verify.status", r.Verify.Status),
		known("integrity", r.Integrity),
		knownOrEmpty("effort", r.Effort),
		knownOrEmpty("conditions.mode", c.Mode),
		knownOrEmpty("conditions.data", c.Data),
		knownOrEmpty("conditions.code", c.Code),
		knownOrEmpty("conditions.pages", c.Pages),
		knownOrEmpty("conditions.precision.stopped", c.Precision.Stopped),
		r.checkProfile(),
	} {
		if err != nil {
			return err
		}
	}
	for i := range r.Counters {
		if err := known("counters.source", r.Counters[i].Source); err != nil {
			return err
		}
	}
	return nil
}

func known[W word](field string, w W) error {
	if !w.Valid() {
		return fmt.Errorf("wire: %s is %.40q, which is none of its words", field, string(w))
	}
	return nil
}

func knownOrEmpty[W word](field string, w W) error {
	if w == "" {
		return nil
	}
	return known(field, w)
}
