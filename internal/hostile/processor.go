package hostile

import (
	"slices"

	"webrunner/internal/wire"
)

// processorAttacks are single instructions that are not for a kernel.
func processorAttacks() []strike {
	gp, ud := crashed("SIGSEGV"), crashed("SIGILL")
	var list []strike
	add := func(name, tries string, setup, hidden []byte, rule string, e ...End) {
		if slices.Contains(e, ud) {
			e = append(e, End{Class: wire.MissingISA}) // the same, where it is known which extension the host lacks
		}
		list = append(list, strike{name: name, tries: tries, layer: Processor, setup: setup, hidden: hidden, rule: rule, ends: e})
	}
	none := asm("31c0 31c9 31d2") // xor eax, eax; xor ecx, ecx; xor edx, edx
	add("hlt", "stops the processor", nil, asm("f4"), "privileged", gp)
	add("cli", "turns interrupts off", nil, asm("fa"), "privileged", gp)
	add("sti", "turns interrupts on", nil, asm("fb"), "privileged", gp)
	add("in", "reads an I/O port", asm("66ba7000"), asm("ec"), "io-port", gp)
	add("out", "resets the machine through an I/O port", asm("66ba6400 b0fe"), asm("ee"), "io-port", gp)
	add("outs", "writes its stack to an I/O port", asm("66baf803 4889e6 b901000000"), asm("f36e"), "io-port", gp)
	add("rdmsr", "reads a model-specific register", none, asm("0f32"), "model-specific-register", gp)
	add("wrmsr", "moves Linux's entry point", asm("b9820000c0 31c0 31d2"), asm("0f30"), "model-specific-register", gp)
	add("read-cr0", "reads a control register", nil, asm("0f20c0"), "control-register", gp)
	add("write-cr3", "loads other page tables", none, asm("0f22d8"), "control-register", gp)
	add("write-dr7", "arms a hardware breakpoint", none, asm("0f23f8"), "control-register", gp)
	add("clts", "gives itself somebody's vector registers", nil, asm("0f06"), "control-register", gp)
	add("lgdt", "loads another descriptor table", nil, asm("0f011424"), "descriptor-table", gp)
	add("lidt", "loads another interrupt table", nil, asm("0f011c24"), "descriptor-table", gp)
	add("sgdt", "asks where the descriptor table is", nil, asm("0f014424f0"), "descriptor-table", gp, End{})
	add("sidt", "asks where the interrupt table is", nil, asm("0f014c24f0"), "descriptor-table", gp, End{})
	add("str", "asks for the task register", nil, asm("0f00c8"), "descriptor-table", gp, End{})
	add("smsw", "reads the machine status word", nil, asm("0f01e0"), "control-register", gp, End{})
	add("lldt", "loads a local descriptor table", none, asm("0f00d0"), "descriptor-table", gp)
	add("invlpg", "throws a page out of the TLB", nil, asm("0f013c24"), "privileged", gp)
	add("wbinvd", "empties all caches of the machine", nil, asm("0f09"), "privileged", gp)
	add("invd", "empties all caches without writing them back", nil, asm("0f08"), "privileged", gp)
	add("swapgs", "swaps in Linux's GS base", nil, asm("0f01f8"), "", gp, ud)
	add("sysret", "returns from a system call that it is not in", none, asm("480f07"), "system-return", gp, ud)
	add("sysexit", "returns from a system call that it is not in", none, asm("480f35"), "system-return", gp, ud)
	add("iretq", "returns from an interrupt to ring 0", asm("6a10 54 6802000000 6a10 6800000010"), asm("48cf"), "system-return", gp)
	add("int-3-byte", "raises interrupt 3 by its long form", nil, asm("cd03"), "interrupt", crashed("SIGTRAP"), gp)
	add("int-4", "raises interrupt 4", nil, asm("cd04"), "interrupt", gp)
	add("int-2", "raises a non-maskable interrupt", nil, asm("cd02"), "interrupt", gp)
	add("int-8", "raises a double fault", nil, asm("cd08"), "interrupt", gp)
	add("int-20", "raises a device's interrupt", nil, asm("cd20"), "interrupt", gp)
	add("int-82", "raises an interrupt that Xen uses", nil, asm("cd82"), "interrupt", gp)
	add("int-ff", "raises the spurious interrupt", nil, asm("cdff"), "interrupt", gp)
	add("icebp", "raises a debug exception", nil, asm("f1"), "interrupt", crashed("SIGTRAP"))
	add("vmcall", "calls the hypervisor, Intel's way", none, asm("0f01c1"), "hypercall", ud, gp, End{})
	add("vmmcall", "calls the hypervisor, AMD's way", none, asm("0f01d9"), "hypercall", ud, gp, End{})
	add("vmrun", "starts a virtual machine", none, asm("0f01d8"), "virtualization", ud, gp)
	add("vmxon", "turns virtualization on", nil, asm("f30fc73424"), "virtualization", ud, gp)
	add("monitor", "arms an address monitor", asm("4889e0 31c9 31d2"), asm("0f01c8"), "wait", ud, gp, End{})
	add("mwait", "puts the processor to sleep", none, asm("0f01c9"), "wait", ud, gp, End{})
	add("umwait", "puts the processor to sleep", none, asm("f20faef0"), "wait", ud, gp, End{})
	add("enclu", "enters an enclave", none, asm("0f01d7"), "enclave", ud, gp)
	add("getsec", "enters a measured environment", none, asm("0f37"), "enclave", ud, gp, End{})
	add("xsetbv", "turns processor state off", none, asm("0f01d1"), "", gp, ud)
	add("wrpkru-wrong", "writes the protection keys wrongly", asm("31c0 b901000000 31d2"), asm("0f01ef"), "pkey-write", gp, ud)
	add("mov-cs", "loads CS", none, asm("8ec8"), "", ud)
	add("lock-nothing", "locks an instruction that cannot be locked", nil, asm("f00fc8"), "", ud)
	add("undefined-64", "executes what is undefined in 64-bit mode", nil, asm("0e"), "", ud)
	add("opcode-d6", "executes an undocumented instruction", nil, asm("d6"), "", ud)

	// What the screen lets pass, because it harms only who executes it.
	list = append(list,
		strike{name: "int3", tries: "stops at a breakpoint, to look like the stub that has arrived", layer: Processor,
			setup: asm("cc"), ends: ends(crashed("SIGTRAP"))},
		strike{name: "ud0", tries: "executes ud0", layer: Processor, setup: asm("0fffc0"), ends: ends(ud)},
		strike{name: "ud1", tries: "executes ud1", layer: Processor, setup: asm("670fb94002"), ends: ends(ud)}, // ud1 eax, [eax+2]
		strike{name: "ud2", tries: "executes ud2", layer: Processor, setup: asm("0f0b"), ends: ends(ud)},
		strike{name: "divide-by-zero", tries: "divides by zero", layer: Processor,
			setup: asm("31d2 31c9 f7f1"), ends: ends(crashed("SIGFPE"))}, // xor edx, edx; xor ecx, ecx; div ecx
		strike{name: "divide-overflow", tries: "divides the least integer by -1", layer: Processor,
			setup: asm("b800000080 99 b9ffffffff f7f9"), ends: ends(crashed("SIGFPE"))}, // mov eax, 1<<31; cdq; mov ecx, -1; idiv ecx
		strike{name: "misaligned-vector", tries: "loads a vector that is not aligned", layer: Processor,
			setup: asm("0f28442401"), ends: ends(gp)}, // movaps xmm0, [rsp+1]
		strike{name: "rdpmc", tries: "reads an event counter", layer: Processor,
			setup: asm("31c9 0f33"), ends: ends(gp, End{})}, // xor ecx, ecx; rdpmc
		strike{name: "rdtsc", tries: "reads the clock twice, to find out that it is timed", layer: Gate,
			setup: asm("0f31 89c1 0f31 29c8"), ends: ends(End{})},
		strike{name: "rdtscp", tries: "asks for its CPU", layer: Gate,
			setup: asm("0f01f9"), ends: ends(End{}, End{Class: wire.MissingISA})},
		strike{name: "cpuid", tries: "asks for the processor", layer: Gate,
			setup: asm("53 31c0 31c9 0fa2 5b"), ends: ends(End{})}, // push rbx; xor eax, eax; xor ecx, ecx; cpuid; pop rbx
		strike{name: "cache-flush", tries: "throws its stub out of the caches", layer: Gate,
			setup: asm("b8", uint32(stubAddr), "0fae38"), ends: ends(End{})}, // mov eax, stub; clflush [rax]
		strike{name: "prefetch-kernel", tries: "prefetches Linux's memory", layer: Gate,
			setup: asm("48c7c000000081 0f1808"), ends: ends(End{})}, // mov rax, 0xffffffff81000000; prefetcht0 [rax]
		strike{name: "masked-load", tries: "looks for mapped pages by masked loads, which do not fault", layer: Gate,
			// mov rax, goHeap; vpxor xmm1, xmm1, xmm1; vmaskmovps xmm0, xmm1, [rax]
			setup: asm("48b8", uint64(goHeap), "c5f1efc9 c4e2712c00"), ends: ends(End{}, End{Class: wire.MissingISA})},
		strike{name: "split-lock", tries: "locks memory across a cache line, again and again", layer: Processor,
			// mov rax, rsp; and rax, -64; sub rax, 130 (so that the operand straddles); mov ecx, 1000; 1: lock inc dword [rax]; dec ecx; jnz 1b
			setup: asm("4889e0 4883e0c0 482d82000000 b9e8030000 f0ff00 ffc9 75f9"),
			ends:  ends(End{}, crashed("SIGBUS"), End{Class: wire.Timeout})},
		strike{name: "memory-barriers", tries: "makes all processors wait by locked accesses", layer: Gate,
			setup: asm("b910270000 f0830c2400 ffc9 75f7"), ends: ends(End{})}, // mov ecx, 10000; 1: lock or dword [rsp], 0; dec ecx; jnz 1b
	)
	return list
}

// timeAttacks do not end.
func timeAttacks() []strike {
	late := ends(End{Class: wire.Timeout})
	return []strike{
		{name: "endless-loop", tries: "loops for ever", layer: Time, setup: asm("ebfe"), ends: late},
		{name: "endless-pause", tries: "pauses for ever", layer: Time, setup: asm("f390 ebfc"), ends: late},
		{name: "endless-middle", tries: "loops for ever in the middle of an instruction", layer: Time,
			setup: asm("4c8d1d05000000 41ffe3 41bbebfe9090"), ends: late}, // lea r11, [rip+5]; jmp r11; mov r11d, 0x9090feeb
		{name: "endless-string", tries: "copies its stack onto itself for ever", layer: Time,
			// 1: lea rsi, [rsp-0x8000]; mov rdi, rsi; mov ecx, 0x4000; rep movsb; jmp 1b
			setup: asm("488db4240080ffff 4889f7 b900400000 f3a4 ebec"), ends: late},
		{name: "endless-locks", tries: "locks memory for ever", layer: Time, setup: asm("f0830c2400 ebf9"), ends: late}, // 1: lock or dword [rsp], 0; jmp 1b
		{name: "endless-denormals", tries: "computes with denormals for ever", layer: Time,
			setup: asm("b801000000 660f6ec0 f30f59c0 f30f58c0 ebf6"), ends: late}, // mov eax, 1; movd xmm0, eax; 1: mulss …; addss …; jmp 1b
		{name: "endless-clock", tries: "reads the clock for ever", layer: Time, setup: asm("0f31 ebfc"), ends: late},
		{name: "endless-flush", tries: "throws its stack out of the caches for ever", layer: Time, setup: asm("0fae3c24 ebfa"), ends: late},
		{name: "endless-random", tries: "drains the random numbers of the machine", layer: Time,
			setup: asm("0fc7f0 ebfb"), ends: append(late, End{Class: wire.MissingISA}, crashed("SIGILL"))}, // rdrand eax
		{name: "late-loop", tries: "loops for ever once it is trusted: in its hundredth call", layer: Time,
			// mov eax, addr of a word in the records' last page; inc dword [rax]; cmp dword [rax], 100; jb .end; jmp .
			setup: asm("b8", uint32(dataWord), "ff00 833864 7202 ebfe"), ends: append(late, End{})},
	}
}
