package hostile

import (
	"bytes"

	"webrunner/trampoline"
)

// Addresses in a cell that attacks name. That they are fixed and known helps
// nobody: there is nothing behind them.
const (
	stubAddr  = trampoline.StubAddr
	codeAddr  = trampoline.ImageAddr // of an attack's own first instruction
	stackSize = 1 << 20
	stackAddr = trampoline.StackAddr + stackSize/2 // in its midst
	stackEnd  = trampoline.StackAddr + stackSize

	resultsSize = 64 << 10
	pageSize    = 4096
)

// pages rounds a size up to whole pages.
func pages(size uint64) uint64 { return (size + pageSize - 1) &^ (pageSize - 1) }

// stubEnd is the first address behind the stub's mapping.
func stubEnd() uint64 { return stubAddr + pages(uint64(len(trampoline.Code()))) }

// stubCalls returns the addresses of the stub's own system call instructions.
func stubCalls() []uint64 {
	var at []uint64
	code := trampoline.Code()
	for i := 0; ; {
		n := bytes.Index(code[i:], asm(syscall))
		if n < 0 {
			return at
		}
		i += n
		at = append(at, stubAddr+uint64(i))
		i += 2
	}
}

// exitCall is the one system call instruction that a cell may leave by.
func exitCall() uint64 { return trampoline.ExitRIP() - 2 }

// stubFunction returns the address of one of the stub's functions.
func stubFunction(name string) uint64 {
	for _, s := range trampoline.Symbols() {
		if s.Name == name {
			return s.Addr
		}
	}
	panic("hostile: the stub has no " + name)
}

// dataWord is memory that a kernel can write without having any of its own: the
// last page of the results, which its cells share.
const dataWord = trampoline.ResultsAddr + resultsSize - 64
