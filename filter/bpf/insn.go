// Package bpf is classic BPF as Linux seccomp uses it: an assembler with
// labels, a verifier that accepts what Linux accepts, an interpreter that
// tells what ran, and a disassembler. It is pure: nothing is installed here.
//
// Sources: kernel/seccomp.c and net/core/filter.c of Linux 6.18,
// Documentation/networking/filter.rst, include/uapi/linux/{bpf_common,filter,seccomp}.h.
package bpf

// Insn is one instruction, laid out as struct sock_filter. Jt and Jf count the
// instructions that a conditional jump skips when its test holds or fails.
type Insn struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// Limits of the machine.
const (
	MaxInsns = 4096 // BPF_MAXINSNS
	MemWords = 16   // BPF_MEMWORDS, scratch memory
	DataSize = 64   // sizeof(struct seccomp_data), bytes
)

// Instruction classes, the low three bits of Code.
const (
	LD   = 0x00
	LDX  = 0x01
	ST   = 0x02
	STX  = 0x03
	ALU  = 0x04
	JMP  = 0x05
	RET  = 0x06
	MISC = 0x07
)

// Operand widths of LD and LDX.
const (
	W = 0x00
	H = 0x08
	B = 0x10
)

// Addressing modes of LD and LDX.
const (
	IMM = 0x00
	ABS = 0x20
	IND = 0x40
	MEM = 0x60
	LEN = 0x80
	MSH = 0xa0
)

// Operations of ALU.
const (
	ADD = 0x00
	SUB = 0x10
	MUL = 0x20
	DIV = 0x30
	OR  = 0x40
	AND = 0x50
	LSH = 0x60
	RSH = 0x70
	NEG = 0x80
	MOD = 0x90
	XOR = 0xa0
)

// Operations of JMP.
const (
	JA   = 0x00
	JEQ  = 0x10
	JGT  = 0x20
	JGE  = 0x30
	JSET = 0x40
)

// Operand sources of ALU and JMP; A also is a source of RET.
const (
	K = 0x00
	X = 0x08
	A = 0x10
)

// Operations of MISC.
const (
	TAX = 0x00
	TXA = 0x80
)

// Data is what a filter sees of a system call, struct seccomp_data.
type Data struct {
	NR   uint32
	Arch uint32
	IP   uint64
	Args [6]uint64
}

// Offsets into Data as Linux lays it out, in bytes.
const (
	OffNR   = 0
	OffArch = 4
	OffIP   = 8
)

// OffArgLow is the offset of the low 32 bits of argument i, and OffArgHigh that
// of the high 32 bits; the layout is that of a little-endian machine.
func OffArgLow(i int) uint32  { return uint32(16 + 8*i) }
func OffArgHigh(i int) uint32 { return uint32(20 + 8*i) }

// word returns the 32-bit word at a byte offset that is a multiple of 4 and
// less than DataSize.
func (d *Data) word(off uint32) uint32 {
	var v uint64
	switch {
	case off == OffNR:
		return d.NR
	case off == OffArch:
		return d.Arch
	case off < 16:
		v = d.IP
	default:
		v = d.Args[(off-16)/8]
	}
	return uint32(v >> (off % 8 * 8))
}

// isJump reports whether in is a conditional jump.
func (in Insn) isJump() bool {
	return in.Code&0x07 == JMP && in.Code&0xf0 != JA
}

// Words packs a program as an array of Linux's struct sock_filter
// (include/uapi/linux/filter.h), one instruction a little-endian word.
func Words(prog []Insn) []uint64 {
	out := make([]uint64, len(prog))
	for i, in := range prog {
		out[i] = uint64(in.Code) | uint64(in.Jt)<<16 | uint64(in.Jf)<<24 | uint64(in.K)<<32
	}
	return out
}
