package kernels

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"webrunner/kernels/cproto"
)

// Prototype writes the specification as a C prototype, from which ParsePrototype
// makes the same parameters, operands and arguments. What a prototype has no form
// for is left out: texts, namespace, aliases, reference and derived figures. The
// error says that the call itself has none, as one that passes an operand twice.
func (s *Spec) Prototype() (string, error) {
	w := prototypeWriter{s: s}
	text, err := w.text()
	if err != nil {
		return "", fmt.Errorf("kernel %s cannot be written as a prototype: %w", s.FullName(), err)
	}
	back, err := ParsePrototype(text)
	if err == nil && !s.calls(back) {
		err = errors.New("the order or the names of its parts are not those of a prototype")
	}
	if err != nil {
		return "", fmt.Errorf("kernel %s cannot be written as a prototype: %w", s.FullName(), err)
	}
	return text, nil
}

// calls reports whether two specifications describe the same call. How a pointer's
// type is written does not matter: access says what a kernel may do.
func (s *Spec) calls(o *Spec) bool {
	params := func(list []Param) []Param {
		list = slices.Clone(list)
		for i := range list {
			list[i].Doc, list[i].line = "", 0
		}
		return list
	}
	operands := func(list []Operand) []Operand {
		list = slices.Clone(list)
		for i := range list {
			list[i].Doc = ""
		}
		return list
	}
	args := func(list []Arg) []Arg {
		list = slices.Clone(list)
		for i := range list {
			list[i].Type = ""
		}
		return list
	}
	return s.Name == o.Name && s.Result == o.Result && s.ABI == o.ABI && reflect.DeepEqual(params(s.Params), params(o.Params)) &&
		reflect.DeepEqual(operands(s.Operands), operands(o.Operands)) && reflect.DeepEqual(args(s.Args), args(o.Args))
}

type prototypeWriter struct {
	s      *Spec
	inline []bool // of the parameters: declared where they are passed
}

func (w *prototypeWriter) text() (string, error) {
	w.place()
	var args, with []string
	for i := range w.s.Args {
		text, err := w.arg(&w.s.Args[i])
		if err != nil {
			return "", err
		}
		args = append(args, text)
	}
	for i := range w.s.Params {
		if p := &w.s.Params[i]; !w.inline[i] {
			with = append(with, cName(p.Type)+" "+w.param(p))
		}
	}
	list := "void"
	if args != nil {
		list = strings.Join(args, ", ")
	}
	abi := ""
	if w.s.ABI == MicrosoftABI {
		abi = "__attribute__((" + cproto.MicrosoftABI + ")) "
	}
	text := abi + cResult(w.s.Result) + " " + w.s.Name + "(" + list + ")"
	if with != nil {
		text += " with (" + strings.Join(with, ", ") + ")"
	}
	return text, nil
}

// place finds the parameters that can be declared where they are passed: those
// that are passed as they are, in the order in which they are declared.
func (w *prototypeWriter) place() {
	w.inline = make([]bool, len(w.s.Params))
	next := 0
	for i := range w.s.Args {
		a := &w.s.Args[i]
		p := w.s.param(a.Name)
		if a.Kind == ArgVector {
			continue
		}
		if a.Kind == ArgPointer && a.operand >= 0 {
			p = w.addressed(&w.s.Operands[a.operand])
		} else if p >= 0 && w.s.Params[p].Type != a.elem {
			continue
		}
		if p < 0 || a.Value != "" {
			continue
		}
		if p != next { // then those before it would come behind
			clear(w.inline)
			return
		}
		w.inline[p] = true
		next++
	}
}

func (w *prototypeWriter) arg(a *Arg) (string, error) {
	t, err := cproto.ParseType(a.Type)
	if err != nil {
		return "", err
	}
	switch p := w.s.param(a.Name); {
	case a.Kind == ArgPointer && a.Value != "":
		return strings.ReplaceAll(a.Type, "*", " *") + " " + a.Name + " = NULL", nil
	case a.Kind == ArgPointer && w.s.Operands[a.operand].Type == Pointer:
		return w.table(a, t), nil
	case a.Kind == ArgPointer:
		op := &w.s.Operands[a.operand]
		if p := w.addressed(op); p >= 0 && w.inline[p] {
			return w.address(op, w.element(op, t), &w.s.Params[p]), nil
		}
		return w.array(op, w.element(op, t), op.Count), nil
	case a.Kind == ArgVector:
		return t.Name + " " + a.Name + contents(a.Contents), nil
	case a.Value != "":
		return "const " + t.Name + " " + a.Name + " = " + a.Value, nil
	case p < 0:
		return "const " + t.Name + " " + a.Name + " = " + number(a.number.number), nil
	case w.inline[p]:
		return t.Name + " " + w.param(&w.s.Params[p]), nil
	}
	return t.Name + " " + a.Name, nil
}

// addressed is the parameter whose number an operand is, such as a parameter of a
// Fortran function, -1 if it is none that can be declared there.
func (w *prototypeWriter) addressed(op *Operand) int {
	p := w.s.param(op.From)
	if p < 0 || op.Count != "1" || op.Offset+op.Slack != "" || op.Align != 0 || op.Access == Out {
		return -1
	}
	return p
}

// address writes memory that holds one parameter.
func (w *prototypeWriter) address(op *Operand, elem string, p *Param) string {
	text := elem + " *" + strings.TrimSuffix(op.Name, addressSuffix)
	if op.Name != p.Name+addressSuffix {
		text = elem + " *" + op.Name
	}
	if op.Access == In {
		text = "const " + text
	}
	return text + " = &(" + cName(p.Type) + " " + w.param(p) + ")"
}

// element is how C names an operand's elements: as the argument does, if it does.
func (w *prototypeWriter) element(op *Operand, t cproto.Type) string {
	if c, err := fromC(cproto.Type{Name: t.Name, Pointers: []bool{false}}); err == nil && (c.elem == op.Type || c.elem == 0 && op.Type == Uint8) {
		return t.Name
	}
	return cName(op.Type)
}

func (w *prototypeWriter) param(p *Param) string {
	text := p.Name + " = " + p.Text(p.Default)
	if low, high := p.limits(); low != "" || high != "" {
		text += " in " + low + ".." + high
	}
	return text
}

// table writes an array of pointers and what they point to.
func (w *prototypeWriter) table(a *Arg, t cproto.Type) string {
	op := &w.s.Operands[a.operand]
	to := &w.s.Operands[op.to]
	elem := w.element(to, t)
	each := *to
	if each.Access == In {
		each.Access = InOut // const is said once
	}
	if to.Name == op.Name+eachSuffix {
		each.Name = ""
	}
	text := elem + " *"
	if to.Access == In {
		text = "const " + text
	}
	if op.Access == In {
		text += "const "
	}
	table := Operand{Offset: op.Offset, Slack: op.Slack, Align: op.Align}
	return alignment(op) + text + op.Name + "[" + op.Count + "] = each(" + w.array(&each, elem, op.Step) + ")" + table.behind()
}

// array writes memory of so many elements.
func (w *prototypeWriter) array(op *Operand, elem, count string) string {
	text := alignment(op)
	if op.Restore {
		text += "restore "
	}
	switch op.Access {
	case In:
		text += "const "
	case Out:
		text += "out "
	}
	text += elem
	if op.Name != "" {
		text += " " + op.Name
	}
	return text + "[" + count + "]" + contents(op) + op.behind()
}

func alignment(op *Operand) string {
	if op.Align == 0 {
		return ""
	}
	return fmt.Sprintf("alignas(%d) ", op.Align)
}

// contents writes "= CONTENTS".
func contents(op *Operand) string {
	switch op.Fill {
	case FillConstant:
		if op.From != "" {
			return " = " + op.From
		}
		if op.Value == 0 {
			return " = zero"
		}
		return " = " + number(op.Value)
	case FillRandom:
		if op.Low == "" {
			return ""
		}
		return " = random(" + op.Low + ", " + op.High + ")"
	case FillValues:
		return " = {" + op.Values + "}"
	case FillCopy:
		if op.Except != "" {
			return " = copy(" + op.Of + ", " + op.Except + ")"
		}
		return " = copy(" + op.Of + ")"
	case FillBytes:
		return ` = hex"` + op.Bytes + `"`
	}
	return " = " + op.Fill.String()
}

// behind writes where an operand begins and what it has in addition.
func (op *Operand) behind() (text string) {
	if op.Offset != "" {
		text = " @ " + op.Offset
	}
	if op.Slack != "" {
		text += " slack(" + op.Slack + ")"
	}
	return text
}

// cName is C's name of a type.
func cName(t Type) string {
	switch t {
	case Float32:
		return "float"
	case Float64:
		return "double"
	case Float16:
		return "_Float16"
	case BFloat16:
		return "__bf16"
	case Bool:
		return "bool"
	}
	return t.String() + "_t"
}

// cResult is C's name of the type of a result.
func cResult(r Result) string {
	switch r {
	case ResultNone:
		return "void"
	case ResultInt:
		return "int64_t"
	case ResultPointer:
		return "void *"
	}
	if r.lane() != 0 {
		return "__" + r.String()
	}
	return cName(Type(lookup(typeNames[:], r.String())))
}
