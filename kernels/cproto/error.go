package cproto

import (
	"fmt"
	"unicode/utf8"
)

// Error is a fault in a prototype.
type Error struct {
	Column int // of the character, from 1
	Reason string
}

// Error has the form "column 7: reason".
func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Reason) }

// At makes an error of what is wrong with a text behind so many of its bytes.
func At(text string, bytes int, format string, args ...any) *Error {
	return &Error{utf8.RuneCountInString(text[:min(bytes, len(text))]) + 1, fmt.Sprintf(format, args...)}
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return At(p.text, at, format, args...)
}

// expected says what should stand here instead of what does.
func (p *parser) expected(what string) error {
	p.space()
	return p.errorf(p.i, "expected %s, found %s", what, p.found())
}

// found shows what stands here.
func (p *parser) found() string {
	rest := p.text[p.i:]
	if rest == "" {
		return "the end"
	}
	if w := word(rest); w != "" {
		return fmt.Sprintf("%.40q", w)
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return fmt.Sprintf("%q", string(r))
}
