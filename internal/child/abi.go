package child

import (
	"webrunner/internal/cell"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// abiRules is what the System V psABI asks of a function that returns (version
// 1.0, 3.2.1 "Registers and the Stack Frame" and 3.2.3), one row per bit that
// the stub records.
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
}

// noteFlags keeps what the calls of a cell broke, whatever it was run for. Of several
// calls in a record nothing tells which it was.
func (r *runner) noteFlags(plan cell.Plan, o *cell.Outcome) {
	calls := 0
	for _, sec := range plan.Sections {
		if sec.Kind == trampoline.Kernel {
			calls += max(sec.Batch, 1)
		}
	}
	for i, rec := range o.Samples.Records {
		later := 1
		if i == 0 && calls == 1 {
			later = 0
		}
		r.flags[later] |= rec.Flags & (trampoline.ViolationMask | trampoline.FlagUpper)
	}
}

// abi says what calls broke of the calling convention, in whatever cell.
func (r *runner) abi() wire.ABI {
	a := wire.ABI{OK: true, Violations: []string{}}
	for _, rule := range abiRules {
		text := rule.text
		switch {
		case r.flags[0]&rule.flag != 0:
		case r.flags[1]&rule.flag != 0:
			text += ", though not by the first call of a process"
		default:
			continue
		}
		a.OK = false
		a.Violations = append(a.Violations, text)
	}
	return a
}

// upperInUse is a note on calls that leave the upper halves of vector registers in
// use, which the convention allows, or "".
func (r *runner) upperInUse() string {
	if (r.flags[0]|r.flags[1])&trampoline.FlagUpper == 0 {
		return ""
	}
	return "the upper halves of vector registers are in use after a call (no vzeroupper): SSE instructions that follow may be slow"
}
