package autopsy

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/filter/seccomp"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// siginfo codes of asm-generic/siginfo.h that decide between explanations.
const (
	siKernel   = 0x80 // SI_KERNEL: a general protection fault, without an address
	segvAccess = 2    // SEGV_ACCERR: mapped, but not for this access
	fpeIntDiv  = 1    // FPE_INTDIV
)

// Range is addresses from Start up to End.
type Range struct{ Start, End uint64 }

// Body is what is known of a cell that ended, beside how it ended.
type Body struct {
	Image *loader.Image
	Space *cell.Space
	Host  screen.Host
	// Operands are those by name; their regions may be larger.
	Operands map[string]Range
	Moved    bool // the code lies elsewhere than it falls, on the client's wish
}

// Explain turns an abnormal end of a cell, which could live for as long as wall,
// into a problem.
func (b Body) Explain(o *cell.Outcome, wall time.Duration) *wire.Problem {
	q := b.explain(o, wall.Round(time.Millisecond))
	if b.Moved && o.End == cell.Signal && o.Code == siKernel {
		q.Detail += "; the option align has moved the code, so that what it keeps among its instructions is not aligned as it asks for"
	}
	return q
}

func (b Body) explain(o *cell.Outcome, wall time.Duration) *wire.Problem {
	at := b.locate(o.Regs.Rip)
	switch o.End {
	case cell.Timeout:
		who := "the kernel"
		if at.own() {
			who = "the sample loop around the kernel"
		}
		cpu := (o.User + o.System).Round(time.Millisecond)
		q := wire.Problemf(wire.Timeout, "%s was still running after %v, %v of them on a processor,%s", who, wall, cpu, at.with())
		q.Limit = "call"
		return at.fill(q)
	case cell.Exited:
		site := b.locate(o.Regs.Rip - 2)
		who, because := site.who()
		q := wire.Problemf(wire.ForbiddenSyscall, "%s called exit_group before the sample loop was over%s%s", who, site.with(), because)
		q.Syscall = "exit_group"
		return site.fill(q)
	case cell.Syscall:
		return b.syscall(o)
	}
	q := b.signal(o, at)
	q.Signal = unix.SignalName(o.Signal)
	return q
}

// syscall explains a call that seccomp killed the cell for.
func (b Body) syscall(o *cell.Outcome) *wire.Problem {
	site := b.locate(o.Regs.Rip - 2) // syscall, sysenter and int 0x80 are all two bytes long
	name := seccomp.SyscallName(uint32(o.NR))
	switch {
	case o.NR == cell.VsyscallNR:
		site = b.before(o.Regs.Rip)
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
func (b Body) signal(o *cell.Outcome, at place) *wire.Problem {
	switch o.Signal {
	case unix.SIGSEGV, unix.SIGBUS:
		return b.fault(o, at)
	case unix.SIGILL:
		if q := b.deliberate(o, at); q != nil {
			return q
		}
		if lacks := b.lacks(at); len(lacks) > 0 {
			return at.fill(wire.MissingISAf("the kernel reached an instruction that needs", lacks, ",%s", at.with()))
		}
		return at.died("illegal instruction")
	case unix.SIGFPE:
		what := "floating-point exception (the kernel unmasked it)"
		if o.Code == fpeIntDiv {
			what = "integer division by zero, or a quotient that does not fit"
		}
		return at.died(what)
	case unix.SIGTRAP:
		before := b.locate(o.Regs.Rip - 1)
		if !b.inCode(o.Regs.Rip - 1) {
			before = at // some hypervisors leave rip at an icebp
		}
		if b.padding(o.Regs.Rip - 1) {
			last := b.locate(o.Regs.Rip - 2)
			return last.fill(wire.Problemf(wire.Crashed, "control ran past the end of %s, where no code is; a ret is missing, or a function that does not return did", last.symbol))
		}
		return before.died("breakpoint or debug trap")
	}
	return at.died("killed by " + unix.SignalName(o.Signal))
}

// padding tells that an address is in the memory of code, and in none of the sections
// there: the loader fills what lies between them with breakpoints.
func (b Body) padding(addr uint64) bool {
	for i := range b.Image.Sections {
		if s := &b.Image.Sections[i]; addr >= s.Addr && addr < s.Addr+s.Size {
			return false
		}
	}
	return b.inCode(addr)
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
func (b Body) lacks(at place) (names []string) {
	if at.n == 0 || at.n > len(at.code) {
		return nil
	}
	one := screen.Code{Sections: []screen.Section{{Name: at.symbol, Addr: loader.Page, Code: at.code[:at.n]}}}
	v, err := screen.Screen(one, b.Host, screen.Options{})
	if err != nil {
		return nil // nothing ends it, and fifteen bytes are not too long
	}
	for _, l := range v.HostLacks {
		names = append(names, l.Feature)
	}
	return names
}

// deliberate explains the functions of the blob that give up on purpose.
func (b Body) deliberate(o *cell.Outcome, at place) *wire.Problem {
	var what string
	switch at.symbol {
	case "__stack_chk_fail":
		what = "the stack protector found its canary overwritten"
	case "abort":
		what = "the kernel called abort"
	default:
		return nil
	}
	from := b.caller(o)
	q := wire.Problemf(wire.Crashed, "%s%s", what, from.with())
	return from.fill(q)
}
