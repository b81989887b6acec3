package trampoline

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
)

// Symbol is a function of the blob at its address in a cell.
type Symbol struct {
	Name string
	Addr uint64
}

// stubName is that of the stub, and what the names of its parts begin with; all
// other functions are library functions.
const stubName = "stub"

// Symbols returns the functions of the blob in ascending order of address.
func Symbols() []Symbol {
	at := functions()
	syms := make([]Symbol, 0, len(at))
	for _, pc := range at {
		if pc != 0 && pc != at[maxFunctions-1] {
			syms = append(syms, Symbol{runtime.FuncForPC(pc).Name(), StubAddr + uint64(pc-at[0])})
		}
	}
	slices.SortFunc(syms, func(a, b Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	return syms
}

// exitCall is the length of the instructions before the return address of
// exit's system call: mov eax, imm32; syscall.
const exitCall = 7

// ExitRIP is the instruction pointer that a cell shows while it leaves through
// the stub.
func ExitRIP() uint64 { return address("stub.exit") + exitCall }

// GateReads returns the instruction pointers at which a cell reads gates: before its first
// record, around a watched lap, and within a Stop. A shut gate stops the cell there, and
// GateRead further on it goes on.
func GateReads() (before, around, within uint64) {
	return StubAddr + marked(markWarm), StubAddr + marked(markGate), StubAddr + marked(markStop)
}

// GateRead is the length of the instruction that reads a gate, in bytes: movzx ecx, byte
// ptr [rdx].
const GateRead = 3

// Warmed is the instruction pointer of a cell that has read all gates before its first record.
func Warmed() uint64 { return StubAddr + marked(markWarmed) }

// Between returns the instruction pointer that a cell shows when it stops after a
// call in ModeCases: behind the breakpoint.
func Between() uint64 { return StubAddr + marked(markCase) + uint64(len(breakpoint)) }

// breakpoint is int 3.
const breakpoint = "\xcd\x03"

// marked returns the offset in the blob of what stands behind a mark.
func marked(mark uint32) uint64 {
	m := binary.LittleEndian.AppendUint32(nil, mark)
	return uint64(bytes.Index(Code(), m) + len(m))
}

// SuppliedVariables returns the addresses, in a cell, of the thread-local variables
// that it has, by their names.
func SuppliedVariables() map[string]uint64 {
	return map[string]uint64{"errno": ErrnoAddr, "__libc_errno": ErrnoAddr}
}

// Descriptor is the address, in a cell, of the function that TLS descriptors name.
func Descriptor() uint64 { return address("_dl_tlsdesc_return") }

// address is that of a function of the blob in a cell, 0 if there is none.
func address(name string) uint64 {
	for _, s := range Symbols() {
		if s.Name == name {
			return s.Addr
		}
	}
	return 0
}

// Supplied returns the addresses, in a cell, of the library functions that the
// blob holds.
func Supplied() map[string]uint64 {
	m := make(map[string]uint64)
	for _, s := range Symbols() {
		if s.Name != stubName && !strings.HasPrefix(s.Name, stubName+".") {
			m[s.Name] = s.Addr
		}
	}
	m["bcmp"] = m["memcmp"]
	return m
}
