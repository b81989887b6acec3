package kernels

import (
	"errors"
	"fmt"
	"strings"

	"webrunner/kernels/cproto"
)

// ctype is a C type of an argument or a result.
type ctype struct {
	elem     Type   // of a number, a vector's elements, or what pointers lead to; 0 for void and structures
	vector   string // of __m128 and its like: "m128", "m256d"
	pointers int
	constant bool // what pointers lead to
	table    bool // is const: the pointers that a pointer to pointers points to
}

// pointee is the type of the operand that a pointer points to, 0 for any.
func (t ctype) pointee() Type {
	if t.pointers > 1 {
		return Pointer
	}
	return t.elem
}

// parseCType reads a type as C writes it.
func parseCType(text string) (ctype, error) {
	t, err := cproto.ParseType(text)
	if err != nil {
		return ctype{}, err
	}
	return fromC(t)
}

const knownCTypes = "known: C's integer types, bool, size_t, ptrdiff_t, int8_t to int64_t, uint8_t to uint64_t, float, double, _Float16, __bf16, " +
	"__m128 to __m512 with d or i, and pointers to these, to void or to structures"

// fromC gives a type its meaning on x86-64 Linux (System V psABI, figure 3.1).
func fromC(t cproto.Type) (ctype, error) {
	c := ctype{pointers: len(t.Pointers), constant: t.Const && len(t.Pointers) > 0}
	if c.pointers > 2 {
		return c, errors.New("pointers to pointers to pointers cannot be described")
	}
	if c.pointers == 2 {
		c.table = t.Pointers[0]
	}
	head, _, _ := strings.Cut(t.Name, " ")
	switch head {
	case "struct", "union":
		if c.pointers == 0 {
			return c, fmt.Errorf("a %s cannot be passed by value, only a pointer to one", head)
		}
		return c, nil
	case "enum":
		c.elem = Int32
		return c, nil
	case "void":
		if c.pointers == 0 || t.Name != "void" {
			return c, errors.New("there are pointers to void, but no values of it")
		}
		return c, nil
	}
	if c.vector, c.elem = vectorType(t.Name); c.vector != "" {
		if c.pointers > 0 {
			return c, errors.New("describe memory by the type of its elements, not by that of vectors")
		}
		return c, nil
	}
	var err error
	if c.elem, err = scalarType(t.Name); err != nil {
		return c, err
	}
	return c, nil
}

// vectorType returns the name of a vector without underscores, "" for what is no vector,
// and the type of its elements.
func vectorType(name string) (string, Type) {
	base, elem := strings.TrimPrefix(name, "__"), Float32
	switch {
	case strings.HasSuffix(base, "d"):
		base, elem = strings.TrimSuffix(base, "d"), Float64
	case strings.HasSuffix(base, "i"):
		base, elem = strings.TrimSuffix(base, "i"), Int64
	}
	if strings.HasPrefix(name, "__m") && (base == "m128" || base == "m256" || base == "m512") {
		return strings.TrimPrefix(name, "__"), elem
	}
	return "", 0
}

// scalarType finds a number's type. The words of C's own integer types come in
// any order (C99, 6.7.2).
func scalarType(name string) (Type, error) {
	switch name {
	case "float", "_Float32":
		return Float32, nil
	case "double", "_Float64":
		return Float64, nil
	case "_Float16":
		return Float16, nil
	case "__bf16":
		return BFloat16, nil
	case "bool", "_Bool":
		return Bool, nil
	case "size_t", "uintptr_t", "uintmax_t", "uint_fast16_t", "uint_fast32_t": // glibc's stdint.h
		return Uint64, nil
	case "ssize_t", "ptrdiff_t", "intptr_t", "intmax_t", "off_t", "int_fast16_t", "int_fast32_t":
		return Int64, nil
	case "wchar_t":
		return Int32, nil
	case "char16_t":
		return Uint16, nil
	case "char32_t", "wint_t":
		return Uint32, nil
	case "char8_t":
		return Uint8, nil
	}
	switch name {
	case "int_fast8_t", "int_fast64_t", "uint_fast8_t", "uint_fast64_t":
		name = strings.Replace(name, "_fast", "", 1)
	default:
		name = strings.Replace(name, "_least", "", 1)
	}
	if base, ok := strings.CutSuffix(name, "_t"); ok {
		if t := Type(lookup(typeNames[:], base)); t >= Int8 && t <= Uint64 {
			return t, nil
		}
	}
	return wordsType(name)
}

// wordsType reads types such as "unsigned long int".
func wordsType(name string) (Type, error) {
	count := map[string]int{}
	for w := range strings.FieldsSeq(name) {
		count[w]++
	}
	if count["long"] == 1 && count["double"] == 1 {
		return 0, errors.New("long double cannot be passed: it lies in x87 registers")
	}
	if count["_Complex"] > 0 {
		return 0, errors.New("complex numbers are described as twice as many real ones: double x[2*n]")
	}
	if count["__int128"] > 0 {
		return 0, errors.New("__int128 cannot be passed: it takes two registers")
	}
	unknown := errors.New(knownCTypes)
	sum := 0
	for w, n := range count {
		if n > 1 && (w != "long" || n > 2) {
			return 0, unknown
		}
		switch w {
		case "signed", "unsigned", "char", "short", "int", "long":
			sum += n
		default:
			return 0, unknown
		}
	}
	t := Int32
	switch rest := sum - count["signed"] - count["unsigned"]; {
	case count["signed"]+count["unsigned"] > 1 || sum == 0:
		return 0, unknown
	case count["char"] == 1 && rest == 1:
		t = Int8 // char has a sign on x86-64
	case count["short"] == 1 && rest == 1+count["int"]:
		t = Int16
	case count["long"] > 0 && rest == count["long"]+count["int"]:
		t = Int64
	case rest != count["int"]:
		return 0, unknown
	}
	if count["unsigned"] == 1 {
		t += Uint8 - Int8
	}
	return t, nil
}
