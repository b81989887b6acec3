package child

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/filter/seccomp"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/loader"
	"webrunner/trampoline"
)

// siginfo codes of asm-generic/siginfo.h that decide between explanations.
const (
	siKernel   = 0x80 // SI_KERNEL: a general protection fault, without an address
	segvAccess = 2    // SEGV_ACCERR: mapped, but not for this access
	fpeIntDiv  = 1    // FPE_INTDIV
)

// coroner explains the end of a cell in the terms of the object's author.
type coroner struct {
	image *loader.Image
	space *cell.Space
	host  screen.Host
}

// place is an address in the author's terms.
type place struct {
	symbol string
	offset uint64
	code   []byte // from the address to the end of its segment, for code
	text   string // the instruction there
	n      int    // its length, 0 if it does not decode
}

// String returns symbol+offset.
func (p place) String() string {
	if p.symbol == unknownCaller {
		return p.symbol
	}
	return fmt.Sprintf("%s+%#x", p.symbol, p.offset)
}

// unknownCaller stands for code that no return address leads to.
const unknownCaller = "an unknown caller"

// with returns " at symbol+offset: instruction".
func (p place) with() string {
	switch p.symbol {
	case "0x0": // the cell was never entered
		return ""
	case unknownCaller:
		return ", from where is not known"
	}
	if p.text == "" {
		return " at " + p.String()
	}
	return fmt.Sprintf(" at %v: %s", p, p.text)
}

// own tells whether the place is in the stub: nothing that a kernel calls is.
func (p place) own() bool {
	return len(p.code) == 0 && (p.symbol == "stub" || strings.HasPrefix(p.symbol, "stub."))
}

// ownCode is who acts where the stub does.
const ownCode = "WebRunner's own code"

// who names who acts at a place, and says how the stub comes to do what it
// never does by itself.
func (p place) who() (who, because string) {
	if p.own() {
		return ownCode, ": the kernel jumped into it, or changed the registers, the stack or the results that it works with"
	}
	return "the kernel", ""
}

// locate finds the symbol and the instruction at an address of code.
func (c *coroner) locate(addr uint64) place {
	p := place{symbol: "", offset: addr}
	for _, seg := range c.image.Segments {
		if seg.Perm == loader.RX && addr >= seg.Addr && addr < seg.Addr+uint64(len(seg.Data)) {
			p.code = seg.Data[addr-seg.Addr:]
		}
	}
	if name, off, ok := c.image.Lookup(addr); ok {
		p.symbol, p.offset = name, off
	} else {
		syms := trampoline.Symbols()
		for i, s := range syms {
			end := trampoline.StubAddr + uint64(len(trampoline.Code()))
			if i+1 < len(syms) {
				end = syms[i+1].Addr
			}
			if addr >= s.Addr && addr < end {
				p.symbol, p.offset = s.Name, addr-s.Addr
			}
		}
	}
	if p.symbol == "" {
		p.symbol, p.offset = fmt.Sprintf("%#x", addr), 0
	}
	if len(p.code) > 0 {
		p.text, p.n = screen.Text(p.code, addr, c.name)
	}
	return p
}

// name resolves addresses for the disassembler: a symbol and its address.
func (c *coroner) name(addr uint64) (string, uint64) {
	if u, ok := c.image.Trap(addr); ok {
		return u.Name, u.Addr
	}
	if name, off, ok := c.image.Lookup(addr); ok {
		return name, addr - off
	}
	for _, s := range trampoline.Symbols() {
		if s.Addr == addr {
			return s.Name, addr
		}
	}
	return "", 0
}

// inCode reports whether an address lies in the image's code.
func (c *coroner) inCode(addr uint64) bool { return len(c.locate(addr).code) > 0 }

// fill puts a place into a problem, if it is known.
func (p place) fill(q *wire.Problem) *wire.Problem {
	if p.symbol == unknownCaller {
		return q
	}
	off := p.offset
	q.Symbol, q.Offset, q.Instruction = p.symbol, &off, p.text
	if p.n > 0 {
		q.Bytes = hex.EncodeToString(p.code[:min(p.n, len(p.code))])
	}
	return q
}

// explain turns an abnormal end into a problem.
func (c *coroner) explain(o *cell.Outcome, wall string) *wire.Problem {
	at := c.locate(o.Regs.Rip)
	switch o.End {
	case cell.Timeout:
		who := "the kernel"
		if at.own() {
			who = "the sample loop around the kernel"
		}
		cpu := (o.User + o.System).Round(time.Millisecond)
		q := wire.Problemf(wire.Timeout, "%s was still running after %s, %v of them on a processor,%s", who, wall, cpu, at.with())
		q.Limit = "call"
		return at.fill(q)
	case cell.Exited:
		site := c.locate(o.Regs.Rip - 2)
		who, because := site.who()
		q := wire.Problemf(wire.ForbiddenSyscall, "%s called exit_group before the sample loop was over%s%s", who, site.with(), because)
		q.Syscall = "exit_group"
		return site.fill(q)
	case cell.Syscall:
		return c.syscall(o)
	}
	q := c.signal(o, at)
	q.Signal = unix.SignalName(o.Signal)
	return q
}

// syscall explains a call that seccomp killed the cell for.
func (c *coroner) syscall(o *cell.Outcome) *wire.Problem {
	site := c.locate(o.Regs.Rip - 2) // syscall, sysenter and int 0x80 are all two bytes long
	name := seccomp.SyscallName(uint32(o.NR))
	switch {
	case o.NR == cell.VsyscallNR:
		site = c.before(o.Regs.Rip)
		name = "through the vsyscall page"
	case len(site.code) > 1 && (site.code[0] == 0xcd || site.code[1] == 0x34):
		name = fmt.Sprintf("number %d of the 32-bit ABI", o.NR)
	case name == "":
		name = fmt.Sprintf("number %d", o.NR)
	}
	who, because := site.who()
	q := wire.Problemf(wire.ForbiddenSyscall, "%s made the system call %s%s%s; a kernel may make none", who, name, site.with(), because)
	q.Syscall, q.Signal = name, "SIGSYS"
	return site.fill(q)
}

// signal explains a fault or a trap.
func (c *coroner) signal(o *cell.Outcome, at place) *wire.Problem {
	switch o.Signal {
	case unix.SIGSEGV, unix.SIGBUS:
		return c.fault(o, at)
	case unix.SIGILL:
		if q := c.deliberate(o, at); q != nil {
			return q
		}
		if lacks := c.lacks(at); len(lacks) > 0 {
			q := at.fill(wire.Problemf(wire.MissingISA, "the kernel reached an instruction that needs %s, which this host lacks,%s", strings.Join(lacks, ", "), at.with()))
			q.MissingISA = lacks
			return q
		}
		return at.died("illegal instruction")
	case unix.SIGFPE:
		what := "floating-point exception (the kernel unmasked it)"
		if o.Code == fpeIntDiv {
			what = "integer division by zero, or a quotient that does not fit"
		}
		return at.died(what)
	case unix.SIGTRAP:
		before := c.locate(o.Regs.Rip - 1)
		if !c.inCode(o.Regs.Rip - 1) {
			before = at // some hypervisors leave rip at an icebp
		}
		return before.died("breakpoint or debug trap")
	}
	return at.died("killed by " + unix.SignalName(o.Signal))
}

// died makes the problem of what ended the cell at a place.
func (p place) died(what string) *wire.Problem {
	where := p.with()
	if who, because := p.who(); because != "" {
		where = " in " + who + where + because
	}
	return p.fill(wire.Problemf(wire.Crashed, "%s%s", what, where))
}

// lacks is what the host lacks of what one instruction needs.
func (c *coroner) lacks(at place) (names []string) {
	if at.n == 0 || at.n > len(at.code) {
		return nil
	}
	one := screen.Code{Sections: []screen.Section{{Name: at.symbol, Addr: loader.Page, Code: at.code[:at.n]}}}
	v, err := screen.Screen(one, c.host, screen.Options{})
	if err != nil {
		return nil // nothing ends it, and fifteen bytes are not too long
	}
	for _, l := range v.HostLacks {
		names = append(names, l.Feature)
	}
	return names
}

// deliberate explains the functions of the blob that give up on purpose.
func (c *coroner) deliberate(o *cell.Outcome, at place) *wire.Problem {
	var what string
	switch at.symbol {
	case "__stack_chk_fail":
		what = "the stack protector found its canary overwritten"
	case "abort":
		what = "the kernel called abort"
	default:
		return nil
	}
	from := c.caller(o)
	q := wire.Problemf(wire.Crashed, "%s%s", what, from.with())
	return from.fill(q)
}

// caller is the call whose return address lies on top of the stack.
func (c *coroner) caller(o *cell.Outcome) place {
	if len(o.Stack) == 0 || !c.inCode(o.Stack[0]-1) {
		return place{symbol: unknownCaller}
	}
	return c.before(o.Stack[0])
}

// before is the call instruction that ends at an address. Instructions cannot
// be decoded backwards with certainty: the usual forms are tried.
func (c *coroner) before(ret uint64) place {
	for _, n := range []uint64{5, 6, 2, 3, 7} { // call rel32, [rip+disp32], reg, [reg+disp8] or r8-r15, [reg+disp32]
		p := c.locate(ret - n)
		if uint64(p.n) == n && strings.HasPrefix(p.text, "call") {
			return p
		}
	}
	return c.locate(ret)
}

// fault explains an access to memory.
func (c *coroner) fault(o *cell.Outcome, at place) *wire.Problem {
	if u, ok := c.image.Trap(o.Addr); ok && o.Code != siKernel {
		return c.undefined(o, u, at)
	}
	region, dist := c.space.Find(o.Addr)
	// Code that is there and faults at its own address did not jump, but write.
	jump := o.Addr == o.Regs.Rip && (dist != 0 || region.Prot&unix.PROT_EXEC == 0)
	if o.Code == siKernel {
		if top := o.Regs.Rip >> 47; top != 0 && top != 1<<17-1 { // a return or an indirect branch loaded it
			q := wire.Problemf(wire.Crashed, "the kernel jumped to the address %#x, which is not canonical", o.Regs.Rip)
			q.Address, q.Access = hexAddr(o.Regs.Rip), "execute"
			return q
		}
		return at.died("general protection fault (an address that is not canonical, a misaligned vector operand, or a privileged instruction)")
	}
	access, verb := "read", "read"
	if r, w, _ := screen.Access(at.code); w {
		access, verb = "write", "wrote"
		if r {
			verb = "read and wrote"
		}
	} else if !r && (strings.HasPrefix(at.text, "push") || strings.HasPrefix(at.text, "call") || strings.HasPrefix(at.text, "enter")) {
		access, verb = "write", "wrote"
	} else if dist == 0 && o.Code == segvAccess && region.Prot&unix.PROT_READ != 0 {
		access, verb = "write", "wrote" // nothing else can be wrong with it
	}
	if jump {
		access, verb = "execute", "jumped to"
		at = c.caller(o)
	}
	where, operand := c.target(o, access)
	who, because := at.who()
	q := wire.Problemf(wire.Crashed, "%s %s %s%s%s", who, verb, where, at.with(), because)
	q.Address, q.Access, q.Operand = hexAddr(o.Addr), access, operand
	return at.fill(q)
}

// target says where an access went, from the nearest region.
func (c *coroner) target(o *cell.Outcome, access string) (text, operand string) {
	r, dist := c.space.Find(o.Addr)
	name, operand := regionName(r.Name)
	if operand == "" && dist > 0 { // only an operand ends in the midst of a page
		dist = max(dist-int64(-r.Size%4096), 1)
	}
	const near = 16 << 20
	switch {
	case o.Addr < 4096:
		return fmt.Sprintf("the null page, address %#x", o.Addr), ""
	case r.Name == "stack" && dist < 0 && dist > -near:
		return fmt.Sprintf("%s below its stack of %d KiB (stack overflow)", byteCount(-dist), cell.StackSize>>10), ""
	case dist == 0 && o.Code == segvAccess:
		cannot := map[string]string{"read": "read", "write": "written", "execute": "executed"}
		return fmt.Sprintf("%s at offset %#x, which cannot be %s", name, o.Addr-r.Addr, cannot[access]), operand
	case dist > 0 && dist <= near:
		return fmt.Sprintf("%s past %s", byteCount(dist), name), operand
	case dist < 0 && dist >= -near:
		return fmt.Sprintf("%s before %s", byteCount(-dist), name), operand
	}
	return fmt.Sprintf("the address %#x, where nothing is mapped", o.Addr), ""
}

// regionName is what a region is called in explanations, and the operand that
// it is.
func regionName(region string) (name, operand string) {
	if o, ok := strings.CutPrefix(region, operandPrefix); ok {
		return "operand " + o, o
	}
	switch region {
	case "stub":
		return ownCode, ""
	case "control":
		return "WebRunner's control block", ""
	case "results":
		return "WebRunner's results", ""
	case "thread":
		return "the page that FS points to", ""
	}
	return "the " + region, ""
}

func byteCount(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// undefined explains an access to the address that stands for a symbol which
// nobody defines.
func (c *coroner) undefined(o *cell.Outcome, u loader.Undefined, at place) *wire.Problem {
	verb := "used"
	if o.Addr == o.Regs.Rip {
		at, verb = c.caller(o), "called"
	}
	why := "no definition of it is in the object, and the cell does not supply one"
	switch u.Kind {
	case loader.UnresolvedIFunc:
		why = "it is an indirect function (IFUNC), whose resolver is not run here"
	case loader.UnresolvedTLS:
		why = "it is thread-local, and a cell has no thread-local storage"
	}
	q := wire.Problemf(wire.UndefinedSymbol, "the kernel %s %s%s: %s", verb, u.Name, at.with(), why)
	q.Address = hexAddr(o.Addr)
	at.fill(q)
	q.Symbol, q.Caller = u.Name, q.Symbol
	return q
}

func hexAddr(a uint64) string { return fmt.Sprintf("%#x", a) }
