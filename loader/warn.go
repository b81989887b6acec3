package loader

import (
	"fmt"
	"strings"
)

// mostWarnings bounds the list; the last says how many there are besides.
const mostWarnings = 10

// warnings tells what the object has that the loader leaves out.
func (o *Object) warnings() []string {
	var list []string
	more := 0
	for i := range o.sections {
		s := &o.sections[i]
		switch {
		case !s.mapped || s.size == 0 || !isConstructors(s):
		case len(list) == mostWarnings:
			more++
		default:
			list = append(list, fmt.Sprintf("constructors are not run: section %d (%s) has %d bytes of them; what they would set up stays zero",
				i, shown(s.name), s.size))
		}
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("constructors are not run: and %d more sections of them", more))
	}
	return list
}

// isConstructors reports whether s holds code or pointers to code that a
// program runs before main: gABI .init_array, .preinit_array and .init, and the
// older .ctors.
func isConstructors(s *section) bool {
	switch s.typ {
	case shtInitArray, shtPreinitArray:
		return true
	}
	return s.name == ".init" || s.name == ".ctors" || strings.HasPrefix(s.name, ".ctors.") || strings.HasPrefix(s.name, ".init_array")
}
