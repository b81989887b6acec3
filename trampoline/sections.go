package trampoline

// Kind is what a section of a record calls.
type Kind uint8

// The kinds of sections.
const (
	Kernel    Kind = iota + 1 // the function under test
	Empty                     // a function that returns at once
	ImulChain                 // ChainSteps dependent 32-bit multiplications a turn, 3 cycles each
	AddChain                  // ChainSteps dependent additions a turn, 1 cycle each
	Witness                   // WitnessMixes mixes that fill the dispatch width a turn
	Flush                     // empties every cache of the ranges that Control.Flush names
)

// sectionSymbols are the blob's functions behind the kinds.
var sectionSymbols = [...]string{Empty: "stub.empty", ImulChain: "stub.imul-chain", AddChain: "stub.add-chain", Witness: "stub.witness", Flush: "stub.flush"}

// Addr returns the address in a cell of what a section calls; the kernel's own
// is the caller's.
func (k Kind) Addr(kernel uint64) uint64 {
	if k == Kernel {
		return kernel
	}
	return address(sectionSymbols[k])
}
