package seccomp

import (
	"fmt"
	"strconv"
	"strings"

	"webrunner/filter/bpf"
)

// Call is one system call as a filter sees it.
type Call struct {
	NR, Arch uint32
	Args     [6]uint64
}

// String is the call as it would be written: "mmap(0x0, 0x1000, …)".
func (c Call) String() string {
	abi := abi{c.Arch, c.x32()}
	name := abi.name(c.NR &^ abi.bit())
	switch {
	case name == "":
		name = fmt.Sprintf("call %#x of %s", c.NR, abi)
	case abi != native:
		name += " of " + abi.String()
	}
	return fmt.Sprintf("%s(%#x, %#x, %#x, %#x, %#x, %#x)", name,
		c.Args[0], c.Args[1], c.Args[2], c.Args[3], c.Args[4], c.Args[5])
}

// ArchName names an AUDIT_ARCH_* value.
func ArchName(arch uint32) string {
	switch arch {
	case ArchX8664:
		return "x86_64"
	case ArchI386:
		return "i386"
	}
	return fmt.Sprintf("%#x", arch)
}

// x32 tells whether the number has the bit of x32 and is in its range.
func (c Call) x32() bool { return c.Arch == ArchX8664 && c.NR&^(X32Bit-1) == X32Bit }

// abi is a way to call Linux: an architecture, and for x32, which has that
// of x86-64, a bit in the number.
type abi struct {
	arch uint32
	x32  bool
}

var native = abi{arch: ArchX8664}

func (a abi) String() string {
	if a.x32 {
		return "x32"
	}
	return ArchName(a.arch)
}

func (a abi) bit() uint32 {
	if a.x32 {
		return X32Bit
	}
	return 0
}

// name returns the name of a call, its number without the bit, or "".
func (a abi) name(nr uint32) string {
	switch {
	case a.x32:
		return x32Name(nr)
	case a.arch == ArchX8664:
		return SyscallName(nr)
	case a.arch == ArchI386:
		return i386Name(nr)
	}
	return ""
}

// ParseCall reads "CALL[,ARCH[,ARG]...]": CALL is a name or number, ARCH is
// x86_64 (the default), x32, i386 or an AUDIT_ARCH_* number, arguments left out
// are 0. Numbers are decimal, or hexadecimal with 0x; a name is that of ARCH, and
// a number of x32 may have its bit or not.
func ParseCall(text string) (Call, error) {
	fields := strings.Split(text, ",")
	if len(fields) > 8 {
		return Call{}, fmt.Errorf("seccomp: %q: more than 6 arguments", text)
	}
	abi := native
	var err error
	if len(fields) > 1 {
		if abi, err = parseABI(fields[1]); err != nil {
			return Call{}, err
		}
	}
	c := Call{Arch: abi.arch}
	if c.NR, err = abi.number(fields[0]); err != nil {
		return Call{}, err
	}
	for i, f := range fields[min(len(fields), 2):] {
		if c.Args[i], err = strconv.ParseUint(f, 0, 64); err != nil {
			return Call{}, fmt.Errorf("seccomp: argument %d %q is not a number of 64 bits", i, f)
		}
	}
	return c, nil
}

// maxNamed is beyond every number that has a name.
const maxNamed = 1024

// number reads the name or the number of a call.
func (a abi) number(s string) (uint32, error) {
	if nr, err := strconv.ParseUint(s, 0, 32); err == nil {
		return uint32(nr) | a.bit(), nil
	}
	for nr := range uint32(maxNamed) {
		if s != "" && a.name(nr) == s {
			return nr | a.bit(), nil
		}
	}
	if a.arch != ArchX8664 && a.arch != ArchI386 {
		return 0, fmt.Errorf("seccomp: the names of architecture %v are not known here; give the number of %q", a, s)
	}
	return 0, fmt.Errorf("seccomp: %q is no system call of %v and no number", s, a)
}

func parseABI(s string) (abi, error) {
	for _, a := range []abi{native, {ArchX8664, true}, {ArchI386, false}} {
		if s == a.String() {
			return a, nil
		}
	}
	arch, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return abi{}, fmt.Errorf("seccomp: architecture %q is not x86_64, x32, i386 or a number", s)
	}
	return abi{arch: uint32(arch)}, nil
}

// Decision is what becomes of one call, and why.
type Decision struct {
	Stage   string     `json:"stage"`
	Call    string     `json:"call"`
	Allowed bool       `json:"allowed"`
	Action  string     `json:"action"` // "allow" or "kill-process"
	Why     string     `json:"why"`
	Else    []RuleText `json:"else,omitempty"` // of a call refused for its arguments: the rules it fails
}

// Check decides a call by the compiled program, as Linux would, and takes
// the reason from the tables. Were the two to disagree, that is an error.
func Check(p Policy, c Call) (Decision, error) {
	prog, err := p.Compile()
	if err != nil {
		return Decision{}, err
	}
	action, err := bpf.Run(prog, &bpf.Data{NR: c.NR, Arch: c.Arch, Args: c.Args}, nil)
	if err != nil {
		return Decision{}, err
	}
	ok, rule := p.Allows(c.NR, c.Arch, c.Args)
	if ok != (action == RetAllow) {
		return Decision{}, fmt.Errorf("seccomp: internal error: program answers %#x to %v, tables %v", action, c, ok)
	}
	d := Decision{Stage: p.Stage, Call: c.String(), Allowed: ok, Action: "kill-process"}
	if ok {
		d.Action, d.Why = "allow", rule.Why
		return d, nil
	}
	d.Why, d.Else = p.refusal(c)
	return d, nil
}

// refusal says why p does not allow c.
func (p Policy) refusal(c Call) (string, []RuleText) {
	switch {
	case c.Arch != ArchX8664:
		return "only calls of x86_64 are looked at further; int 0x80 and sysenter make calls of i386", nil
	case c.NR >= X32Bit:
		return "the number has the x32 bit, or is above it", nil
	case unfiltered(c.NR):
		return "no rule names this call; but Linux from 6.14 on keeps it from every filter, " +
			"and fails it anywhere but in a probe's trampoline", nil
	}
	var rules []RuleText
	for _, r := range p.Rules {
		if r.NR == c.NR {
			rules = append(rules, r.text())
		}
	}
	if rules == nil {
		return "no rule names this call", nil
	}
	return "no rule of this call takes these arguments", rules
}
