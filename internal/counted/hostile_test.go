package counted

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webrunner/internal/count/step"
)

// TestComputedControl: code that computes where it goes, reads where it came from or what it is made of, and keeps its
// stack elsewhere is counted as single steps count it.
func TestComputedControl(t *testing.T) {
	for _, tt := range []struct {
		name, code   string
		instructions uint64
		stepped      bool // because rewriting gives up
	}{
		// push rbx; mov ebx, 5; 1: lea rax, [rip+7f]; call 2f; 3: pause; lfence; jmp 3b; 2: mov [rsp], rax; ret; 7: dec ebx; jnz
		// 1b; mov eax, 9; pop rbx; ret
		{"retpoline", "53bb05000000488d0511000000e807000000f3900faee8ebf948890424c3ffcb75e4b8090000005bc3", 35, false},
		// xor eax, eax; xor ecx, ecx; lea r8, [rip+5f]; 1: mov edx, ecx; and edx, 3; movsxd rdx, dword ptr [r8+rdx*4]; add rdx,
		// r8; jmp rdx; 5: .long 6f-5b, 7f-5b, 8f-5b, 9f-5b; 6: add eax, 1; jmp 2f; 7: add eax, 2; 8: sub eax, 7; jmp 2f; 9: xor
		// eax, 1; 2: inc ecx; cmp ecx, 11; jb 1b; ret
		{"table of offsets in code", "31c031c94c8d050e00000089ca83e203496314904c01c2ffe21000000015000000180000001d00000083c001eb0b83c00283e807eb0383f001ffc183f90b72cbc3", 115, false},
		// xor eax, eax; mov ecx, 9; 1: lea r8, [rip+6f]; mov edx, ecx; and edx, 1; lea r9, [rip+5f]; movzx edx, byte ptr
		// [r9+rdx]; add rdx, r8; push rdx; ret; 5: .byte 0, 7f-6f; 6: add eax, 1; 7: add eax, 2; dec ecx; jnz 1b; ret
		{"table of bytes", "31c0b9090000004c8d051800000089ca83e2014c8d0d0a000000410fb614114c01c252c3000383c00183c002ffc975d7c3", 106, false},
		// call 2f; 1: mov ecx, eax; jrcxz 3f; nop; nop; 3: ret; 2: mov rax, [rsp]; lea rdx, [rip+1b]; sub rax, rdx; ret
		{"return address that is read", "e80700000089c1e3029090c3488b0424488d15eeffffff4829d0c3", 8, false},
		// call 2f; 1: ud2; mov eax, 7; ret; 2: add qword ptr [rsp], 2; ret
		{"return address that is moved", "e8080000000f0bb807000000c34883042402c3", 5, false},
		// 0: lea rsi, [rip+0b]; lea rdi, [rip+9f]; xor eax, eax; xor ecx, ecx; 1: movzx edx, byte ptr [rsi]; add eax, edx; inc
		// rsi; cmp rsi, rdi; jb 1b; and eax, 15; inc eax; 2: dec eax; jnz 2b; mov eax, 3; ret; 9:
		{"sum of its own bytes", "488d35f9ffffff488d3d2000000031c031c90fb61601d048ffc64839fe72f383e00fffc0ffc875fcb803000000c3", 242, false},
		// push rbx; push rbp; lea rbp, [rip+7f]; mov rbx, rsp; call 1f; ud2; 1: call 2f; ud2; 2: push rax; mov rsp, rbx; jmp rbp;
		// 7: pop rbp; pop rbx; mov eax, 1; ret
		{"long jump out of calls", "5355488d2d170000004889e3e8020000000f0be8020000000f0b504889dcffe55d5bb801000000c3", 13, false},
		// lea rax, [rsp-512]; xchg rax, rsp; push rax; lea rcx, [rip+8f]; push rcx; lea rcx, [rip+6f]; push rcx; lea rcx,
		// [rip+7f]; push rcx; ret; 6: add eax, 3; ret; 7: xor eax, eax; ret; 8: pop rsp; ret
		{"another stack", "488d842400feffff489450488d0d1900000051488d0d0a00000051488d0d0600000051c383c003c331c0c35cc3", 16, false},
		// lea rax, [rip+5f]; mov rdx, 0x123456789abcdef; xor rax, rdx; mov rcx, 3; 1: bswap rax; dec rcx; jnz 1b; bswap rax; xor
		// rax, rdx; mov [rsp-8], rax; jmp [rsp-8]; ud2; 5: mov eax, 4; ret
		{"coded address", "488d052d00000048baefcdab89674523014831d048c7c103000000480fc848ffc975f8480fc84831d048894424f8ff6424f80f0bb804000000c3", 19, false},
		// xor eax, eax; mov ecx, 3; 1: .byte 0x2e, 0x2e, 0x2e, 0x74, 2; jmp 2f; 2: .byte 0xf2, 0xe8; .long 5f-3f; 3: dec ecx;
		// .byte 0x3e, 0x0f, 0x85; .long 1b-4f; 4: lea rdx, [rip+6f]; .byte 0x3e, 0xff, 0xe2; 5: add eax, 1; .byte 0xf3, 0xc3; 6:
		// .byte 0xf2, 0xc3
		{"prefixes", "31c0b9030000002e2e2e7402eb00f2e813000000ffc93e0f85eaffffff488d15080000003effe283c001f3c3f2c3", 25, false},
		// mov ecx, 4; xor eax, eax; 1: cmp ecx, 3; call 3f; setb dl; call 3f; adc eax, 0; lea r8, [rip+3f]; call r8; jo 9f; movzx
		// edx, dl; lea eax, [rax+rdx]; dec ecx; jnz 1b; ret; 3: ret; 9: ud2
		{"condition kept over calls", "b90400000031c083f903e8220000000f92c2e81a00000083d0004c8d051000000041ffd0700c0fb6d28d0410ffc975d7c3c30f0b", 63, false},
		// xor eax, eax; jmp 2f; 1: ret; 2: lea rdx, [rip+1b]; push rdx; nop; ret
		{"end of the code", "31c0eb01c3488d15f8ffffff5290c3", 7, false},
		// mov eax, 2; enter 32, 0; mov [rbp-8], rax; add rax, [rbp-8]; leave; ret 0
		{"enter and leave", "b802000000c8200000488945f8480345f8c9c20000", 6, false},
		// xor eax, eax; lea rdx, [rip+1f+1]; mov ecx, 6; 3: call rdx; dec ecx; jnz 3b; ret; 1: mov ebx, 0xc301c083; ret
		{"calls to the middle", "31c0488d150d000000b906000000ffd2ffc975fac3bb83c001c3c3", 34, false},
		// mov ecx, 2; lea rdx, [rip+1f]; 2: push rcx; call rdx; pop rcx; inc rdx; dec ecx; jnz 2b; ret; 1: .byte 0xb8, 0x83,
		// 0xc0, 0x01, 0xc3; ret
		{"two ways to read the bytes", "b902000000488d150c00000051ffd25948ffc2ffc975f5c3b883c001c3c3", 19, true},
		// mov ecx, 5; call 1f; 1: dec ecx; js 2f; jmp [rsp]; 2: pop rax; mov eax, 1; ret
		{"self call through its return address", "b905000000e800000000ffc97803ff242458b801000000c3", 22, false},
		// mov ecx, 3; 3: call 1f; dec ecx; nop; dec ecx; jns 3b; ret; 1: pop rax; add rax, 2; jmp rax
		{"stepping over the next instruction", "b903000000e808000000ffc990ffc979f4c3584883c002ffe0", 30, false},
		// lea rdx, [rip+1f-1]; add rdx, 1; jmp rdx; int3 4 times; 1: nop; jmp 2f; ud2; 2: mov eax, 1; ret: behind the no-op nothing
		// is seen to be code
		{"behind padding", "488d15090000004883c201ffe2ccccccc390eb020f0bb801000000c3", 7, false},
		// xor eax, eax; mov ecx, 79; 1: lea rdx, [rip+5f]; lea rdx, [rdx+rcx*4]; jmp rdx; 5: (add eax, 1; nop) 80 times; dec ecx;
		// jns 1b; ret
		{"into an unrolled loop", "31c0b94f000000488d1506000000488d148affe2" + strings.Repeat("83c00190", 80) + "ffc90f89abfeffffc3", 6883, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			c, err := Count(s, time.Millisecond, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			truth, err := step.Run(s, s.Plan(), 10_000)
			if err != nil {
				t.Fatal(err)
			}
			if noted := strings.Contains(strings.Join(c.Notes, "; "), "single steps"); noted != tt.stepped || len(c.Depends) > 0 {
				t.Errorf("counted in single steps: %v, want %v; %q", noted, tt.stepped, c.Notes)
			}
			if !c.Ledger.Equal(truth.Ledger) || c.Instructions != tt.instructions {
				t.Errorf("%d instructions, in single steps %d, want %d", c.Instructions, instructions(truth.Ledger), tt.instructions)
			}
		})
	}
}

// TestUncountable: code that neither way can count says why of both.
func TestUncountable(t *testing.T) {
	// lea rax, [rip+1f+1]; test al, al; js 1f; jmp rax; 1: mov eax, 0xc3c3c3c3; ret: into an instruction that is reached as well
	const into = "488d050700000084c07802ffe0b8c3c3c3c3c3"
	for _, tt := range []struct{ name, code, why string }{
		{"stores the flags", "9c59" + into, "stores the flags"},                                       // pushfq; pop rcx
		{"many instructions", "b9400d0300" + "ffc9" + "75fc" + into, "more than 100000 instructions"}, // mov ecx, 200000; 1: dec ecx; jnz 1b
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			_, err := Count(s, time.Millisecond, time.Minute)
			if err == nil || !strings.Contains(err.Error(), "no instruction begins that the screen saw; in single steps") || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestRewritingInTime: code whose copy is made again and again has no more time than there is.
func TestRewritingInTime(t *testing.T) {
	s := subjectFor(t, function(t, "c3"))
	c, err := newCopied(s, -time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.call(s, s.Plan()); !errors.Is(err, errNoTime) {
		t.Errorf("%v", err)
	}
}

// TestTelltale: what could show rewritten code that it is a copy, and where it and its counters lie, is counted in single
// steps, where there are none to be found and changed.
func TestTelltale(t *testing.T) {
	for _, tt := range []struct {
		name, code   string
		instructions uint64
		unsized      bool
	}{
		// fld1; fnstenv [rsp-64]; mov eax, [rsp-52]; lea rcx, [rip-17]; sub eax, ecx; fninit; ret: the distance from here
		{"fnstenv", "d9e8d97424c08b4424cc488d0defffffff29c8dbe3c3", 7, false},
		// fld1; fnsave [rsp-120]; mov eax, [rsp-108]; ret
		{"fnsave", "d9e8dd7424888b442494c3", 4, false},
		// mov rdx, rsp; sub rsp, 1024; and rsp, -64; fld1; fxsave64 [rsp]; mov rax, [rsp+8]; fninit; mov rsp, rdx; ret
		{"fxsave", "4889e24881ec000400004883e4c0d9e8480fae0424488b442408dbe34889d4c3", 9, false},
		// the same with mov esi, edx; mov eax, 3; xor edx, edx; xsave64 [rsp]; but for RSI
		{"xsave", "4889e64881ec001000004883e4c0b80300000031d2480fae2424488b4424104889f4c3", 9, true},
		// rdtsc; xor eax, eax; ret
		{"rdtsc", "0f3131c0c3", 3, false},
		// rdtscp; xor eax, eax; xor edx, edx; ret
		{"rdtscp", "0f01f931c031d2c3", 4, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			if s == nil {
				t.Skip("this host lacks the instruction")
			}
			c, err := Count(s, time.Millisecond, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(c.Notes, "; "), "single steps, not in rewritten code: rewritten code has no place for the instruction") {
				t.Errorf("%q", c.Notes)
			}
			if c.Instructions != tt.instructions || c.Unsized != tt.unsized {
				t.Errorf("%d instructions, want %d; accesses are unknown: %v", c.Instructions, tt.instructions, c.Unsized)
			}
		})
	}
}

// TestBranchToNext: a branch that goes to the next instruction in any case is taken where its condition holds, both ways.
func TestBranchToNext(t *testing.T) {
	// mov ecx, 3; 1: cmp ecx, 2; jz 2f; 2: ja 3f; 3: jrcxz 4f; 4: dec ecx; jnz 1b; inc ecx; loop 5f; 5: ret
	s := subjectFor(t, function(t, "b90300000083f90274007700e300ffc975f3ffc1e200c3"))
	c, err := newCopied(s, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.alone()
	if err != nil {
		t.Fatal(err)
	}
	truth, err := step.Run(s, s.Plan(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	taken := uint64(0)
	for _, n := range truth.Ledger {
		taken += n.Taken
	}
	if !got.Equal(truth.Ledger) || taken != 1+1+0+2+0 {
		t.Errorf("%d branches are taken, want 4; the two ways are equal: %v", taken, got.Equal(truth.Ledger))
	}
}

// TestStepsUnseen: a step that a hypervisor may make, and that would hide a turn of what follows, is not relied upon.
func TestStepsUnseen(t *testing.T) {
	for _, tt := range []struct{ name, code string }{
		// push rbx; xor eax, eax; mov esi, 4; lea rdi, [rsp-64]; cpuid; rep stosb; pop rbx; ret
		{"repeated", "5331c0be04000000488d7c24c00fa2f3aa5bc3"},
		// push rbx; xor eax, eax; cpuid; loop itself; pop rbx; ret
		{"branch to itself", "5331c00fa2e2fe5bc3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := subjectFor(t, function(t, tt.code))
			if _, err := step.Run(s, s.Plan(), 1000); err == nil || !strings.Contains(err.Error(), "unseen") {
				t.Error(err)
			}
		})
	}
}
