package autopsy

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"webrunner/filter/screen"
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/loader"
)

// operandPrefix begins the names of regions that are operands.
const operandPrefix = "operand:"

// Operand is the name of the region of a cell's space that holds an operand, by
// which explanations know it.
func Operand(name string) string { return operandPrefix + name }

// fault explains an access to memory.
func (b Body) fault(o *cell.Outcome, at place) *wire.Problem {
	if u, ok := b.Image.Trap(o.Addr); ok && o.Code != siKernel {
		return b.undefined(o, u, at)
	}
	if weak := b.weak(); o.Addr == 0 && o.Regs.Rip == 0 && o.Code != siKernel && weak != "" {
		at := b.caller(o)
		q := wire.Problemf(wire.UndefinedSymbol, "the kernel called address 0%s: %s is weak, nobody defines it, and so its address is 0", at.with(), weak)
		q.Address, q.Access = hexAddr(0), "execute"
		return at.fill(q)
	}
	region, dist := b.Space.Find(o.Addr)
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
	} else if dist == 0 && o.Code == segvAccess && region.Prot&unix.PROT_READ != 0 && region.Name != cell.GatesName {
		access, verb = "write", "wrote" // nothing else can be wrong with it
	}
	if jump {
		access, verb = "execute", "jumped to"
		at = b.caller(o)
	}
	where, operand := b.target(o, access)
	who, because := at.who()
	q := wire.Problemf(wire.Crashed, "%s %s %s%s%s", who, verb, where, at.with(), because)
	q.Address, q.Access, q.Operand = hexAddr(o.Addr), access, operand
	return at.fill(q)
}

// target says where an access went, from the nearest region.
func (b Body) target(o *cell.Outcome, access string) (text, operand string) {
	r, dist := b.Space.Find(o.Addr)
	name, operand := regionName(r.Name)
	start := r.Addr
	if in, ok := b.Operands[operand]; ok {
		start, dist = in.Start, in.distance(o.Addr)
	} else if dist > 0 { // only an operand ends in the midst of a page
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
		return fmt.Sprintf("%s at offset %#x, which cannot be %s", name, o.Addr-start, cannot[access]), operand
	case dist > 0 && dist <= near:
		return fmt.Sprintf("%s past %s", byteCount(dist), name), operand
	case dist < 0 && dist >= -near:
		return fmt.Sprintf("%s before %s", byteCount(-dist), name), operand
	}
	return fmt.Sprintf("the address %#x, where nothing is mapped", o.Addr), ""
}

// distance is how far an address lies outside of a range: negative before its start,
// positive behind its end (1 is the first byte behind), zero inside.
func (in Range) distance(addr uint64) int64 {
	switch {
	case addr < in.Start:
		return -int64(in.Start - addr)
	case addr >= in.End:
		return int64(addr-in.End) + 1
	}
	return 0
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
	case cell.GatesName:
		return "WebRunner's gates", ""
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
func (b Body) undefined(o *cell.Outcome, u loader.Undefined, at place) *wire.Problem {
	verb := "used"
	if o.Addr == o.Regs.Rip {
		at, verb = b.caller(o), "called"
	}
	why := "no definition of it is in the object, and the cell does not supply one; send what defines it along (--with FILE, or a part named with), or join them: ld -r -o joined.o OBJECT.o FILE"
	switch u.Kind {
	case loader.UnresolvedIFunc:
		why = "it is an indirect function (IFUNC), whose resolver is not run here"
	case loader.UnresolvedTLS:
		why = "it is a thread-local variable of another object, and the cell does not supply it; send that along (--with FILE, or a part named with)"
	}
	q := wire.Problemf(wire.UndefinedSymbol, "the kernel %s %s%s: %s", verb, u.Name, at.with(), why)
	q.Address = hexAddr(o.Addr)
	at.fill(q)
	q.Symbol, q.Caller = u.Name, q.Symbol
	return q
}

// weak names the weak functions that nobody defines, the first few of them.
func (b Body) weak() string {
	const most = 5
	var names []string
	for i := range b.Image.Undefined {
		if u := &b.Image.Undefined[i]; u.Weak && u.Addr == 0 && len(names) < most {
			names = append(names, u.Name)
		}
	}
	return strings.Join(names, " or ")
}

func hexAddr(a uint64) string { return fmt.Sprintf("%#x", a) }
