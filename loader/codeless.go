package loader

import (
	"slices"
	"strings"
)

// codeless says in brackets why an object has no functions, as far as the names of its
// sections tell.
func (o *Object) codeless() string {
	for i := range o.sections {
		switch name := o.sections[i].name; {
		case strings.HasPrefix(name, ".gnu.lto_"), strings.HasPrefix(name, ".gnu.debuglto_"):
			return " (gcc -flto wrote its own language instead of code: compile without -flto, or with -ffat-lto-objects)"
		case name == ".llvmbc", name == ".llvm.lto":
			return " (clang -flto wrote bitcode instead of code: compile without -flto)"
		case strings.HasSuffix(name, ".dwo"):
			return " (this is split DWARF, the .dwo file of gcc -gsplit-dwarf: send the .o file beside it)"
		}
	}
	return ""
}

// Codeless says why an image without any code has none, where the object's sections tell: it
// was compiled for a link step, or is debug information alone. Where there is code, or there may
// be data only, it returns nil. The error is an *Error of class Unsupported.
func (im *Image) Codeless() error {
	if im.hasCode() {
		return nil
	}
	if why := im.object.codeless(); why != "" {
		return unsupported("the object has no code%s", why)
	}
	return nil
}

// hasCode tells whether any executable section of the object itself or of a file beside it has bytes.
func (im *Image) hasCode() bool {
	return slices.ContainsFunc(im.Sections, func(s Section) bool { return s.Exec && !s.NoBits && s.Size > 0 })
}

// frames counts the functions that .eh_frame describes: the entries that refer to a
// common one (LSB Core, "Exception Frames").
func (o *Object) frames() (n int) {
	for i := range o.sections {
		s := &o.sections[i]
		if s.name != ".eh_frame" || s.file != "" {
			continue
		}
		for b := s.body; len(b) >= 8; {
			size := uint64(le.Uint32(b))
			if size == 0 || size == 0xffffffff || size > uint64(len(b)-4) {
				break // the end, or a form that no compiler writes
			}
			if size >= 4 && le.Uint32(b[4:]) != 0 {
				n++
			}
			b = b[4+size:]
		}
	}
	return n
}
