package loader

import (
	"fmt"
	"slices"
	"strings"

	"webrunner/internal/words"
)

// Choice is the function that will be run, and why that one.
type Choice struct {
	Name  string // of the symbol, or of the section if there is no symbol; printable and clipped
	Index int    // in the symbol table, -1 if there is no symbol
	Addr  uint64
	Exact bool   // the function has the very name that was asked for
	Why   string // one sentence
}

// Choose finds the function that is wanted: the symbol of exactly that name,
// else the first alternative that there is (in one, * stands for any characters, and
// only one function may have such a name), else the only function that the
// object offers, else, where it offers none, the start of its only executable
// section. Underscores are not added or dropped. An object offers its callable
// global symbols, and if there are none its local functions; names of the same
// address are one. The error is an *Error, of class NoFunction where several
// functions could be meant; it lists them and says which name comes nearest.
func (im *Image) Choose(exact string, alternatives []string) (Choice, error) {
	if i := im.entry(exact); i >= 0 {
		return im.choice(i, true, "it has the wanted name")
	}
	for _, name := range alternatives {
		i := im.entry(name)
		if i < 0 {
			i = im.matching(name)
		}
		if i >= 0 {
			return im.choice(i, false, "it has a name that is allowed instead of "+shown(exact))
		}
	}
	offered := im.offered()
	if only := im.oneAddress(offered); only >= 0 {
		why := "it is the only function of the object"
		if exact != "" {
			why = "no function has the name " + shown(exact) + "; it is the only function of the object"
		}
		return im.choice(only, false, why)
	}
	if only := im.onlyCode(); len(offered) == 0 && only != nil {
		if n := im.object.frames(); n > 1 {
			return Choice{}, noFunction("the object names no function, and has %d by its .eh_frame", n).
				advise(unstripped)
		}
		return im.startOf(only, exact), nil
	}
	return Choice{}, im.noChoice(exact, alternatives, offered)
}

// ChooseSymbol finds the function of exactly that name and takes no other. The
// error is Choose's.
func (im *Image) ChooseSymbol(name string) (Choice, error) {
	if i := im.entry(name); i >= 0 {
		return im.choice(i, true, "its name was asked for")
	}
	return Choice{}, im.noChoice(name, nil, im.offered())
}

// startOf chooses the first byte of a section, under the name of the symbol
// that is there, if any.
func (im *Image) startOf(s *Section, exact string) Choice {
	c := Choice{Name: s.Name, Index: -1, Addr: s.Addr, Why: "no function has a name; it is the start of the only executable section"}
	if exact != "" {
		c.Why = "no function has the name " + shown(exact) + " or any other; it is the start of the only executable section"
	}
	if best := im.nearest(s.Addr, s); best != nil && best.Addr == s.Addr {
		c.Name, c.Index = best.Name, best.Index
	}
	return c
}

// choice refuses the one kind of function whose address is not its code.
func (im *Image) choice(i int, exact bool, why string) (Choice, error) {
	s := &im.Symbols[i]
	switch {
	case s.Kind != KindIFunc:
	case s.Implementation != "":
		why += "; of an indirect function's implementations " + s.Implementation + " was taken"
	default:
		return Choice{}, unsupported("the function is a GNU indirect function, whose resolver is not run").about(im.rawName(i)).
			advise("ask for one of its implementations by name" + im.implementations(i))
	}
	return Choice{Name: s.Name, Index: s.Index, Addr: s.Addr, Exact: exact, Why: why}, nil
}

// implementations lists those of an indirect function, where none is known all functions
// but its resolver: an assembler leaves no relocation to one of the same section.
func (im *Image) implementations(i int) string {
	for _, f := range im.IFuncs {
		if f.Index == im.Symbols[i].Index {
			var names []string
			for _, c := range f.Candidates {
				names = append(names, im.rawName(c))
			}
			return ": --symbol " + listed(names)
		}
	}
	var names []string
	resolver := &im.object.symbols[i]
	for k := range im.Symbols {
		if s := &im.object.symbols[k]; im.Symbols[k].Kind == KindFunc && im.callable(k) && (s.shndx != resolver.shndx || s.value != resolver.value) {
			names = append(names, im.rawName(k))
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return ": --symbol and one of " + listed(slices.Compact(names))
}

// rawName is the name of symbol i as it is in the file.
func (im *Image) rawName(i int) string { return im.object.symbols[i].name }

// entry returns the number of the symbol of that name that can be called, the
// most visible one of the object's own if there are several, -1 if there is none.
func (im *Image) entry(name string) int {
	best := -1
	for i := range im.Symbols {
		if im.rawName(i) == name && im.callable(i) && (best < 0 || im.Symbols[i].visibility() > im.Symbols[best].visibility()) {
			best = i
		}
	}
	return best
}

// matching returns the number of the only function whose name a pattern matches, -1
// if there is none or if several functions have such names.
func (im *Image) matching(pattern string) int {
	if !strings.Contains(pattern, "*") {
		return -1
	}
	var found []int
	for _, i := range im.offered() {
		if matches(pattern, im.rawName(i)) {
			found = append(found, i)
		}
	}
	return im.oneAddress(found)
}

// matches reports whether a name is what a pattern says, in which * stands for any
// characters.
func matches(pattern, name string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], more
	}
}

// visibility orders symbols of the same name by who is meant by it.
func (s *Symbol) visibility() int {
	v := 2
	switch s.Binding {
	case "local":
		v = 0
	case "weak":
		v = 1
	}
	if !s.Elsewhere {
		v += 3
	}
	return v
}

// callable reports whether symbol i is a function, or an untyped label, in code
// that has bytes at that place.
func (im *Image) callable(i int) bool {
	s := &im.Symbols[i]
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

// offered lists the symbols that can be meant by somebody who names none of
// them: the callable global ones, else the local functions. Local labels are
// places within a function.
func (im *Image) offered() []int {
	var global, local []int
	for i := range im.Symbols {
		switch s := &im.Symbols[i]; {
		case !im.callable(i) || s.Elsewhere:
		case s.Binding != "local":
			global = append(global, i)
		case s.Kind == KindFunc:
			local = append(local, i)
		}
	}
	if len(global) > 0 {
		return global
	}
	return local
}

// oneAddress returns the symbol that says most of those offered if all are
// names of one address, else -1.
func (im *Image) oneAddress(offered []int) int {
	best := -1
	for _, i := range offered {
		switch {
		case best < 0:
			best = i
		case im.Symbols[i].Addr != im.Symbols[best].Addr:
			return -1
		case im.Symbols[i].rank() > im.Symbols[best].rank():
			best = i
		}
	}
	return best
}

// onlyCode returns the executable section that has bytes, nil unless there is
// exactly one.
func (im *Image) onlyCode() *Section {
	var only *Section
	for i := range im.Sections {
		s := &im.Sections[i]
		if !s.Exec || s.NoBits || s.Size == 0 || s.File != "" {
			continue
		}
		if only != nil {
			return nil
		}
		only = s
	}
	return only
}

// Bounds of what an error says of the functions that there are.
const (
	mostListed   = 20
	mostCompared = 1 << 16 // names that are compared with the wanted one
)

// noChoice says that no function can be chosen, what there is to choose from,
// and how its author probably meant it.
func (im *Image) noChoice(exact string, alternatives []string, offered []int) *Error {
	var names []string
	for _, i := range offered {
		names = append(names, im.rawName(i))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	list := listed(names)
	if len(names) == 0 {
		list = "none" + im.object.codeless()
	}
	if exact == "" {
		return noFunction("no function was asked for, and the object does not have just one; its functions: %s", list).
			advise("name one of them")
	}
	var wanted []string
	for _, name := range append([]string{exact}, alternatives...) {
		wanted = append(wanted, shown(name))
	}
	return noFunction("the object has no function %s; its functions: %s", strings.Join(wanted, " or "), list).
		advise(im.advice(exact, names))
}

// unstripped is what to do about code without names.
const unstripped = "do not strip it of its symbols (strip --strip-debug leaves them), or put the function into an object of its own"

// listed writes the first of the names, and how many there are besides.
func listed(names []string) string {
	var list []string
	for _, name := range names[:min(len(names), mostListed)] {
		list = append(list, shown(name))
	}
	if more := len(names) - mostListed; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

// advice guesses what keeps the wanted function from being found.
func (im *Image) advice(wanted string, names []string) string {
	const otherwise = "give the function that name, leave no other global function, or ask for one of them by its name (--symbol)"
	switch {
	case len(names) == 0 && im.hasCode():
		return unstripped
	case len(names) == 0 && im.object.codeless() != "": // which says why
		return "send an object with the function"
	case len(names) == 0:
		return "send an object with the function; compilers leave out what nothing in the file uses: static functions in C, those without #[no_mangle] in Rust"
	}
	for _, name := range names {
		if how := mangled(name, wanted); how != "" {
			return fmt.Sprintf("%s looks like %s under a compiler's name for it: %s", shown(name), shown(wanted), how)
		}
	}
	if near := words.Nearest(wanted, names[:min(len(names), mostCompared)]...); near != "" {
		return "did you mean " + shown(near) + "?"
	}
	if slices.ContainsFunc(names, isMangled) {
		return otherwise + "; names that begin with _Z or _R are a compiler's: extern \"C\" in C++, #[no_mangle] and extern \"C\" in Rust, keep the one in the source"
	}
	return otherwise
}

// isMangled tells whether a name begins as C++ or Rust makes one, see mangled.
func isMangled(name string) bool {
	return strings.HasPrefix(name, "_Z") || strings.HasPrefix(name, "_R")
}

// mangled says how to keep a compiler from changing the name, if name is what
// C++ (Itanium C++ ABI, 5.1: _Z, then each identifier behind its length) or Rust
// (RFC 2603: _R; before that as C++ with 17h and a hash at the end) makes of
// wanted, else "".
func mangled(name, wanted string) string {
	if !isMangled(name) || !strings.Contains(name, fmt.Sprint(len(wanted), wanted)) {
		return ""
	}
	if strings.HasPrefix(name, "_Z") && !rustHash(name) {
		return `declare it extern "C"`
	}
	return "mark it #[no_mangle] and extern \"C\""
}

// rustHash reports whether name ends in 17h, 16 hexadecimal digits and E.
func rustHash(name string) bool {
	const tail = len("17h0123456789abcdefE")
	if len(name) < tail {
		return false
	}
	end := name[len(name)-tail:]
	return strings.HasPrefix(end, "17h") && end[tail-1] == 'E' && strings.Trim(end[3:tail-1], "0123456789abcdef") == ""
}
