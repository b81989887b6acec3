package child

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"webrunner/filter/screen"
	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/perf"
	"webrunner/trampoline"
)

// placement is the cell's address space as the loader sees it.
func placement() loader.Placement {
	return loader.Placement{
		Base: trampoline.ImageAddr, Limit: trampoline.ImageLimit,
		TrapBase: trampoline.TrapAddr, TrapLimit: trampoline.TrapLimit,
		Externals:     trampoline.Supplied(),
		ThreadPointer: trampoline.FSBase,
	}
}

// limits are the loader's, within the job's memory.
func (s *session) limits() loader.Limits {
	lim := loader.DefaultLimits()
	if m := s.job.Budget.Memory; m != 0 {
		lim.AllocBytes = min(lim.AllocBytes, m)
	}
	return lim
}

// load parses and relocates the object, at the places that it falls into but
// for what place says.
func (s *session) load(place func(*loader.Object, *loader.Placement) error) (*loader.Image, *wire.Problem) {
	obj, err := loader.Parse(s.job.Object, s.limits())
	if err != nil {
		return nil, loadProblem(err)
	}
	p := placement()
	if err := place(obj, &p); err != nil {
		return nil, loadProblem(err)
	}
	im, err := loader.Load(obj, p)
	if err != nil {
		return nil, loadProblem(err)
	}
	return im, nil
}

// asItFalls leaves the code where it falls.
func asItFalls(*loader.Object, *loader.Placement) error { return nil }

// loadProblem turns a loader's error into a problem.
func loadProblem(err error) *wire.Problem {
	var e *loader.Error
	if !errors.As(err, &e) {
		return wire.Problemf(wire.Internal, "%v", err)
	}
	p := wire.Problemf(wire.Class(e.Class), "%v", e)
	p.Section, p.Symbol = e.Section, e.Symbol
	if e.HasOffset {
		off := e.Offset
		p.Offset = &off
	}
	return p
}

// code is the image as the screen sees it: the private copy after relocation,
// which is also what the cell maps.
func code(im *loader.Image) screen.Code {
	c := screen.Code{Roots: im.Roots, Externals: []screen.Range{{Start: trampoline.TrapAddr, End: trampoline.TrapLimit}}}
	for i := range im.Sections {
		sec := &im.Sections[i]
		if sec.Exec && !sec.NoBits && sec.Size > 0 {
			c.Sections = append(c.Sections, screen.Section{Index: sec.Index, Name: sec.Name, Addr: sec.Addr, Code: im.Bytes(sec)})
		}
	}
	for _, sym := range im.Symbols {
		if sym.Section != 0 {
			c.Symbols = append(c.Symbols, screen.Symbol{Name: sym.Name, Addr: sym.Addr, Size: sym.Size, Func: sym.Kind == loader.KindFunc, Data: sym.Kind == loader.KindObject})
		}
	}
	for addr := range maps.Values(trampoline.Supplied()) {
		c.Externals = append(c.Externals, screen.Range{Start: addr, End: addr + 1})
	}
	return c
}

// remembered asks each leaf of CPUID once: in a virtual machine the instruction
// traps to the hypervisor, which takes microseconds, and the screen asks for
// hundreds of features.
func remembered(cpuid func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)) func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	seen := make(map[[2]uint32][4]uint32)
	return func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
		r, ok := seen[[2]uint32{leaf, sub}]
		if !ok {
			r[0], r[1], r[2], r[3] = cpuid(leaf, sub)
			seen[[2]uint32{leaf, sub}] = r
		}
		return r[0], r[1], r[2], r[3]
	}
}

// self is this machine as the screen sees it.
func (s *session) self() screen.Host {
	return screen.Host{CPUID: remembered(perf.CPUID), XCR0: perf.XGETBV(), Name: s.job.Host.CPU}
}

// host is this machine, or the one to answer for, as the screen sees it.
func (s *session) host() (screen.Host, *wire.Problem) {
	if s.job.Screen.Assume == "" {
		return s.self(), nil
	}
	h, err := screen.Assume(s.job.Screen.Assume)
	if err != nil {
		return h, wire.Problemf(wire.BadParameter, "%v", err)
	}
	return h, nil
}

// screen screens the image, whose function at entry will run; 0 is none.
func (s *session) screen(im *loader.Image, entry uint64) (*screen.Verdict, *wire.Problem) {
	h, p := s.host()
	if p != nil {
		return nil, p
	}
	soft := make(map[string]bool)
	for _, rule := range s.job.Screen.Refuse {
		if !slices.Contains(screen.SoftRules(), rule) {
			return nil, wire.Problemf(wire.BadParameter, "there is no soft rule %.40q; there are %s", rule, strings.Join(screen.SoftRules(), ", "))
		}
		soft[rule] = true
	}
	v, err := screen.Screen(code(im), h, screen.Options{Soft: soft, Entry: entry})
	if err != nil {
		return nil, screenProblem(err)
	}
	return v, nil
}

// screenProblem turns a screen's error into a problem.
func screenProblem(err error) *wire.Problem {
	class := wire.Internal
	if e := (*screen.StopError)(nil); errors.As(err, &e) {
		class = wire.Timeout
	}
	if e := (*screen.LimitError)(nil); errors.As(err, &e) {
		class = wire.TooLarge
	}
	return wire.Problemf(class, "%v", err)
}

// refusal turns a verdict that forbids running into a problem, nil otherwise.
func refusal(v *screen.Verdict) *wire.Problem {
	if len(v.Refusals) == 0 {
		return nil
	}
	r := v.Refusals[0]
	more := ""
	if n := v.RefusalCount - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	p := wire.Problemf(wire.RefusedInstruction, "%s+%#x: %s is refused: %s%s", r.Symbol, r.Offset, r.Text, r.Why, more)
	off := r.Offset
	p.Section, p.Symbol, p.Offset, p.Bytes, p.Instruction, p.Rule = r.Section, r.Symbol, &off, r.Bytes, r.Text, r.Rule
	return p
}

// missing tells what the host lacks of what the function at addr needs, by
// itself. Objects often hold one version of a function for each extension:
// what only the others need is a warning, and a crash if they are reached.
func missing(v *screen.Verdict, addr uint64) (p *wire.Problem, warning string) {
	if len(v.HostLacks) == 0 {
		return nil, ""
	}
	var names []string
	for _, l := range v.HostLacks {
		names = append(names, l.Feature)
	}
	if f := v.Function(addr); f != nil {
		if len(f.Lacks) == 0 {
			return nil, "other functions of the object need " + strings.Join(names, ", ") + ", which this host lacks"
		}
		names = f.Lacks
	}
	first := v.HostLacks[0]
	for _, l := range v.HostLacks {
		if l.Feature == names[0] {
			first = l
		}
	}
	p = wire.Problemf(wire.MissingISA, "the code needs %s, which this host lacks: first at %s+%#x: %s",
		strings.Join(names, ", "), first.Symbol, first.Offset, first.Text)
	off := first.Offset
	p.Symbol, p.Offset, p.Instruction, p.Bytes, p.MissingISA = first.Symbol, &off, first.Text, first.Bytes, names
	return p, ""
}
