package kernels

import (
	"fmt"
	"math"
	"slices"
)

// bounds are those of random elements, both included; the zero bounds are none.
type bounds struct {
	given     bool
	low, high float64 // of floating-point elements
	first     uint64  // of integers, in two's complement,
	span      uint64  // and how far the last is from it
}

// bindContents fixes what an operand's contents depend on parameters with.
func (c *Call) bindContents(b *Buffer, op *Operand) error {
	if b.Align > 0 && b.Offset%b.Align != 0 {
		return c.misfit(op, op.offset, fmt.Sprintf("begins %d bytes behind the start of a page, which is no multiple of its alignment, %d", b.Offset, b.Align))
	}
	switch b.Fill {
	case FillConstant:
		return c.bindConstant(b, op)
	case FillRandom:
		if op.low.none() {
			return nil
		}
		return c.bindBounds(b, op)
	case FillIndex, FillPermutation, FillCycle:
		if most := b.Type.most(); b.Count > 0 && b.Count-1 > most {
			return c.misfit(op, op.count, fmt.Sprintf("counts to %d, but %s does only to %d", b.Count-1, b.Type, most))
		}
	case FillText:
		if b.Count == 0 {
			return c.misfit(op, op.count, "has no element for the zero that ends a text")
		}
	case FillValues, FillBytes:
		if size := b.Count * b.Type.Size(); uint64(len(b.data)) > size {
			return c.misfit(op, op.count, fmt.Sprintf("has %d bytes, but %d are given", size, len(b.data)))
		}
	case FillFile:
		if !op.given {
			return &FileError{c.Spec.FullName(), op.Name, "its contents come from a file, which is not given"}
		}
	case FillCopy:
		return c.bindCopy(b, op)
	case FillPointers:
		step, err := op.step.size(c.integers)
		if err == nil {
			b.step, err = mulChecked(step, c.Spec.Operands[op.to].Type.Size())
		}
		if err != nil {
			return c.misfit(op, op.step, "has a step that "+err.Error())
		}
	}
	return nil
}

// most is how far elements of type t can count, each number being exact.
func (t Type) most() uint64 {
	if f := t.format(); f.significand > 0 {
		return min(1<<(f.significand+1), uint64(t.largest()))
	}
	return t.max()
}

// misfit says what about an operand cannot be, and blames the first parameter
// of an expression for it.
func (c *Call) misfit(op *Operand, blame *expr, reason string) error {
	if blame == nil {
		blame = op.count
	}
	return c.exprError(blame, "operand "+op.Name, fmt.Errorf("%s", reason))
}

func (c *Call) bindBounds(b *Buffer, op *Operand) (err error) {
	b.bounds.given = true
	if b.Type.float() {
		if b.bounds.low, err = c.float(op.low); err == nil {
			b.bounds.high, err = c.float(op.high)
		}
		if err != nil {
			return err
		}
		if low, high := b.bounds.low, b.bounds.high; !(low <= high) || math.IsInf(high-low, 0) || !b.Type.holds(low) || !b.Type.holds(high) {
			return c.misfit(op, nil, fmt.Sprintf("cannot hold random numbers from %v to %v", low, high))
		}
		return nil
	}
	var ends [2]integer
	for i, s := range [...]source{op.low, op.high} {
		if ends[i], err = s.expr.eval(c.integers); err == nil {
			err = b.Type.refuses(ends[i])
		}
		if err != nil {
			return c.exprError(s.expr, "a bound of operand "+op.Name, err)
		}
	}
	if ends[1].less(ends[0]) && b.Count > 0 {
		return c.misfit(op, op.high.expr, fmt.Sprintf("cannot hold random numbers from %s to %s", ends[0], ends[1]))
	}
	b.bounds.first, b.bounds.span = ends[0].twos(), ends[1].twos()-ends[0].twos()
	return nil
}

// bindConstant computes the value that all elements have.
func (c *Call) bindConstant(b *Buffer, op *Operand) error {
	b.said = !op.from.none()
	switch {
	case !b.said:
		return nil
	case b.Type.float():
		v, err := c.float(op.from)
		if err == nil && !b.Type.holds(v) {
			err = c.misfit(op, &expr{op: 'n', name: op.from.param}, fmt.Sprintf("cannot hold %v", v))
		}
		b.bits = b.Type.encode(v)
		return err
	}
	n, err := op.from.expr.eval(c.integers)
	if err == nil {
		err = b.Type.refuses(n)
	}
	if err != nil {
		return c.exprError(op.from.expr, "the value of operand "+op.Name, err)
	}
	b.bits = n.twos()
	return nil
}

// bindCopy finds the element of a copy that is another.
func (c *Call) bindCopy(b *Buffer, op *Operand) error {
	b.except = math.MaxUint64
	if op.except == nil {
		return nil
	}
	n, err := op.except.eval(c.integers)
	if err != nil {
		return c.misfit(op, op.except, "has an exception that "+err.Error())
	}
	if !n.negative {
		b.except = n.abs
	}
	return nil
}

// bindPointers checks that pointers point into their operands, and copies do not go
// beyond theirs.
func (c *Call) bindPointers() error {
	for i := range c.Operands {
		b, op := &c.Operands[i], &c.Spec.Operands[i]
		if b.Fill == FillCopy && b.Count > c.Operands[op.of].Count {
			return c.misfit(op, nil, fmt.Sprintf("has %d elements, but %s, of which it is a copy, has %d", b.Count, op.Of, c.Operands[op.of].Count))
		}
		if b.Fill != FillPointers {
			continue
		}
		b.first = c.Operands[op.to].Offset
		to := &c.Operands[op.to]
		length, err := mulChecked(b.Count, b.step)
		if size := to.Count * to.Type.Size(); err != nil || length > size {
			return c.misfit(op, nil, fmt.Sprintf("points to %d times %d bytes, but operand %s has %d", b.Count, b.step, to.Name, size))
		}
	}
	return nil
}

// Placed returns the call with the addresses at which the memory of its
// operands lies, in their order, for the pointers among their contents and for
// the pointer that the kernel may return.
func (c *Call) Placed(at []uint64) *Call {
	placed := *c
	placed.Operands = slices.Clone(c.Operands)
	placed.at = slices.Clone(at)
	for i := range placed.Operands {
		if to := c.Spec.Operands[i].to; to >= 0 {
			placed.Operands[i].first = at[to] + placed.Operands[to].Offset
		}
	}
	return &placed
}
