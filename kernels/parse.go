package kernels

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a specification. It is strict: an element or attribute that it
// does not know, a name that means nothing, or a limit that contradicts
// another is a *SpecError with the line. The form of 2016, which has no
// <operands>, is accepted when the kernel takes no pointers or is one of the
// built-in kernels, whose operands it then gets.
func Parse(xml []byte) (*Spec, error) {
	s, err := parse(xml)
	if err == nil {
		return s, nil
	}
	e := &SpecError{Err: err}
	var l *lineError
	if errors.As(err, &l) {
		e.Line, e.Err = l.line, l.err
	}
	return nil, e
}

func parse(xml []byte) (*Spec, error) {
	if len(xml) > maxXML {
		return nil, fmt.Errorf("%d bytes are too many, at most %d are allowed", len(xml), maxXML)
	}
	root, err := parseXML(xml)
	if err != nil {
		return nil, err
	}
	s := &Spec{Result: ResultNone, XML: bytes.Clone(xml)}
	for _, part := range []func(*element) error{
		s.parseKernel, s.parseAliases, s.parseQuery, s.parseOperands, s.parseResult, s.parseDerived, s.parseCall, s.parseReference,
	} {
		if err := part(root); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Spec) parseKernel(root *element) (err error) {
	if root.name != "kernel" {
		return root.errorf("the outermost element is <%s>, not <kernel>", root.name)
	}
	if err := root.allow("name namespace", "doc alias query operands call result reference derived"); err != nil {
		return err
	}
	if s.Name, err = root.identifier("name"); err != nil {
		return err
	}
	if _, ok := root.attr("namespace"); ok {
		if s.Namespace, err = root.identifier("namespace"); err != nil {
			return err
		}
	}
	s.Doc, err = root.doc()
	return err
}

// identifier returns an attribute that must be a name.
func (e *element) identifier(attr string) (string, error) {
	v, err := e.need(attr)
	if err == nil && !isName(v) {
		err = e.errorf("%s %q of <%s> is not a name: letters, digits and _, not a digit first, at most %d bytes", attr, clip(v), e.name, maxName)
	}
	return v, err
}

func (s *Spec) parseAliases(root *element) error {
	for _, e := range root.children {
		if e.name != "alias" {
			continue
		}
		if err := e.allow("symbol", ""); err != nil {
			return err
		}
		symbol, err := e.need("symbol")
		if err != nil {
			return err
		}
		if len(symbol) > maxSymbol || strings.ContainsFunc(symbol, notGraphic) {
			return e.errorf("alias %q cannot be a symbol", clip(symbol))
		}
		s.Alternatives = append(s.Alternatives, symbol)
	}
	return nil
}

func notGraphic(r rune) bool { return r <= ' ' || r > '~' }

func (s *Spec) parseQuery(root *element) error {
	q, err := root.child("query")
	if q == nil || err != nil {
		return err
	}
	if err := q.allow("", "parameter"); err != nil {
		return err
	}
	for _, e := range q.children {
		p, err := parseParam(e)
		if err != nil {
			return err
		}
		if s.param(p.Name) >= 0 {
			return e.errorf("parameter %s is given twice", p.Name)
		}
		if len(s.Params) == maxParams {
			return e.errorf("more than %d parameters", maxParams)
		}
		s.Params = append(s.Params, p)
	}
	return nil
}

func parseParam(e *element) (p Param, err error) {
	if err := e.allow("name type default min max", "doc"); err != nil {
		return p, err
	}
	if p.Name, err = e.identifier("name"); err != nil {
		return p, err
	}
	p.line = e.line
	word, err := e.need("type")
	if err != nil {
		return p, err
	}
	if p.Type = Type(lookup(typeNames[:], word)); p.Type != Uint32 && p.Type != Uint64 {
		return p, e.errorf("parameter %s has type %q, known: uint32, uint64", p.Name, clip(word))
	}
	if _, err = e.need("default"); err != nil {
		return p, err
	}
	if err := p.parseLimits(e); err != nil {
		return p, err
	}
	p.Doc, err = e.doc()
	return p, err
}

func (p *Param) parseLimits(e *element) error {
	p.Max = p.Type.max()
	for _, f := range []struct {
		attr string
		to   *uint64
	}{{"default", &p.Default}, {"min", &p.Min}, {"max", &p.Max}} {
		text, ok := e.attr(f.attr)
		if !ok {
			continue
		}
		v, err := parseDecimal(text)
		if err != nil || v > p.Type.max() {
			return e.errorf("%s=%q of parameter %s is not a decimal number of type %s", f.attr, clip(text), p.Name, p.Type)
		}
		*f.to = v
	}
	if p.Min > p.Default || p.Default > p.Max {
		return e.errorf("parameter %s: min %d, default %d, max %d are not in ascending order", p.Name, p.Min, p.Default, p.Max)
	}
	return nil
}

// parseDecimal accepts digits and nothing else.
func parseDecimal(s string) (uint64, error) {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, errNotDecimal
		}
	}
	if s == "" {
		return 0, errNotDecimal
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errOverflow // digits only: range is all that can be wrong
	}
	return v, nil
}

var errNotDecimal = errors.New("is not an unsigned decimal number")

func (s *Spec) parseResult(root *element) error {
	e, err := root.child("result")
	if e == nil || err != nil {
		return err
	}
	if err := e.allow("type", ""); err != nil {
		return err
	}
	word, err := e.need("type")
	if err != nil {
		return err
	}
	if s.Result = Result(lookup(resultNames[:], word)); s.Result == 0 {
		return e.errorf("<result> has type %q, known: none, int, float32, float64", clip(word))
	}
	return nil
}

func (s *Spec) parseDerived(root *element) error {
	e, err := root.child("derived")
	if e == nil || err != nil {
		return err
	}
	if err := e.allow("elements iterations flops bytes", ""); err != nil {
		return err
	}
	for _, f := range []struct {
		attr string
		text *string
		expr **expr
	}{{"elements", &s.Elements, &s.elements}, {"iterations", &s.Iterations, &s.iterations}, {"flops", &s.Flops, &s.flops}, {"bytes", &s.Bytes, &s.bytes}} {
		if *f.text, *f.expr, err = s.expression(e, f.attr); err != nil {
			return err
		}
	}
	return nil
}

// expression parses an attribute that may be absent; its names must be those
// of parameters.
func (s *Spec) expression(e *element, attr string) (string, *expr, error) {
	text, ok := e.attr(attr)
	if !ok {
		return "", nil, nil
	}
	x, err := parseExpr(text)
	if err != nil {
		return "", nil, e.errorf("%s of <%s>: %w", attr, e.name, err)
	}
	x.names(func(name string) {
		if err == nil && s.param(name) < 0 {
			err = e.errorf("%s of <%s> uses %q, which is not a parameter", attr, e.name, name)
		}
	})
	return text, x, err
}

func (s *Spec) parseReference(root *element) error {
	e, err := root.child("reference")
	if err != nil {
		return err
	}
	line := root
	if e != nil {
		line = e
		if err := e.allow("name", ""); err != nil {
			return err
		}
		if s.Reference, err = e.need("name"); err != nil {
			return err
		}
	}
	if s.Reference == "" {
		return nil
	}
	r := findReference(s.Reference)
	if r == nil {
		return line.errorf("there is no reference %q, known: %s", clip(s.Reference), referenceNames())
	}
	if err := r.fits(s); err != nil {
		return line.errorf("reference %s: %w", r.name, err)
	}
	return nil
}
