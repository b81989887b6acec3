package loader

import (
	"fmt"
	"slices"
	"strings"
)

// Choice is the function that will be run, and why that one.
type Choice struct {
	Name  string // of the symbol, or of the section if there is no symbol
	Index int    // in the symbol table, -1 if there is no symbol
	Addr  uint64
	Why   string // one sentence
}

// Choose finds the kernel's function: the symbol of exactly that name, else the
// first alternative that there is, else the only global function, else the
// start of the only executable section. Underscores are not added or dropped.
// The error lists the functions that the object has.
func (im *Image) Choose(exact string, alternatives []string) (Choice, error) {
	if s := im.entry(exact); s != nil {
		return im.choice(s, "it has the kernel's name")
	}
	for _, name := range alternatives {
		if s := im.entry(name); s != nil {
			return im.choice(s, "it has a name that the kernel's specification allows instead of "+exact)
		}
	}
	functions := im.globals(KindFunc, KindIFunc)
	if len(functions) == 1 {
		return im.choice(functions[0], "it is the only global function")
	}
	if len(functions) == 0 {
		if untyped := im.globals(KindNone); len(untyped) == 1 {
			return im.choice(untyped[0], "it is the only global symbol in code, and no symbol is typed as function")
		}
	}
	if only := im.onlyCode(); only != nil {
		return im.startOf(only), nil
	}
	return Choice{}, im.noChoice(exact, alternatives)
}

// startOf chooses the first byte of a section, under the name of the symbol
// that is there, if any.
func (im *Image) startOf(s *Section) Choice {
	c := Choice{Name: s.Name, Index: -1, Addr: s.Addr, Why: "no symbol has the kernel's name; it is the start of the only executable section"}
	if best := im.nearest(s.Addr, s); best != nil && best.Addr == s.Addr {
		c.Name, c.Index = best.Name, best.Index
	}
	return c
}

// choice refuses the one kind of function whose address is not its code.
func (im *Image) choice(s *Symbol, why string) (Choice, error) {
	if s.Kind == KindIFunc {
		return Choice{}, unsupported("the function is a GNU indirect function, whose resolver is not run").about(s.Name).
			advise("ask for one of its implementations by name")
	}
	return Choice{Name: s.Name, Index: s.Index, Addr: s.Addr, Why: why}, nil
}

// entry returns the symbol of that name that can be called, the most visible
// one if there are several.
func (im *Image) entry(name string) *Symbol {
	var best *Symbol
	for i := range im.Symbols {
		s := &im.Symbols[i]
		if s.Name == name && im.callable(s) && (best == nil || visibility(s) > visibility(best)) {
			best = s
		}
	}
	return best
}

func visibility(s *Symbol) int {
	switch s.Binding {
	case "local":
		return 0
	case "weak":
		return 1
	}
	return 2
}

// callable reports whether s is a function, or an untyped label, in code that
// has bytes at that place.
func (im *Image) callable(s *Symbol) bool {
	if s.Name == "" || s.Section == 0 {
		return false
	}
	switch s.Kind {
	case KindIFunc:
		return true
	case KindFunc, KindNone:
	default:
		return false
	}
	in := im.section(s.Section)
	return in != nil && in.Exec && !in.NoBits && s.Addr >= in.Addr && s.Addr-in.Addr < in.Size
}

// globals lists the callable symbols that are not local and of a kind.
func (im *Image) globals(kinds ...Kind) []*Symbol {
	var list []*Symbol
	for i := range im.Symbols {
		s := &im.Symbols[i]
		if s.Binding != "local" && slices.Contains(kinds, s.Kind) && im.callable(s) {
			list = append(list, s)
		}
	}
	return list
}

// onlyCode returns the executable section that has bytes, nil unless there is
// exactly one.
func (im *Image) onlyCode() *Section {
	var only *Section
	for i := range im.Sections {
		s := &im.Sections[i]
		if !s.Exec || s.NoBits || s.Size == 0 {
			continue
		}
		if only != nil {
			return nil
		}
		only = s
	}
	return only
}

func (im *Image) noChoice(exact string, alternatives []string) error {
	var names []string
	for _, s := range im.globals(KindFunc, KindNone, KindIFunc) {
		names = append(names, printable(s.Name))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	const most = 20
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	if len(names) == 0 {
		names = []string{"none (compiled with gcc -flto and without -ffat-lto-objects?)"}
	}
	list := strings.Join(names, ", ")
	if exact == "" {
		return unsupported("no function was asked for, and the object does not have just one; its global functions: %s", list)
	}
	wanted := strings.Join(append([]string{exact}, alternatives...), " or ")
	return unsupported("the object has no function %s; its global functions: %s", wanted, list).
		advise("name the kernel's function as the kernel, or leave one global function")
}
