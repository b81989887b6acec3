package kernels

import (
	"bytes"
	"fmt"
	"math"
)

// Status says how a kernel's results compare with the reference.
type Status string

// The outcomes of a verification.
const (
	Match    Status = "match"
	Mismatch Status = "mismatch"
	// NoReference: nothing was compared, and Why says why. A kernel that wrote
	// where it must not is a Mismatch all the same.
	NoReference Status = "none"
)

// Verification is the outcome of Verify.
type Verification struct {
	Status Status
	Why    string // of a status other than Match
	// MaxULP and MaxAbs are the largest differences from the reference, in
	// units in the last place of the reference value and as they are.
	MaxULP, MaxAbs float64
	// FirstBad is the index of the first wrong element of Operand, counted
	// from the operand's first element; negative in the slack before it. It is
	// nil when nothing is wrong or the wrong number is the return value.
	FirstBad *int
	Operand  string
	// Got and Want are the first wrong number and the right one, nil where nothing is
	// wrong or there is no such number.
	Got, Want *Returned
	// Wrote says which memory was written that must not be, if that is wrong.
	Wrote Wrote
}

// Wrote is memory that a kernel must not write.
type Wrote string

// The kinds of memory that a kernel must not write.
const (
	WroteConst   Wrote = "wrote-const"   // an operand that it may only read
	WroteOutside Wrote = "wrote-outside" // beside an operand's elements
)

// Verify compares what one or more calls of the kernel left behind with what
// they should have: mem is the memory of the operands now, orig what Fill
// wrote there, intResult and floatBits are rax and the low half of xmm0 after
// the last call. A kernel must not have changed operands that are only read,
// nor anything beside the elements of the others. Results must be within the
// error bound of the reference, which is that of any order of summation.
func (c *Call) Verify(mem, orig [][]byte, intResult int64, floatBits uint64) Verification {
	if v, ok := c.Untouched(mem, orig); !ok {
		return v
	}
	r := findReference(c.Spec.Reference)
	if r == nil {
		return Verification{Status: NoReference, Why: "kernel " + c.Spec.FullName() + " has no reference result"}
	}
	return r.check(&outcome{c, mem, orig, intResult, floatBits})
}

// Untouched is the part of Verify that needs no reference: it is false, with what is
// wrong, if a kernel wrote memory that it must not.
func (c *Call) Untouched(mem, orig [][]byte) (Verification, bool) {
	for i := range c.Operands {
		b := &c.Operands[i]
		if v, ok := b.untouched(mem[i][:b.Bytes], orig[i][:b.Bytes]); !ok {
			return v, false
		}
	}
	return Verification{}, true
}

// untouched checks the bytes that a kernel may not write.
func (b *Buffer) untouched(mem, orig []byte) (Verification, bool) {
	if b.Access == In {
		if v, ok := b.same(mem, orig, 0, b.Bytes, WroteConst, "was changed, but the kernel may only read it"); !ok {
			return v, false
		}
	}
	if v, ok := b.same(mem, orig, 0, b.Offset, WroteOutside, "was written before its first element"); !ok {
		return v, false
	}
	return b.same(mem, orig, b.end(), b.Bytes, WroteOutside, "was written after its last element")
}

// same compares bytes from up to to.
func (b *Buffer) same(mem, orig []byte, from, to uint64, wrote Wrote, why string) (Verification, bool) {
	if bytes.Equal(mem[from:to], orig[from:to]) {
		return Verification{}, true
	}
	at := from
	for mem[at] == orig[at] {
		at++
	}
	size := int(b.Type.Size())
	i := int(at) - int(b.Offset)
	if i < 0 {
		i -= size - 1 // round down, not towards zero
	}
	i /= size
	return Verification{
		Status: Mismatch, Operand: b.Name, FirstBad: &i, Wrote: wrote,
		Why: fmt.Sprintf("operand %s %s: element %d, byte %d of its memory", b.Name, why, i, at),
	}, false
}

// outcome is what a reference looks at.
type outcome struct {
	*Call
	mem, orig [][]byte
	intResult int64
	floatBits uint64
}

// before returns the elements of an operand before the first call.
func (o *outcome) before(name string) elements { return o.elements(name, o.orig) }

// after returns the elements of an operand after the last call.
func (o *outcome) after(name string) elements { return o.elements(name, o.mem) }

func (o *outcome) elements(name string, mem [][]byte) elements {
	i := o.Spec.operand(name)
	b := &o.Operands[i]
	return elements{b.Type, mem[i][b.Offset:b.end()]}
}

// result is the return value, an element of type t: the low bits of xmm0 or of
// rax.
func (o *outcome) result(t Type) uint64 {
	if t.float() {
		return o.floatBits
	}
	return uint64(o.intResult)
}

// tally collects differences from reference values of one type.
type tally struct {
	typ            Type
	maxULP, maxAbs float64
	bad            *int   // index of the first number out of bounds
	why            string // what it is and should be
	got, want      *Returned
}

func newTally(t Type) tally { return tally{typ: t} }

// add compares a floating-point number with its reference value. The index is
// kept when the difference is more than tol or not a number.
func (t *tally) add(index int, got, want, tol float64) {
	diff := math.Abs(got - want)
	t.maxAbs = math.Max(t.maxAbs, diff)
	t.maxULP = math.Max(t.maxULP, diff/t.typ.ulp(want))
	if !(diff <= tol) && t.bad == nil {
		t.got, t.want = &Returned{Float: &got}, &Returned{Float: &want}
		t.bad, t.why = &index, fmt.Sprintf("is %v, the reference is %v, at most %.3g apart would be rounding", got, want, tol)
	}
}

// addInteger compares the low bits of two numbers, as many as the type has.
func (t *tally) addInteger(index int, got, want uint64) {
	got, want = t.typ.extend(got), t.typ.extend(want)
	if got == want {
		return
	}
	diff := math.Abs(t.typ.value(got) - t.typ.value(want))
	t.maxAbs, t.maxULP = math.Max(t.maxAbs, diff), math.Max(t.maxULP, diff)
	if t.bad == nil {
		t.got, t.want = new(t.typ.returned(got)), new(t.typ.returned(want))
		t.bad, t.why = &index, fmt.Sprintf("is %s, the reference is %s", t.typ.decimal(got), t.typ.decimal(want))
	}
}

// verification puts the result into words; where names the wrong number.
func (t *tally) verification(where string) Verification {
	v := Verification{Status: Match, MaxULP: t.maxULP, MaxAbs: t.maxAbs}
	if t.bad != nil {
		v.Status, v.Why, v.Got, v.Want = Mismatch, where+" "+t.why, t.got, t.want
	}
	return v
}

// of is verification of elements of an operand.
func (t *tally) of(name string) Verification {
	v := t.verification("operand " + name)
	if t.bad != nil {
		v.Operand, v.FirstBad = name, t.bad
		v.Why = fmt.Sprintf("element %d of %s", *t.bad, v.Why)
	}
	return v
}
