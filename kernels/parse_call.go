package kernels

import (
	"math"
	"strings"
)

// ctype is a C type of an argument.
type ctype struct {
	elem     Type // 0 for void
	pointer  bool
	constant bool
}

// parseCType reads the types that a specification may name. White space is
// free, as in C: "const float *" is "const float*".
func parseCType(text string) (ctype, bool) {
	words := strings.Fields(strings.ReplaceAll(text, "*", " * "))
	var t ctype
	if len(words) > 0 && words[0] == "const" {
		t.constant, words = true, words[1:]
	}
	if n := len(words); n > 0 && words[n-1] == "*" {
		t.pointer, words = true, words[:n-1]
	}
	if len(words) != 1 || t.constant && !t.pointer {
		return t, false
	}
	switch w := words[0]; w {
	case "void":
		return t, t.pointer
	case "float":
		t.elem = Float32
	case "double":
		t.elem = Float64
	case "size_t":
		t.elem = Uint64
	default:
		base, ok := strings.CutSuffix(w, "_t")
		t.elem = Type(lookup(typeNames[:], base))
		return t, ok && t.elem >= Int8
	}
	return t, true
}

const knownCTypes = "size_t, int8_t to int64_t, uint8_t to uint64_t, float, double, and pointers to them or to void with or without const"

func (s *Spec) parseCall(root *element) error {
	call, err := root.child("call")
	if err != nil {
		return err
	}
	if call == nil {
		return root.errorf("<kernel> has no <call>")
	}
	if err := call.allow("", "argument"); err != nil {
		return err
	}
	if len(call.children) > maxArgs {
		return call.errorf("more than %d arguments", maxArgs)
	}
	if err := s.adopt(call); err != nil {
		return err
	}
	used := make([]bool, len(s.Operands))
	for _, e := range call.children {
		a, err := s.parseArg(e)
		if err != nil {
			return err
		}
		if a.Kind == ArgPointer {
			used[a.operand] = true
		}
		s.Args = append(s.Args, a)
	}
	for i, ok := range used {
		if !ok {
			return call.errorf("operand %s is not an argument of the call", s.Operands[i].Name)
		}
	}
	return nil
}

func (s *Spec) parseArg(e *element) (a Arg, err error) {
	if err := e.allow("name type value", ""); err != nil {
		return a, err
	}
	if a.Name, err = e.identifier("name"); err != nil {
		return a, err
	}
	if a.Type, err = e.need("type"); err != nil {
		return a, err
	}
	t, ok := parseCType(a.Type)
	if !ok {
		return a, e.errorf("argument %s has type %q, known: %s", a.Name, clip(a.Type), knownCTypes)
	}
	switch {
	case t.pointer:
		return a, s.bindPointer(e, &a, t)
	case t.elem.float():
		return a, s.bindFloat(e, &a, t)
	}
	return a, s.bindInt(e, &a, t)
}

func (s *Spec) bindPointer(e *element, a *Arg, t ctype) error {
	a.Kind = ArgPointer
	if _, ok := e.attr("value"); ok {
		return e.errorf("argument %s is a pointer and cannot have a value; describe an <operand> named %s", a.Name, a.Name)
	}
	if a.operand = s.operand(a.Name); a.operand < 0 {
		return e.errorf("argument %s is a pointer, but there is no <operand> named %s", a.Name, a.Name)
	}
	op := s.Operands[a.operand]
	if t.elem != 0 && t.elem != op.Type {
		return e.errorf("argument %s has type %q, but operand %s is of type %s", a.Name, a.Type, a.Name, op.Type)
	}
	if t.constant && op.Access != In {
		return e.errorf("argument %s has type %q, but operand %s has access %s", a.Name, a.Type, a.Name, op.Access)
	}
	return nil
}

func (s *Spec) bindInt(e *element, a *Arg, t ctype) (err error) {
	a.Kind, a.limit = ArgInt, t.elem.max()
	if a.Value, a.value, err = s.expression(e, "value"); err != nil || a.value != nil {
		return err
	}
	if s.param(a.Name) < 0 {
		return e.errorf("argument %s is not a parameter and has no value", a.Name)
	}
	a.value = &expr{op: 'n', name: a.Name}
	return nil
}

func (s *Spec) bindFloat(e *element, a *Arg, t ctype) error {
	a.Kind = ArgFloat32
	if t.elem == Float64 {
		a.Kind = ArgFloat64
	}
	source := a.Name
	if v, ok := e.attr("value"); ok {
		source, a.Value = v, v
	}
	if s.param(source) >= 0 {
		a.value = &expr{op: 'n', name: source}
		return nil
	}
	v, err := parseNumber(source)
	if err != nil || !t.elem.holds(v) || math.IsInf(v, 0) {
		return e.errorf("argument %s needs a value: a number or the name of a parameter, not %q", a.Name, clip(source))
	}
	a.number = v
	return nil
}

// adopt gives a specification in the form of 2016 the operands, aliases,
// result, reference and derived figures of the built-in kernel of its name.
func (s *Spec) adopt(call *element) error {
	if len(s.Operands) > 0 {
		return nil
	}
	pointer := firstPointer(call)
	if pointer == "" {
		return nil
	}
	known, err := builtin(s.FullName())
	if err != nil {
		return err
	}
	if known == nil {
		return call.errorf("argument %s is a pointer and %s is not a built-in kernel: add <operands> with an <operand name=%q type=… count=… access=…/>",
			pointer, s.FullName(), pointer)
	}
	s.Operands = known.Operands
	s.Reference = known.Reference
	if s.Result == ResultNone {
		s.Result = known.Result
	}
	if s.elements == nil && s.iterations == nil && s.flops == nil && s.bytes == nil {
		s.Elements, s.elements = known.Elements, known.elements
		s.Iterations, s.iterations = known.Iterations, known.iterations
		s.Flops, s.flops = known.Flops, known.flops
		s.Bytes, s.bytes = known.Bytes, known.bytes
	}
	if s.Doc == "" {
		s.Doc = known.Doc
	}
	if s.Alternatives == nil {
		s.Alternatives = known.Alternatives
	}
	return s.resolves(call)
}

// resolves checks that adopted expressions find their parameters.
func (s *Spec) resolves(call *element) (err error) {
	check := func(x *expr) {
		x.names(func(name string) {
			if err == nil && s.param(name) < 0 {
				err = call.errorf("the built-in operands of %s need a parameter %s; add it or describe the <operands>", s.FullName(), name)
			}
		})
	}
	for i := range s.Operands {
		op := &s.Operands[i]
		check(op.count)
		check(op.offset)
		check(op.slack)
	}
	check(s.elements)
	check(s.flops)
	check(s.bytes)
	return err
}

// firstPointer returns the name of the first pointer argument, or "".
func firstPointer(call *element) string {
	for _, e := range call.children {
		text, _ := e.attr("type")
		if t, ok := parseCType(text); ok && t.pointer {
			name, _ := e.attr("name")
			return name
		}
	}
	return ""
}
