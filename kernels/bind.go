package kernels

import (
	"errors"
	"fmt"
	"math"
)

// pageSize is what operands are rounded up to when they are counted.
const pageSize = 4096

// Limits bounds what a call may need.
type Limits struct {
	// Memory is that of all operands together in bytes, each in whole pages;
	// 0 is no limit: Bind itself allocates none of it.
	Memory uint64
}

// Call is a kernel with everything that one call of it needs, but for the
// addresses of its operands and, where seeds say them, the vectors that Drawn draws.
type Call struct {
	Spec     *Spec
	Operands []Buffer
	Args     []ArgValue
	// Elements, Iterations, Flops and Bytes are what one call works through, for
	// derived figures; 0 when the specification does not say.
	Elements, Iterations, Flops, Bytes uint64
	// ElementsOf is the operand whose elements these are, the one with the most, where
	// the specification does not say how many a call works through; else it is empty.
	ElementsOf string

	values   map[string]uint64
	integers map[string]integer // those of the values that are
	at       []uint64           // addresses of the operands' memory, nil where they are not placed
}

// Buffer describes an operand's memory: Bytes bytes from the start of a page.
// The first element lies Offset bytes into it, and that is where the kernel's
// pointer points. Bytes can be 0.
type Buffer struct {
	Name   string
	Type   Type
	Count  uint64 // elements
	Bytes  uint64 // of memory: slack, offset and elements
	Offset uint64 // bytes
	Align  uint64 // what the first element's address must be a multiple of; 0 is nothing
	Access Access
	// Restore: its contents are given back before each call that is measured.
	Restore bool
	Fill    Fill
	Value   float64 // of FillConstant, where no parameter says it

	bounds bounds // of FillRandom
	bits   uint64 // each element of FillConstant, as memory holds it,
	said   bool   // where a parameter says it
	data   string // of FillValues and FillBytes
	first  uint64 // address of what the first of FillPointers points to
	step   uint64 // bytes from that to the next
	except uint64 // the element of FillCopy that is another, Count or more for none
}

// end is the offset of the first byte after the elements.
func (b *Buffer) end() uint64 { return b.Offset + b.Count*b.Type.Size() }

// ArgValue is an argument as a register or a stack slot holds it.
type ArgValue struct {
	Name string
	Kind ArgKind
	// Bits is the value: an integer, zero-extended; the representation of a
	// floating-point number; or, for a pointer, the Offset of its operand, to
	// which the caller adds the address of the operand's memory.
	Bits    uint64
	Operand int // index into Call.Operands for a pointer, else -1
	// Vector is the value of a vector, as memory holds it: 16, 32 or 64 bytes; nil for
	// all else.
	Vector []byte

	contents *Buffer // of Vector
}

// Bind sizes the operands and fixes the arguments. The values must be those
// of every parameter, as Values returns them; they are checked again. The
// error is a *ParamError, a *MemoryError or a *FileError.
func (s *Spec) Bind(values map[string]uint64, limits Limits) (*Call, error) {
	if err := s.complete(values); err != nil {
		return nil, err
	}
	c := &Call{Spec: s, values: make(map[string]uint64, len(values)), integers: make(map[string]integer)}
	for i := range s.Params {
		p := &s.Params[i]
		c.values[p.Name] = values[p.Name]
		if p.Type.integer() {
			c.integers[p.Name] = p.Type.asInteger(values[p.Name])
		}
	}
	if limits.Memory == 0 {
		limits.Memory = math.MaxUint64
	}
	if err := c.bindOperands(limits.Memory); err != nil {
		return nil, err
	}
	if err := c.bindArgs(); err != nil {
		return nil, err
	}
	c = c.Drawn(0)
	c.Elements, c.Iterations, c.Flops, c.Bytes = c.derive(s.elements), c.derive(s.iterations), c.derive(s.flops), c.derive(s.bytes)
	if s.elements == nil {
		c.Elements, c.ElementsOf = c.mostElements()
	}
	return c, nil
}

// mostElements is how many elements the operand with the most of them has, the first of such,
// and its name.
func (c *Call) mostElements() (elements uint64, name string) {
	for i := range c.Operands {
		if o := &c.Operands[i]; o.Count > elements {
			elements, name = o.Count, o.Name
		}
	}
	return elements, name
}

func (c *Call) bindOperands(limit uint64) error {
	var total uint64
	for i := range c.Spec.Operands {
		op := &c.Spec.Operands[i]
		b, err := c.bindOperand(op)
		if err == nil {
			total, err = addPages(total, b.Bytes)
		}
		if errors.Is(err, errOverflow) {
			return &MemoryError{Kernel: c.Spec.FullName(), Operand: op.Name, Limit: limit}
		}
		if err != nil {
			return err
		}
		if total > limit {
			return &MemoryError{Kernel: c.Spec.FullName(), Operand: op.Name, Need: total, Limit: limit}
		}
		c.Operands = append(c.Operands, b)
	}
	return c.bindPointers()
}

// addPages adds size, rounded up to whole pages, to total.
func addPages(total, size uint64) (uint64, error) {
	up, err := addChecked(size, pageSize-1)
	if err != nil {
		return 0, err
	}
	return addChecked(total, up&^(pageSize-1))
}

// bindOperand sizes one operand. It returns errOverflow when it has 2^64
// bytes or more.
func (c *Call) bindOperand(op *Operand) (Buffer, error) {
	b := Buffer{Name: op.Name, Type: op.Type, Align: op.Align, Access: op.Access, Restore: op.Restore, Fill: op.Fill, Value: op.Value, data: op.data}
	var slack uint64
	for _, f := range []struct {
		expr *expr
		text string
		what string
		to   *uint64
	}{{op.count, op.Count, "count", &b.Count}, {op.offset, op.Offset, "offset", &b.Offset}, {op.slack, op.Slack, "slack", &slack}} {
		if f.expr == nil {
			continue
		}
		v, err := f.expr.size(c.integers)
		if errors.Is(err, errOverflow) {
			return b, err
		}
		if err != nil {
			return b, c.exprError(f.expr, fmt.Sprintf("%s %q of operand %s", f.what, f.text, op.Name), err)
		}
		*f.to = v
	}
	size, err := mulChecked(b.Count, op.Type.Size())
	if err == nil {
		b.Bytes, err = addChecked(size, max(slack, b.Offset))
	}
	if err != nil {
		return b, err
	}
	return b, c.bindContents(&b, op)
}

// exprError blames the first parameter that the expression uses.
func (c *Call) exprError(e *expr, what string, err error) error {
	blame := ""
	e.names(func(name string) {
		if blame == "" {
			blame = name
		}
	})
	i := c.Spec.param(blame)
	if i < 0 { // an expression of numbers alone
		return &ParamError{Kernel: c.Spec.FullName(), Param: what, Reason: err.Error()}
	}
	return c.Spec.paramError(&c.Spec.Params[i], c.Spec.Params[i].Text(c.values[blame]), fmt.Sprintf("does not fit: %s %v", what, err))
}

func (c *Call) bindArgs() error {
	for i := range c.Spec.Args {
		a := &c.Spec.Args[i]
		v := ArgValue{Name: a.Name, Kind: a.Kind, Operand: -1}
		switch a.Kind {
		case ArgPointer:
			if a.operand < 0 {
				v.Kind = ArgInt // the address 0 is of no operand
				break
			}
			v.Operand = a.operand
			v.Bits = c.Operands[a.operand].Offset
		case ArgInt:
			n, err := a.value.eval(c.integers)
			if err == nil {
				err = a.elem.refuses(n)
			}
			if err != nil {
				return c.exprError(a.value, fmt.Sprintf("argument %s of type %s", a.Name, a.Type), err)
			}
			v.Bits = a.elem.register(n)
		case ArgVector:
			b, err := c.bindOperand(a.Contents)
			if err != nil {
				return err
			}
			v.contents = &b
		case ArgFloat32, ArgFloat64:
			f, err := c.float(a.number)
			if err != nil {
				return err
			}
			v.Bits = a.elem.encode(f)
		}
		c.Args = append(c.Args, v)
	}
	return nil
}

// register is an integer as a register holds it: one of less than 32 bits is
// extended to 32, as compilers take for granted, and the upper half is zero.
func (t Type) register(n integer) uint64 {
	if t.Size() == 8 {
		return n.twos()
	}
	return n.twos() & math.MaxUint32
}

// derive evaluates the expression of a derived figure. One that is absent,
// cannot be computed or has 65 bits is 0: the call does not depend on it.
func (c *Call) derive(e *expr) uint64 {
	if e == nil {
		return 0
	}
	v, err := e.size(c.integers)
	if err != nil {
		return 0
	}
	return v
}
