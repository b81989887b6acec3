package cproto

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// init parses what follows "=".
func (p *parser) init() (*Init, error) {
	c := p.peek()
	in := &Init{At: p.i}
	var err error
	switch {
	case c == '{':
		in.Kind = List
		p.i++
		in.List, err = p.texts('}')
	case c == '"':
		in.Kind = Bytes
		in.Bytes, err = p.quoted()
		in.Bytes = append(in.Bytes, 0)
	case c == '&':
		in.Kind = Address
		p.i++
		err = p.each(in, "&")
	case letter(c):
		return in, p.named(in)
	default:
		err = p.value(in)
	}
	return in, err
}

// value parses a number or an expression.
func (p *parser) value(in *Init) (err error) {
	p.i, in.Kind = in.At, Value
	in.Value, err = p.raw("=@,)", "in slack")
	if err == nil && in.Value.Text == "" {
		err = p.expected("a value")
	}
	return err
}

// named parses contents that begin with a word.
func (p *parser) named(in *Init) (err error) {
	w := p.word()
	switch {
	case w.Text == "NULL" || w.Text == "nullptr":
		in.Kind = Null
		return nil
	case w.Text == "hex" && p.peek() == '"':
		in.Kind = Bytes
		in.Bytes, err = p.hex()
		return err
	case w.Text == "each":
		in.Kind = Each
		return p.each(in, "each")
	case Contents(w.Text):
		in.Kind, in.Value = Word, w
		if p.take('(') {
			in.List, err = p.texts(')')
		}
		return err
	}
	return p.value(in)
}

// Contents reports whether a word stands for contents of memory.
func Contents(w string) bool {
	switch w {
	case "random", "exact", "index", "permutation", "cycle", "text", "utf8", "maybe_utf8", "copy", "zero", "file":
		return true
	}
	return false
}

// each parses "(" decl ")", of which the name can be left out.
func (p *parser) each(in *Init, after string) (err error) {
	if p.depth++; p.depth > 1 {
		return p.errorf(in.At, "expected contents: %s(...) cannot stand within another", after)
	}
	if !p.take('(') {
		return p.expected(`"(" after ` + after)
	}
	if in.Each, err = p.decl(); err != nil {
		return err
	}
	p.depth--
	if !p.take(')') {
		return p.expected(`")"`)
	}
	return nil
}

// texts parses pieces between commas up to a closing byte, and that.
func (p *parser) texts(end byte) (list []Text, err error) {
	if p.take(end) {
		return nil, nil
	}
	for {
		t, err := p.raw(","+string(end), "")
		if err != nil {
			return nil, err
		}
		if t.Text == "" {
			return nil, p.expected("a number")
		}
		list = append(list, t)
		switch {
		case p.take(end):
			return list, nil
		case !p.take(','):
			return nil, p.expected(`"," or "` + string(end) + `"`)
		}
	}
}

// quoted parses a C string; several in a row are one, as in C.
func (p *parser) quoted() ([]byte, error) {
	var b []byte
	for p.peek() == '"' {
		p.i++
		for {
			if p.i == len(p.text) {
				return nil, p.expected(`the closing "`)
			}
			if p.text[p.i] == '"' {
				p.i++
				break
			}
			at := p.i
			r, multibyte, rest, err := strconv.UnquoteChar(p.text[p.i:], '"')
			if err != nil || r == utf8.RuneError && multibyte {
				return nil, p.errorf(at, `expected a character or one of C's escapes, such as \n, \x00 or \000`)
			}
			p.i = len(p.text) - len(rest)
			if multibyte {
				b = utf8.AppendRune(b, r)
			} else {
				b = append(b, byte(r))
			}
		}
	}
	return b, nil
}

// hex parses a quoted list of hexadecimal digits; white space may separate them.
func (p *parser) hex() ([]byte, error) {
	at := p.i
	end := strings.IndexByte(p.text[p.i+1:], '"')
	if end < 0 {
		return nil, p.errorf(len(p.text), `expected the closing "`)
	}
	digits := p.text[p.i+1 : p.i+1+end]
	p.i += end + 2
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		return nil, p.errorf(at, "expected pairs of hexadecimal digits: %v", err)
	}
	return b, nil
}
