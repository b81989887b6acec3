package kernels

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"webrunner/kernels/cproto"
)

// PrototypeError says where in a prototype something is wrong.
type PrototypeError struct {
	Column int // of the character, from 1
	Reason string
}

// Error has the form "prototype, column 7: reason".
func (e *PrototypeError) Error() string {
	return fmt.Sprintf("prototype, column %d: %s", e.Column, e.Reason)
}

// Class returns ClassParameter.
func (e *PrototypeError) Class() string { return ClassParameter }

// ParsePrototype makes a specification of a C prototype such as
//
//	void saxpy(size_t n = 1000, float a = 2.5, const float x[n], float y[n])
//
// in the grammar of package cproto; docs/kernels.md says what its forms mean. The
// Spec's XML is the specification in XML, of which Parse makes the same. Every
// error is a *PrototypeError.
func ParsePrototype(text string) (*Spec, error) {
	f, err := cproto.Parse(text)
	if err == nil {
		t := translator{text: text, f: f, s: &Spec{Result: ResultNone}}
		var s *Spec
		if s, err = t.spec(); err == nil {
			return s, nil
		}
	}
	var e *cproto.Error
	if errors.As(err, &e) {
		return nil, &PrototypeError{e.Column, e.Reason}
	}
	return nil, &PrototypeError{1, err.Error()}
}

// translator turns a prototype into a specification as XML has it.
type translator struct {
	text string
	f    *cproto.Func
	s    *Spec
	// Bytes of the prototype before what became a parameter and so on.
	params, operands, args []int
	scalars                map[string]scalar
}

func (t *translator) errorf(at int, format string, args ...any) error {
	return cproto.At(t.text, at, format, args...)
}

func (t *translator) spec() (*Spec, error) {
	t.s.Name = t.f.Name.Text
	if t.f.ABI.Text == cproto.MicrosoftABI {
		t.s.ABI = MicrosoftABI
	}
	if err := t.result(); err != nil {
		return nil, err
	}
	if err := t.declare(); err != nil {
		return nil, err
	}
	for i := range t.f.Params {
		if err := t.argument(&t.f.Params[i]); err != nil {
			return nil, err
		}
	}
	for i := range t.f.With {
		d := &t.f.With[i]
		if err := t.with(d); err != nil {
			return nil, err
		}
	}
	xml, l := t.s.print()
	s, err := Parse(xml)
	if err != nil {
		return nil, t.blame(err, l)
	}
	return s, nil
}

// blame finds the column for a fault in the specification that came of the
// prototype.
func (t *translator) blame(err error, l lines) error {
	var e *SpecError
	if !errors.As(err, &e) {
		return err
	}
	for _, part := range []struct{ lines, at []int }{{l.params, t.params}, {l.operands, t.operands}, {l.args, t.args}} {
		for i, line := range part.lines {
			if line == e.Line {
				return t.errorf(part.at[i], "%v", e.Err)
			}
		}
	}
	return t.errorf(t.f.Name.At, "%v", e.Err)
}

func (t *translator) result() error {
	r := t.f.Result
	if len(r.Pointers) > 0 {
		t.s.Result = ResultPointer
		return nil
	}
	if r.Name == "void" {
		return nil
	}
	c, err := fromC(r)
	if err != nil {
		return t.errorf(r.At, "expected a type of result, found %q: %v", r.Name, err)
	}
	word := c.vector
	if word == "" {
		word = c.elem.String()
	}
	if c.vector == "" && c.elem == Int64 {
		word = "int"
	}
	t.s.Result = Result(lookup(resultNames[:], word))
	return nil
}

// with declares a parameter that is not passed.
func (t *translator) with(d *cproto.Decl) error {
	c, err := fromC(d.Type)
	if err != nil {
		return t.errorf(d.Type.At, "expected a type, found %q: %v", d.Type.Name, err)
	}
	if c.pointers > 0 || c.vector != "" || len(d.Dims) > 0 || d.Out || d.Restore || d.Init == nil || d.Init.Kind != cproto.Value {
		return t.errorf(d.At, `expected a value that is not passed, "TYPE NAME = NUMBER", after "with"`)
	}
	return t.parameter(d, c.elem)
}

// argument turns one parameter of the function into an argument, and what it
// needs.
func (t *translator) argument(d *cproto.Decl) error {
	if d.Name.Text == "" {
		return t.errorf(d.At, "expected a name for this parameter of type %s", d.Type.Name)
	}
	if len(t.s.Args) == maxArgs {
		return t.errorf(d.At, "more than %d parameters", maxArgs)
	}
	if len(d.Dims) > 0 || len(d.Type.Pointers) > 0 {
		return t.memory(d)
	}
	c, err := fromC(d.Type)
	if err != nil {
		return t.errorf(d.Type.At, "expected a type, found %q: %v", d.Type.Name, err)
	}
	for what, text := range map[string]cproto.Text{"alignas": d.Align, "@": d.Offset, "slack": d.Slack} {
		if text.Text != "" {
			return t.errorf(text.At, "%s is for memory, and %s is a number", what, d.Name.Text)
		}
	}
	if d.Out {
		return t.errorf(d.At, `"out" is for memory, and %s is a number`, d.Name.Text)
	}
	if d.Restore {
		return t.errorf(d.At, `"restore" is for memory, and %s is a number`, d.Name.Text)
	}
	t.args = append(t.args, d.At)
	arg := Arg{Name: d.Name.Text, Type: d.Type.Name}
	if c.vector != "" {
		return t.vector(d, c)
	}
	switch {
	case d.Init == nil:
		if !t.declared(d.Name.Text) {
			return t.errorf(d.Name.At, "%s needs a value: %s = NUMBER", d.Name.Text, d.Name.Text)
		}
	case d.Init.Kind != cproto.Value:
		return t.errorf(d.Init.At, "expected a number or an expression as the value of %s", d.Name.Text)
	case d.Type.Const || !isNumber(d.Init.Value.Text):
		if d.Low.Text+d.High.Text != "" {
			return t.errorf(d.Low.At, "only a number that the caller may change has a range")
		}
		arg.Value = literal(d.Init.Value.Text)
		if c.elem.integer() {
			if arg.Value, err = t.expression(d.Init.Value); err != nil {
				return err
			}
		}
	default:
		if err := t.parameter(d, c.elem); err != nil {
			return err
		}
	}
	t.s.Args = append(t.s.Args, arg)
	return nil
}

// vector makes an argument of a vector, with contents as memory has them.
func (t *translator) vector(d *cproto.Decl, c ctype) error {
	if d.Low.Text+d.High.Text != "" {
		return t.errorf(d.Low.At, "a range is for numbers; write = random(LOW, HIGH) for vectors")
	}
	fill, listed := "", 0
	if d.Init != nil {
		fill, listed = d.Init.Value.Text, len(d.Init.List)
		if d.Init.Kind != cproto.List {
			listed = 0
		}
	}
	op := vectorContents(d.Name.Text, c, fill, listed)
	err := t.init(op, d.Init)
	if err != nil && listed > 0 && op.Type.signed() { // what has no sign, then
		op.Type += Uint8 - Int8
		if t.init(op, d.Init) == nil {
			err = nil
		}
	}
	switch {
	case err != nil:
		return err
	case op.Fill == FillCopy || op.Fill == FillFile:
		return t.errorf(d.Init.At, "a %s is for memory, and %s is a vector", op.Fill, d.Name.Text)
	}
	t.s.Args = append(t.s.Args, Arg{Name: d.Name.Text, Type: d.Type.Name, Contents: op})
	return nil
}

// declared reports whether the prototype declares a value of this name after
// "with".
func (t *translator) declared(name string) bool {
	for i := range t.f.With {
		if t.f.With[i].Name.Text == name {
			return true
		}
	}
	return false
}

// isNumber reports whether a value is a number alone, which makes a parameter, or
// an expression.
func isNumber(text string) bool {
	if text == "true" || text == "false" {
		return true
	}
	_, err := parseNumber(strings.TrimPrefix(literal(text), "-"))
	return err == nil
}

// literal writes a number as C has it, with a suffix of its type or in hexadecimal
// digits, in decimal without one (C99, 6.4.4). Other texts stay as they are.
func literal(text string) string {
	sign, digits := "", text
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		sign, digits = "-", rest
	}
	if digits == "" || !isDigit(digits[0]) && digits[0] != '.' {
		return text
	}
	whole := strings.TrimRight(digits, "uUlL")
	if len(whole) > 2 && (whole[:2] == "0x" || whole[:2] == "0X") {
		if v, err := strconv.ParseUint(whole[2:], 16, 64); err == nil {
			return sign + strconv.FormatUint(v, 10)
		}
		return text
	}
	if real := strings.TrimRight(digits, "fFlL"); strings.ContainsAny(real, ".eE") {
		whole = real
	}
	if _, err := parseNumber(whole); err != nil {
		return text // an expression, whose last letter is that of a name
	}
	return sign + whole
}

// parameter makes a parameter of a declaration with a number.
func (t *translator) parameter(d *cproto.Decl, elem Type) error {
	if !isName(d.Name.Text) {
		return t.errorf(d.At, "expected a name for this value")
	}
	p := Param{Name: d.Name.Text, Type: elem}
	p.Min, p.Max = elem.limits()
	for _, n := range []struct {
		text cproto.Text
		to   *uint64
	}{{d.Init.Value, &p.Default}, {d.Low, &p.Min}, {d.High, &p.Max}} {
		if n.text.Text == "" {
			continue
		}
		text := literal(n.text.Text)
		if elem == Bool {
			text = strings.NewReplacer("true", "1", "false", "0").Replace(text)
		}
		v, err := elem.parse(text)
		if err == nil && !elem.float() {
			err = elem.refuses(elem.asInteger(v))
		}
		if err != nil {
			return t.errorf(n.text.At, "expected a number of type %s: %q %v", d.Type.Name, clip(n.text.Text), err)
		}
		*n.to = v
	}
	t.params = append(t.params, d.Name.At)
	t.s.Params = append(t.s.Params, p)
	return nil
}
