package kernels

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
)

// Returned is what a kernel returned, in the one field that its result's type
// calls for; all are nil when it returns nothing.
type Returned struct {
	Int     *int64
	Uint    *uint64
	Bool    *bool
	Float   *float64
	Pointer *Place
	// Vector is as memory would hold it.
	Vector []byte
}

// Registers is what is left in the registers of a result: rax, and the first vector
// register, as many of its words as the result has, the lowest first.
type Registers struct {
	RAX    uint64
	Vector [8]uint64
}

// bytes is the vector register as memory would hold it.
func (r *Registers) bytes() []byte {
	var b []byte
	for _, w := range r.Vector {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// Place is where a pointer points to: so many bytes behind the first element of an
// operand or, without one, an address, of which 0 is NULL.
type Place struct {
	Operand string
	Offset  uint64
}

// String writes the number, and nothing where there is none.
func (r Returned) String() string {
	switch {
	case r.Int != nil:
		return strconv.FormatInt(*r.Int, 10)
	case r.Uint != nil:
		return strconv.FormatUint(*r.Uint, 10)
	case r.Bool != nil:
		return strconv.FormatBool(*r.Bool)
	case r.Float != nil:
		return strconv.FormatFloat(*r.Float, 'g', -1, 64)
	case r.Pointer != nil:
		return r.Pointer.String()
	case r.Vector != nil:
		return hex.EncodeToString(r.Vector)
	}
	return ""
}

// String is as "x+16", "NULL" or "0x1000".
func (p Place) String() string {
	switch {
	case p.Operand != "":
		return p.Operand + "+" + strconv.FormatUint(p.Offset, 10)
	case p.Offset == 0:
		return "NULL"
	}
	return "0x" + strconv.FormatUint(p.Offset, 16)
}

// Returned reads the result from the registers that hold it after a call, rax or
// xmm0, ymm0 or zmm0 (System V psABI, 3.2.3): as many low bits as its type has,
// since the others are not defined. A pointer is told by the operand that it
// points into, or right behind, if the call is Placed.
func (c *Call) Returned(from Registers) (r Returned) {
	rax, xmm0 := from.RAX, from.Vector[0]
	signed := func(t Type) { r.Int = new(int64(t.extend(rax))) }
	unsigned := func(t Type) { r.Uint = new(t.extend(rax)) }
	float := func(t Type) { r.Float = new(t.float64(xmm0 & (1<<(8*t.Size()) - 1))) }
	switch c.Spec.Result {
	case ResultInt:
		signed(Int64)
	case ResultInt8:
		signed(Int8)
	case ResultInt16:
		signed(Int16)
	case ResultInt32:
		signed(Int32)
	case ResultUint8:
		unsigned(Uint8)
	case ResultUint16:
		unsigned(Uint16)
	case ResultUint32:
		unsigned(Uint32)
	case ResultUint64:
		unsigned(Uint64)
	case ResultBool:
		r.Bool = new(rax&0xff != 0)
	case ResultPointer:
		r.Pointer = new(c.pointer(rax))
	case ResultFloat16:
		float(Float16)
	case ResultBFloat16:
		float(BFloat16)
	case ResultFloat32:
		float(Float32)
	case ResultFloat64:
		r.Float = new(math.Float64frombits(xmm0))
	}
	if n := c.Spec.Result.Bytes(); n > 0 {
		r.Vector = from.bytes()[:n]
	}
	return r
}

// pointer finds where an address is.
func (c *Call) pointer(addr uint64) Place {
	for i, at := range c.at {
		b := &c.Operands[i]
		first := at + b.Offset
		if size := b.Count * b.Type.Size(); addr >= first && addr-first <= size {
			return Place{b.Name, addr - first}
		}
	}
	return Place{Offset: addr}
}
