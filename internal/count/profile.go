package count

import "webrunner/filter/screen"

// Block is a run of instructions that were executed as often as each other, one after
// the other.
type Block struct {
	Start, End   uint64 // addresses; End is behind the last instruction
	Executed     uint64 // times
	Instructions int
}

// Total is how many instructions were executed in a block.
func (b Block) Total() uint64 { return b.Executed * uint64(b.Instructions) }

// Blocks divides a ledger into blocks, by address. code gives the bytes from an address
// on.
func Blocks(l Ledger, code func(addr uint64) []byte) (list []Block) {
	split := true
	for _, addr := range l.Addresses() {
		n := screen.Length(code(addr))
		e, _ := screen.EffectOf(code(addr))
		if last := len(list) - 1; split || list[last].End != addr || list[last].Executed != l[addr].Executed {
			list = append(list, Block{Start: addr, Executed: l[addr].Executed})
		}
		b := &list[len(list)-1]
		b.End = addr + uint64(n)
		b.Instructions++
		split = e.Flow != screen.FlowNext
	}
	return list
}
