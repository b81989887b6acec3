package hostile

import "webrunner/internal/wire"

// stateAttacks leave the processor in a state that harms who comes after them,
// or their figures.
func stateAttacks() []strike {
	broken := ends(End{Broken: true})
	fine := ends(End{})
	return []strike{
		{name: "callee-saved-clobber", tries: "clears all callee-saved registers", layer: Gate, ends: broken,
			setup: asm("31db 31ed 4531e4 4531ed 4531f6 4531ff")}, // xor ebx, ebx; … ebp; r12d to r15d
		{name: "direction-flag", tries: "leaves the direction flag set", layer: Gate, ends: broken,
			setup: asm("fd")}, // std
		{name: "mxcsr-unmasked", tries: "leaves all SSE exceptions unmasked", layer: Gate, ends: broken,
			setup: asm("6a00 0fae1424 58")}, // push 0; ldmxcsr [rsp]; pop rax
		{name: "mxcsr-exception", tries: "divides by zero with SSE exceptions unmasked", layer: Processor, ends: ends(crashed("SIGFPE")),
			setup: asm("6a00 0fae1424 58 31c0 f30f2ac0 0f57c9 f30f5ec1")}, // …; cvtsi2ss xmm0, eax; xorps xmm1, xmm1; divss xmm0, xmm1
		{name: "mxcsr-flush", tries: "leaves SSE flushing denormals and rounding up", layer: Gate, ends: broken,
			setup: asm("68c0df0000 0fae1424 58")}, // push 0xdfc0; ldmxcsr [rsp]; pop rax
		{name: "x87-full", tries: "leaves the x87 stack full", layer: Gate, ends: broken,
			setup: asm("d9e8 d9e8 d9e8 d9e8 d9e8 d9e8 d9e8 d9e8")}, // fld1, eight times
		{name: "x87-unmasked", tries: "leaves x87 exceptions unmasked, and one pending", layer: Gate, ends: append(broken, crashed("SIGFPE")),
			setup: asm("6a00 d92c24 58 d9e8 d9ee def9")}, // push 0; fldcw [rsp]; pop rax; fld1; fldz; fdivp
		{name: "x87-exception", tries: "waits for a pending x87 exception", layer: Processor, ends: ends(crashed("SIGFPE")),
			setup: asm("6a00 d92c24 58 d9e8 d9ee def9 9b")}, // …; fwait
		{name: "mmx-state", tries: "leaves MMX state", layer: Gate, ends: broken,
			setup: asm("0fefc0")}, // pxor mm0, mm0
		{name: "avx-dirty", tries: "leaves the upper halves of the vector registers dirty", layer: Gate, ends: append(fine, End{Class: wire.MissingISA}),
			setup: asm("c5fd76c0 c5f576c9 c5ed76d2 c5e576db")}, // vpcmpeqd ymm0, ymm0, ymm0; … ymm1 to ymm3
		{name: "avx512-dirty", tries: "leaves 512-bit registers and masks dirty", layer: Gate, ends: append(fine, End{Class: wire.MissingISA}),
			setup: asm("62f37d4825c0ff 62a37d4025c0ff c5fc46c0")}, // vpternlogd zmm0, zmm0, zmm0, -1; … zmm16; kxnorw k0, k0, k0
		{name: "amx-configured", tries: "leaves tiles configured", layer: Gate,
			ends: append(fine, End{Class: wire.MissingISA}, crashed("SIGILL"), crashed("SIGSEGV")),
			// sub rsp, 64 zeroed; mov byte [rsp], 1; …; ldtilecfg [rsp]; tilezero tmm0
			setup: asm("6a00 6a00 6a00 6a00 6a00 6a00 6a00 6a01 c644241001 c6443030 01 c4e2784904 24 c4e27b49c0 4883c440")},
		{name: "stack-moved", tries: "returns with another stack pointer", layer: Gate, ends: broken,
			setup: asm("58 50 50")}, // pop rax; push rax; push rax
		{name: "stack-unaligned", tries: "returns with a stack pointer that is odd", layer: Gate, ends: broken,
			setup: asm("58 4883ec03 ffe0")}, // pop rax; sub rsp, 3; jmp rax
		{name: "stack-gone", tries: "returns with a stack pointer that points nowhere", layer: Gate, ends: broken,
			setup: asm("58 31e4 ffe0")}, // pop rax; xor esp, esp; jmp rax
		{name: "stack-in-results", tries: "returns with its stack in the results", layer: Gate, ends: append(broken, crashed("")),
			setup: asm("58 bc", uint32(resultsStamp), "ffe0")}, // pop rax; mov esp, stamp; jmp rax
		{name: "red-zone", tries: "fills the red zone below its stack, and reads it back", layer: Gate, ends: fine,
			// lea rdi, [rsp-128]; mov ecx, 16; mov rax, -1; rep stosq; mov rax, [rsp-128]; inc rax; jz .ok; ud2
			setup: asm("488d7c2480 b910000000 48c7c0ffffffff f348ab 488b442480 48ffc0 7402 0f0b")},
		{name: "return-twice", tries: "returns, and then once more", layer: Gate, ends: append(contained(), End{Broken: true}),
			setup: asm("59 51 51 51")}, // pop rcx; push rcx, three times
		{name: "return-into-call", tries: "returns to the call that made it, for ever", layer: Time,
			ends:  ends(End{Class: wire.Timeout}, crashed("")),
			setup: asm("48832c2403")}, // sub qword [rsp], 3: call r10 again
		{name: "segment-es", tries: "loads ES to hide that it was interrupted", layer: Gate, ends: fine, rule: "segment-register",
			setup: asm("b803000000"), hidden: asm("8ec0")}, // mov eax, 3; mov es, eax
		{name: "segment-fs", tries: "clears FS and its base", layer: Gate, ends: fine, rule: "segment-register",
			setup: asm("31c0"), hidden: asm("8ee0")}, // xor eax, eax; mov fs, eax
		{name: "segment-ss", tries: "loads SS with nothing", layer: Processor, ends: ends(crashed("SIGSEGV")), rule: "segment-register",
			setup: asm("31c0"), hidden: asm("8ed0")}, // xor eax, eax; mov ss, eax
		{name: "fs-base", tries: "moves the FS base", layer: Gate, ends: append(fine, End{Class: wire.MissingISA}, crashed("SIGILL")), rule: "segment-base",
			setup: asm("31c0"), hidden: asm("f3480faed0")}, // xor eax, eax; wrfsbase rax
		{name: "gs-base-write", tries: "moves the GS base", layer: Gate, ends: append(fine, End{Class: wire.MissingISA}, crashed("SIGILL")), rule: "segment-base",
			setup: asm("31c0"), hidden: asm("f3480faed8")}, // xor eax, eax; wrgsbase rax
		{name: "trap-flag", tries: "sets the trap flag", layer: Processor, ends: ends(crashed("SIGTRAP")), rule: "flags-write",
			setup: asm("6802010000"), hidden: asm("9d 90")}, // push 0x102; popf; nop
		{name: "alignment-flag", tries: "sets the alignment-check flag and returns", layer: Gate,
			ends: append(contained(), End{Broken: true}), rule: "flags-write",
			setup: asm("6802000400"), hidden: asm("9d")}, // push 0x40002; popf
		{name: "alignment-check", tries: "reads what is not aligned with alignment checks on", layer: Processor,
			ends: ends(crashed("SIGBUS")), rule: "flags-write",
			setup: asm("6802000400"), hidden: asm("9d 8b442401")}, // push 0x40002; popf; mov eax, [rsp+1]
		{name: "nested-task", tries: "sets the nested-task and I/O privilege flags", layer: Gate, ends: fine, rule: "flags-write",
			setup: asm("6802700000"), hidden: asm("9d")}, // push 0x7002; popf
		{name: "trap-flag-restored", tries: "sets the trap flag in flags that it has pushed", layer: Processor, ends: ends(crashed("SIGTRAP")),
			setup: asm("9c 810c2400010000 9d 90")}, // pushf; or dword [rsp], 0x100; popf; nop
		{name: "trap-flag-left", tries: "returns with the trap flag set", layer: Processor, ends: ends(crashed("SIGTRAP")),
			setup: asm("9c 810c2400010000 9d")}, // pushf; or dword [rsp], 0x100; popf
		{name: "direction-restored", tries: "sets the direction flag in flags that it has pushed", layer: Gate, ends: broken,
			setup: asm("9c 810c2400040000 9d")}, // pushf; or dword [rsp], 0x400; popf
		{name: "alignment-restored", tries: "returns with alignment checks on", layer: Gate, ends: append(contained(), End{Broken: true}),
			setup: asm("9c 810c2400000400 9d")}, // pushf; or dword [rsp], 0x40000; popf
		{name: "alignment-check-restored", tries: "reads what is not aligned with alignment checks on", layer: Processor, ends: ends(crashed("SIGBUS")),
			setup: asm("9c 810c2400000400 9d 8b442401")}, // pushf; or dword [rsp], 0x40000; popf; mov eax, [rsp+1]
		{name: "nested-task-restored", tries: "sets the nested-task, I/O privilege and interrupt flags in flags that it has pushed", layer: Gate, ends: fine,
			setup: asm("9c 8134240072003f 9d")}, // pushf; xor dword [rsp], 0x3f007200; popf
		{name: "protection-keys", tries: "denies everything by protection keys", layer: Processor,
			ends: append(ends(crashed("SIGSEGV"), crashed("SIGILL"), End{Class: wire.MissingISA}, End{Class: wire.Timeout}), End{}), rule: "pkey-write",
			setup: asm("b8ffffffff 31c9 31d2"), hidden: asm("0f01ef")}, // mov eax, -1; xor ecx, ecx; xor edx, edx; wrpkru
		{name: "state-restore", tries: "restores protection keys and tiles from its stack", layer: Gate,
			ends: contained(), rule: "state-restore",
			// lea rdi, [rsp-8192]; and rdi, -64; mov ecx, 512; xor eax, eax; rep stosq; lea rdi, [rsp-8192]; and rdi, -64; mov eax, -1; mov edx, eax
			setup:  asm("488dbc2400e0ffff 4883e7c0 b900020000 31c0 f348ab 488dbc2400e0ffff 4883e7c0 b8ffffffff 89c2"),
			hidden: asm("0fae2f")}, // xrstor [rdi]
	}
}
