package kernels

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// parseContents reads what the kind of an operand's contents needs, and refuses
// what belongs to others.
func (s *Spec) parseContents(op *Operand, e *element) (err error) {
	if op.Type == Pointer != (op.Fill == FillPointers) {
		return e.errorf(`operand %s: pointers are of type "pointer" and say with to="OPERAND" where they point; nothing else does`, op.Name)
	}
	for _, f := range []struct {
		attr string
		fill Fill
		read func(*Spec, *element, string) error
	}{
		{"value", FillConstant, op.readValue}, {"values", FillValues, op.readValues}, {"bytes", FillBytes, op.readBytes},
		{"low", FillRandom, op.readLow}, {"high", FillRandom, op.readHigh}, {"step", FillPointers, op.readStep},
	} {
		text, ok := e.attr(f.attr)
		if ok && op.Fill != f.fill {
			return e.errorf(`operand %s: %s and fill="%s" belong together`, op.Name, f.attr, f.fill)
		}
		if ok {
			err = f.read(s, e, text)
		} else if optional := f.fill == FillRandom || f.fill == FillPointers; !optional && op.Fill == f.fill && !zeroed(e) {
			err = e.errorf(`operand %s: %s and fill="%s" belong together`, op.Name, f.attr, f.fill)
		}
		if err != nil {
			return err
		}
	}
	return op.suits(e)
}

// zeroed reports whether contents are given as fill="zero".
func zeroed(e *element) bool {
	word, _ := e.attr("fill")
	return word == "zero"
}

// suits refuses contents that elements of the type cannot have.
func (op *Operand) suits(e *element) error {
	switch {
	case (op.Low == "") != (op.High == ""):
		return e.errorf("operand %s: low and high belong together", op.Name)
	case (op.Fill == FillPermutation || op.Fill == FillCycle) && (!op.Type.integer() || op.Type == Bool):
		return e.errorf("operand %s: a %s is of integers, not of type %s", op.Name, op.Fill, op.Type)
	case op.Fill == FillIndex && op.Type == Bool:
		return e.errorf("operand %s: an index cannot be of type bool", op.Name)
	case (op.Fill == FillText || op.Fill == FillUTF8 || op.Fill == FillMaybeUTF8) && op.Type != Int8 && op.Type != Uint8:
		return e.errorf("operand %s: %s is of type int8 or uint8, not %s", op.Name, op.Fill, op.Type)
	}
	return nil
}

// readValue reads the number that a constant operand repeats.
func (op *Operand) readValue(s *Spec, e *element, text string) error {
	v, err := parseNumber(text)
	if err != nil && s.uses(text) {
		op.From = text
		if op.Type.float() {
			op.from, err = s.source(op.Type, text)
		} else {
			op.from.expr, err = s.compute(text)
		}
		if err != nil {
			return e.errorf("operand %s: value %q is neither a number of type %s nor computed from parameters: %w", op.Name, clip(text), op.Type, err)
		}
		return nil
	}
	if err != nil || !op.Type.holds(v) {
		return e.errorf("operand %s: value %q is not a number of type %s", op.Name, clip(text), op.Type)
	}
	op.Value = v
	return nil
}

// uses reports whether a text has the name of a parameter in it.
func (s *Spec) uses(text string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool {
		return r > '~' || !isLetter(byte(r)) && !isDigit(byte(r))
	}), func(word string) bool { return s.param(word) >= 0 })
}

// readValues reads numbers between commas.
func (op *Operand) readValues(_ *Spec, e *element, text string) error {
	op.Values = text
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		bits, ok := op.Type.element(item)
		if !ok {
			return e.errorf("operand %s: %q among its values is not a number of type %s", op.Name, clip(item), op.Type)
		}
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], bits)
		op.data += string(b[:op.Type.Size()])
	}
	return nil
}

// element is how memory holds a decimal number, if it is one of type t.
func (t Type) element(text string) (bits uint64, ok bool) {
	if t.float() {
		v, err := parseNumber(text)
		return t.encode(v), err == nil && t.holds(v)
	}
	n, err := parseInteger(text)
	return n.twos(), err == nil && t.takes(n)
}

// readBytes reads hexadecimal digits.
func (op *Operand) readBytes(_ *Spec, e *element, text string) error {
	b, err := hex.DecodeString(text)
	if err != nil {
		return e.errorf("operand %s: bytes are not pairs of hexadecimal digits: %w", op.Name, err)
	}
	op.Bytes, op.data = text, string(b)
	return nil
}

func (op *Operand) readLow(s *Spec, e *element, text string) (err error) {
	op.Low = text
	op.low, err = s.bound(e, op, text)
	return err
}

func (op *Operand) readHigh(s *Spec, e *element, text string) (err error) {
	op.High = text
	op.high, err = s.bound(e, op, text)
	return err
}

// bound reads a bound of random elements.
func (s *Spec) bound(e *element, op *Operand, text string) (source, error) {
	if op.Type.float() {
		b, err := s.source(op.Type, text)
		if err != nil {
			err = e.errorf("operand %s: bound %q is neither a number of type %s nor a parameter", op.Name, clip(text), op.Type)
		}
		return b, err
	}
	x, err := s.compute(text)
	if err != nil {
		return source{}, e.errorf("a bound of operand %s%w", op.Name, err)
	}
	if x.constant() {
		n, err := x.eval(nil)
		if err == nil && !op.Type.takes(n) {
			err = fmt.Errorf("is not a number of type %s", op.Type)
		}
		if err != nil {
			return source{}, e.errorf("operand %s: bound %s %w", op.Name, clip(text), err)
		}
	}
	return source{expr: x}, nil
}

func (op *Operand) readStep(s *Spec, e *element, _ string) (err error) {
	op.Step, op.step, err = s.size(e, "step")
	return err
}

// parseTarget finds the operand that pointers point into.
func (s *Spec) parseTarget(op *Operand, e *element) error {
	var ok bool
	if op.To, ok = e.attr("to"); ok != (op.Fill == FillPointers) || ok != (op.step != nil) {
		return e.errorf(`operand %s: type="pointer", to="OPERAND" and step="ELEMENTS" belong together`, op.Name)
	}
	if !ok {
		return nil
	}
	op.to = s.operand(op.To)
	if op.to < 0 || s.Operands[op.to].Type == Pointer {
		return e.errorf("operand %s: there is no operand %q that it could point to", op.Name, clip(op.To))
	}
	return nil
}

// parseCopy finds the operand that another is a copy of.
func (s *Spec) parseCopy(op *Operand, e *element) (err error) {
	var ok bool
	if op.Of, ok = e.attr("of"); ok != (op.Fill == FillCopy) {
		return e.errorf(`operand %s: fill="copy" and of="OPERAND" belong together`, op.Name)
	}
	if op.Except, op.except, err = s.expression(e, "except"); err != nil {
		return err
	}
	if !ok {
		if op.except != nil {
			return e.errorf(`operand %s: except and fill="copy" belong together`, op.Name)
		}
		return nil
	}
	if op.of = s.operand(op.Of); op.of < 0 {
		return e.errorf("operand %s: there is no operand %q to copy", op.Name, clip(op.Of))
	}
	if of := &s.Operands[op.of]; of.Type != op.Type || of.Fill == FillCopy || of.Type == Pointer {
		return e.errorf("operand %s cannot be a copy of %s: that must be of type %s too, and no copy itself", op.Name, op.Of, op.Type)
	}
	return nil
}
