package subject

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"webrunner/internal/debuginfo"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/loader"
)

// Prototypes proposes a call for each function of an object whose debugging
// information says its types, and reports whether there were more functions than are
// listed, in the order of their addresses. No parameter has one of the reserved names. Each proposal is one that
// kernels.ParsePrototype takes.
func Prototypes(object []byte, im *loader.Image, reserved []string) (list []wire.Prototype, more bool) {
	functions, more := debuginfo.Functions(object, addresses(im))
	slices.SortStableFunc(functions, func(a, b debuginfo.Function) int { return cmp.Compare(a.Addrs[0], b.Addrs[0]) })
	at := make(map[uint64][]*loader.Symbol)
	for i := range im.Symbols {
		s := &im.Symbols[i]
		if s.Kind == loader.KindFunc && !s.Elsewhere && s.Section != 0 {
			at[s.Addr] = append(at[s.Addr], s)
		}
	}
	list = []wire.Prototype{}
	for i := range functions {
		f := &functions[i]
		symbol, reason := symbolOf(f, at)
		if reason == "" {
			reason = f.Reason
		}
		p := wire.Prototype{Symbol: symbol, Reason: reason}
		if reason == "" {
			p.Call, p.Reason = propose(symbol, f.Prototype, reserved)
		}
		list = append(list, p)
	}
	return list, more
}

// symbolOf finds the symbol of a function. A name that a compiler made of the
// function's, with a point, has code of its own with other parameters.
func symbolOf(f *debuginfo.Function, at map[uint64][]*loader.Symbol) (symbol, reason string) {
	var found *loader.Symbol
	for _, addr := range f.Addrs {
		for _, s := range at[addr] {
			if s.Name == f.Name {
				return s.Name, ""
			}
			if found == nil {
				found = s
			}
		}
	}
	switch {
	case found == nil:
		return clipped(f.Name), "no symbol of the object is at its code"
	case strings.Contains(found.Name, "."):
		return found.Name, "the compiler made this of " + clipped(f.Name) + ", maybe with other parameters"
	}
	return found.Name, "" // the object calls it otherwise, as some Fortran compilers do
}

// clipped shows a name of debugging information, which may hold anything.
func clipped(name string) string {
	if name == "" {
		return "?"
	}
	return strings.Trim(fmt.Sprintf("%.64q", name), `"`)
}

// propose writes a call: with the parameters' own names, or with numbered ones where
// those are none that a prototype or a query can have.
func propose(symbol string, p debuginfo.Prototype, reserved []string) (call, reason string) {
	numbered := func(i int) string { return fmt.Sprintf("arg%d", i+1) }
	var err error
	for _, name := range []func(int) string{
		func(i int) string {
			if own := p.Params[i].Name; own != "" && !slices.Contains(reserved, own) {
				return own
			}
			return numbered(i)
		}, numbered,
	} {
		call = p.Call(symbol, name)
		spec, wrong := kernels.ParsePrototype(call)
		if wrong == nil && spec.Name == symbol {
			return call, ""
		}
		err = wrong
	}
	if err == nil {
		return "", "its name is none of C"
	}
	return "", fmt.Sprintf("no prototype can say it: %v", err)
}
