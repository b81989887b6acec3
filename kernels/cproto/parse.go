package cproto

import (
	"slices"
	"strings"
)

// Parse reads one prototype; a semicolon may end it. An error is an *Error.
func Parse(text string) (*Func, error) {
	p := &parser{text: text}
	if len(text) > MaxText {
		return nil, p.errorf(MaxText, "a prototype has at most %d bytes, this one has %d", MaxText, len(text))
	}
	f, err := p.function()
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ParseType reads a type that stands alone, as in "const float *".
func ParseType(text string) (Type, error) {
	p := &parser{text: text}
	if len(text) > MaxText {
		return Type{}, p.errorf(MaxText, "a type has at most %d bytes", MaxText)
	}
	d := new(Decl)
	if err := p.declarator(d); err != nil {
		return d.Type, err
	}
	if d.Name.Text != "" || d.Out || d.Restore || d.Align.Text != "" || !p.ended() {
		if d.Name.Text != "" {
			p.i = d.Name.At
		}
		return d.Type, p.expected("a type and nothing else")
	}
	return d.Type, nil
}

type parser struct {
	text  string
	i     int // of the next byte
	decls int
	depth int // of each(...)
}

func (p *parser) function() (*Func, error) {
	f := new(Func)
	var head Decl
	if err := p.declarator(&head); err != nil {
		return nil, err
	}
	if head.Out || head.Restore || head.Align.Text != "" {
		return nil, p.errorf(head.Type.At, `expected the type of the result: "out", "restore" and alignas are for parameters`)
	}
	f.Result, f.Name, f.ABI = head.Type, head.Name, head.ABI
	if f.Name.Text == "" {
		return nil, p.expected("the name of the function")
	}
	var err error
	if f.Params, err = p.list(); err != nil {
		return nil, err
	}
	if len(f.Params) == 1 && f.Params[0].nothing() {
		f.Params = nil
	}
	if p.accept(attributeWord) {
		behind := Decl{ABI: f.ABI}
		if err = p.attribute(&behind); err != nil {
			return nil, err
		}
		f.ABI = behind.ABI
	}
	if p.accept("with") {
		if f.With, err = p.list(); err != nil {
			return nil, err
		}
	}
	p.take(';')
	if !p.ended() {
		return nil, p.expected(`"with" or the end of the prototype`)
	}
	return f, nil
}

// nothing reports whether a parameter is "void", which stands for none.
func (d *Decl) nothing() bool {
	return d.Type.Name == "void" && !d.Type.Const && d.Type.Pointers == nil && d.Name.Text == "" && d.Dims == nil && d.Init == nil && !d.Out && !d.Restore &&
		d.Offset.Text == "" && d.Slack.Text == "" && d.Align.Text == ""
}

// list parses "(" [ decl { "," decl } ] ")".
func (p *parser) list() (list []Decl, err error) {
	if !p.take('(') {
		return nil, p.expected(`"("`)
	}
	if p.take(')') {
		return nil, nil
	}
	for {
		if p.decls++; p.decls > MaxDecls {
			return nil, p.errorf(p.i, "more than %d parameters", MaxDecls)
		}
		d, err := p.decl()
		if err != nil {
			return nil, err
		}
		list = append(list, *d)
		switch {
		case p.take(')'):
			return list, nil
		case !p.take(','):
			return nil, p.expected(`"," or ")" after a parameter`)
		}
	}
}

// decl parses a parameter with all that follows it.
func (p *parser) decl() (*Decl, error) {
	p.space()
	d := &Decl{At: p.i}
	if err := p.declarator(d); err != nil {
		return nil, err
	}
	for p.peek() == '[' {
		if len(d.Dims) == maxDims {
			return nil, p.errorf(p.i, "more than %d dimensions", maxDims)
		}
		dim, err := p.dimension(len(d.Dims) == 0)
		if err != nil {
			return nil, err
		}
		d.Dims = append(d.Dims, dim)
	}
	if d.ABI.Text != "" {
		return nil, p.errorf(d.ABI.At, "%s says how the function is called; no parameter has it", d.ABI.Text)
	}
	return d, p.clauses(d)
}

// qualifiers mean nothing here, but may stand where C has them: how a function
// promises to use memory (restrict), or reads it (volatile), or where a value is
// kept (register) does not change how it is called.
func meaningless(w string) bool {
	return slices.Contains([]string{"restrict", "__restrict", "__restrict__", "volatile", "register", "extern", "static", "inline"}, w)
}

// declarator parses qualifiers, the words of a type, stars and a name.
func (p *parser) declarator(d *Decl) error {
	p.space()
	d.Type.At = p.i
	var words []Text
	for w := p.word(); w.Text != ""; w = p.word() {
		if n := len(words); n > 1 && !typeWord(words[n-1].Text) && (w.Text == "in" || w.Text == "slack") {
			p.i = w.At // this is no name: there is one
			break
		}
		switch {
		case w.Text == "const":
			d.Type.Const = true
		case w.Text == "out" && len(words) == 0 && !d.Out:
			d.Out = true
		case w.Text == "restore" && len(words) == 0 && !d.Restore:
			d.Restore = true
		case w.Text == "alignas" || w.Text == "_Alignas":
			if err := p.alignas(d); err != nil {
				return err
			}
		case w.Text == attributeWord:
			if err := p.attribute(d); err != nil {
				return err
			}
		case !meaningless(w.Text):
			words = append(words, w)
		}
		if len(words) > 5 {
			return p.errorf(w.At, "expected a type and a name, found one word more: %.40q", w.Text)
		}
	}
	stars := p.peek() == '*'
	if n := len(words); !stars && n > 1 && !typeWord(words[n-1].Text) && words[n-2].Text != "struct" && words[n-2].Text != "union" && words[n-2].Text != "enum" {
		d.Name, words = words[n-1], words[:n-1]
	}
	if len(words) == 0 {
		return p.expected("a type")
	}
	for i, w := range words {
		if i > 0 {
			d.Type.Name += " "
		}
		d.Type.Name += w.Text
	}
	for p.take('*') {
		if len(d.Type.Pointers) == maxStars {
			return p.errorf(p.i-1, "more than %d levels of pointers", maxStars)
		}
		if err := p.pointer(d); err != nil {
			return err
		}
	}
	if d.Name.Text != "" && len(d.Name.Text) > MaxName {
		return p.errorf(d.Name.At, "a name has at most %d bytes", MaxName)
	}
	return nil
}

// pointer parses what follows a star: qualifiers, and the name after the last.
func (p *parser) pointer(d *Decl) error {
	constant := false
	for w := p.word(); w.Text != ""; w = p.word() {
		switch {
		case w.Text == "const":
			constant = true
		case w.Text == attributeWord:
			if err := p.attribute(d); err != nil {
				return err
			}
		case meaningless(w.Text):
		case d.Name.Text != "" || typeWord(w.Text):
			return p.errorf(w.At, "expected one name, found %.40q", w.Text)
		default:
			d.Name = w
		}
	}
	d.Type.Pointers = append(d.Type.Pointers, constant)
	if d.Name.Text != "" && p.peek() == '*' {
		return p.expected("a length in brackets, or the end of the parameter")
	}
	return nil
}

// twice takes a character that stands there twice.
func (p *parser) twice(c byte) bool {
	first := p.take(c)
	return first && p.take(c)
}

// attributeWord is what gcc's and clang's attributes begin with.
const attributeWord = "__attribute__"

// attribute parses "((" name "))" of an attribute that says how a function is called.
func (p *parser) attribute(d *Decl) error {
	if !p.twice('(') {
		return p.expected(`"((" after ` + attributeWord)
	}
	name := p.word()
	switch strings.Trim(name.Text, "_") {
	case MicrosoftABI, SystemVABI:
		name.Text = strings.Trim(name.Text, "_")
	default:
		return p.errorf(name.At, "of attributes there are %s and %s, not %.40q", MicrosoftABI, SystemVABI, name.Text)
	}
	if d.ABI.Text != "" {
		return p.errorf(name.At, "a second attribute says how the function is called")
	}
	d.ABI = name
	if !p.twice(')') {
		return p.expected(`"))" after ` + name.Text)
	}
	return nil
}

// typeWord reports whether a word is one of C's own that make up types, so that
// it cannot be a name.
func typeWord(w string) bool {
	return slices.Contains([]string{
		"void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool", "_Bool", "_Float16", "__bf16", "_Complex",
		"struct", "union", "enum", "__int128",
	}, w)
}

func (p *parser) alignas(d *Decl) (err error) {
	if d.Align.Text != "" {
		return p.errorf(p.i, "a second alignas")
	}
	d.Align, err = p.parenthesized("alignas")
	return err
}

// parenthesized parses "(" text ")".
func (p *parser) parenthesized(after string) (Text, error) {
	if !p.take('(') {
		return Text{}, p.expected(`"(" after ` + after)
	}
	t, err := p.raw(")", "")
	if err == nil && !p.take(')') {
		err = p.expected(`")"`)
	}
	if err == nil && t.Text == "" {
		err = p.errorf(t.At, "expected a number after %s(", after)
	}
	return t, err
}

// dimension parses "[" text "]"; only the first may be empty.
func (p *parser) dimension(first bool) (Text, error) {
	p.take('[')
	for {
		start := p.i
		if w := p.word(); w.Text != "const" && !meaningless(w.Text) {
			p.i = start
			break
		}
	}
	t, err := p.raw("]", "")
	switch {
	case err != nil:
		return t, err
	case !p.take(']'):
		return t, p.expected(`"]"`)
	case t.Text == "" && !first:
		return t, p.errorf(t.At, "expected a length: only the first can be left out")
	}
	return t, nil
}

// clauses parses what follows a declarator.
func (p *parser) clauses(d *Decl) (err error) {
	for {
		p.space()
		at := p.i
		switch {
		case p.take('='):
			if d.Init != nil {
				return p.errorf(at, "a second value")
			}
			if d.Init, err = p.init(); err == nil && d.Init.Kind == Value && p.accept("in") {
				err = p.rangeOf(d)
			}
		case p.take('@'):
			if d.Offset.Text != "" {
				return p.errorf(at, "a second offset")
			}
			if d.Offset, err = p.raw("=@,)", "slack"); err == nil && d.Offset.Text == "" {
				err = p.expected("bytes after @")
			}
		case p.accept("slack"):
			if d.Slack.Text != "" {
				return p.errorf(at, "a second slack")
			}
			d.Slack, err = p.parenthesized("slack")
		case p.accept("in"):
			return p.errorf(at, `expected "= VALUE" before "in"`)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// rangeOf parses LOW..HIGH.
func (p *parser) rangeOf(d *Decl) error {
	t, err := p.raw("=@,)", "slack")
	if err != nil {
		return err
	}
	low, high, ok := strings.Cut(t.Text, "..")
	if !ok {
		return p.errorf(t.At, `expected LOW..HIGH after "in", found %.40q`, t.Text)
	}
	d.Low, d.High = trim(Text{low, t.At}), trim(Text{high, t.At + len(low) + 2})
	if d.Low.Text == "" && d.High.Text == "" {
		return p.errorf(t.At, `expected LOW..HIGH after "in"`)
	}
	return nil
}
