package child_test

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// Every death in the terms of the author: what, where, and how far from what.
func TestExplanations(t *testing.T) {
	callTo := func(name string) string { // mov eax, address; call rax
		b := binary.LittleEndian.AppendUint32([]byte{0xb8}, uint32(trampoline.Supplied()[name]))
		return hex.EncodeToString(append(b, 0xff, 0xd0))
	}
	for _, tt := range []struct {
		name, code string
		class      wire.Class
		signal     string
		access     string
		detail     []string
	}{
		{"division by zero", "31c990f7f1c3", wire.Crashed, "SIGFPE", "", []string{"division by zero", "playground+0x3", "div ecx"}},
		{"unmasked exception", "68001f00000fae1424580f57c0f30f5ec0c3", wire.Crashed, "SIGFPE", "", []string{"floating-point exception", "divss"}},
		{"breakpoint", "90ccc3", wire.Crashed, "SIGTRAP", "", []string{"breakpoint", "playground+0x1", "int"}},
		{"no ret", "89f8", wire.Crashed, "SIGTRAP", "", []string{"ran past the end of playground", "ret is missing"}},
		{"not canonical", "48b80000000000000080488b00c3", wire.Crashed, "SIGSEGV", "", []string{"general protection", "canonical", "playground+0xa"}},
		{"return to nowhere", "48b8000000000000008050c3", wire.Crashed, "SIGSEGV", "", []string{"playground+0xb", "ret"}},
		{"call of address 0", "31c0ffd0c3", wire.Crashed, "SIGSEGV", "execute", []string{"jumped to the null page", "playground+0x2", "call"}},
		{"stack is not code", "68c30000004889e0ffd0c3", wire.Crashed, "SIGSEGV", "execute", []string{"jumped to the stack", "cannot be executed", "playground+0x8"}},
		{"code is not data", "488d05f9ffffffc60000c3", wire.Crashed, "SIGSEGV", "write", []string{"the kernel wrote the code at offset 0x0, which cannot be written"}},
		{"stack overflow", "50ebfd", wire.Crashed, "SIGSEGV", "write", []string{"wrote 8 bytes below its stack", "stack overflow", "push"}},
		{"past the stack", "488b842400100000c3", wire.Crashed, "SIGSEGV", "read", []string{"bytes past the stack"}},
		{"misaligned", "0f28442401c3", wire.Crashed, "SIGSEGV", "", []string{"misaligned vector operand", "movaps"}},
		{"control block", "4889042500000108c3", wire.Crashed, "SIGSEGV", "write", []string{"wrote WebRunner's control block"}},
		{"kernel memory", "48c7c000000080488b00c3", wire.Crashed, "SIGSEGV", "read", []string{"where nothing is mapped", "0xffffffff80000000"}},
		{"jump to nowhere", "b800100000ffe0", wire.Crashed, "SIGSEGV", "execute", []string{"the kernel jumped to the address 0x1000, where nothing is mapped, from where is not known"}},
		{"abort", callTo("abort"), wire.Crashed, "SIGILL", "", []string{"called abort", "playground+0x5"}},
		{"stack protector", callTo("__stack_chk_fail"), wire.Crashed, "SIGILL", "", []string{"stack protector", "playground+0x5"}},
		{"int 0x80 from the middle of an instruction", "b8cd80c390488d0df5ffffffffe1", wire.ForbiddenSyscall, "SIGSYS", "", []string{"of the 32-bit ABI", "int"}},
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
			if p.Signal == "SIGSEGV" && strings.Contains(p.Detail, "int 0x80") {
				t.Skip("this host has no 32-bit system calls: int 0x80 is a fault (ia32_emulation=0, some hypervisors)")
			}
			if p.Class != tt.class || p.Signal != tt.signal || p.Access != tt.access {
				t.Errorf("class %s, signal %s, access %q; want %s, %s, %q", p.Class, p.Signal, p.Access, tt.class, tt.signal, tt.access)
			}
			if known := !strings.Contains(p.Detail, "from where is not known"); known != (p.Offset != nil) || known != (p.Symbol != "") {
				t.Errorf("the place is %q and %v, the detail is %q", p.Symbol, p.Offset, p.Detail)
			}
			for _, part := range tt.detail {
				if !strings.Contains(p.Detail, part) {
					t.Errorf("%q lacks %q", p.Detail, part)
				}
			}
			if !p.Sandbox[wire.LayerSeccomp].Enforced {
				t.Error("the problem does not say what protected the host")
			}
		})
	}
}
