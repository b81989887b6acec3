package kernels

import (
	"strconv"
	"strings"

	"webrunner/kernels/cproto"
)

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
	if d.Init != nil && d.Init.Kind == cproto.Address {
		return t.address(d)
	}
	if d.Init != nil && d.Init.Kind == cproto.Null {
		if d.Out || d.Restore || d.Offset.Text+d.Slack.Text+d.Align.Text != "" {
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

// addressSuffix is added to the name of memory that holds the parameter of its name.
const addressSuffix = "_ref"

// address makes a parameter, and memory of one element that holds it, which is what a
// Fortran function gets.
func (t *translator) address(d *cproto.Decl) error {
	n := d.Init.Each
	c, err := fromC(n.Type)
	switch {
	case len(d.Dims) > 0 || len(d.Type.Pointers) != 1 || voidOrStruct(d.Type.Name):
		return t.errorf(d.Init.At, "&(...) is for a pointer to one number: const int *n = &(int n = 1000)")
	case err != nil:
		return t.errorf(n.Type.At, "expected a type, found %q: %v", n.Type.Name, err)
	case c.pointers > 0 || c.vector != "" || len(n.Dims) > 0 || n.Out || n.Offset.Text+n.Slack.Text+n.Align.Text != "" || n.Init == nil || n.Init.Kind != cproto.Value:
		return t.errorf(n.At, `expected a number and its value, "TYPE NAME = NUMBER"`)
	}
	if err := t.parameter(n, c.elem); err != nil {
		return err
	}
	if d.Name.Text == n.Name.Text {
		d.Name.Text += addressSuffix
	}
	t.s.Args = append(t.s.Args, Arg{Name: d.Name.Text, Type: pointerTo(d)})
	return t.contents(d, "1")
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
	if d.Out || d.Restore {
		return t.errorf(d.At, "pointers cannot be out or restore: write each(out ...) for what they point to")
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
	op := Operand{Name: d.Name.Text, Type: Uint8, Fill: FillRandom, Access: InOut, Restore: d.Restore}
	if !voidOrStruct(d.Type.Name) {
		c, err := fromC(cproto.Type{Name: d.Type.Name})
		if err != nil {
			return t.errorf(d.Type.At, "expected a type, found %q: %v", d.Type.Name, err)
		}
		op.Type = c.elem
	}
	switch {
	case d.Type.Const && d.Restore:
		return t.errorf(d.At, "memory that is const keeps its contents: there is nothing to restore")
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
	known := op != nil && (op.Fill == FillValues || op.Fill == FillBytes || op.Fill == FillFile)
	if len(d.Dims) == 0 || d.Dims[0].Text == "" {
		if !known {
			at := d.Name.At
			if d.Name.Text == "" {
				at = d.At
			}
			return "", t.errorf(at, "expected a length: %s[LENGTH]", d.Name.Text)
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
	if op.Fill == FillFile {
		return "", nil // it says
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
