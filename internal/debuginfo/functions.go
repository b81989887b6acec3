package debuginfo

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
)

// Bounds of the functions that are listed.
const (
	MostFunctions = 4096    // of one object
	mostEntries   = 4 << 20 // of debugging information
	mostParams    = 64      // of a function
)

// Function is a function that an object says to have.
type Function struct {
	Name      string   // as a linker knows it, where the object says so
	Addrs     []uint64 // where its code begins, one for each of its ranges
	Prototype          // what can be said of it
}

// Prototype is a C prototype with values, or why there is none.
type Prototype struct {
	Params []Param
	Result string // its type in C
	Reason string // why the function cannot be called; empty if it can
}

// Functions lists the functions of an object that have code of their own, in its
// order, and reports whether there were more than MostFunctions. Its symbols have the
// values that value returns, as in Source.
func Functions(object []byte, value func(symbol int) uint64) (list []Function, more bool) {
	defer func() {
		if recover() != nil { // in debug/dwarf, which promises little about hostile files
			list, more = nil, false
		}
	}()
	f, err := elf.NewFile(bytes.NewReader(object))
	if err != nil {
		return nil, false
	}
	data := read(f, value)
	if data == nil {
		return nil, false
	}
	l := lister{data: data, entries: data.Reader()}
	for range mostEntries {
		e, err := l.entries.Next()
		if err != nil || e == nil {
			break
		}
		l.visit(e)
	}
	l.finish()
	return l.list, l.more
}

// lister collects functions from the entries of an object.
type lister struct {
	data    *dwarf.Data
	entries *dwarf.Reader
	fortran bool
	depth   int
	within  int // depth of what is below current
	current *Function
	params  []*dwarf.Entry
	entry   *dwarf.Entry // of current
	varargs bool
	list    []Function
	more    bool
}

// visit takes in the next entry of a unit.
func (l *lister) visit(e *dwarf.Entry) {
	if e.Tag == 0 {
		l.depth--
		if l.current != nil && l.depth < l.within {
			l.finish()
		}
		return
	}
	switch {
	case e.Tag == dwarf.TagCompileUnit:
		l.finish()
		l.depth = 0
		l.fortran = fortran(e)
	case e.Tag == dwarf.TagSubprogram:
		l.begin(e)
	case l.current != nil && l.depth == l.within && e.Tag == dwarf.TagFormalParameter:
		l.params = append(l.params, e)
	case l.current != nil && l.depth == l.within && e.Tag == dwarf.TagUnspecifiedParameters:
		l.varargs = true
	}
	if e.Children {
		l.depth++
	}
}

// begin starts a function, if the entry is of one that has code. A function within
// another one ends that: its parameters came before.
func (l *lister) begin(e *dwarf.Entry) {
	ranges, err := l.data.Ranges(e)
	if err != nil || len(ranges) == 0 {
		return
	}
	l.finish()
	l.current, l.entry, l.within = new(Function), e, l.depth+1
	for _, r := range ranges {
		l.current.Addrs = append(l.current.Addrs, r[0])
	}
	if !e.Children {
		l.finish()
	}
}

// finish ends the function whose entries were read.
func (l *lister) finish() {
	f := l.current
	if f == nil {
		return
	}
	if len(l.list) < MostFunctions {
		f.Name = l.name(l.entry)
		f.Prototype = l.prototype(l.entry, l.params, l.varargs)
		l.list = append(l.list, *f)
	} else {
		l.more = true
	}
	l.current, l.entry, l.params, l.varargs = nil, nil, nil, false
}

// name is the name of a function for the linker.
func (l *lister) name(e *dwarf.Entry) string {
	const mipsLinkageName dwarf.Attr = 0x2007 // of compilers before DWARF 4
	for _, attr := range []dwarf.Attr{dwarf.AttrLinkageName, mipsLinkageName, dwarf.AttrName} {
		if name, ok := l.attr(e, attr).(string); ok {
			return name
		}
	}
	return ""
}

// attr is an attribute of an entry, or of the one that it completes.
func (l *lister) attr(e *dwarf.Entry, attr dwarf.Attr) any {
	const mostHops = 4
	for range mostHops {
		if v := e.Val(attr); v != nil {
			return v
		}
		at, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			at, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset)
		}
		if !ok {
			return nil
		}
		if e = l.at(at); e == nil {
			return nil
		}
	}
	return nil
}

// at is the entry at an offset, nil where there is none.
func (l *lister) at(offset dwarf.Offset) *dwarf.Entry {
	r := l.data.Reader()
	r.Seek(offset)
	e, err := r.Next()
	if err != nil {
		return nil
	}
	return e
}

// children calls a function with the entries right below one.
func (l *lister) children(e *dwarf.Entry, each func(*dwarf.Entry)) {
	const mostChildren = 16
	if !e.Children {
		return
	}
	r := l.data.Reader()
	r.Seek(e.Offset)
	if _, err := r.Next(); err != nil {
		return
	}
	for range mostChildren {
		c, err := r.Next()
		if err != nil || c == nil || c.Tag == 0 {
			return
		}
		each(c)
		r.SkipChildren()
	}
}

// fortran reports whether a unit is in a Fortran (DWARF 5, table 7.17).
func fortran(unit *dwarf.Entry) bool {
	switch lang, _ := unit.Val(dwarf.AttrLanguage).(int64); lang {
	case 0x07, 0x08, 0x0e, 0x22, 0x23, 0x2d: // 77, 90, 95, 2003, 2008, 2018
		return true
	}
	return false
}
