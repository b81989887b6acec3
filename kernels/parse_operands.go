package kernels

import (
	"math"
	"strconv"
	"strings"
)

func (s *Spec) parseOperands(root *element) error {
	o, err := root.child("operands")
	if o == nil || err != nil {
		return err
	}
	if err := o.allow("", "operand"); err != nil {
		return err
	}
	for _, e := range o.children {
		if len(s.Operands) == maxOperands {
			return e.errorf("more than %d operands", maxOperands)
		}
		op, err := s.parseOperand(e)
		if err != nil {
			return err
		}
		op.to, op.of = -1, -1
		s.Operands = append(s.Operands, op)
	}
	for i, e := range o.children {
		if err := s.parseTarget(&s.Operands[i], e); err != nil {
			return err
		}
		if err := s.parseCopy(&s.Operands[i], e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) parseOperand(e *element) (op Operand, err error) {
	if err := e.allow("name type count offset slack align access restore fill value low high values bytes to step of except", "doc"); err != nil {
		return op, err
	}
	if op.Name, err = e.identifier("name"); err != nil {
		return op, err
	}
	if s.param(op.Name) >= 0 || s.operand(op.Name) >= 0 {
		return op, e.errorf("the name %s is already taken", op.Name)
	}
	if err := op.parseWords(e); err != nil {
		return op, err
	}
	if _, err = e.need("count"); err != nil && op.Fill != FillFile {
		return op, err
	}
	for _, f := range []struct {
		attr string
		text *string
		expr **expr
	}{{"count", &op.Count, &op.count}, {"offset", &op.Offset, &op.offset}, {"slack", &op.Slack, &op.slack}} {
		if *f.text, *f.expr, err = s.size(e, f.attr); err != nil {
			return op, err
		}
	}
	if err := op.parseAlign(e); err != nil {
		return op, err
	}
	if err := s.parseContents(&op, e); err != nil {
		return op, err
	}
	op.Doc, err = e.doc()
	return op, err
}

// parseWords reads the attributes that take one of a few words.
func (op *Operand) parseWords(e *element) error {
	word, err := e.need("type")
	if err != nil {
		return err
	}
	if op.Type = Type(lookup(typeNames[:], word)); op.Type == 0 {
		return e.errorf("operand %s has type %q, known: float32, float64, int8 to int64, uint8 to uint64, bool, float16, bfloat16, pointer", op.Name, clip(word))
	}
	if word, err = e.need("access"); err != nil {
		return err
	}
	if op.Access = Access(lookup(accessNames[:], word)); op.Access == 0 {
		return e.errorf("operand %s has access %q, known: in, out, inout", op.Name, clip(word))
	}
	if word, ok := e.attr("restore"); ok {
		if op.Restore = word == "yes"; !op.Restore && word != "no" {
			return e.errorf("operand %s has restore %q, known: yes, no", op.Name, clip(word))
		}
		if op.Restore && op.Access == In {
			return e.errorf("operand %s is only read: there is nothing to restore", op.Name)
		}
	}
	return op.parseFill(e)
}

// parseFill reads what kind of contents the operand has. Attributes that belong to
// one kind alone imply it.
func (op *Operand) parseFill(e *element) error {
	op.Fill = FillRandom
	if op.Type == Pointer {
		op.Fill = FillPointers
	}
	for _, f := range []struct {
		attr string
		fill Fill
	}{{"value", FillConstant}, {"values", FillValues}, {"bytes", FillBytes}, {"to", FillPointers}, {"of", FillCopy}} {
		if _, ok := e.attr(f.attr); ok {
			op.Fill = f.fill
		}
	}
	word, ok := e.attr("fill")
	if !ok {
		return nil
	}
	if word == "zero" {
		if _, ok := e.attr("value"); ok {
			return e.errorf(`operand %s: fill="zero" takes no value`, op.Name)
		}
		op.Fill = FillConstant
		return nil
	}
	if op.Fill = Fill(lookup(fillNames[:], word)); op.Fill == 0 {
		return e.errorf("operand %s has an unknown fill, known: zero, %s", op.Name, strings.Join(fillNames[1:], ", "))
	}
	return nil
}

// parseAlign reads a power of two.
func (op *Operand) parseAlign(e *element) error {
	text, ok := e.attr("align")
	if !ok {
		return nil
	}
	v, err := parseDecimal(text)
	if err != nil || v == 0 || v&(v-1) != 0 || v > pageSize {
		return e.errorf("operand %s: align %q is not a power of two up to %d", op.Name, clip(text), pageSize)
	}
	op.Align = v
	return nil
}

// parseNumber accepts a finite decimal number.
func parseNumber(text string) (float64, error) {
	for i := range len(text) {
		if c := text[i]; !isDigit(c) && !contains("+-.eE", c) {
			return 0, errNotDecimal // no hexadecimal, no _, no "inf"
		}
	}
	return strconv.ParseFloat(text, 64)
}

// holds reports whether v can be an element of type t: an integer type takes
// integers within its range (and within ±2^53, where float64 is exact).
func (t Type) holds(v float64) bool {
	if t.float() {
		return math.Abs(v) <= t.largest()
	}
	n, ok := exactInteger(v)
	return ok && n.abs <= 1<<53 && t.takes(n)
}
