package counted

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/count"
	"webrunner/internal/count/rewrite"
	"webrunner/internal/subject"
	"webrunner/trampoline"
)

// copied runs calls of a subject's code that is rewritten to count what it executes.
type copied struct {
	subject  *subject.Subject
	code     screen.Code // of the subject
	supplied screen.Code
	source   rewrite.Source
	place    rewrite.Place
	tables   []span // of addresses that the table is for
	entry    uint64 // of the function in the copy
	copy     *rewrite.Copy
	regions  []cell.Region // of the copy
	undo     func() error  // takes these out of the space; nil where they are not there
	memory   []byte        // the counters
	seed     maphash.Seed
	first    *result // of the first call
	learned  int     // places that control came to and the code does not show
	until    time.Time
}

// span is a range of addresses.
type span struct{ start, size uint64 }

// Where the copy and its data lie: somewhere, as a kernel that knew it could count
// for itself. All is below 2 GiB but the table of a second subject, and beside what a
// cell has otherwise (trampoline/layout.go).
const (
	tableLow, tableSteps    = 0x10000000, 0x7ff
	copyLow, copySteps      = 0x60000000, 0x3ff
	counterLow, counterStep = 0x78000000, 0x3ff

	tableStep = 4 * page // a page of addresses has so much of the table
	page      = 4096
)

// newCopied prepares the code of a subject for rewriting. Calls are begun within a limit.
func newCopied(s *subject.Subject, limit time.Duration) (*copied, error) {
	random := rand.New(rand.NewPCG(s.Job.AuditSeed, 1))
	c := &copied{subject: s, until: time.Now().Add(limit), seed: maphash.MakeSeed(), place: rewrite.Place{
		Code:     copyLow + random.Uint64N(copySteps)<<16,
		Counters: counterLow + random.Uint64N(counterStep)<<16,
		Table:    tableLow + random.Uint64N(tableSteps)<<16,
	}}
	c.code, c.supplied = subject.Code(s.Image), suppliedCode()
	c.code.Roots = append(slices.Clone(c.code.Roots), s.Choice.Addr)
	if err := c.decode(s.Verdict.Decoded); err != nil {
		return nil, err
	}
	c.source.Entries = slices.Clone(c.code.Roots)
	for _, sym := range slices.Concat(c.code.Symbols, c.supplied.Symbols) {
		if !sym.Data {
			c.source.Entries = append(c.source.Entries, sym.Addr)
		}
	}
	back, err := returnAddress(s)
	if err != nil {
		return nil, err
	}
	c.source.Outside = append(c.source.Outside, back)
	c.tables = append(c.tables, span{trampoline.StubAddr, uint64(len(trampoline.Code())+page-1) &^ (page - 1)})
	for _, seg := range s.Image.Segments {
		if slices.ContainsFunc(c.code.Sections, func(sec screen.Section) bool { return sec.Addr >= seg.Addr && sec.Addr < seg.Addr+seg.Size }) {
			c.tables = append(c.tables, span{seg.Addr, seg.Size})
		}
	}
	return c, nil
}

// decode finds the instructions of the code that is copied; those of the subject may be
// known already.
func (c *copied) decode(sections []screen.Instructions) error {
	library, err := screen.Decoded(c.supplied, screen.Options{})
	if err != nil {
		return err
	}
	if sections == nil {
		if sections, err = screen.Decoded(c.code, screen.Options{}); err != nil {
			return err
		}
	}
	c.source.Sections = append(library, sections...)
	slices.SortFunc(c.source.Sections, func(a, b screen.Instructions) int { return cmp.Compare(a.Addr, b.Addr) })
	return nil
}

// suppliedCode is the library functions of the stub, which kernels may call.
func suppliedCode() screen.Code {
	var code screen.Code
	first := uint64(trampoline.StubAddr + len(trampoline.Code()))
	for name, addr := range trampoline.Supplied() {
		first = min(first, addr)
		code.Symbols = append(code.Symbols, screen.Symbol{Name: name, Addr: addr, Func: true})
	}
	code.Sections = []screen.Section{{Name: "supplied", Addr: first, Code: trampoline.Code()[first-trampoline.StubAddr:]}}
	return code
}

// returnAddress is where the one call of a cell returns to.
func returnAddress(s *subject.Subject) (uint64, error) {
	patches, err := trampoline.Aim([]trampoline.Site{{Callee: s.Choice.Addr}})
	if err != nil {
		return 0, err
	}
	return patches[0].Addr + uint64(len(patches[0].Bytes)), nil
}

// How often code is rewritten because control came to an instruction by an address that
// nobody foresaw: so often at most, and from a number of times on so that it may come to
// any instruction.
const (
	mostRounds   = 64
	patientUntil = 8
)

// errNoTime says that counting would take, or took, more time than there is for it.
var errNoTime = errors.New("there is no time left to count in")

// call makes one call in the copy, which stays in the space until leave is called. plan
// is of an ordinary cell.
func (c *copied) call(s *subject.Subject, plan cell.Plan) (count.Ledger, error) {
	for range mostRounds {
		if time.Now().After(c.until) {
			return nil, errNoTime
		}
		if c.copy == nil {
			if err := c.rewrite(); err != nil {
				return nil, err
			}
		}
		out, err := c.run(s, plan)
		switch {
		case err != nil:
			return nil, err
		case out.End == cell.Returned:
			if c.first == nil {
				got := c.resultOf(s, out)
				c.first = &got
			}
			return c.copy.Ledger(c.memory), nil
		}
		if err := c.learn(out); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("control came to more than %d places that the code does not show", mostRounds)
}

// rewrite makes the copy.
func (c *copied) rewrite() (err error) {
	if err := c.leave(); err != nil {
		return err
	}
	if c.copy, err = rewrite.Rewrite(c.source, c.place); err != nil {
		return err
	}
	var ok bool
	if c.entry, ok = c.copy.Entry(c.subject.Choice.Addr); !ok {
		return fmt.Errorf("the function at %#x does not begin with an instruction", c.subject.Choice.Addr)
	}
	c.regions = []cell.Region{
		{Name: "copy", Addr: c.place.Code, Size: uint64(len(c.copy.Code)), Data: c.copy.Code, Prot: unix.PROT_READ | unix.PROT_EXEC},
		{Name: countersName, Addr: c.place.Counters, Size: uint64(c.copy.Counters), Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
	}
	for _, t := range c.tables {
		c.regions = append(c.regions, cell.Region{Name: "table", Addr: 4*t.start + c.place.Table, Size: 4 * t.size, Data: c.copy.Table(t.start, int(t.size)), Prot: unix.PROT_READ})
	}
	return c.screen()
}

// screen holds the copy to the rules of all code that runs.
func (c *copied) screen() error {
	code := screen.Code{
		Sections:  []screen.Section{{Name: "copy", Addr: c.place.Code, Code: c.copy.Code}},
		Symbols:   []screen.Symbol{{Name: "copy", Addr: c.entry, Func: true}},
		Externals: []screen.Range{{Start: trampoline.TrapAddr, End: trampoline.TrapLimit}},
	}
	v, err := screen.Screen(code, screen.Host{}, screen.Options{})
	if err == nil && len(v.Refusals) > 0 {
		r := v.Refusals[0]
		err = fmt.Errorf("the rewritten code is refused at %+#x: %s: %s", r.Offset, r.Text, r.Why)
	}
	return err
}

// verify makes the first call again, in the original code: its result must be the same.
func (c *copied) verify() error {
	if err := c.leave(); err != nil {
		return err
	}
	out, err := c.subject.Attempt(c.subject.Plan(), func() {})
	switch {
	case err != nil:
		return err
	case out.End != cell.Returned:
		return fmt.Errorf("another call of the original code ended by a %v", out.End)
	case c.first == nil || c.resultOf(c.subject, out) != *c.first:
		return errors.New("the rewritten code has another result than the original, as has code whose result depends on time")
	}
	return nil
}

// leave gives the space back to the original code.
func (c *copied) leave() error {
	if c.undo == nil {
		return nil
	}
	undo := c.undo
	c.undo = nil
	return undo()
}

// Names of the regions.
const countersName = "counters"

// run runs a cell of the copy, and leaves the counters in memory.
func (c *copied) run(s *subject.Subject, plan cell.Plan) (out *cell.Outcome, err error) {
	if c.undo == nil {
		if c.undo, err = s.Space.Extend(c.regions); err != nil {
			return nil, err
		}
	}
	counters, err := s.Space.Bytes(countersName)
	if err != nil {
		return nil, err
	}
	plan.Call.Kernel = c.entry
	out, err = s.Attempt(plan, func() { clear(counters) })
	c.memory = bytes.Clone(counters)
	return out, err
}

// learn notes where control came to that was not known to be code, or not to be come to by
// an address, which is how a cell ended. An error is another end.
func (c *copied) learn(out *cell.Outcome) error {
	addr, missing := rewrite.Target(c.memory)
	switch {
	case out.End == cell.Timeout:
		return errors.New("the rewritten code ran out of time")
	case out.End != cell.Signal:
		return fmt.Errorf("the rewritten code ended by a %v", out.End)
	case out.Regs.Rip == 0 && missing && !slices.Contains(c.source.Entries, addr):
		c.source.Entries = append(c.source.Entries, addr)
		c.source.Anywhere = c.learned+1 >= patientUntil
		return c.again(addr)
	case out.Regs.Rip == 0 && missing:
		return fmt.Errorf("control goes to %#x, where no instruction begins that the screen saw", addr)
	}
	if behind, ok := c.copy.RanOff(out.Regs.Rip); ok && out.Signal == unix.SIGILL && !slices.Contains(c.code.Roots, behind) {
		return c.again(behind)
	}
	if stop, ok := c.copy.Stop(out.Regs.Rip); ok && out.Signal == unix.SIGILL {
		text, _ := screen.Text(c.subject.Space.Code(stop), stop, nil)
		return fmt.Errorf("rewritten code has no place for the instruction at %#x, which ends the call, reads a clock or could show where the code lies: %s", stop, text)
	}
	return fmt.Errorf("the rewritten code ended by %v at %#x", out.Signal, out.Regs.Rip)
}

// again has the copy made again, now that control is known to come to an address.
func (c *copied) again(addr uint64) error {
	c.learned++
	if !c.copy.Instruction(addr) { // nothing was seen to lead there
		c.code.Roots = append(c.code.Roots, addr)
		if err := c.decode(nil); err != nil {
			return err
		}
	}
	c.copy = nil
	return nil
}

// result is what a call leaves: what it returned, and a hash of the operands.
type result struct {
	rax, xmm0, operands uint64
	vector              string
}

// resultOf is what the only call of a cell left. Of the registers only those count that
// the function returns something in.
func (c *copied) resultOf(s *subject.Subject, out *cell.Outcome) (r result) {
	v := s.Call.Returned(s.Registers(out.Samples.RAX, out.Samples.XMM0[0], out.Samples.Vector))
	switch {
	case v.Vector != nil:
		r.vector = string(v.Vector)
	case v.Float != nil:
		r.xmm0 = out.Samples.XMM0[0]
	case v.Int != nil || v.Uint != nil || v.Bool != nil || v.Pointer != nil:
		r.rax = out.Samples.RAX
	}
	var h maphash.Hash
	h.SetSeed(c.seed)
	for _, m := range s.Memory {
		_, _ = h.Write(m)
	}
	r.operands = h.Sum64()
	return r
}
