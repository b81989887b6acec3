package kernels

import (
	"math"
	"strconv"
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
		s.Operands = append(s.Operands, op)
	}
	return nil
}

func (s *Spec) parseOperand(e *element) (op Operand, err error) {
	if err := e.allow("name type count offset slack access fill value", "doc"); err != nil {
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
	if err := op.parseValue(e); err != nil {
		return op, err
	}
	if _, err = e.need("count"); err != nil {
		return op, err
	}
	for _, f := range []struct {
		attr string
		text *string
		expr **expr
	}{{"count", &op.Count, &op.count}, {"offset", &op.Offset, &op.offset}, {"slack", &op.Slack, &op.slack}} {
		if *f.text, *f.expr, err = s.expression(e, f.attr); err != nil {
			return op, err
		}
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
		return e.errorf("operand %s has type %q, known: float32, float64, int8 to int64, uint8 to uint64", op.Name, clip(word))
	}
	if word, err = e.need("access"); err != nil {
		return err
	}
	if op.Access = Access(lookup(accessNames[:], word)); op.Access == 0 {
		return e.errorf("operand %s has access %q, known: in, out, inout", op.Name, clip(word))
	}
	op.Fill = FillRandom
	if word, ok := e.attr("fill"); ok {
		op.Fill = Fill(lookup(fillNames[:], word))
	} else if _, ok := e.attr("value"); ok {
		op.Fill = FillConstant
	}
	if op.Fill == 0 {
		return e.errorf("operand %s has an unknown fill, known: random, exact, constant", op.Name)
	}
	return nil
}

// parseValue reads the number that a constant operand repeats.
func (op *Operand) parseValue(e *element) error {
	text, ok := e.attr("value")
	if ok != (op.Fill == FillConstant) {
		return e.errorf(`operand %s: value and fill="constant" belong together`, op.Name)
	}
	if !ok {
		return nil
	}
	v, err := parseNumber(text)
	if err != nil || !op.Type.holds(v) {
		return e.errorf("operand %s: value %q is not a number of type %s", op.Name, clip(text), op.Type)
	}
	op.Value = v
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
		return t == Float64 || math.Abs(v) <= math.MaxFloat32
	}
	low := 0.0
	if t >= Int8 && t <= Int64 {
		low = -float64(t.max()) - 1
	}
	return v == math.Trunc(v) && math.Abs(v) <= 1<<53 && low <= v && v <= float64(t.max())
}
