// Package seccomp holds system call policies as data: which calls a
// process may make, with which arguments, and why. A policy compiles to a
// classic BPF program (filter/bpf) and is decided, for tests and explanations,
// by a reference implementation that knows no BPF.
//
// Whatever no rule allows kills the process. So does any call of another
// architecture (int 0x80 and sysenter arrive as AUDIT_ARCH_I386) and any call
// with the x32 bit; both are looked at before the call's number.
//
// Two calls no filter sees: since 6.14 Linux lets uretprobe and uprobe (335, 336)
// pass (seccomp_uprobe_exception in kernel/seccomp.c). They serve trampolines
// that Linux itself places; from anywhere else the one fails with an
// errno and the other ends the process by SIGILL.
//
// Sources: Documentation/userspace-api/seccomp_filter.rst, seccomp(2).
package seccomp

import (
	"errors"
	"fmt"
)

// What a filter sees and answers.
const (
	ArchX8664      = 0xc000003e // AUDIT_ARCH_X86_64, include/uapi/linux/audit.h
	ArchI386       = 0x40000003 // AUDIT_ARCH_I386
	X32Bit         = 0x40000000 // __X32_SYSCALL_BIT, arch/x86/include/uapi/asm/unistd.h
	RetKillProcess = 0x80000000 // SECCOMP_RET_KILL_PROCESS
	RetAllow       = 0x7fff0000 // SECCOMP_RET_ALLOW
)

// An Op compares one argument.
type Op uint8

// The comparisons. All take the argument's full 64 bits, unsigned.
const (
	_      Op = iota
	Equal     // argument == Value
	Masked    // argument & Mask == Value
	Within    // Value <= argument <= Max, both with the same high 32 bits
)

// String names the comparison.
func (o Op) String() string {
	switch o {
	case Equal:
		return "equal"
	case Masked:
		return "masked"
	case Within:
		return "within"
	}
	return fmt.Sprintf("Op(%d)", uint8(o))
}

// ArgTest is a test of argument Index, 0 to 5.
type ArgTest struct {
	Index int
	Op    Op
	Value uint64
	Mask  uint64 // Masked only
	Max   uint64 // Within only
}

// Holds decides the test.
func (t ArgTest) Holds(args [6]uint64) bool {
	v := args[t.Index]
	switch t.Op {
	case Equal:
		return v == t.Value
	case Masked:
		return v&t.Mask == t.Value
	case Within:
		return t.Value <= v && v <= t.Max
	}
	return false
}

// String is the test as C would have it.
func (t ArgTest) String() string {
	switch t.Op {
	case Equal:
		return fmt.Sprintf("arg%d == %#x", t.Index, t.Value)
	case Masked:
		return fmt.Sprintf("arg%d & %#x == %#x", t.Index, t.Mask, t.Value)
	case Within:
		return fmt.Sprintf("%#x <= arg%d <= %#x", t.Value, t.Index, t.Max)
	}
	return fmt.Sprintf("arg%d %v", t.Index, t.Op)
}

func (t ArgTest) validate() error {
	switch {
	case t.Index < 0 || t.Index > 5:
		return fmt.Errorf("no argument %d", t.Index)
	case t.Op == Equal && t.Mask == 0 && t.Max == 0:
		return nil
	case t.Op == Masked && t.Max == 0 && t.Mask != 0 && t.Value&^t.Mask == 0:
		return nil
	case t.Op == Within && t.Mask == 0 && t.Value <= t.Max && t.Value>>32 == t.Max>>32:
		return nil
	}
	return fmt.Errorf("malformed test {%v} of mask %#x, max %#x", t, t.Mask, t.Max)
}

// Rule allows system call NR when every test of Args holds. Several rules of
// the same number are alternatives.
type Rule struct {
	NR   uint32
	Name string
	Args []ArgTest
	Why  string
}

// Policy is what one process may call. Its stage is "child" or "cell".
type Policy struct {
	Stage string
	Rules []Rule
}

// unfiltered reports the calls that Linux, from 6.14 on, lets past every filter.
func unfiltered(nr uint32) bool { return nr == 335 || nr == 336 }

// Allows decides one call by the tables alone. It returns the rule that allows
// the call, or nil and false.
func (p Policy) Allows(nr, arch uint32, args [6]uint64) (bool, *Rule) {
	if arch != ArchX8664 || nr >= X32Bit {
		return false, nil
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.NR == nr && r.holds(args) {
			return true, r
		}
	}
	return false, nil
}

func (r *Rule) holds(args [6]uint64) bool {
	for _, t := range r.Args {
		if !t.Holds(args) {
			return false
		}
	}
	return true
}

// Validate reports every fault of the tables: a number that is not its name, a
// rule without a reason, a malformed test, a rule that another makes idle.
func (p Policy) Validate() error {
	var errs []error
	alternatives := make(map[uint32]int)
	for _, r := range p.Rules {
		alternatives[r.NR]++
	}
	for _, r := range p.Rules {
		err := r.validate()
		if len(r.Args) == 0 && alternatives[r.NR] > 1 {
			err = errors.Join(err, errors.New("allowed outright and by another rule"))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("seccomp: %s policy, rule %s (%d): %w", p.Stage, r.Name, r.NR, err))
		}
	}
	if len(p.Rules) == 0 {
		errs = append(errs, fmt.Errorf("seccomp: %s policy allows nothing, not even to exit", p.Stage))
	}
	return errors.Join(errs...)
}

func (r *Rule) validate() error {
	if name := SyscallName(r.NR); name == "" || name != r.Name {
		return fmt.Errorf("call %d is named %q", r.NR, name)
	}
	if r.Why == "" {
		return errors.New("no reason")
	}
	for _, t := range r.Args {
		if err := t.validate(); err != nil {
			return err
		}
	}
	return nil
}
