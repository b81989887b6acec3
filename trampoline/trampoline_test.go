package trampoline

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
)

func TestBlob(t *testing.T) {
	code := Code()
	if len(code) < 500 || len(code) > ControlAddr-StubAddr {
		t.Fatalf("the blob has %d bytes", len(code))
	}
	// The linker lays the functions out in the order of the assembly, by which
	// they are numbered; the first and the last bound the blob.
	var last uintptr
	for n, pc := range functions() {
		if pc == 0 {
			continue
		}
		if pc <= last {
			t.Errorf("function %d, %s, is not in its place: the linker has laid the blob out in another order", n, runtime.FuncForPC(pc).Name())
		}
		last = pc
	}
	syms := Symbols()
	if s := syms[0]; s.Addr != StubAddr || s.Name != stubName {
		t.Errorf("%s begins at %#x", s.Name, s.Addr)
	}
	for _, s := range syms {
		if s.Name == "" || s.Addr >= StubAddr+uint64(len(code)) {
			t.Errorf("%q is at %#x", s.Name, s.Addr)
		}
	}
	// The instruction before ExitRIP is the system call of exit.
	if at := ExitRIP() - StubAddr; !bytes.Equal(code[at-2:at], []byte{0x0f, 0x05}) {
		t.Errorf("% x before ExitRIP", code[at-2:at])
	}
}

// The blob makes system calls in six places only: the fork, the control block's protection, the script,
// both reads of counters, and the exit. A kernel may jump to any of them.
func TestSystemCalls(t *testing.T) {
	if n := bytes.Count(Code(), []byte{0x0f, 0x05}); n != 6 {
		t.Errorf("%d system calls in the blob, want 6", n)
	}
}

func TestSupplied(t *testing.T) {
	supplied := Supplied()
	for _, name := range []string{"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "__stack_chk_fail", "abort",
		"__errno_location", "__tls_get_addr", "_dl_tlsdesc_return"} {
		if supplied[name] == 0 {
			t.Errorf("%s is not supplied", name)
		}
	}
	if len(supplied) != 11 {
		t.Errorf("%d functions supplied: %v", len(supplied), supplied)
	}
}

func TestLapAddresses(t *testing.T) {
	const kernel = 0x1234
	seen := map[uint64]bool{}
	for _, k := range []Kind{Kernel, Empty, ImulChain, Straight, AddChain, Witness, Flush, Case} {
		a := k.Addr(kernel, 1)
		if a == 0 || seen[a] || (k == Kernel) != (a == kernel) {
			t.Errorf("kind %d is at %#x", k, a)
		}
		seen[a] = true
	}
}

// A straight chain is entered so many multiplications before its return.
func TestStraight(t *testing.T) {
	code := Code()
	for turns := range uint64(ChainSteps + 1) {
		at := Straight.Addr(0, turns) - StubAddr
		n := uint64(0)
		for bytes.HasPrefix(code[at:], []byte{0x0f, 0xaf, 0xc2}) { // imul eax, edx
			at, n = at+imulLength, n+1
		}
		if n != turns || code[at] != 0xc3 {
			t.Errorf("%d steps before %#x, want %d before a return", n, code[at], turns)
		}
	}
}

// Every lap has two sites of its own, which lie alike in their lines of the
// cache, and calls what it is told to.
func TestSites(t *testing.T) {
	const callee = ImageAddr + 0x123456
	seen := map[uint64]bool{}
	var first [2]uint64
	for lap := range MaxLaps {
		for i, looped := range []bool{false, true} {
			patches, err := Aim([]Site{{lap, looped, 5, callee}})
			if err != nil {
				t.Fatal(err)
			}
			p := patches[0]
			if seen[p.Addr] {
				t.Errorf("lap %d shares a site", lap)
			}
			seen[p.Addr] = true
			if lap == 0 {
				first[i] = p.Addr % 64
			}
			if p.Addr%64 != first[i] {
				t.Errorf("lap %d: a site at %#x, that of lap 0 at %#x of a line", lap, p.Addr, first[i])
			}
			if target := p.Addr + 10 + uint64(int64(int32(binary.LittleEndian.Uint32(p.Bytes[6:])))); target != callee || p.Bytes[1] != 5 {
				t.Errorf("lap %d calls %#x by % x", lap, target, p.Bytes)
			}
		}
	}
	for _, s := range []Site{{Lap: MaxLaps, Callee: callee}, {Callee: 1 << 40}} {
		if _, err := Aim([]Site{s}); err == nil {
			t.Errorf("aimed %+v", s)
		}
	}
}

// TestFunctionsBeginLines: what is calibrated with a function of the stub holds for kernels, which
// begin a line of the cache, only if it does so, too.
func TestFunctionsBeginLines(t *testing.T) {
	if len(Symbols()) == 0 {
		t.Fatal("the blob has no functions")
	}
	for _, s := range Symbols() {
		if s.Addr%cacheLine != 0 {
			t.Errorf("%s is at %#x, in the middle of a line", s.Name, s.Addr)
		}
	}
}
