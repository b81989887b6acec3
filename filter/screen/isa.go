package screen

//go:generate go run ./gen

// feature is one CPUID condition: width bits of a register from lo on, read as a number, are at least min.
type feature struct {
	name      string
	leaf, sub uint32
	reg       uint8 // 0 EAX, 1 EBX, 2 ECX, 3 EDX
	lo, width uint8
	min       uint8
}

// file is a set of register files that an ISA set's instructions use.
type file uint8

const (
	fileX87 file = 1 << iota
	fileMMX
	fileXMM
	fileYMM
	fileMask
	fileZMM
	fileTile
	fileAPX

	fileGPR file = 0
)

// isaInfo says what an ISA set asks of the processor: features (indexes into features) and register files.
type isaInfo struct {
	file  file
	needs []uint8
}

// shape is the floating-point work of an instruction.
type shape struct {
	ops    uint8 // operations per element of the destination; a fused multiply-add does two
	elem   uint8 // bits
	scalar bool  // one element, whatever the vector length
}

// State components of XCR0 (SDM vol. 1, 13.1).
const (
	xcr0SSE  = 1 << 1
	xcr0AVX  = 1<<2 | xcr0SSE
	xcr0Mask = 1<<5 | xcr0AVX
	xcr0ZMM  = 1<<6 | 1<<7 | xcr0Mask
	xcr0Tile = 1<<17 | 1<<18
	xcr0APX  = 1 << 19
)

// state is the XCR0 that the operating system must have set for a register file. AVX-512 mask instructions need all of AVX-512's state
// (SDM vol. 1, 15.2).
func (f file) state() uint64 {
	var x uint64
	if f&fileYMM != 0 {
		x |= xcr0AVX
	}
	if f&(fileMask|fileZMM) != 0 {
		x |= xcr0ZMM
	}
	if f&fileTile != 0 {
		x |= xcr0Tile
	}
	if f&fileAPX != 0 {
		x |= xcr0APX
	}
	return x
}

// quiet are the features of every x86-64 processor that no author thinks of as an extension.
func quiet(name string) bool {
	switch name {
	case "CMOV", "FXSR", "LM", "SEP", "CLFSH", "OSXSAVE", "OSPKU", "X87":
		return true
	}
	return false
}
