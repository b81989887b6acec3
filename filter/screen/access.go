package screen

import "strings"

// access is what an instruction does to its memory operand: two bits, and a size above them.
type access uint8

const (
	accessRead access = 1 << iota
	accessWrite

	accessShift = 2
)

// The sizes. bytesL ones are shifted left by the vector length field, bytesW ones by W; bytesO is the operand size.
const (
	bytes1 access = iota << accessShift
	bytes2
	bytes4
	bytes6
	bytes8
	bytes10
	bytes16
	bytes28
	bytes32
	bytes48
	bytes64
	bytes108
	bytes512
	bytes576
	bytesL8
	bytesL16
	bytesW4
	bytesO
	bytes0
)

var accessSizes = [...]uint16{1, 2, 4, 6, 8, 10, 16, 28, 32, 48, 64, 108, 512, 576, 8, 16, 4, 0, 0}

// Access says what the instruction at the start of code does to its memory operand, and to how many bytes: of a gather or scatter, those
// of one element. It is false, false, 0 for an instruction without one, and for bytes that are no instruction. Masks may make a vector
// instruction touch less.
func Access(code []byte) (read, write bool, bytes int) {
	var in Inst
	if Decode(code, &in) != OK {
		return false, false, 0
	}
	r := identify(&in)
	if r == nil {
		return false, false, 0
	}
	read, write = in.access(r)
	if read || write {
		bytes = in.accessBytes(r)
	}
	return read, write, bytes
}

// access says whether the instruction reads and writes its memory operand.
func (in *Inst) access(r *row) (read, write bool) {
	if !in.memory() {
		return in.implicitAccess(r)
	}
	return r.access&accessRead != 0, r.access&accessWrite != 0
}

// implicitAccess is access for the instructions whose memory operand ModRM does not name: string instructions, moffs, PUSH, POP.
func (in *Inst) implicitAccess(r *row) (read, write bool) {
	if in.Space > Rex2 || in.Map != 0 {
		return false, false
	}
	switch in.Op {
	case 0xA0, 0xA1, 0xA6, 0xA7, 0xAC, 0xAD, 0xAE, 0xAF, 0xD7:
		return true, false // MOV from moffs, CMPS, LODS, SCAS, XLAT
	case 0xA2, 0xA3, 0xAA, 0xAB:
		return false, true // MOV to moffs, STOS
	case 0xA4, 0xA5:
		return true, true // MOVS
	}
	switch {
	case in.Op&0xF8 == 0x50, in.Op == 0x68, in.Op == 0x6A:
		return false, true // PUSH
	case in.Op&0xF8 == 0x58:
		return true, false // POP
	}
	return false, false
}

// accessBytes is the size of the memory operand.
func (in *Inst) accessBytes(r *row) int {
	if !in.memory() {
		return in.implicitBytes()
	}
	n := int(accessSizes[r.access>>accessShift])
	switch r.access &^ (accessRead | accessWrite) {
	case bytesL8, bytesL16:
		n <<= min(in.L, 2)
	case bytesW4:
		n <<= in.W
	case bytesO:
		n = in.operandSize()
	}
	if in.Space == Evex && in.Map != 4 && in.Payload&0x10 != 0 {
		return in.broadcastBytes(r)
	}
	return n
}

// operandSize is the size of a general register operand: 2, 4 or 8 bytes.
func (in *Inst) operandSize() int {
	switch {
	case in.W == 1:
		return 8
	case in.operandSize16():
		return 2
	}
	return 4
}

// implicitBytes is the size of what implicitAccess knows: one byte for even opcodes of the string family, else the operand size, which
// for the stack is 8 bytes.
func (in *Inst) implicitBytes() int {
	switch {
	case in.Op == 0xD7 || in.Op >= 0xA0 && in.Op&1 == 0:
		return 1
	case in.Op < 0xA0 && !in.operandSize16():
		return 8
	}
	return in.operandSize()
}

// broadcastBytes is the size of the element that an EVEX instruction reads when it repeats it: half precision in maps 5 and 6 and where
// map 3's prefix is none, else by W (SDM vol. 2, 2.7.12). Complex numbers of two halves are single elements, and conversions to half
// precision read what they convert.
func (in *Inst) broadcastBytes(r *row) int {
	name := iclassNames[r.iclass]
	from, _, converts := conversion(strings.TrimPrefix(name, "V"))
	switch {
	case in.W == 1:
		return 8
	case converts && in.Map >= 5:
		return from / 8
	case strings.HasPrefix(name, "VF") && strings.HasSuffix(name, "CPH"):
		return 4
	case in.Map >= 5 || in.Map == 3 && in.PP == 0:
		return 2
	}
	return 4
}
