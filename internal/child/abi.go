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
}

// abi says what the single call broke of the calling convention.
func (r *runner) abi() wire.ABI {
	a := wire.ABI{OK: true, Violations: []string{}}
	flags := violations(r.first)
	for _, rule := range abiRules {
		if flags&rule.flag != 0 {
			a.OK = false
			a.Violations = append(a.Violations, rule.text)
		}
	}
	return a
}

// violations collects the flags of all records.
func violations(o *cell.Outcome) (flags uint64) {
	for _, rec := range o.Samples.Records {
		flags |= rec.Flags & trampoline.ViolationMask
	}
	return flags
}
