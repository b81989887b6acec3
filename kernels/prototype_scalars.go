package kernels

import (
	"errors"
	"strings"

	"webrunner/kernels/cproto"
)

// scalar is a number that a prototype declares, for expressions over it.
type scalar struct {
	elem     Type
	computed *cproto.Text // from others; nil for a parameter
}

// declare finds the numbers of a prototype, which expressions may use before
// them and behind.
func (t *translator) declare() error {
	t.scalars = make(map[string]scalar)
	seen := make(map[string]bool)
	for i := range t.f.Params {
		d := &t.f.Params[i]
		if seen[d.Name.Text] && d.Name.Text != "" {
			return t.errorf(d.Name.At, "expected another name: there is a parameter %s already", d.Name.Text)
		}
		seen[d.Name.Text] = true
		if d.Init != nil && d.Init.Kind == cproto.Address {
			if c, err := fromC(d.Init.Each.Type); err == nil {
				t.scalars[d.Init.Each.Name.Text] = scalar{elem: c.elem}
			}
			continue
		}
		c, err := fromC(d.Type)
		if err != nil || len(d.Dims) > 0 || c.pointers > 0 || c.vector != "" {
			continue
		}
		n := scalar{elem: c.elem}
		if d.Init != nil && d.Init.Kind == cproto.Value && (d.Type.Const || !isNumber(d.Init.Value.Text)) {
			n.computed = &d.Init.Value
		}
		t.scalars[d.Name.Text] = n
	}
	for i := range t.f.With {
		d := &t.f.With[i]
		if c, err := fromC(d.Type); err == nil {
			t.scalars[d.Name.Text] = scalar{elem: c.elem}
		}
	}
	return nil
}

// expression takes a text of the prototype for an expression over parameters; in
// place of numbers that are computed from those it says how. The text can be empty.
func (t *translator) expression(text cproto.Text) (string, error) {
	if text.Text == "" {
		return "", nil
	}
	return t.expand(text, 0)
}

// size is expression for what must not be negative: one that always is fails.
func (t *translator) size(text cproto.Text) (string, error) {
	expanded, err := t.expression(text)
	if err != nil || expanded == "" {
		return expanded, err
	}
	x, err := parseExpr(expanded)
	if err == nil && x.constant() {
		_, err = x.size(nil)
	}
	if err != nil {
		return "", t.errorf(text.At, "expected a number of bytes or elements, but %s %v", clip(text.Text), err)
	}
	return expanded, nil
}

// expand is expression for what is computed from a number that is computed, and
// so on.
func (t *translator) expand(text cproto.Text, depth int) (string, error) {
	if depth > maxComputed {
		return "", t.errorf(text.At, "this is computed from itself, or over more than %d others", maxComputed)
	}
	text.Text = literal(text.Text)
	if err := t.checkExpr(text); err != nil {
		return "", err
	}
	var b strings.Builder
	for i := 0; i < len(text.Text); {
		if isDigit(text.Text[i]) || !isLetter(text.Text[i]) {
			b.WriteByte(text.Text[i])
			i++
			continue
		}
		start := i
		for i < len(text.Text) && (isLetter(text.Text[i]) || isDigit(text.Text[i])) {
			i++
		}
		word, err := t.number(cproto.Text{Text: text.Text[start:i], At: text.At + start}, strings.HasPrefix(strings.TrimLeft(text.Text[i:], " "), "("), depth)
		if err != nil {
			return "", err
		}
		b.WriteString(word)
		if b.Len() > maxExprLen {
			return "", t.errorf(text.At, "this comes to an expression of more than %d bytes", maxExprLen)
		}
	}
	return b.String(), nil
}

// maxComputed bounds how many numbers are computed one from the other.
const maxComputed = 8

// number resolves a name in an expression; that of a function stays.
func (t *translator) number(name cproto.Text, function bool, depth int) (string, error) {
	if function {
		return name.Text, nil
	}
	n, ok := t.scalars[name.Text]
	switch {
	case !ok:
		return "", t.errorf(name.At, "expected a number of this prototype, found %q", clip(name.Text))
	case !n.elem.integer():
		return "", t.errorf(name.At, "expected an integer, but %s is of type %s", name.Text, n.elem)
	case n.computed == nil:
		return name.Text, nil
	}
	text, err := t.expand(*n.computed, depth+1)
	return factor(text), err
}

// checkExpr finds where in an expression a fault is.
func (t *translator) checkExpr(text cproto.Text) error {
	_, err := parseExpr(text.Text)
	var e *exprError
	if errors.As(err, &e) {
		return t.errorf(text.At+e.at, "%s in an expression", e.reason)
	}
	if err != nil {
		return t.errorf(text.At, "%v", err)
	}
	return nil
}
