package cproto

import "strings"

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
func blank(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// space passes over white space.
func (p *parser) space() {
	for p.i < len(p.text) && blank(p.text[p.i]) {
		p.i++
	}
}

// peek returns the next byte that is not white space, or 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.i == len(p.text) {
		return 0
	}
	return p.text[p.i]
}

// ended reports whether only white space is left.
func (p *parser) ended() bool {
	p.space()
	return p.i == len(p.text)
}

// take passes over a byte if it is the next.
func (p *parser) take(c byte) bool {
	if p.ended() || p.text[p.i] != c {
		return false
	}
	p.i++
	return true
}

// word returns the name that text begins with, or "".
func word(text string) string {
	if text == "" || !letter(text[0]) {
		return ""
	}
	n := 1
	for n < len(text) && (letter(text[n]) || digit(text[n])) {
		n++
	}
	return text[:n]
}

// word passes over a name and returns it, empty if none is next.
func (p *parser) word() Text {
	p.space()
	t := Text{word(p.text[p.i:]), p.i}
	p.i += len(t.Text)
	return t
}

// accept passes over a word if it is the next.
func (p *parser) accept(w string) bool {
	p.space()
	if word(p.text[p.i:]) != w {
		return false
	}
	p.i += len(w)
	return true
}

// raw takes the text up to one of the bytes of stop, or one of the words,
// outside of parentheses.
func (p *parser) raw(stop, words string) (Text, error) {
	p.space()
	start, depth := p.i, 0
	for p.i < len(p.text) {
		c := p.text[p.i]
		if depth == 0 && strings.IndexByte(stop, c) >= 0 {
			break
		}
		if w := word(p.text[p.i:]); w != "" {
			if depth == 0 && hasWord(words, w) {
				break
			}
			p.i += len(w)
			continue
		}
		switch {
		case c == '(':
			if depth++; depth > maxDepth {
				return Text{}, p.errorf(p.i, "more than %d nested parentheses", maxDepth)
			}
		case c == ')':
			if depth--; depth < 0 {
				return Text{}, p.errorf(p.i, `expected an end before ")"`)
			}
		case c < ' ' && !blank(c) || c > '~':
			return Text{}, p.expected("a number, a name or an operator")
		case strings.IndexByte(`;{}[]"'\#`, c) >= 0:
			return Text{}, p.expected("a number, a name or an operator")
		}
		p.i++
	}
	if depth > 0 {
		return Text{}, p.expected(`")"`)
	}
	return trim(Text{p.text[start:p.i], start}), nil
}

// trim removes white space at both ends, and makes all else spaces, so that
// columns stay.
func trim(t Text) Text {
	for t.Text != "" && blank(t.Text[0]) {
		t.Text, t.At = t.Text[1:], t.At+1
	}
	t.Text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.TrimRight(t.Text, " \t\r\n"))
	return t
}

func hasWord(words, w string) bool {
	for have := range strings.FieldsSeq(words) {
		if have == w {
			return true
		}
	}
	return false
}
