package kernels

import (
	"slices"
	"strconv"
	"strings"
)

// vectorSize is the size of a vector type in bytes, 0 for what is none.
func vectorSize(word string) uint64 {
	switch strings.TrimRight(word, "di") {
	case "m128":
		return 16
	case "m256":
		return 32
	case "m512":
		return 64
	}
	return 0
}

// bindVector reads a vector that is passed by value, whose contents are given as those of an
// operand are.
func (s *Spec) bindVector(e *element, a *Arg, t ctype) (err error) {
	a.Kind, a.operand = ArgVector, -1
	values, _ := e.attr("values")
	word, _ := e.attr("fill")
	op := vectorContents(a.Name, t, word, strings.Count(values, ",")+1)
	if err := op.parseFill(e); err != nil {
		return err
	}
	switch op.Fill {
	case FillCopy, FillPointers, FillFile:
		return e.errorf("argument %s: fill=%q is for operands", a.Name, op.Fill)
	}
	err = s.parseContents(op, e)
	if err != nil && values != "" && op.Type.signed() { // what has no sign, then
		op.Type, op.data = op.Type+Uint8-Int8, ""
		err = s.parseContents(op, e)
	}
	op.count = &expr{op: '0', num: vectorSize(t.vector) / op.Type.Size()}
	a.elem, a.Contents = op.Type, op
	return err
}

// vectorContents is an operand for what a vector holds, whose elements are those of its
// type. Of integers, of which the type does not say how large they are, these are as large as
// leaves room for so many that are listed, or bytes for a text.
func vectorContents(name string, t ctype, fill string, listed int) *Operand {
	size := vectorSize(t.vector)
	elem := t.elem
	if elem == Int64 {
		for _, smaller := range []Type{Int32, Int16, Int8} {
			if size/elem.Size() < uint64(listed) {
				elem = smaller
			}
		}
		if f := Fill(lookup(fillNames[:], fill)); f == FillText || f == FillUTF8 || f == FillMaybeUTF8 {
			elem = Uint8
		}
	}
	return &Operand{Name: name, Type: elem, Count: strconv.FormatUint(size/elem.Size(), 10), Access: In, Fill: FillRandom, to: -1, of: -1}
}

// Drawn returns the call with the contents of vectors that are passed by value. As those of
// operands they depend on the seed, the position of the argument and its description alone.
func (c *Call) Drawn(seed uint64) *Call {
	drawn := *c
	drawn.Args = slices.Clone(c.Args)
	for i := range drawn.Args {
		if a := &drawn.Args[i]; a.contents != nil {
			a.Vector = make([]byte, a.contents.Bytes)
			a.contents.fill(a.Vector, mix(seed+mix(maxOperands+uint64(i))))
		}
	}
	return &drawn
}

// Own is the call with arguments and vectors of its own, which can be changed without
// changing those of c.
func (c *Call) Own() *Call {
	own := *c
	own.Args = slices.Clone(c.Args)
	for i := range own.Args {
		own.Args[i].Vector = slices.Clone(own.Args[i].Vector)
	}
	return &own
}

// VectorBytes is the size of the largest vector that the call passes or returns by value,
// in bytes, and its type in C; 0 where there is none.
func (c *Call) VectorBytes() (most uint64, typ string) {
	if most = c.Spec.Result.Bytes(); most > 0 {
		typ = "__" + c.Spec.Result.String()
	}
	for i := range c.Args {
		if n := uint64(len(c.Args[i].Vector)); n > most {
			most, typ = n, c.Spec.Args[i].Type
		}
	}
	return most, typ
}

// Bytes is the size of a result that is a vector, 0 for all others.
func (r Result) Bytes() uint64 {
	if r.lane() == 0 {
		return 0
	}
	return vectorSize(r.String())
}

// lane is the type of the elements of a result that is a vector, 0 for all others.
func (r Result) lane() Type {
	switch r {
	case ResultM128, ResultM256, ResultM512:
		return Float32
	case ResultM128D, ResultM256D, ResultM512D:
		return Float64
	case ResultM128I, ResultM256I, ResultM512I:
		return Int64
	}
	return 0
}
