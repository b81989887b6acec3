package trampoline

import (
	"bytes"
	"testing"
)

func TestBlob(t *testing.T) {
	code := Code()
	if len(code) < 500 || len(code) > ControlAddr-StubAddr {
		t.Fatalf("the blob has %d bytes", len(code))
	}
	syms := Symbols()
	for i, s := range syms {
		if s.Addr < StubAddr || s.Addr >= StubAddr+uint64(len(code)) || i > 0 && s.Addr <= syms[i-1].Addr {
			t.Errorf("%s at %#x is not in its place: the linker has laid the blob out in another order", s.Name, s.Addr)
		}
	}
	if syms[0].Addr != StubAddr {
		t.Errorf("the stub begins at %#x", syms[0].Addr)
	}
	// The instruction before ExitRIP is the system call of exit.
	if at := ExitRIP() - StubAddr; !bytes.Equal(code[at-2:at], []byte{0x0f, 0x05}) {
		t.Errorf("% x before ExitRIP", code[at-2:at])
	}
}

// The blob makes system calls in five places only: the fork, the script,
// both reads of counters, and the exit. A kernel may jump to any of them.
func TestSystemCalls(t *testing.T) {
	if n := bytes.Count(Code(), []byte{0x0f, 0x05}); n != 5 {
		t.Errorf("%d system calls in the blob, want 5", n)
	}
}

func TestSupplied(t *testing.T) {
	supplied := Supplied()
	for _, name := range []string{"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "__stack_chk_fail", "abort"} {
		if supplied[name] == 0 {
			t.Errorf("%s is not supplied", name)
		}
	}
	if len(supplied) != 8 {
		t.Errorf("%d functions supplied: %v", len(supplied), supplied)
	}
}

func TestSectionAddresses(t *testing.T) {
	const kernel = 0x1234
	seen := map[uint64]bool{}
	for _, k := range []Kind{Kernel, Empty, ImulChain, AddChain, Witness, Flush} {
		a := k.Addr(kernel)
		if a == 0 || seen[a] || (k == Kernel) != (a == kernel) {
			t.Errorf("kind %d is at %#x", k, a)
		}
		seen[a] = true
	}
}
