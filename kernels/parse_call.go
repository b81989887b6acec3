package kernels

import "fmt"

func (s *Spec) parseCall(root *element) error {
	call, err := root.child("call")
	if err != nil {
		return err
	}
	if call == nil {
		return root.errorf("<kernel> has no <call>")
	}
	if err := call.allow("abi", "argument"); err != nil {
		return err
	}
	switch v, ok := call.attr("abi"); {
	case v == MicrosoftABI:
		s.ABI = v
	case ok && v != SystemVABI:
		return call.errorf("abi %q of <call> is neither %s nor %s", clip(v), SystemVABI, MicrosoftABI)
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
		if a.Kind == ArgPointer && a.operand >= 0 {
			used[a.operand] = true
			if to := s.Operands[a.operand].to; to >= 0 {
				used[to] = true
			}
		}
		s.Args = append(s.Args, a)
	}
	for i, ok := range used {
		if !ok {
			return call.errorf("operand %s is not an argument of the call, nor does one that is point to it", s.Operands[i].Name)
		}
	}
	return nil
}

// How a function is called: by the System V ABI, or by that of Microsoft.
const (
	SystemVABI   = "sysv"
	MicrosoftABI = "ms"
)

func (s *Spec) parseArg(e *element) (a Arg, err error) {
	if err := e.allow("name type value fill low high values bytes", ""); err != nil {
		return a, err
	}
	if a.Name, err = e.identifier("name"); err != nil {
		return a, err
	}
	if a.Type, err = e.need("type"); err != nil {
		return a, err
	}
	t, err := parseCType(a.Type)
	if err != nil {
		return a, e.errorf("argument %s has type %q: %w", a.Name, clip(a.Type), err)
	}
	if t.vector != "" {
		return a, s.bindVector(e, &a, t)
	}
	for _, name := range []string{"fill", "low", "high", "values", "bytes"} {
		if _, ok := e.attr(name); ok {
			return a, e.errorf("argument %s has %s, which is for vectors", a.Name, name)
		}
	}
	switch {
	case t.pointers > 0:
		return a, s.bindPointer(e, &a, t)
	case t.elem.float():
		return a, s.bindFloat(e, &a, t)
	}
	return a, s.bindInt(e, &a, t)
}

func (s *Spec) bindPointer(e *element, a *Arg, t ctype) error {
	a.Kind = ArgPointer
	if v, ok := e.attr("value"); ok {
		if v != null {
			return e.errorf("argument %s is a pointer and can have no value but NULL; describe an <operand> named %s", a.Name, a.Name)
		}
		a.Value, a.operand = null, -1
		return nil
	}
	if a.operand = s.operand(a.Name); a.operand < 0 {
		return e.errorf("argument %s is a pointer, but there is no <operand> named %s", a.Name, a.Name)
	}
	op := s.Operands[a.operand]
	if elem := t.pointee(); elem != 0 && elem != op.Type {
		return e.errorf("argument %s has type %q, but operand %s is of type %s", a.Name, a.Type, a.Name, op.Type)
	}
	if op.Type == Pointer {
		return s.bindTable(e, a, t, &op)
	}
	if t.constant && op.Access != In {
		return e.errorf("argument %s has type %q, but operand %s has access %s", a.Name, a.Type, a.Name, op.Access)
	}
	return nil
}

// bindTable holds a pointer to pointers against the operand of pointers, and
// against that where they point.
func (s *Spec) bindTable(e *element, a *Arg, t ctype, op *Operand) error {
	if t.pointers == 1 {
		return nil // to void
	}
	to := &s.Operands[op.to]
	switch {
	case t.elem != 0 && t.elem != to.Type:
		return e.errorf("argument %s has type %q, but operand %s is of type %s", a.Name, a.Type, to.Name, to.Type)
	case t.constant && to.Access != In:
		return e.errorf("argument %s has type %q, but operand %s has access %s", a.Name, a.Type, to.Name, to.Access)
	case t.table && op.Access != In:
		return e.errorf("argument %s has type %q, but operand %s has access %s", a.Name, a.Type, a.Name, op.Access)
	}
	return nil
}

// null is the value of a pointer to nothing.
const null = "NULL"

func (s *Spec) bindInt(e *element, a *Arg, t ctype) (err error) {
	a.Kind, a.elem = ArgInt, t.elem
	if a.Value, a.value, err = s.expression(e, "value"); err != nil {
		return err
	}
	if a.value == nil {
		i := s.param(a.Name)
		if i < 0 {
			return e.errorf("argument %s is not a parameter and has no value", a.Name)
		}
		if !s.Params[i].Type.integer() {
			return e.errorf("argument %s has type %q, but parameter %s is of type %s", a.Name, a.Type, a.Name, s.Params[i].Type)
		}
		a.value = &expr{op: 'n', name: a.Name}
		return nil
	}
	if a.value.constant() {
		n, err := a.value.eval(nil)
		if err == nil {
			err = t.elem.refuses(n)
		}
		if err != nil {
			return e.errorf("argument %s of type %s: value %q %w", a.Name, a.Type, clip(a.Value), err)
		}
	}
	return nil
}

// refuses says why n is no value of the integer type t, nil when it is one.
func (t Type) refuses(n integer) error {
	switch {
	case t.takes(n):
		return nil
	case n.negative && !t.signed():
		return errNegative
	case n.negative:
		return fmt.Errorf("is %s, below the minimum, %s", n, t.lowest())
	}
	return fmt.Errorf("is %s, above the maximum, %s", n, t.highest())
}

func (s *Spec) bindFloat(e *element, a *Arg, t ctype) (err error) {
	a.Kind, a.elem = ArgFloat32, t.elem
	if t.elem == Float64 {
		a.Kind = ArgFloat64
	}
	text := a.Name
	if v, ok := e.attr("value"); ok {
		text, a.Value = v, v
	}
	if a.number, err = s.source(t.elem, text); err != nil {
		return e.errorf("argument %s needs a value: a number or the name of a parameter, not %q", a.Name, clip(text))
	}
	return nil
}

// adopt gives a specification in the form of 2016 the operands, aliases,
// result, reference and derived figures of the built-in kernel of its name, if that is
// one of 2016.
func (s *Spec) adopt(call *element) error {
	if len(s.Operands) > 0 {
		return nil
	}
	pointer := firstPointer(call)
	if pointer == "" {
		return nil
	}
	if !of2016(s.FullName()) {
		return call.errorf("argument %s is a pointer and %s is not a kernel of 2016: add <operands> with an <operand name=%q type=… count=… access=…/>",
			pointer, s.FullName(), pointer)
	}
	known, err := builtin(s.FullName())
	if err != nil {
		return err
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

// firstPointer returns the name of the first argument that points somewhere, or "".
func firstPointer(call *element) string {
	for _, e := range call.children {
		text, _ := e.attr("type")
		if v, _ := e.attr("value"); v == null {
			continue
		}
		if t, err := parseCType(text); err == nil && t.pointers > 0 {
			name, _ := e.attr("name")
			return name
		}
	}
	return ""
}
