package trampoline

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The assembly has its numbers from Go, in the instructions that they are for.
func TestNumbersReachTheBlob(t *testing.T) {
	imm32 := func(op string, v uint32, tail string) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte(op), v), tail...)
	}
	for _, tt := range []struct {
		what string
		code []byte
	}{
		{"mov eax, clone; mov edi, SIGCHLD", append(imm32("\xb8", sysClone, ""), imm32("\xbf", uint32(sigChild), "")...)},
		{"mov edx, PROT_READ; mov eax, mprotect; syscall", imm32("\xba", protRead, string(imm32("\xb8", sysMprotect, "\x0f\x05")))},
		{"mov eax, exit_group; syscall", imm32("\xb8", sysExitGroup, "\x0f\x05")},
		{"mov edx, counterBytes; mov eax, read; syscall", imm32("\xba", counterBytes, string(imm32("\xb8", sysRead, "\x0f\x05")))},
		{"mov eax, nullSelector; mov es, ax", imm32("\xb8", nullSelector, "\x8e\xc0")},
		{"test eax, directionFlag", imm32("\xa9", directionFlag, "")},
		{"mov ecx, inUse; xgetbv", imm32("\xb9", inUse, "\x0f\x01\xd0")},
		{"test eax, upperState", imm32("\xa9", upperState, "")},
		{"add rsi, pageSize", imm32("\x48\x81\xc6", pageSize, "")},
		{"add rsi, cacheLine", []byte{0x48, 0x83, 0xc6, cacheLine}},
		{"lea rsi, [rsp-redZone]", []byte{0x48, 0x8d, 0x74, 0x24, 0x100 - redZone}},
		{"and ecx, ditherMask", imm32("\x81\xe1", ditherMask, "")},
	} {
		if !bytes.Contains(Code(), tt.code) {
			t.Errorf("%s (% x) is not in the blob", tt.what, tt.code)
		}
	}
	if opening == 0 || opening == 1 {
		t.Errorf("the opening chain is told from others by %d", opening)
	}
}

// Of any so many records in a row the waits before a lap are all
// different, and so are those before the laps of a record.
func TestWaits(t *testing.T) {
	const waits = ditherMask + 1
	seen := make(map[int]bool)
	for record := range waits {
		seen[record*ditherRecord&ditherMask] = true
	}
	if len(seen) != waits {
		t.Errorf("%d waits in %d records", len(seen), waits)
	}
	clear(seen)
	for lap := range MaxLaps {
		seen[lap*ditherLap&ditherMask] = true
	}
	if len(seen) != MaxLaps {
		t.Errorf("%d waits in %d laps", len(seen), MaxLaps)
	}
}
