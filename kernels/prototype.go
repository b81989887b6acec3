package kernels

import (
	"encoding/hex"
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
	if c.pointers > 0 || c.vector != "" || len(d.Dims) > 0 || d.Out || d.Init == nil || d.Init.Kind != cproto.Value {
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
	t.args = append(t.args, d.At)
	arg := Arg{Name: d.Name.Text, Type: d.Type.Name}
	switch {
	case d.Init == nil:
		if !t.declared(d.Name.Text) || c.vector != "" {
			return t.errorf(d.Name.At, "%s needs a value: %s = NUMBER", d.Name.Text, d.Name.Text)
		}
	case d.Init.Kind != cproto.Value:
		return t.errorf(d.Init.At, "expected a number or an expression as the value of %s", d.Name.Text)
	case c.vector != "" || d.Type.Const || !isNumber(d.Init.Value.Text):
		if d.Low.Text+d.High.Text != "" {
			return t.errorf(d.Low.At, "only a number that the caller may change has a range")
		}
		arg.Value = d.Init.Value.Text
		if c.vector == "" && c.elem.integer() {
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
	_, err := parseNumber(strings.TrimPrefix(text, "-"))
	return err == nil
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
		text := n.text.Text
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

// memory makes an operand of an array or a pointer.
func (t *translator) memory(d *cproto.Decl) error {
	c, err := fromC(d.Type)
	switch {
	case err != nil && !(len(d.Type.Pointers) == 0 && voidOrStruct(d.Type.Name)):
		return t.errorf(d.Type.At, "expected a type, found %q: %v", d.Type.Name, err)
	case c.vector != "":
		return t.errorf(d.Type.At, "expected the type of an element, such as %s, found a vector", map[Type]string{Float32: "float", Float64: "double", Int64: "int64_t"}[c.elem])
	}
	t.args = append(t.args, d.At)
	if d.Init != nil && d.Init.Kind == cproto.Null {
		if d.Out || d.Offset.Text+d.Slack.Text+d.Align.Text != "" {
			return t.errorf(d.Init.At, "NULL points to no memory that could have these properties")
		}
		t.s.Args = append(t.s.Args, Arg{Name: d.Name.Text, Type: pointerTo(d), Value: null})
		return nil
	}
	t.s.Args = append(t.s.Args, Arg{Name: d.Name.Text, Type: pointerTo(d)})
	switch {
	case len(d.Type.Pointers) > 1 || len(d.Type.Pointers) == 1 && len(d.Dims) == 0 && d.Init != nil && d.Init.Kind == cproto.Each:
		return t.errorf(d.Name.At, "expected the number of pointers: *%s[LENGTH] = each(TYPE[LENGTH])", d.Name.Text)
	case len(d.Type.Pointers) == 1 && len(d.Dims) > 0:
		return t.table(d)
	}
	return t.operand(d)
}

func voidOrStruct(name string) bool {
	return name == "void" || strings.HasPrefix(name, "struct ") || strings.HasPrefix(name, "union ")
}

// pointerTo writes the type of the pointer that is passed for an array.
func pointerTo(d *cproto.Decl) string {
	var b strings.Builder
	if d.Type.Const {
		b.WriteString("const ")
	}
	b.WriteString(d.Type.Name)
	pointers := d.Type.Pointers
	if len(d.Dims) == 0 {
		pointers = pointers[:len(pointers)-1]
	}
	for _, constant := range pointers {
		b.WriteByte('*')
		if constant {
			b.WriteString("const")
		}
	}
	b.WriteByte('*')
	return b.String()
}

// table makes operands of an array of pointers, and of what they point to.
func (t *translator) table(d *cproto.Decl) error {
	if d.Init == nil || d.Init.Kind != cproto.Each {
		at := d.Name.At
		if d.Init != nil {
			at = d.Init.At
		}
		return t.errorf(at, "expected what the pointers of %s point to: = each(TYPE[LENGTH])", d.Name.Text)
	}
	each := d.Init.Each
	if each.Type.Name != d.Type.Name || len(each.Type.Pointers) > 0 || each.Type.Const && !d.Type.Const {
		return t.errorf(each.Type.At, "expected memory of type %s, as %s points to it", d.Type.Name, d.Name.Text)
	}
	if len(each.Dims) == 0 {
		return t.errorf(each.At, "expected a length: each(%s[LENGTH])", d.Type.Name)
	}
	rows, err := t.length(d, nil)
	if err != nil {
		return err
	}
	step, err := t.length(each, nil)
	if err != nil {
		return err
	}
	each.Type.Const = d.Type.Const
	if each.Name.Text == "" {
		each.Name = cproto.Text{Text: d.Name.Text + eachSuffix, At: each.At}
	}
	table := Operand{Name: d.Name.Text, Type: Pointer, Count: rows, Fill: FillPointers, To: each.Name.Text, Step: step, Access: InOut}
	if d.Type.Pointers[0] {
		table.Access = In
	}
	if d.Out {
		return t.errorf(d.At, "pointers cannot be out: write each(out ...) for what they point to")
	}
	if err := t.properties(&table, d); err != nil {
		return err
	}
	t.add(table, d)
	return t.contents(each, product(rows, step))
}

// eachSuffix names the operand that an array of pointers points into, where the
// prototype does not.
const eachSuffix = "_each"

// operand makes an operand of an array of numbers.
func (t *translator) operand(d *cproto.Decl) error {
	return t.contents(d, "")
}

// contents makes an operand with the declaration's contents, of so many elements
// or of as many as it says.
func (t *translator) contents(d *cproto.Decl, count string) error {
	op := Operand{Name: d.Name.Text, Type: Uint8, Fill: FillRandom, Access: InOut}
	if !voidOrStruct(d.Type.Name) {
		c, err := fromC(cproto.Type{Name: d.Type.Name})
		if err != nil {
			return t.errorf(d.Type.At, "expected a type, found %q: %v", d.Type.Name, err)
		}
		op.Type = c.elem
	}
	switch {
	case d.Type.Const && d.Out:
		return t.errorf(d.At, "memory that is const cannot be out")
	case d.Type.Const:
		op.Access = In
	case d.Out:
		op.Access = Out
	}
	if err := t.init(&op, d.Init); err != nil {
		return err
	}
	var err error
	if op.Count = count; count == "" {
		if op.Count, err = t.length(d, &op); err != nil {
			return err
		}
	}
	if err := t.properties(&op, d); err != nil {
		return err
	}
	t.add(op, d)
	return nil
}

func (t *translator) add(op Operand, d *cproto.Decl) {
	t.operands = append(t.operands, d.At)
	t.s.Operands = append(t.s.Operands, op)
}

// properties reads what C has no word for.
func (t *translator) properties(op *Operand, d *cproto.Decl) error {
	if d.Low.Text+d.High.Text != "" {
		return t.errorf(d.Low.At, "a range is for numbers; write = random(LOW, HIGH) for memory")
	}
	var err error
	if op.Offset, err = t.size(d.Offset); err != nil {
		return err
	}
	if op.Slack, err = t.size(d.Slack); err != nil {
		return err
	}
	if d.Align.Text == "" {
		return nil
	}
	v, err := parseDecimal(d.Align.Text)
	if err != nil || v == 0 || v&(v-1) != 0 || v > pageSize {
		return t.errorf(d.Align.At, "expected a power of two up to %d, found %q", pageSize, clip(d.Align.Text))
	}
	op.Align = v
	return nil
}

// length is the product of a declaration's dimensions; without one, that of what
// an operand holds.
func (t *translator) length(d *cproto.Decl, op *Operand) (string, error) {
	known := op != nil && (op.Fill == FillValues || op.Fill == FillBytes)
	if len(d.Dims) == 0 || d.Dims[0].Text == "" {
		if !known {
			return "", t.errorf(d.Name.At, "expected a length: %s[LENGTH]", d.Name.Text)
		}
		return t.given(d, op)
	}
	count := ""
	for _, dim := range d.Dims {
		if dim.Text == "" {
			return "", t.errorf(dim.At, "expected a length")
		}
		text, err := t.size(dim)
		if err != nil {
			return "", err
		}
		count = product(count, text)
	}
	return count, nil
}

// given is the number of elements that contents name.
func (t *translator) given(d *cproto.Decl, op *Operand) (string, error) {
	if len(d.Dims) > 1 {
		return "", t.errorf(d.Dims[0].At, "expected a length")
	}
	if op.Fill == FillValues {
		return strconv.Itoa(len(d.Init.List)), nil
	}
	bytes, size := uint64(len(d.Init.Bytes)), op.Type.Size()
	if bytes%size != 0 {
		return "", t.errorf(d.Init.At, "expected whole elements of %d bytes, found %d bytes", size, bytes)
	}
	return strconv.FormatUint(bytes/size, 10), nil
}

// product writes the product of two expressions; the first can be empty.
func product(a, b string) string {
	if a == "" {
		return b
	}
	return factor(a) + "*" + factor(b)
}

// factor puts what is no single number or name in parentheses.
func factor(text string) string {
	for i := range len(text) {
		if !isLetter(text[i]) && !isDigit(text[i]) {
			return "(" + text + ")"
		}
	}
	return text
}

// init turns an initialiser into contents.
func (t *translator) init(op *Operand, in *cproto.Init) error {
	if in == nil {
		return nil
	}
	switch in.Kind {
	case cproto.Value:
		v, err := parseNumber(in.Value.Text)
		if err != nil || !op.Type.holds(v) {
			return t.errorf(in.At, "expected contents (random, exact, index, permutation, cycle, text, utf8, zero, {…}, \"…\", hex\"…\") or a number of type %s, found %q",
				op.Type, clip(in.Value.Text))
		}
		op.Fill, op.Value = FillConstant, v
	case cproto.Word:
		return t.word(op, in)
	case cproto.List:
		return t.list(op, in)
	case cproto.Bytes:
		op.Fill, op.Bytes = FillBytes, hex.EncodeToString(in.Bytes)
	case cproto.Each:
		return t.errorf(in.At, "each(...) is for arrays of pointers: TYPE *%s[LENGTH]", op.Name)
	default:
		return t.errorf(in.At, "NULL is for a pointer")
	}
	return nil
}

func (t *translator) word(op *Operand, in *cproto.Init) error {
	w := in.Value.Text
	switch {
	case w == "file":
		return t.errorf(in.At, "contents from a file are not supported yet; give bytes with hex\"…\"")
	case w == "random" && len(in.List) == 2:
		for i, to := range []*string{&op.Low, &op.High} {
			*to = in.List[i].Text
			if !op.Type.float() {
				var err error
				if *to, err = t.expression(in.List[i]); err != nil {
					return err
				}
			}
		}
	case len(in.List) > 0:
		return t.errorf(in.List[0].At, "expected %s without numbers, or random(LOW, HIGH)", w)
	case w == "zero":
		op.Fill = FillConstant
		return nil
	}
	op.Fill = Fill(lookup(fillNames[:], w))
	return nil
}

func (t *translator) list(op *Operand, in *cproto.Init) error {
	if len(in.List) == 0 {
		return t.errorf(in.At, "expected numbers between the braces; = zero is for zeros")
	}
	var items []string
	for _, item := range in.List {
		if _, ok := op.Type.element(item.Text); !ok {
			return t.errorf(item.At, "expected a number of type %s, found %q", op.Type, clip(item.Text))
		}
		items = append(items, item.Text)
	}
	op.Fill, op.Values = FillValues, strings.Join(items, ", ")
	return nil
}
