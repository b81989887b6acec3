package kernels

import (
	"encoding/binary"
	"math"
	"strconv"
)

// elements is the memory of elements of one type, aligned or not.
type elements struct {
	typ Type
	mem []byte
}

func (e elements) len() uint64 { return uint64(len(e.mem)) / e.typ.Size() }

// bits is an element as it is stored, zero-extended.
func (e elements) bits(i uint64) uint64 {
	switch e.typ.Size() {
	case 1:
		return uint64(e.mem[i])
	case 2:
		return uint64(binary.LittleEndian.Uint16(e.mem[2*i:]))
	case 4:
		return uint64(binary.LittleEndian.Uint32(e.mem[4*i:]))
	}
	return binary.LittleEndian.Uint64(e.mem[8*i:])
}

// float is an element of a floating-point type.
func (e elements) float(i uint64) float64 { return e.typ.float64(e.bits(i)) }

// isZero reports whether an element is zero, of either sign.
func (e elements) isZero(i uint64) bool {
	if e.typ.float() {
		return e.float(i) == 0
	}
	return e.bits(i) == 0
}

// integer is an element of an integer type modulo 2^64.
func (e elements) integer(i uint64) uint64 { return e.typ.extend(e.bits(i)) }

// float64 is the number of a floating-point type that bits store.
func (t Type) float64(bits uint64) float64 {
	switch t {
	case Float32:
		return float64(math.Float32frombits(uint32(bits)))
	case Float64:
		return math.Float64frombits(bits)
	}
	return t.format().decode(bits)
}

// value is an integer that extend has widened, as near as float64 comes to it.
func (t Type) value(v uint64) float64 {
	if t.signed() {
		return float64(int64(v))
	}
	return float64(v)
}

// decimal is an integer that extend has widened.
func (t Type) decimal(v uint64) string {
	if t.signed() {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatUint(v, 10)
}

// extend widens the low bits, as an integer type stores them, to 64.
func (t Type) extend(bits uint64) uint64 {
	unused := 64 - 8*t.Size()
	if t.signed() {
		return uint64(int64(bits<<unused) >> unused)
	}
	return bits << unused >> unused
}
