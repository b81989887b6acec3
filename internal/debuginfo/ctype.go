package debuginfo

import (
	"debug/dwarf"
	"fmt"
)

// Kind sorts what a Param is.
type Kind uint8

// The kinds of parameters. The zero Kind is invalid.
const (
	Number   Kind = iota + 1
	Vector        // by value
	Memory        // a pointer to elements
	Table         // a pointer to pointers to elements
	OneByOne      // a reference to a number, as every parameter of a Fortran function is
)

// Param is a parameter of a function.
type Param struct {
	Name    string // empty where it has none
	Kind    Kind
	Type    string // in C: of a number, or of elements
	Integer bool   // the type is an integer's
	Bytes   uint64 // of a number, or of an element
	Const   bool   // elements are only read
	// ConstTable tells of a Table that its pointers are only read.
	ConstTable bool
	// Each is how many numbers of Type one element consists of: 1, or more for
	// structures, complex numbers, and arrays of a length that the type says.
	Each uint64
}

// said is a type with what was peeled from it.
type said struct {
	entry    *dwarf.Entry // nil for void
	typedef  string       // the first name that was met
	constant bool
}

// peel follows an entry's type to one that is no qualifier and no typedef. It returns
// false where the object does not tell it.
func (l *lister) peel(e *dwarf.Entry) (s said, ok bool) {
	const mostHops = 64
	for range mostHops {
		t := l.attr(e, dwarf.AttrType)
		if t == nil {
			return s, true
		}
		at, ok := t.(dwarf.Offset)
		if !ok {
			return s, false
		}
		if e = l.at(at); e == nil {
			return s, false
		}
		const atomicType dwarf.Tag = 0x47
		switch e.Tag {
		case dwarf.TagConstType:
			s.constant = true
		case dwarf.TagTypedef:
			if name, ok := e.Val(dwarf.AttrName).(string); ok && s.typedef == "" {
				s.typedef = name
			}
		case dwarf.TagVolatileType, dwarf.TagRestrictType, atomicType:
		default:
			s.entry = e
			return s, true
		}
	}
	return s, false
}

// number is a type of C by its kind and its size in bytes, if it is a number's.
func (s said) number() (name string, integer bool, size uint64) {
	if s.entry == nil {
		return "", false, 0
	}
	bytes, _ := s.entry.Val(dwarf.AttrByteSize).(int64)
	if s.entry.Tag == dwarf.TagEnumerationType {
		switch bytes {
		case 1, 2, 4, 8:
			return fmt.Sprintf("int%d_t", 8*bytes), true, uint64(bytes)
		}
		return "", false, 0
	}
	if s.entry.Tag != dwarf.TagBaseType {
		return "", false, 0
	}
	own, _ := s.entry.Val(dwarf.AttrName).(string)
	name, integer = baseType(s.entry, own, bytes)
	if integer && name != "bool" {
		for _, n := range []string{s.typedef, own} {
			if n == name || widths()[n] == name {
				name = n
				break
			}
		}
	}
	return name, integer, uint64(bytes)
}

// baseType names a base type by its encoding (DWARF 5, table 7.11).
func baseType(e *dwarf.Entry, own string, bytes int64) (name string, integer bool) {
	const (
		boolean, float, signed, signedChar, unsigned, unsignedChar, utf = 0x02, 0x04, 0x05, 0x06, 0x07, 0x08, 0x10
	)
	whole := bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8
	switch encoding, _ := e.Val(dwarf.AttrEncoding).(int64); {
	case encoding == boolean && bytes == 1:
		return "bool", true
	case encoding == float && bytes == 4:
		return "float", false
	case encoding == float && bytes == 8:
		return "double", false
	case encoding == float && bytes == 2 && (own == "_Float16" || own == "__bf16"):
		return own, false
	case whole && (encoding == signed || encoding == signedChar || encoding == boolean):
		return fmt.Sprintf("int%d_t", 8*bytes), true
	case whole && (encoding == unsigned || encoding == unsignedChar || encoding == utf):
		return fmt.Sprintf("uint%d_t", 8*bytes), true
	}
	return "", false
}

// widths are the names of C's integer types, and what they are on x86-64 (psABI,
// figure 3.1).
func widths() map[string]string {
	return map[string]string{
		"char": "int8_t", "signed char": "int8_t", "unsigned char": "uint8_t", "short": "int16_t", "short int": "int16_t",
		"unsigned short": "uint16_t", "short unsigned int": "uint16_t", "int": "int32_t", "unsigned int": "uint32_t",
		"long": "int64_t", "long int": "int64_t", "long long": "int64_t", "long long int": "int64_t",
		"unsigned long": "uint64_t", "long unsigned int": "uint64_t", "unsigned long long": "uint64_t", "long long unsigned int": "uint64_t",
		"size_t": "uint64_t", "uintptr_t": "uint64_t", "ssize_t": "int64_t", "ptrdiff_t": "int64_t", "intptr_t": "int64_t",
	}
}

// vector names a vector by value, as __m256d, if it is one that C has.
func (l *lister) vector(s said) string {
	const gnuVector dwarf.Attr = 0x2107
	if s.entry == nil || s.entry.Tag != dwarf.TagArrayType || s.entry.Val(gnuVector) == nil {
		return ""
	}
	of, ok := l.peel(s.entry)
	if !ok {
		return ""
	}
	name, integer, size := of.number()
	suffix := ""
	switch {
	case integer:
		suffix = "i"
	case name == "double":
		suffix = "d"
	case name != "float":
		return ""
	}
	switch bits := 8 * size * l.elements(s.entry); bits {
	case 128, 256, 512:
		return fmt.Sprintf("__m%d%s", bits, suffix)
	}
	return ""
}

// elements is the number of elements of an array, 0 where its type does not say.
func (l *lister) elements(array *dwarf.Entry) uint64 {
	const most = 1 << 20
	n, known := uint64(1), true
	l.children(array, func(c *dwarf.Entry) {
		if c.Tag != dwarf.TagSubrangeType {
			return
		}
		lower, _ := c.Val(dwarf.AttrLowerBound).(int64)
		if c.Val(dwarf.AttrLowerBound) == nil && l.fortran {
			lower = 1
		}
		count, ok := c.Val(dwarf.AttrCount).(int64)
		if upper, has := c.Val(dwarf.AttrUpperBound).(int64); !ok && has {
			count, ok = upper-lower+1, true
		}
		if !ok || count <= 0 || count > most || n > most {
			known = false
			return
		}
		n *= uint64(count)
	})
	if !known || n > most {
		return 0
	}
	return n
}
