package events

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The operators of a formula.
const (
	opNumber = iota
	opEvent
	opSMT // the constant that says whether hyper-threads are on
	opAdd
	opSub
	opMul
	opDiv
	opLess
	opGreater
	opLessEqual
	opGreaterEqual
	opMin
	opMax
	opRatio // division where x/0 is 0
	opIf    // args: condition, then, else
)

// expr is a node of a formula's tree.
type expr struct {
	op    int
	name  string
	value float64
	args  []*expr
}

// errZero says that a formula divides by a zero count.
var errZero = errors.New("division by zero")

func (e *expr) eval(smt bool, value func(string) (float64, bool)) (float64, error) {
	switch e.op {
	case opNumber:
		return e.value, nil
	case opSMT:
		return truth(smt), nil
	case opEvent:
		v, ok := value(e.name)
		if !ok {
			return 0, fmt.Errorf("%s was not counted", e.name)
		}
		return v, nil
	case opIf:
		c, err := e.args[0].eval(smt, value)
		if err != nil {
			return 0, err
		}
		if c != 0 {
			return e.args[1].eval(smt, value)
		}
		return e.args[2].eval(smt, value)
	}
	a, err := e.args[0].eval(smt, value)
	if err != nil {
		return 0, err
	}
	b, err := e.args[1].eval(smt, value)
	if err != nil {
		return 0, err
	}
	return apply(e.op, a, b)
}

func apply(op int, a, b float64) (float64, error) {
	switch op {
	case opAdd:
		return a + b, nil
	case opSub:
		return a - b, nil
	case opMul:
		return a * b, nil
	case opDiv:
		if b == 0 {
			return 0, errZero
		}
		return a / b, nil
	case opRatio:
		if b == 0 {
			return 0, nil
		}
		return a / b, nil
	case opMin:
		return math.Min(a, b), nil
	case opMax:
		return math.Max(a, b), nil
	case opLess:
		return truth(a < b), nil
	case opGreater:
		return truth(a > b), nil
	case opLessEqual:
		return truth(a <= b), nil
	case opGreaterEqual:
		return truth(a >= b), nil
	}
	return 0, fmt.Errorf("operator %d", op)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// walk calls f with the events of a formula, without the branches that are
// not taken for this smt.
func (e *expr) walk(smt bool, f func(string)) {
	if e.op == opEvent {
		f(e.name)
		return
	}
	if e.op == opIf && e.args[0].op == opSMT {
		if smt {
			e.args[1].walk(smt, f)
		} else {
			e.args[2].walk(smt, f)
		}
		return
	}
	for _, a := range e.args {
		a.walk(smt, f)
	}
}

// parser reads formulas:
//
//	cond = compare [ "if" compare "else" cond ]
//	compare = sum [ ("<"|">"|"<="|">=") sum ]
//	sum = term { ("+"|"-") term }
//	term = factor { ("*"|"/") factor }
//	factor = number | "-" factor | "`"event"`" | name [ "(" cond "," cond ")" ] | "@"constant | "(" cond ")"
type parser struct {
	rest  string
	depth int
}

func parseFormula(s string) (*expr, error) {
	p := &parser{rest: s}
	e, err := p.cond()
	if err != nil {
		return nil, err
	}
	if p.peek() != 0 {
		return nil, fmt.Errorf("%q is left over", p.rest)
	}
	return e, nil
}

// peek returns the next character that is not a space, 0 at the end.
func (p *parser) peek() byte {
	p.rest = strings.TrimLeft(p.rest, " ")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

// accept takes a token if it comes next.
func (p *parser) accept(token string) bool {
	p.peek()
	if !strings.HasPrefix(p.rest, token) {
		return false
	}
	p.rest = p.rest[len(token):]
	return true
}

func (p *parser) cond() (*expr, error) {
	const deepest = 200
	if p.depth++; p.depth > deepest {
		return nil, errors.New("nested too deeply")
	}
	defer func() { p.depth-- }()
	then, err := p.compare()
	if err != nil || !p.accept("if") {
		return then, err
	}
	c, err := p.compare()
	if err != nil {
		return nil, err
	}
	if !p.accept("else") {
		return nil, fmt.Errorf("no else before %q", p.rest)
	}
	other, err := p.cond()
	return &expr{op: opIf, args: []*expr{c, then, other}}, err
}

func (p *parser) compare() (*expr, error) {
	return p.binary(p.sum, true, []token{{"<=", opLessEqual}, {">=", opGreaterEqual}, {"<", opLess}, {">", opGreater}})
}

func (p *parser) sum() (*expr, error) {
	return p.binary(p.term, false, []token{{"+", opAdd}, {"-", opSub}})
}

func (p *parser) term() (*expr, error) {
	return p.binary(p.factor, false, []token{{"*", opMul}, {"/", opDiv}})
}

type token struct {
	text string
	op   int
}

// binary reads operands joined by operators of one precedence.
func (p *parser) binary(operand func() (*expr, error), once bool, ops []token) (*expr, error) {
	left, err := operand()
	for err == nil {
		op := 0
		for _, t := range ops {
			if p.accept(t.text) {
				op = t.op
				break
			}
		}
		if op == 0 {
			break
		}
		var right *expr
		if right, err = operand(); err == nil {
			left = &expr{op: op, args: []*expr{left, right}}
		}
		if once {
			break
		}
	}
	return left, err
}

func (p *parser) factor() (*expr, error) {
	switch c := p.peek(); {
	case c == '(':
		return p.parenthesis()
	case c == '-':
		p.accept("-")
		e, err := p.factor()
		return &expr{op: opSub, args: []*expr{{}, e}}, err
	case c == '`':
		name, rest, ok := strings.Cut(p.rest[1:], "`")
		if !ok {
			return nil, fmt.Errorf("no end of %q", p.rest)
		}
		p.rest = rest
		return &expr{op: opEvent, name: name}, nil
	case c == '@':
		if !p.accept("@HYPERTHREADING_ON") {
			return nil, fmt.Errorf("unknown constant in %q", p.rest)
		}
		return &expr{op: opSMT}, nil
	case c >= '0' && c <= '9' || c == '.':
		return p.number()
	}
	return p.named()
}

func (p *parser) parenthesis() (*expr, error) {
	p.accept("(")
	e, err := p.cond()
	if err == nil && !p.accept(")") {
		err = fmt.Errorf("no ) before %q", p.rest)
	}
	return e, err
}

func (p *parser) number() (*expr, error) {
	n := 0
	for n < len(p.rest) && (p.rest[n] >= '0' && p.rest[n] <= '9' || p.rest[n] == '.') {
		n++
	}
	v, err := strconv.ParseFloat(p.rest[:n], 64)
	p.rest = p.rest[n:]
	return &expr{op: opNumber, value: v}, err
}

// named reads a function call or a bare name, as AMD's formulas have them.
func (p *parser) named() (*expr, error) {
	if strings.HasPrefix(p.rest, "cpu@") {
		return p.perfEvent()
	}
	n := 0
	for n < len(p.rest) && (isLetter(p.rest[n]) || n > 0 && (p.rest[n] == '.' || p.rest[n] >= '0' && p.rest[n] <= '9')) {
		n++
	}
	name := p.rest[:n]
	if n == 0 {
		return nil, fmt.Errorf("unexpected %q", p.rest)
	}
	p.rest = p.rest[n:]
	if p.peek() != '(' {
		return &expr{op: opEvent, name: name}, nil
	}
	op, ok := map[string]int{"min": opMin, "max": opMax, "d_ratio": opRatio}[name]
	if !ok {
		return nil, fmt.Errorf("unknown function %s", name)
	}
	p.accept("(")
	a, err := p.cond()
	if err != nil {
		return nil, err
	}
	if !p.accept(",") {
		return nil, fmt.Errorf("%s needs two arguments before %q", name, p.rest)
	}
	b, err := p.cond()
	if err == nil && !p.accept(")") {
		err = fmt.Errorf("no ) before %q", p.rest)
	}
	return &expr{op: op, args: []*expr{a, b}}, err
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

// perfEvent reads cpu@name\,cmask\=0x6@ and turns it into name:c0x6.
func (p *parser) perfEvent() (*expr, error) {
	text, rest, ok := strings.Cut(strings.TrimPrefix(p.rest, "cpu@"), "@")
	if !ok {
		return nil, fmt.Errorf("no end of %q", p.rest)
	}
	p.rest = rest
	name, mods, _ := strings.Cut(strings.ReplaceAll(text, `\`, ""), ",")
	for mod := range strings.SplitSeq(mods, ",") {
		key, value, _ := strings.Cut(mod, "=")
		letter, known := map[string]string{"cmask": "c", "edge": "e", "inv": "i", "umask": "u"}[key]
		if mods != "" && !known {
			return nil, fmt.Errorf("unknown term %q", mod)
		}
		if known {
			name += ":" + letter + value
		}
	}
	return &expr{op: opEvent, name: name}, nil
}
