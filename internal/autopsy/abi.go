package autopsy

import (
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// abiRules is what the System V psABI asks of a function that returns (version
// 1.0, 3.2.1 "Registers and the Stack Frame" and 3.2.3), and what the Microsoft x64
// ABI asks beside, one row per bit that the stub records.
var abiRules = []struct {
	flag uint64
	text string
}{
	{trampoline.FlagRBX, "rbx is not preserved"},
	{trampoline.FlagRBP, "rbp is not preserved"},
	{trampoline.FlagR12, "r12 is not preserved"},
	{trampoline.FlagR13, "r13 is not preserved"},
	{trampoline.FlagR14, "r14 is not preserved"},
	{trampoline.FlagR15, "r15 is not preserved"},
	{trampoline.FlagRSP, "rsp is not where it was before the call"},
	{trampoline.FlagDirection, "the direction flag is left set"},
	{trampoline.FlagMXCSR, "the control bits of MXCSR are changed"},
	{trampoline.FlagX87Control, "the x87 control word is changed"},
	{trampoline.FlagX87Stack, "the x87 register stack is not empty (missing emms?)"},
	{trampoline.FlagFrame, "the caller's stack frame, above the return address and the arguments, is overwritten"},
	{trampoline.FlagRDI, "rdi is not preserved, as the Microsoft ABI wants it"},
	{trampoline.FlagRSI, "rsi is not preserved, as the Microsoft ABI wants it"},
	{trampoline.FlagVectors, "xmm6 to xmm15 are not preserved, as the Microsoft ABI wants them"},
}

// Broken is what the calls of cells did to the registers and to the frame that the
// calling convention gives to the caller, in bits of trampoline.ViolationMask and
// trampoline.FlagUpper. The zero value is of calls that broke nothing.
type Broken struct {
	first uint64 // by the first call of a process
	later uint64
}

// BrokenBy returns what the calls of a cell broke, whatever it was run for. Of several
// calls in a record nothing tells which it was.
func BrokenBy(plan cell.Plan, o *cell.Outcome) (b Broken) {
	calls := 0
	for _, sec := range plan.Laps {
		if sec.Kind == trampoline.Kernel {
			calls += max(sec.Batch, 1)
		}
	}
	for i, rec := range o.Samples.Records {
		flags := rec.Flags & (trampoline.ViolationMask | trampoline.FlagUpper)
		if i == 0 && calls == 1 {
			b.first |= flags
		} else {
			b.later |= flags
		}
	}
	return b
}

// And returns what the calls of either broke.
func (b Broken) And(o Broken) Broken { return Broken{b.first | o.first, b.later | o.later} }

// ABI says in words what calls broke of the calling convention.
func (b Broken) ABI() wire.ABI {
	a := wire.ABI{OK: true, Violations: []string{}}
	for _, rule := range abiRules {
		text := rule.text
		switch {
		case b.first&rule.flag != 0:
		case b.later&rule.flag != 0:
			text += ", though not by the first call of a process"
		default:
			continue
		}
		a.OK = false
		a.Violations = append(a.Violations, text)
	}
	return a
}

// Violations says in words what bits of trampoline.ViolationMask stand for.
func Violations(flags uint64) []string { return Broken{first: flags}.ABI().Violations }

// UpperInUse tells that calls left the upper halves of vector registers in use, which
// the convention allows, and which makes SSE instructions slow on some processors.
func (b Broken) UpperInUse() bool { return (b.first|b.later)&trampoline.FlagUpper != 0 }
