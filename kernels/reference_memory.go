package kernels

import (
	"bytes"
	"cmp"
	"fmt"
)

// checkMemcpy wants the first n bytes of src in dst, and dst as a pointer that is
// returned, if one is.
func checkMemcpy(o *outcome) Verification {
	n := o.values["n"]
	out := span{"dst", n, 1}
	if why := o.unfit(span{"src", n, 1}, out); why != "" {
		return none(why)
	}
	src := o.before("src")
	return o.andPointer(o.exactly(out, func(i uint64) uint64 { return src.bits(i) }), "dst")
}

// checkMemset wants the low byte of c in the first n bytes of s, and s as a pointer
// that is returned, if one is.
func checkMemset(o *outcome) Verification {
	out := span{"s", o.values["n"], 1}
	if why := o.unfit(out); why != "" {
		return none(why)
	}
	c := o.values["c"] & 0xff
	return o.andPointer(o.exactly(out, func(uint64) uint64 { return c }), "s")
}

// andPointer is v, but for a pointer that the kernel returns and that is not to the
// first element of an operand.
func (o *outcome) andPointer(v Verification, operand string) Verification {
	if v.Status != Match || o.Spec.Result != ResultPointer || o.at == nil {
		return v
	}
	i := o.Spec.operand(operand)
	if want, got := o.at[i]+o.Operands[i].Offset, uint64(o.intResult); got != want {
		place := o.pointer(got)
		where := fmt.Sprintf("%#x", got)
		if place.Operand != "" {
			where = fmt.Sprintf("%s+%d", place.Operand, place.Offset)
		}
		return Verification{Status: Mismatch, Why: fmt.Sprintf("the result is the address %s, it should be that of %s", where, operand)}
	}
	return v
}

// checkMemcmp compares the sign of the result with that of the first difference
// between the first n bytes of s1 and s2.
func checkMemcmp(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"s1", n, 1}, span{"s2", n, 1}); why != "" {
		return none(why)
	}
	typ := o.Spec.Result.elem()
	got, want := int64(typ.extend(uint64(o.intResult))), bytes.Compare(o.before("s1").mem[:n], o.before("s2").mem[:n])
	if cmp.Compare(got, 0) != want {
		sign := [...]string{"less than 0", "0", "more than 0"}[want+1]
		return Verification{Status: Mismatch, MaxAbs: 1, MaxULP: 1, Why: fmt.Sprintf("the result is %d, it should be %s", got, sign)}
	}
	return Verification{Status: Match}
}

// checkStrlen finds the first zero.
func checkStrlen(o *outcome) Verification {
	length := bytes.IndexByte(o.before("s").mem, 0)
	if length < 0 {
		return none("there is no zero in operand s")
	}
	return o.returned(uint64(length))
}

// checkTranspose wants a[i*cols + j] in b[j*rows + i], in every bit.
func checkTranspose(o *outcome) Verification {
	rows, cols := o.values["rows"], o.values["cols"]
	size, err := mulChecked(rows, cols)
	if err != nil {
		return none("the operands are smaller than rows and cols ask for")
	}
	out := span{"b", size, 1}
	if why := o.unfit(span{"a", size, 1}, out); why != "" {
		return none(why)
	}
	a := o.before("a")
	return o.exactly(out, func(at uint64) uint64 { return a.bits(at%rows*cols + at/rows) })
}
