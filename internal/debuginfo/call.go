package debuginfo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Elements that memory has, and the value of a number that may be their count.
const (
	usual = 1000
	few   = 100 // where 8 bits have to hold it
)

// Call writes the prototype of a function of that name as kernels.ParsePrototype takes
// it. Sizes are guesses, as no type says them: a parameter with the name of a length is
// the length of memory; without one, memory has 1000 elements. The parameters have the
// names that name returns for their numbers from 0.
func (p Prototype) Call(function string, name func(int) string) string {
	var args []string
	for i := range p.Params {
		args = append(args, p.arg(i, name))
	}
	list := "void"
	if args != nil {
		list = strings.Join(args, ", ")
	}
	result := p.Result
	if !strings.HasSuffix(result, "*") {
		result += " "
	}
	return result + function + "(" + list + ")"
}

func (p Prototype) arg(i int, name func(int) string) string {
	a := &p.Params[i]
	text := a.Type + " " + name(i)
	switch a.Kind {
	case Number, Vector:
		return text + " = " + strconv.Itoa(p.value(i))
	case OneByOne:
		return constant(a.Const) + a.Type + " *" + name(i) + " = &(" + text + " = " + strconv.Itoa(p.value(i)) + ")"
	case Table:
		inner := strconv.FormatUint(usual*a.Each, 10)
		return constant(a.Const) + a.Type + " *" + constant(a.ConstTable) + name(i) + "[" + p.length(i, 1, name) + "] = each(" + a.Type + "[" + inner + "])"
	}
	if a.Each == 1 && a.Const && a.Type == "char" && p.lengthOf(i) < 0 {
		return "const " + text + "[" + strconv.Itoa(usual) + "] = text"
	}
	return constant(a.Const) + text + "[" + p.length(i, a.Each, name) + "]"
}

func constant(yes bool) string {
	if yes {
		return "const "
	}
	return ""
}

// length is the length of memory of parameter i, each of whose elements is so many.
func (p Prototype) length(i int, each uint64, name func(int) string) string {
	n := p.lengthOf(i)
	switch {
	case n < 0:
		return strconv.FormatUint(usual*each, 10)
	case each == 1:
		return name(n)
	}
	return fmt.Sprintf("%d*%s", each, name(n))
}

// lengthOf is the parameter that is the length of parameter i by its name, -1 if none
// is: one that names both, as x_len and nx do, or else one that is called a length.
func (p Prototype) lengthOf(i int) int {
	memory := strings.ToLower(p.Params[i].Name)
	for _, form := range []string{"%s_len", "%slen", "%s_length", "%s_size", "%ssize", "%s_count", "%s_n", "%sn", "n%s", "n_%s", "len_%s", "len%s", "num_%s", "_%s"} {
		if n := p.named(fmt.Sprintf(form, memory)); n >= 0 && memory != "" {
			return n
		}
	}
	for _, name := range lengths() {
		if n := p.named(name); n >= 0 {
			return n
		}
	}
	return -1
}

// lengths are the names of lengths, the surest first.
func lengths() []string {
	return []string{"n", "len", "length", "size", "count", "sz", "num", "nelem", "nelems", "nbytes", "elements"}
}

// named is the integer of that name, in whatever case, or -1.
func (p Prototype) named(name string) int {
	return slices.IndexFunc(p.Params, func(a Param) bool {
		return (a.Kind == Number || a.Kind == OneByOne) && a.Integer && a.Type != "bool" && strings.ToLower(a.Name) == name
	})
}

// value is the default of a number: of a length as many as memory has elements, of
// others 1, which any stride, factor or size of a matrix can be.
func (p Prototype) value(i int) int {
	a := &p.Params[i]
	length := a.Kind != Vector && a.Integer && slices.Contains(lengths(), strings.ToLower(a.Name))
	for j := range p.Params {
		length = length || p.Params[j].Kind >= Memory && p.Params[j].Kind != OneByOne && p.lengthOf(j) == i
	}
	switch {
	case !length:
		return 1
	case a.Bytes == 1:
		return few
	}
	return usual
}
