package trampoline

// Kind is what a lap of a record calls.
type Kind uint8

// The kinds of laps.
const (
	Kernel    Kind = iota + 1 // the function under test
	Empty                     // a function that returns at once
	ImulChain                 // ChainSteps dependent 32-bit multiplications a turn, 3 cycles each
	Straight                  // a dependent 32-bit multiplication a turn, up to ChainSteps, without a loop
	AddChain                  // ChainSteps dependent additions a turn, 1 cycle each
	Witness                   // WitnessMixes mixes that fill the dispatch width a turn
	Flush                     // empties every cache of the ranges that Control.Flush names
	Restore                   // copies the ranges that Control.Restore names: contents for the next record
	Stop                      // reads the first gate: where that is shut, the supervisor is called within the lap
	Case                      // the function under test, by Control.Callee, with registers set that a call leaves undefined
)

// sectionSymbols are the blob's functions behind the kinds.
var sectionSymbols = [...]string{Empty: "stub.empty", ImulChain: "stub.imul_chain", Straight: "stub.straight", AddChain: "stub.add_chain", Witness: "stub.witness", Flush: "stub.flush", Restore: "stub.restore", Stop: "stub.stop", Case: "stub.case"}

// imulLength is that of a step of a chain, in bytes.
const imulLength = 3

// Addr returns the address in a cell of what a lap of so many turns calls;
// the kernel's own is the caller's.
func (k Kind) Addr(kernel, turns uint64) uint64 {
	switch k {
	case Kernel:
		return kernel
	case Straight:
		return address(sectionSymbols[k]) + imulLength*(ChainSteps-min(turns, ChainSteps))
	}
	return address(sectionSymbols[k])
}
