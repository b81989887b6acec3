package rewrite

import "encoding/binary"

// Place is where a copy and its data lie. All addresses are below 2 GiB, so that every
// instruction reaches them.
type Place struct {
	Code     uint64 // the copy
	Counters uint64 // its counters, which it writes
	// Table is what the address of a table's entry is beside four times the original
	// address that it is for. An entry has four bytes.
	Table uint64
}

// The slots at the start of the counters: what the copy keeps of registers meanwhile.
const (
	slotRAX    = 0  // over a few instructions
	slotTarget = 8  // original address that control last went to by a table
	slotCopy   = 16 // the same in the copy; 0 where there is none
	slotFlags  = 24

	slots = 64 // bytes of all
)

// Target is the original address that control last went to by the table, and whether
// the table had it not.
func Target(counters []byte) (addr uint64, missing bool) {
	return binary.LittleEndian.Uint64(counters[slotTarget:]), binary.LittleEndian.Uint64(counters[slotCopy:]) == 0
}
