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
// <operands>, is accepted when the kernel takes no pointers or is one of
// the built-in kernels of 2016, whose operands it then gets.
func Parse(xml []byte) (*Spec, error) {
	s, err := parse(xml)
	if err != nil {
		return nil, specError(err)
	}
	return s, nil
}

// ParseAll reads a file of specifications: one, or several in an element
// <kernels>. Each is a document of its own in its Spec; lines are those of the
// file. The error is Parse's.
func ParseAll(xml []byte) ([]*Spec, error) {
	list, err := parseAll(xml)
	if err != nil {
		return nil, specError(err)
	}
	return list, nil
}

func specError(err error) *SpecError {
	e := &SpecError{Err: err}
	var l *lineError
	if errors.As(err, &l) {
		e.Line, e.Err = l.line, l.err
	}
	return e
}

func parse(xml []byte) (*Spec, error) {
	if len(xml) > maxXML {
		return nil, fmt.Errorf("%d bytes are too many, at most %d are allowed", len(xml), maxXML)
	}
	root, err := parseXML(xml)
	if err != nil {
		return nil, err
	}
	return parseRoot(root, xml)
}

func parseAll(xml []byte) (list []*Spec, err error) {
	if len(xml) > maxFile {
		return nil, fmt.Errorf("%d bytes are too many, at most %d are allowed", len(xml), maxFile)
	}
	root, err := parseXML(xml)
	if err != nil {
		return nil, err
	}
	if root.name != "kernels" {
		s, err := parse(xml)
		return []*Spec{s}, err
	}
	if err := root.allow("", "kernel"); err != nil {
		return nil, err
	}
	if len(root.children) == 0 {
		return nil, root.errorf("<kernels> has no <kernel>")
	}
	for _, e := range root.children {
		own := xml[e.from:e.to]
		if len(own) > maxXML {
			return nil, e.errorf("%d bytes are too many, at most %d are allowed", len(own), maxXML)
		}
		s, err := parseRoot(e, own)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// parseRoot makes a specification of its outermost element, which stands in xml.
func parseRoot(root *element, xml []byte) (*Spec, error) {
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
	if p.Type = Type(lookup(typeNames[:], word)); p.Type == 0 || p.Type == Pointer {
		return p, e.errorf("parameter %s has type %q, known: int8 to int64, uint8 to uint64, bool, float16, bfloat16, float32, float64", p.Name, clip(word))
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
	p.Min, p.Max = p.Type.limits()
	for _, f := range []struct {
		attr string
		to   *uint64
	}{{"default", &p.Default}, {"min", &p.Min}, {"max", &p.Max}} {
		text, ok := e.attr(f.attr)
		if !ok {
			continue
		}
		v, err := p.Type.parse(text)
		if err != nil || !p.Type.float() && !p.Type.takes(p.Type.asInteger(v)) {
			return e.errorf("%s=%q of parameter %s is not a decimal number of type %s", f.attr, clip(text), p.Name, p.Type)
		}
		*f.to = v
	}
	if p.Type.less(p.Default, p.Min) || p.Type.less(p.Max, p.Default) {
		return e.errorf("parameter %s: min %s, default %s, max %s are not in ascending order", p.Name, p.Text(p.Min), p.Text(p.Default), p.Text(p.Max))
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
		return e.errorf("<result> has type %q, known: none, int, int8 to int32, uint8 to uint64, bool, pointer, float16, bfloat16, float32, float64, m128, m256, m512", clip(word))
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
		if *f.text, *f.expr, err = s.size(e, f.attr); err != nil {
			return err
		}
	}
	return nil
}

// expression parses an attribute that may be absent; its names must be those
// of parameters that are integers.
func (s *Spec) expression(e *element, attr string) (string, *expr, error) {
	text, ok := e.attr(attr)
	if !ok {
		return "", nil, nil
	}
	x, err := s.compute(text)
	if err != nil {
		return "", nil, e.errorf("%s of <%s>%w", attr, e.name, err)
	}
	return text, x, nil
}

// compute parses an expression over integer parameters.
func (s *Spec) compute(text string) (*expr, error) {
	x, err := parseExpr(text)
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	x.names(func(name string) {
		switch i := s.param(name); {
		case err != nil:
		case i < 0:
			err = fmt.Errorf(" uses %q, which is not a parameter", name)
		case !s.Params[i].Type.integer():
			err = fmt.Errorf(" uses %q, which is not an integer but a %s", name, s.Params[i].Type)
		}
	})
	return x, err
}

// size parses an expression that must not be negative: one that always is fails.
func (s *Spec) size(e *element, attr string) (string, *expr, error) {
	text, x, err := s.expression(e, attr)
	if err != nil || x == nil || !x.constant() {
		return text, x, err
	}
	if _, err := x.size(nil); err != nil {
		return "", nil, e.errorf("%s=%q of <%s> %w", attr, clip(text), e.name, err)
	}
	return text, x, nil
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
