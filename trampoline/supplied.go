package trampoline

import (
	"bytes"
	"encoding/binary"
)

// Symbol is a function of the blob at its address in a cell.
type Symbol struct {
	Name string
	Addr uint64
}

// exitCall is the length of the instructions before the return address of
// exit's system call: mov eax, imm32; syscall.
const exitCall = 7

// Symbols returns the functions of the blob in ascending order of address.
func Symbols() []Symbol {
	var at [functions]uintptr
	entries(&at)
	names := [functions - 1]string{"stub", "stub.before", "stub.stack-args", "stub.frame", "stub.exit", "stub.empty", "stub.imul-chain", "stub.straight", "stub.add-chain", "stub.witness", "stub.flush", "memcpy", "memmove", "memset", "memcmp",
		"strlen", "__stack_chk_fail", "abort"}
	syms := make([]Symbol, len(names))
	for i, n := range names {
		syms[i] = Symbol{n, StubAddr + uint64(at[i]-at[0])}
	}
	return syms
}

// functions is how many the blob has, with the one that ends it.
const functions = 19

// ExitRIP is the instruction pointer that a cell shows while it leaves through
// the stub.
func ExitRIP() uint64 { return address("stub.exit") + exitCall }

// Watched returns the instruction pointers that a cell shows when it stops
// before and after a call in ModeWatch.
func Watched() (enter, leave uint64) {
	behind := func(mark uint32) uint64 {
		before := append(binary.LittleEndian.AppendUint32(nil, mark), 0xcd, 3) // int 3
		return StubAddr + uint64(bytes.Index(Code(), before)+len(before))
	}
	return behind(MarkEnter), behind(MarkLeave)
}

// firstSupplied is the number of the first library function.
const firstSupplied = 11

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
	for _, s := range Symbols()[firstSupplied:] {
		m[s.Name] = s.Addr
	}
	m["bcmp"] = m["memcmp"]
	return m
}
