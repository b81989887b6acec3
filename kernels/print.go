package kernels

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// Print writes the specification in XML, with all that Parse took from elsewhere:
// a prototype, or the built-in kernel of the same name. Parsing that gives the
// same Spec, but for the field XML and the lines of errors.
func (s *Spec) Print() []byte {
	b, _ := s.print()
	return b
}

// lines tells in which line of a printed specification what begins.
type lines struct {
	params, operands, args []int
}

func (s *Spec) print() ([]byte, lines) {
	var l lines
	p := &printer{line: 1}
	p.open("kernel", "name", s.Name, "namespace", s.Namespace)
	p.doc(s.Doc)
	for _, a := range s.Alternatives {
		p.element("alias", "", "symbol", a)
	}
	p.section("query", len(s.Params), func(i int) {
		l.params = append(l.params, p.line)
		a := &s.Params[i]
		low, high := a.limits()
		p.element("parameter", a.Doc, "name", a.Name, "type", a.Type.String(), "default", a.Text(a.Default), "min", low, "max", high)
	})
	p.section("operands", len(s.Operands), func(i int) {
		l.operands = append(l.operands, p.line)
		p.operand(&s.Operands[i])
	})
	p.open("call", "abi", s.ABI)
	for i := range s.Args {
		l.args = append(l.args, p.line)
		if a := &s.Args[i]; a.Contents != nil {
			p.holding("argument", a.Contents, "", "name", a.Name, "type", a.Type)
		} else {
			p.element("argument", "", "name", a.Name, "type", a.Type, "value", a.Value)
		}
	}
	p.close("call")
	if s.Result != ResultNone {
		p.element("result", "", "type", s.Result.String())
	}
	if s.Reference != "" {
		p.element("reference", "", "name", s.Reference)
	}
	if s.Elements+s.Iterations+s.Flops+s.Bytes != "" {
		p.element("derived", "", "elements", s.Elements, "iterations", s.Iterations, "flops", s.Flops, "bytes", s.Bytes)
	}
	p.close("kernel")
	return p.Bytes(), l
}

// limits are the least and the largest value in decimal, empty where they are
// those of the type.
func (p *Param) limits() (low, high string) {
	least, most := p.Type.limits()
	if p.Min != least {
		low = p.Text(p.Min)
	}
	if p.Max != most {
		high = p.Text(p.Max)
	}
	return low, high
}

// printer writes elements, one a line.
type printer struct {
	bytes.Buffer
	line, depth int
}

// attrs are the attributes that say what an operand, or a vector, holds.
func (o *Operand) attrs() []string {
	fill := o.Fill.String()
	value := ""
	switch {
	case o.From != "":
		fill, value = "", o.From
	case o.Fill == FillConstant && o.Value == 0:
		fill = "zero"
	case o.Fill == FillConstant:
		fill, value = "", number(o.Value)
	case o.Fill == FillRandom, o.Fill == FillPointers, o.Fill == FillBytes && o.Bytes != "", o.Fill == FillValues:
		fill = ""
	}
	return []string{
		"fill", fill, "value", value, "low", o.Low, "high", o.High, "values", o.Values, "bytes", o.Bytes, "to", o.To, "step", o.Step, "of", o.Of, "except", o.Except,
	}
}

func (p *printer) operand(o *Operand) {
	align := ""
	if o.Align > 0 {
		align = fmt.Sprint(o.Align)
	}
	restore := ""
	if o.Restore {
		restore = "yes"
	}
	attrs := []string{
		"name", o.Name, "type", o.Type.String(), "count", o.Count, "offset", o.Offset, "slack", o.Slack, "align", align, "access", o.Access.String(), "restore", restore,
	}
	p.holding("operand", o, o.Doc, attrs...)
}

// holding writes an element of something that holds what an operand does.
func (p *printer) holding(name string, o *Operand, doc string, attrs ...string) {
	p.start(name, append(attrs, o.attrs()...)...)
	if o.Fill == FillBytes && o.Bytes == "" {
		p.WriteString(` bytes=""`) // of none
	}
	p.end(name, doc)
}

// section writes an element of n others, nothing where there are none.
func (p *printer) section(name string, n int, each func(int)) {
	if n == 0 {
		return
	}
	p.open(name)
	for i := range n {
		each(i)
	}
	p.close(name)
}

func (p *printer) open(name string, attrs ...string) {
	p.start(name, attrs...)
	p.newline(">")
	p.depth++
}

func (p *printer) close(name string) {
	p.depth--
	p.indent()
	p.newline("</" + name + ">")
}

func (p *printer) doc(text string) {
	if text == "" {
		return
	}
	p.indent()
	p.WriteString("<doc>")
	_ = xml.EscapeText(p, []byte(text)) // into memory
	p.newline("</doc>")
}

func (p *printer) element(name, doc string, attrs ...string) {
	p.start(name, attrs...)
	p.end(name, doc)
}

// start writes a tag without its end; attributes that are empty are left out.
func (p *printer) start(name string, attrs ...string) {
	p.indent()
	p.WriteString("<" + name)
	for i := 0; i < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			fmt.Fprintf(p, ` %s="`, attrs[i])
			_ = xml.EscapeText(p, []byte(attrs[i+1])) // into memory
			p.WriteByte('"')
		}
	}
}

func (p *printer) end(name, doc string) {
	if doc == "" {
		p.newline("/>")
		return
	}
	p.newline(">")
	p.depth++
	p.doc(doc)
	p.depth--
	p.indent()
	p.newline("</" + name + ">")
}

func (p *printer) newline(text string) {
	p.WriteString(text + "\n")
	p.line++
}

func (p *printer) indent() {
	for range p.depth {
		p.WriteByte('\t')
	}
}
