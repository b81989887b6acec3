package kernels

import (
	"fmt"
	"math/bits"
	"strconv"
)

// Bounds of an expression, so that one from a stranger's file costs nothing.
const (
	maxExprLen   = 256 // bytes
	maxExprDepth = 32  // nested parentheses and functions
)

// expr is a parsed expression over parameters, in checked integers above -2^64
// and below 2^64:
//
//	sum     = product { ("+" | "-") product }
//	product = factor { ("*" | "/" | "%") factor }
//	factor  = decimal | name | "-" factor | "(" sum ")" | "abs" "(" sum ")"
//	        | ("min" | "max") "(" sum "," sum ")"
type expr struct {
	op   byte // one of + - * / % m M, N to negate, A for abs, 'n' for a name, '0' for a number
	num  uint64
	name string
	l, r *expr // r is nil where there is one operand
}

// eval computes e with the given values of its names.
func (e *expr) eval(values map[string]integer) (integer, error) {
	switch e.op {
	case '0':
		return unsigned(e.num), nil
	case 'n':
		v, ok := values[e.name]
		if !ok {
			return v, fmt.Errorf("uses %q, which has no value", e.name)
		}
		return v, nil
	}
	l, err := e.l.eval(values)
	if err != nil {
		return l, err
	}
	if e.r == nil {
		return alone(e.op, l), nil
	}
	r, err := e.r.eval(values)
	if err != nil {
		return r, err
	}
	return apply(e.op, l, r)
}

// size computes what must not be negative.
func (e *expr) size(values map[string]integer) (uint64, error) {
	n, err := e.eval(values)
	if err != nil {
		return 0, err
	}
	return n.uint64()
}

// alone does an operation that has one operand.
func alone(op byte, v integer) integer {
	if op == 'N' {
		return v.minus()
	}
	return unsigned(v.abs)
}

// apply does one checked operation.
func apply(op byte, l, r integer) (integer, error) {
	switch op {
	case '+':
		return l.plus(r)
	case '-':
		return l.plus(r.minus())
	case '*':
		return l.times(r)
	case '/':
		return l.over(r)
	case '%':
		return l.modulo(r)
	}
	if r.less(l) == (op == 'm') {
		return r, nil
	}
	return l, nil
}

func addChecked(l, r uint64) (uint64, error) {
	s, carry := bits.Add64(l, r, 0)
	if carry != 0 {
		return 0, errOverflow
	}
	return s, nil
}

func mulChecked(l, r uint64) (uint64, error) {
	hi, lo := bits.Mul64(l, r)
	if hi != 0 {
		return 0, errOverflow
	}
	return lo, nil
}

// constant reports whether e has no name in it, so that its value is known.
func (e *expr) constant() bool {
	known := true
	e.names(func(string) { known = false })
	return known
}

// names calls f with every name in e, left to right.
func (e *expr) names(f func(string)) {
	if e == nil {
		return
	}
	if e.op == 'n' {
		f(e.name)
	}
	e.l.names(f)
	e.r.names(f)
}

// parseExpr parses s; an error says where in s it is.
func parseExpr(s string) (*expr, error) {
	if len(s) > maxExprLen {
		return nil, fmt.Errorf("expression has %d bytes, at most %d are allowed", len(s), maxExprLen)
	}
	p := exprParser{s: s}
	e, err := p.sum()
	if err == nil && p.peek() != 0 {
		err = p.errorf("unexpected %q", p.peek())
	}
	if err != nil {
		return nil, fmt.Errorf("expression %q: %w", s, err)
	}
	return e, nil
}

// exprError is a fault in an expression, and where.
type exprError struct {
	at     int // bytes before it
	reason string
}

func (e *exprError) Error() string { return fmt.Sprintf("%s at column %d", e.reason, e.at+1) }

type exprParser struct {
	s     string
	i     int
	depth int
}

func (p *exprParser) errorf(format string, args ...any) error {
	return &exprError{p.i, fmt.Sprintf(format, args...)}
}

// peek returns the next byte that is not a space, or 0 at the end.
func (p *exprParser) peek() byte {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

func (p *exprParser) sum() (*expr, error) {
	return p.binary("+-", p.product)
}

func (p *exprParser) product() (*expr, error) {
	return p.binary("*/%", p.factor)
}

// binary parses a chain of left-associative operators.
func (p *exprParser) binary(ops string, operand func() (*expr, error)) (*expr, error) {
	l, err := operand()
	for err == nil {
		op := p.peek()
		if op == 0 || !contains(ops, op) {
			return l, nil
		}
		p.i++
		var r *expr
		r, err = operand()
		l = &expr{op: op, l: l, r: r}
	}
	return nil, err
}

func contains(set string, b byte) bool {
	for i := range len(set) {
		if set[i] == b {
			return true
		}
	}
	return false
}

func (p *exprParser) factor() (*expr, error) {
	switch c := p.peek(); {
	case c == '(':
		return p.parens()
	case isDigit(c):
		return p.number()
	case isLetter(c):
		return p.nameOrCall()
	case c == '-':
		return p.negated()
	case c == 0:
		return nil, p.errorf("unexpected end")
	default:
		return nil, p.errorf("unexpected %q", c)
	}
}

// negated parses "-" factor.
func (p *exprParser) negated() (*expr, error) {
	if p.depth++; p.depth > maxExprDepth {
		return nil, p.errorf("more than %d nested signs and parentheses", maxExprDepth)
	}
	p.i++
	e, err := p.factor()
	p.depth--
	return &expr{op: 'N', l: e}, err
}

func (p *exprParser) number() (*expr, error) {
	start := p.i
	for p.i < len(p.s) && (isDigit(p.s[p.i]) || isLetter(p.s[p.i])) {
		p.i++
	}
	n, err := strconv.ParseUint(p.s[start:p.i], 10, 64)
	if err != nil {
		p.i = start
		return nil, p.errorf("not a decimal number below 2^64")
	}
	return &expr{op: '0', num: n}, nil
}

func (p *exprParser) nameOrCall() (*expr, error) {
	start := p.i
	for p.i < len(p.s) && (isDigit(p.s[p.i]) || isLetter(p.s[p.i])) {
		p.i++
	}
	word := p.s[start:p.i]
	if p.peek() != '(' {
		return &expr{op: 'n', name: word}, nil
	}
	switch word {
	case "min":
		return p.call('m')
	case "max":
		return p.call('M')
	case "abs":
		e, err := p.parens()
		return &expr{op: 'A', l: e}, err
	}
	p.i = start
	return nil, p.errorf("there is no function %q, only min, max and abs", word)
}

// call parses "(" sum "," sum ")".
func (p *exprParser) call(op byte) (*expr, error) {
	return p.nested(func() (*expr, error) {
		l, err := p.sum()
		if err != nil {
			return nil, err
		}
		if p.peek() != ',' {
			return nil, p.errorf("a comma is missing")
		}
		p.i++
		r, err := p.sum()
		return &expr{op: op, l: l, r: r}, err
	})
}

// parens parses "(" sum ")".
func (p *exprParser) parens() (*expr, error) { return p.nested(p.sum) }

// nested parses what body does between parentheses. The next byte is "(".
func (p *exprParser) nested(body func() (*expr, error)) (*expr, error) {
	if p.depth++; p.depth > maxExprDepth {
		return nil, p.errorf("more than %d nested parentheses", maxExprDepth)
	}
	p.i++
	e, err := body()
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.errorf("a closing parenthesis is missing")
	}
	p.i++
	p.depth--
	return e, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}

// isName reports whether s can name a parameter, an operand or a kernel.
func isName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && (i == 0 || !isDigit(s[i])) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
