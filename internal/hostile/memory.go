package hostile

import (
	"fmt"

	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// touch is an access to an address that must not succeed, unless it says so.
type touch struct {
	name string
	addr uint64
	ends []End // instead of a fault at the address
}

// Where other processes have something.
const (
	goText     = 0x400000
	goHeap     = 0xc000000000
	canonical  = 0x7fffffffffff // the last address of the lower half
	kernelHalf = 0xffff800000000000
)

// nowhere are addresses where something used to be before the cell stripped
// itself, where something is in most processes, and where a region ends.
func nowhere() []touch {
	gpf := ends(crashed("SIGSEGV"))
	return []touch{
		{"null", 0, ends(crashed("SIGSEGV"))},
		{"null-page", 8, nil},
		{"first-page", 0x1000, nil},
		{"lowest-mappable", 0x10000, nil},
		{"go-text", goText, nil},
		{"go-text-later", goText + 0x100000, nil},
		{"go-data", 0x1000000, nil},
		{"go-heap", goHeap, nil},
		{"go-heap-later", goHeap + 0x400000, nil},
		{"go-arena-hints", 0x7f0000000000, nil},
		{"go-thread-stack", 0x7fffe0000000, nil},
		{"before-stub", stubAddr - 1, nil},
		{"after-stub", stubEnd(), nil},
		{"before-control", trampoline.ControlAddr - 1, nil},
		{"after-control", trampoline.ControlAddr + pages(controlSize), nil},
		{"before-thread", trampoline.ThreadAddr - 1, nil},
		{"after-thread", trampoline.ThreadAddr + trampoline.ThreadSize, nil},
		{"before-results", trampoline.ResultsAddr - 1, nil},
		{"after-results", trampoline.ResultsAddr + resultsSize, nil},
		{"counter-pages", trampoline.PagesAddr, nil},
		{"before-code", codeAddr - 1, nil},
		{"after-code", codeAddr + pageSize, nil},
		{"image-limit", trampoline.ImageLimit - 1, nil},
		{"traps", trampoline.TrapAddr, nil},
		{"operands", trampoline.OperandAddr, nil},
		{"operands-limit", trampoline.OperandLimit - 1, nil},
		{"before-stack", trampoline.StackAddr - 1, nil},
		{"after-stack", stackEnd, nil},
		{"loader", 0x7ffff7fc0000, nil},
		{"vdso", 0x7ffff7fc1000, nil},
		{"vdso-high", 0x7fffffffe000, nil},
		{"vvar", 0x7ffff7fbd000, nil},
		{"old-stack", 0x7ffffffde000, nil},
		{"top-page", canonical - 0xfff, gpf},
		{"not-canonical", canonical + 1, gpf},
		{"kernel-half", kernelHalf, gpf},
		{"direct-map", 0xffff888000000000, gpf},
		{"kernel-text", 0xffffffff81000000, gpf},
		{"cpu-entry-area", 0xfffffe0000000000, gpf},
		{"fixmap", 0xffffffffff5fe000, gpf},
		{"last-byte", minusOne, gpf},
	}
}

func (t touch) endsOf(access string) []End {
	if t.ends != nil {
		return t.ends
	}
	return ends(fault(access, t.addr))
}

// touchAttacks read, write and execute where nothing is.
func touchAttacks() []strike {
	var list []strike
	for _, t := range nowhere() {
		list = append(list,
			strike{
				name: "read-" + t.name, tries: fmt.Sprintf("reads %#x", t.addr), layer: Space,
				setup: asm("48b8", t.addr, "8a00"), ends: t.endsOf("read"), // mov rax, addr; mov al, [rax]
			},
			strike{
				name: "write-" + t.name, tries: fmt.Sprintf("writes %#x", t.addr), layer: Space,
				setup: asm("48b8", t.addr, "c60000"), ends: t.endsOf("write"), // mov byte [rax], 0
			},
			strike{
				name: "jump-" + t.name, tries: fmt.Sprintf("jumps to %#x", t.addr), layer: Space,
				setup: asm("48b8", t.addr, "ffe0"), ends: t.endsOf("execute"), // jmp rax
			})
	}
	return list
}

// protected are the cell's own regions and what they are not mapped for.
func protected() []struct {
	touch
	access string
} {
	type row = struct {
		touch
		access string
	}
	at := func(name string, addr uint64, access string) row { return row{touch{name: name, addr: addr}, access} }
	return []row{
		at("stub", stubAddr, "write"),
		at("stub-exit", exitCall(), "write"),
		at("control", trampoline.ControlAddr, "write"),
		at("control-end", trampoline.ControlAddr+pages(controlSize)-1, "write"),
		at("control", trampoline.ControlAddr, "execute"),
		at("thread", trampoline.FSBase, "execute"),
		at("results", trampoline.ResultsAddr, "execute"),
		at("records", trampoline.RecordsAddr, "execute"),
		at("code", codeAddr+64, "write"),
		at("stack", stackAddr, "execute"),
	}
}

func accessCode(access string, addr uint64) []byte {
	code := map[string]string{"read": "8a00", "write": "c60000", "execute": "ffe0"}[access]
	return asm("48b8", addr, code)
}

// protectionAttacks use the cell's own regions against their protection.
func protectionAttacks() []strike {
	var list []strike
	for _, p := range protected() {
		code := accessCode(p.access, p.addr)
		if p.addr == codeAddr+64 {
			code = append(code, make([]byte, 128)...) // so that there is something to write to
		}
		list = append(list, strike{
			name: p.access + "-own-" + p.name, tries: fmt.Sprintf("%ss its own %s", p.access, p.name), layer: Space,
			setup: code, ends: ends(fault(p.access, p.addr)),
		})
	}
	list = append(list, strike{
		name: "write-own-thread", tries: "writes its own thread page, which it may", layer: Gate,
		setup: accessCode("write", trampoline.FSBase), ends: ends(End{}),
	})
	// What a kernel may read holds nothing that it does not know already.
	for _, t := range []touch{
		{"stub", stubAddr, nil}, {"control", trampoline.ControlAddr, nil}, {"thread", trampoline.FSBase, nil}, {"results", trampoline.ResultsAddr, nil},
	} {
		list = append(list, strike{
			name: "read-own-" + t.name, tries: "reads its own " + t.name + ", which it may", layer: Gate,
			setup: accessCode("read", t.addr), ends: ends(End{}),
		})
	}
	return list
}

// walkAttacks read page after page from where something is mapped: the first
// page that is not must be the one behind the region.
func walkAttacks() []strike {
	const back = minusOne - pageSize + 1
	var list []strike
	for _, w := range []struct {
		name      string
		from      uint64
		step, end uint64
	}{
		{"up-from-stub", stubAddr, pageSize, stubEnd()},
		{"up-from-control", trampoline.ControlAddr, pageSize, trampoline.ControlAddr + pages(controlSize)},
		{"up-from-thread", trampoline.ThreadAddr, pageSize, trampoline.ThreadAddr + trampoline.ThreadSize},
		{"up-from-results", trampoline.ResultsAddr, pageSize, trampoline.ResultsAddr + resultsSize},
		{"up-from-code", codeAddr, pageSize, codeAddr + pageSize},
		{"up-from-stack", trampoline.StackAddr, pageSize, stackEnd},
		{"down-from-stub", stubAddr, back, stubAddr - pageSize},
		{"down-from-code", codeAddr, back, codeAddr - pageSize},
		{"down-from-stack", stackEnd - pageSize, back, trampoline.StackAddr - pageSize},
	} {
		list = append(list, strike{
			name: "walk-" + w.name, tries: fmt.Sprintf("reads page after page from %#x until it faults", w.from), layer: Space,
			setup: asm("48b8", w.from, "48ba", w.step, "8a08 4801d0 ebf9"), // mov rax, from; mov rdx, step; 1: mov cl, [rax]; add rax, rdx; jmp 1b
			ends:  ends(fault("read", w.end)),
		})
	}
	return list
}

// selfAttacks turn the kernel's own memory against its rules.
func selfAttacks() []strike {
	return []strike{
		{
			name: "self-modification", tries: "writes a ret over its endless loop", layer: Space,
			setup: asm("488d05 05000000 c600c3 ebfe"), // lea rax, [rip+5]; mov byte [rax], 0xc3; jmp .
			ends:  ends(End{Class: wire.Crashed, Signal: "SIGSEGV", Access: "write"}),
		},
		{
			name: "code-on-stack", tries: "writes code to its stack and calls it", layer: Space,
			setup: asm("68c3909090 ffd4"), // push 0x909090c3 (nops and ret); call rsp
			ends:  ends(End{Class: wire.Crashed, Signal: "SIGSEGV", Access: "execute"}),
		},
		{
			name: "code-in-results", tries: "writes code to the results and calls it", layer: Space,
			setup: asm("b8", uint32(trampoline.RecordsAddr+0x8000), "c600c3 ffd0"), // mov eax, addr; mov byte [rax], 0xc3; call rax
			ends:  ends(fault("execute", trampoline.RecordsAddr+0x8000)),
		},
		{
			name: "stack-overflow", tries: "calls itself for ever", layer: Space,
			setup: asm("e800000000 ebf9"), // 1: call 2f; 2: jmp 1b
			ends:  ends(fault("", trampoline.StackAddr-8)),
		},
		{
			name: "stack-underflow", tries: "pops until it has the stack of its forker", layer: Space,
			setup: asm("58 ebfd"), // 1: pop rax; jmp 1b
			ends:  ends(fault("read", stackEnd)),
		},
		{
			name: "stack-pivot-away", tries: "moves its stack to where the Go heap was", layer: Space,
			setup: asm("48bc", uint64(goHeap+0x1000), "50"), // mov rsp, addr; push rax
			ends:  ends(fault("write", goHeap+0xff8)),
		},
		{
			name: "stack-pivot-control", tries: "moves its stack to the control block", layer: Space,
			setup: asm("bc", uint32(trampoline.ControlAddr+0x800), "50"), // mov esp, addr; push rax
			ends:  ends(fault("write", trampoline.ControlAddr+0x7f8)),
		},
		{
			name: "gs-base", tries: "reads through GS", layer: Space, rule: "segment-override",
			hidden: asm("65488b00"), setup: asm("31c0"), // xor eax, eax; mov rax, gs:[rax]
			ends: ends(crashed("SIGSEGV")),
		},
		{
			name: "below-fs", tries: "reads where a thread's local variables would be, far below FS", layer: Space,
			setup: asm("48c7c000e0ffff64488b00"), // mov rax, -0x2000; mov rax, fs:[rax]
			ends:  ends(fault("read", trampoline.FSBase-0x2000)),
		},
	}
}
