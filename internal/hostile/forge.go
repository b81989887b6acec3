package hostile

import (
	"fmt"

	"webrunner/trampoline"
)

// turns is what a forger really works: a loop of so many turns, a cycle each at
// least. A tenth of it is still far above the time that can be hidden from the
// child, and far below what an honest figure may be wrong by on a busy machine.
const turns = 200_000

// longTurns makes a call so long that a cell takes few samples.
const longTurns = 8_000_000

// midTurns makes a call longer than what a supervisor cannot tell from the way
// in and out of a cell, and a cell still takes several.
const midTurns = 1_000_000

// work is mov ecx, turns; 1: dec ecx; jnz 1b.
func work(turns uint32) []byte { return asm("b9", turns, "ffc9 75fc") }

// now is rdtsc; shl rdx, 32; or rax, rdx.
const now = "0f31 48c1e220 4809d0"

// forgery is an attack that works so many turns, and then runs code that writes
// to the results that it did not. Whatever becomes of the cell, a figure below
// the work may not be called consistent.
func forgery(name, tries string, turns uint32, code ...any) strike {
	return strike{
		name: "forge-" + name, tries: tries, layer: Integrity, setup: asm(work(turns), asm(code...)),
		ends: contained(), cycles: float64(turns) / 10,
	}
}

// fieldAttacks write every field of the results.
func fieldAttacks() []strike {
	var list []strike
	for _, f := range fields() {
		for _, v := range []struct {
			name, tries string
			load        []byte // into rax
		}{
			{"zero", "clears the results' %s", asm("31c0")},                                                     // xor eax, eax
			{"one", "sets the results' %s to 1", asm("b801000000")},                                             // mov eax, 1
			{"max", "sets all bits of the results' %s", asm("48c7c0ffffffff")},                                  // mov rax, -1
			{"now", "sets the results' %s to the present time", asm(now)},                                       //
			{"stack", "points the results' %s to its stack", asm("488d842400f0ffff")},                           // lea rax, [rsp-4096]
			{"record", "points the results' %s to the first record", asm("b8", uint32(trampoline.RecordsAddr))}, // mov eax, records
		} {
			list = append(list, forgery(f.name+"-"+v.name, fmt.Sprintf(v.tries, f.name), turns, v.load, "48890425", f.addr)) // mov [addr], rax
		}
	}
	return list
}

// forgeAttacks are the cleverer ones.
func forgeAttacks() []strike {
	var list []strike
	forge := func(name, tries string, turns uint32, code ...any) {
		list = append(list, forgery(name, tries, turns, code...))
	}
	forge("mode-rdpmc", "makes the stub read counters that are not there", turns, "b802000000 48890425", addrOf("mode"))
	forge("stamp-late", "starts its own clock in the future", turns, now, "4805 00100000 48890425", addrOf("stamp")) // add rax, 4096
	forge("stamp-long", "starts its own clock after a long call", longTurns, now, "48890425", addrOf("stamp"))
	forge("ticks-self", "has the stub write its ticks elsewhere", turns,
		"488b0425", resultsRecord, "482d00010000 48890425", resultsRecord) // mov rax, [record]; sub rax, 256; mov [record], rax
	forge("earlier", "says that all earlier calls took no time", turns, earlier())
	forge("chain", "says that its calibration chain took a quarter longer", turns, // mov rax, [record]; mov rdx, [rax+ticks]; shr rdx, 2; add [rax+ticks], rdx; add [stamp], rdx
		"488b0425", resultsRecord, "488b90", recordTicks, "48c1ea02 480190", recordTicks, "48011425", resultsStamp)
	forge("flags", "says that all its slow samples were interrupted", turns,
		"488b0425", resultsRecord, "66c780", recordFlags, "ffff") // mov rax, [record]; mov word [rax+flags], 0xffff
	forge("registers", "writes a register image of its own", turns,
		"bf", uint32(trampoline.ResultsAddr), "b940000000 48c7c0ffffffff f348ab") // mov edi, results; mov ecx, 64; mov rax, -1; rep stosq
	forge("everything", "overwrites all results and records", turns,
		"bf", uint32(trampoline.ResultsAddr), "b900000200 48c7c0ffffffff f348ab") // …; mov ecx, 1 MiB / 8
	forge("everything-zero", "clears all results and records", turns,
		"bf", uint32(trampoline.ResultsAddr), "b900000200 31c0 f348ab")
	forge("restartable", "makes Linux jump for it whenever it is preempted", turns,
		"b8", uint32(stubAddr), "48890425", addrOf("rseq"))
	forge("exit-early", "leaves by the stub's exit after its first call", turns,
		"31ff b8", uint32(stubFunction("stub.exit")), "ffe0") // xor edi, edi; mov eax, exit; jmp rax
	forge("fabrication", "writes all samples by itself and leaves by the stub's exit", turns, onlySampled(), fabrication())
	forge("fabrication-long", "works long, writes all samples by itself and leaves by the stub's exit", longTurns, onlySampled(), fabrication())
	forge("split", "divides the time of its calls among many more that it did not make", midTurns, onlySampled(), split())
	return list
}

// addrOf is the address of a field of the results.
func addrOf(name string) uint32 {
	for _, f := range fields() {
		if f.name == name {
			return f.addr
		}
	}
	panic("hostile: the results have no field " + name)
}

// earlier rewrites every record before the present one:
//
//	mov eax, records; 1: cmp rax, [record]; jae 2f; mov qword [rax+ticks+16], 100; add rax, size; jmp 1b; 2:
//
// The size is that of a record without counters.
func earlier() []byte {
	return asm("b8", uint32(trampoline.RecordsAddr), "483b0425", resultsRecord, "7313 48c780", recordTicks+16, uint32(100),
		"4805", recordSize, "ebe3")
}

// onlySampled returns from cells that are looked at more closely, which have
// fewer laps than a sample: cmp dword [laps], 4; jae 1f; ret; 1:
func onlySampled() []byte { return asm("833c25", controlLaps, "04 7301 c3") }

// fabrication writes 64 samples of a kernel that takes no time, in the rhythm
// of the one real record that is begun, and ends the cell:
//
//	mov r8, [record]; mov r9, [r8+ticks]; mov r10, [r8+ticks+8]
//	rdtsc; shl rdx, 32; or rax, rdx; mov r11, rax; mov r14, rax
//	lea rsi, [r9+r10*2+1200]                            a sample's length
//	mov ecx, 64; imul rdi, rsi, 64; sub r11, rdi; mov [start], r11
func fabrication() []byte {
	const samples = 64
	return asm(
		"4c8b0425", resultsRecord, "4d8b88", recordTicks, "4d8b90", recordTicks+8,
		now, "4989c3 4989c6",
		"4b8db451", uint32(1200), "b9", uint32(samples), "4869fe", uint32(samples), "4929fb 4c891c25", resultsStart,
		falseRecords())
}

// split works through nearly all of its cell's time. Then it divides that time
// among many more calls than it made:
//
//	rdtsc; shl rdx, 32; or rax, rdx; mov r14, rax
//	mov rcx, [deadline]; sub rcx, 1,000,000; cmp rax, rcx; ja 1f; ret; 1:
//	mov r8d, records; mov r9, [r8+ticks]; mov r10, [r8+ticks+8]
//	lea rsi, [r9+r10*2+1200]
//	mov r11, [start]; sub rax, r11; xor edx, edx; div rsi; lea ecx, [rax-1]
func split() []byte {
	return asm(
		now, "4989c6",
		"488b0c25", addrOf("deadline"), "4881e9", uint32(1_000_000), "4839c8 7701 c3",
		"41b8", uint32(trampoline.RecordsAddr), "4d8b88", recordTicks, "4d8b90", recordTicks+8,
		"4b8db451", uint32(1200),
		"4c8b1c25", resultsStart, "4c29d8 31d2 48f7f6 8d48ff",
		falseRecords())
}

// falseTicks is what a false record says that the kernel took: nothing.
const falseTicks = 60

// falseRecords writes ecx records from r8 on, the first of which starts at r11,
// each rsi ticks long and with a chain of r9 and witnesses of r10; it lets the
// loop end at r14, and leaves by the stub's exit:
//
//	mov [count], rcx
//	1: mov [r8], r11; mov qword [r8+flags], 0; mov [r8+ticks], r9; mov [r8+ticks+8], r10
//	mov qword [r8+ticks+16], 60; mov [r8+ticks+24], r10; mov qword [r8+ticks+32], 50
//	add r11, rsi; add r8, size; dec ecx; jnz 1b
//	mov [chain], r9; add r14, r9; mov [end], r14; xor edi, edi; mov eax, exit; jmp rax
func falseRecords() []byte {
	return asm("48890c25", resultsCount,
		"4d8918 49c780", recordFlags, uint32(0), "4d8988", recordTicks, "4d8990", recordTicks+8,
		"49c780", recordTicks+16, uint32(falseTicks), "4d8990", recordTicks+24, "49c780", recordTicks+32, uint32(50),
		"4901f3 4981c0", recordSize, "ffc9 75b9",
		"4c890c25", resultsChain, "4d01ce 4c893425", resultsEnd,
		"31ff b8", uint32(stubFunction("stub.exit")), "ffe0")
}
