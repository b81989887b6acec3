package kernels

import (
	"encoding/hex"
	"slices"
	"strings"

	"webrunner/kernels/cproto"
)

// init turns an initialiser into contents.
func (t *translator) init(op *Operand, in *cproto.Init) error {
	if in == nil {
		return nil
	}
	switch in.Kind {
	case cproto.Address:
		op.Fill, op.From = FillConstant, in.Each.Name.Text
		return nil
	case cproto.Value:
		if from, err := t.computed(op.Type, in.Value); from != "" || err != nil {
			op.Fill, op.From = FillConstant, from
			return err
		}
		v, err := parseNumber(literal(in.Value.Text))
		if err != nil || !op.Type.holds(v) {
			return t.errorf(in.At, "expected contents (random, exact, index, permutation, cycle, text, utf8, maybe_utf8, copy(OPERAND), file, zero, {…}, \"…\", hex\"…\") or a number of type %s, found %q",
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

// computed is what contents are computed from, empty where no number of the prototype
// has to do with them.
func (t *translator) computed(elem Type, text cproto.Text) (string, error) {
	n, known := t.scalars[text.Text]
	switch {
	case isNumber(text.Text):
		return "", nil
	case elem.float() && known && n.computed == nil:
		return text.Text, nil
	case elem.float(), !t.uses(text.Text):
		return "", nil
	}
	return t.expression(text)
}

// uses reports whether a text has the name of a number in it.
func (t *translator) uses(text string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool {
		return r > '~' || !isLetter(byte(r)) && !isDigit(byte(r))
	}), func(word string) bool { _, known := t.scalars[word]; return known })
}

func (t *translator) word(op *Operand, in *cproto.Init) error {
	w := in.Value.Text
	switch {
	case w == "random" && len(in.List) == 2:
		for i, to := range []*string{&op.Low, &op.High} {
			*to = literal(in.List[i].Text)
			if !op.Type.float() {
				var err error
				if *to, err = t.expression(in.List[i]); err != nil {
					return err
				}
			}
		}
	case w == "copy":
		return t.copied(op, in)
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
		text := literal(item.Text)
		if _, ok := op.Type.element(text); !ok {
			return t.errorf(item.At, "expected a number of type %s, found %q", op.Type, clip(item.Text))
		}
		items = append(items, text)
	}
	op.Fill, op.Values = FillValues, strings.Join(items, ", ")
	return nil
}

// copied makes contents of those of another operand.
func (t *translator) copied(op *Operand, in *cproto.Init) (err error) {
	if len(in.List) != 1 && len(in.List) != 2 {
		return t.errorf(in.At, "expected copy(OPERAND), or copy(OPERAND, INDEX) for one of which an element is another")
	}
	op.Fill, op.Of = FillCopy, in.List[0].Text
	if len(in.List) == 2 {
		op.Except, err = t.expression(in.List[1])
	}
	return err
}
