package subject

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"webrunner/filter/screen"
	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// Code is the image as the screen sees it: the private copy after relocation,
// which is also what the cell maps.
func Code(im *loader.Image) screen.Code {
	code := 0
	for i := range im.Sections {
		if im.Sections[i].Exec {
			code++
		}
	}
	c := screen.Code{Roots: im.Roots, Taken: im.Taken, Guesses: make([]screen.Guess, len(im.Guesses)),
		Sections:  make([]screen.Section, 0, code),
		Others:    make([]screen.NamedRange, 0, len(im.Sections)-code),
		Externals: []screen.Range{{Start: trampoline.TrapAddr, End: trampoline.TrapLimit}}}
	for i := range im.Guesses {
		c.Guesses[i] = screen.Guess(im.Guesses[i])
	}
	for i := range im.Sections {
		sec := &im.Sections[i]
		if sec.Exec && !sec.NoBits && sec.Size > 0 {
			c.Sections = append(c.Sections, screen.Section{Index: sec.Index, Name: sec.Name, Addr: sec.Addr, Code: im.Bytes(sec)})
		} else if !sec.Exec && sec.Size > 0 {
			c.Others = append(c.Others, screen.NamedRange{Range: screen.Range{Start: sec.Addr, End: sec.Addr + sec.Size}, Name: sec.Name})
		}
	}
	count := 0
	for i := range im.Symbols {
		if named(&im.Symbols[i]) {
			count++
		}
	}
	c.Symbols = make([]screen.Symbol, 0, count)
	for i := range im.Symbols {
		if sym := &im.Symbols[i]; named(sym) {
			c.Symbols = append(c.Symbols, screen.Symbol{Name: sym.Name, Addr: sym.Addr, Size: sym.Size,
				Func: sym.Kind == loader.KindFunc || sym.Kind == loader.KindIFunc, Data: sym.Kind == loader.KindObject, Global: sym.Binding != "local"})
		}
	}
	for i := range im.Undefined {
		if u := &im.Undefined[i]; u.Weak && u.Addr == 0 {
			// A call of a weak function that nobody defines leads to 0, where nothing is:
			// code asks whether it is there, and then does not reach the call.
			c.Externals = append(c.Externals, screen.Range{Start: 0, End: 1})
			break
		}
	}
	for addr := range maps.Values(trampoline.Supplied()) {
		c.Externals = append(c.Externals, screen.Range{Start: addr, End: addr + 1})
	}
	return c
}

// named says whether a symbol names something in the image.
func named(s *loader.Symbol) bool { return s.Section != 0 && s.Kind != loader.KindSection }

// cpuid asks each leaf of CPUID once in the life of this process: in a virtual machine
// the instruction traps to the hypervisor, which takes microseconds, and the screen asks
// for hundreds of features, of a small object for longer than it decodes. A child knows
// them from its rehearsal.
func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
	asked.Lock()
	defer asked.Unlock()
	r, ok := asked.leaves[[2]uint32{leaf, sub}]
	if !ok {
		r[0], r[1], r[2], r[3] = processor.CPUID(leaf, sub)
		if asked.leaves == nil {
			asked.leaves = make(map[[2]uint32][4]uint32)
		}
		asked.leaves[[2]uint32{leaf, sub}] = r
	}
	return r[0], r[1], r[2], r[3]
}

// asked is what cpuid has been asked for.
var asked struct {
	sync.Mutex
	leaves map[[2]uint32][4]uint32
}

// thisHost is this machine, whose processor has a name, as the screen sees it.
func thisHost(name string) screen.Host {
	return screen.Host{CPUID: cpuid, XCR0: processor.XGETBV(), Name: name}
}

// hostOf is this machine, or the one that the job has the screen answer for.
func hostOf(job *wire.Job) (screen.Host, error) {
	if job.Screen.Assume == "" {
		return thisHost(job.Host.CPU), nil
	}
	h, err := screen.Assume(job.Screen.Assume)
	if err != nil {
		return h, wire.Problemf(wire.BadParameter, "%v", err)
	}
	return h, nil
}

// Screen screens an image, whose function at entry will run, as a job asks for; entry
// is 0 where nothing will. An error is a *wire.Problem of a job that asks for what
// there is not, or whose time is up, which stop tells; refusals are in the verdict.
func Screen(im *loader.Image, job *wire.Job, entry uint64, stop func() error) (*screen.Verdict, error) {
	h, err := hostOf(job)
	if err != nil {
		return nil, err
	}
	soft := make(map[string]bool)
	for _, rule := range job.Screen.Refuse {
		if !slices.Contains(screen.SoftRules(), rule) {
			return nil, wire.Problemf(wire.BadParameter, "there is no soft rule %.40q; there are %s", rule, strings.Join(screen.SoftRules(), ", "))
		}
		soft[rule] = true
	}
	v, err := screen.Screen(Code(im), h, screen.Options{Soft: soft, Entry: entry, Stop: stop, Decoded: job.Count != wire.CountOptions{}})
	if err != nil {
		return nil, Problem(err)
	}
	return v, nil
}

// refusal turns a verdict that forbids running into a problem, nil otherwise.
func refusal(v *screen.Verdict) error {
	if len(v.Refusals) == 0 {
		return nil
	}
	r := v.Refusals[0]
	more := ""
	if n := v.RefusalCount - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	p := wire.Problemf(wire.RefusedInstruction, "%s+%#x: %s is refused: %s; %s%s", r.Symbol, r.Offset, r.Text, r.Why, r.Advice, more)
	off := r.Offset
	p.Section, p.Symbol, p.Offset, p.Bytes, p.Instruction, p.Rule = r.Section, r.Symbol, &off, r.Bytes, r.Text, r.Rule
	return p
}

// missing refuses a function that needs what the host lacks. Objects often hold one
// version of a function for each extension: what only the others need is a warning,
// and a crash if they are reached.
func (s *Subject) missing() (warning string, err error) {
	v := s.Verdict
	if len(v.HostLacks) == 0 {
		return "", nil
	}
	var names []string
	for _, l := range v.HostLacks {
		names = append(names, l.Feature)
	}
	if f := v.Function(s.Choice.Addr); f != nil {
		if len(f.Lacks) == 0 {
			return wire.LacksText("other functions of the object need", names), nil
		}
		names = f.Lacks
	}
	first := v.HostLacks[0]
	for _, l := range v.HostLacks {
		if l.Feature == names[0] {
			first = l
		}
	}
	p := wire.MissingISAf("the code needs", names, ": first at %s+%#x: %s", first.Symbol, first.Offset, first.Text)
	off := first.Offset
	p.Symbol, p.Offset, p.Instruction, p.Bytes = first.Symbol, &off, first.Text, first.Bytes
	return "", p
}
