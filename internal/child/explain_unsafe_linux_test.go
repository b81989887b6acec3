package child_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"unsafe"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// What goes wrong in and about the stub is explained by what the kernel did.
func TestStubExplanations(t *testing.T) {
	var r trampoline.Results
	_, gate, _ := trampoline.GateReads()
	jump := func(to uint64) string { return "b8" + immediate(to) + "ffe0" }      // mov eax, to; jmp rax
	read := func(at uint64) string { return "b8" + immediate(at) + "8a00c3" }    // mov eax, at; mov al, [rax]; ret
	write := func(at uint64) string { return "b8" + immediate(at) + "c60000c3" } // mov eax, at; mov byte [rax], 0; ret
	forge := func(field uintptr) string {
		return "c70425" + immediate(trampoline.ResultsAddr+uint64(field)) + "11000000c3"
	} // mov dword [field], 17; ret
	for _, tt := range []struct {
		name, code string
		class      wire.Class
		access     string
		detail     []string
	}{
		{"behind the stub", read(trampoline.StubAddr + stubEnd), wire.Crashed, "read", []string{"the kernel read 1 byte past WebRunner's own code at playground+0x5"}},
		{"before the results", read(trampoline.ResultsAddr - 1), wire.Crashed, "read", []string{"the kernel read 1 byte before WebRunner's results"}},
		{"behind the control block", read(trampoline.ControlAddr + controlEnd), wire.Crashed, "read", []string{"the kernel read 1 byte past WebRunner's control block"}},
		{"write to the stub", write(trampoline.StubAddr), wire.Crashed, "write", []string{"the kernel wrote WebRunner's own code at offset 0x0, which cannot be written"}},
		{"jump to the results", jump(trampoline.ResultsAddr), wire.Crashed, "execute", []string{"the kernel jumped to WebRunner's results at offset 0x0, which cannot be executed"}},
		{"jump to the stub", jump(trampoline.StubAddr), wire.ForbiddenSyscall, "", []string{"WebRunner's own code made the system call clone at stub+", ": the kernel jumped into it"}},
		{"jump to a gate's read", jump(gate), wire.Crashed, "", []string{"WebRunner's own code ", " at stub+", "the kernel jumped into it"}},
		{"a gate", read(trampoline.GatesAddr), wire.Crashed, "read", []string{"WebRunner's gates"}},
		{"another record", forge(unsafe.Offsetof(r.Record)), wire.Crashed, "", []string{"WebRunner's own code ", " the null page, address 0x", " at stub+", "or changed the registers, the stack or the results that it works with"}},
		{"another step", forge(unsafe.Offsetof(r.Step)), wire.ForbiddenSyscall, "", []string{"WebRunner's own code called exit_group before", " at stub.exit+0x5", "or changed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(tt.code)
			if err != nil {
				t.Fatal(err)
			}
			p := do(t, runJob(t, elfobj.Function("playground", code), "playground", nil)).Problem
			if p == nil {
				t.Fatal("no problem")
			}
			if p.Class != tt.class || tt.access != "" && p.Access != tt.access {
				t.Errorf("class %s, access %q; want %s, %q", p.Class, p.Access, tt.class, tt.access)
			}
			for _, part := range tt.detail {
				if !strings.Contains(p.Detail, part) {
					t.Errorf("%q lacks %q", p.Detail, part)
				}
			}
		})
	}
}

// stubEnd is the size of the stub in whole pages.
var stubEnd = (uint64(len(trampoline.Code())) + 4095) &^ 4095

// controlEnd is the size of the control block in whole pages.
const controlEnd = (uint64(unsafe.Sizeof(trampoline.Control{})) + 4095) &^ 4095
