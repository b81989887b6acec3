package cell

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"webrunner/trampoline"
)

// call runs a supplied function on the data page and returns rax.
func call(t *testing.T, s *Space, name string, args ...uint64) uint64 {
	t.Helper()
	p := onePlan(t)
	p.Call = Call{Kernel: trampoline.Supplied()[name], Int: args, Order: make([]ArgKind, len(args))}
	o := run(t, s, p)
	if o.End != Returned {
		t.Fatalf("%s%v ended by %v %v at %#x", name, args, o.End, o.Signal, o.Regs.Rip)
	}
	if v := o.Samples.Records[0].Flags & trampoline.ViolationMask; v != 0 {
		t.Errorf("%s breaks the calling convention: %#x", name, v)
	}
	return o.Samples.RAX
}

// The supplied library functions against Go's own, over lengths, alignments
// and overlaps.
func TestSuppliedFunctions(t *testing.T) {
	s := newSpace(t, "c3")
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		for i := range data {
			data[i] = byte(1 + rng.IntN(255))
		}
		want := bytes.Clone(data)
		n := rng.IntN(200)
		a, b := rng.IntN(300), rng.IntN(300)
		switch rng.IntN(5) {
		case 0: // memcpy: no overlap
			b += 1000
			copy(want[a:a+n], want[b:b+n])
			if got := call(t, s, "memcpy", dataAddr+uint64(a), dataAddr+uint64(b), uint64(n)); got != dataAddr+uint64(a) {
				t.Errorf("memcpy returns %#x", got)
			}
		case 1:
			copy(want[a:a+n], want[b:b+n])
			if got := call(t, s, "memmove", dataAddr+uint64(a), dataAddr+uint64(b), uint64(n)); got != dataAddr+uint64(a) {
				t.Errorf("memmove returns %#x", got)
			}
		case 2:
			for i := range n {
				want[a+i] = 0xe7
			}
			if got := call(t, s, "memset", dataAddr+uint64(a), 0xfffffffe7, uint64(n)); got != dataAddr+uint64(a) {
				t.Errorf("memset returns %#x", got)
			}
		case 3:
			copy(data[b:b+n], data[a:a+n])
			if n > 0 && rng.IntN(2) == 0 {
				data[b+rng.IntN(n)] ^= 0x80
			}
			copy(want, data)
			for _, name := range []string{"memcmp", "bcmp"} {
				got := int32(call(t, s, name, dataAddr+uint64(a), dataAddr+uint64(b), uint64(n)))
				if sign(int(got)) != bytes.Compare(data[a:a+n], data[b:b+n]) {
					t.Errorf("%s of %d bytes = %d", name, n, got)
				}
			}
		case 4:
			data[a+n] = 0
			copy(want, data)
			if got := call(t, s, "strlen", dataAddr+uint64(a)); got != uint64(n) {
				t.Errorf("strlen = %d, want %d", got, n)
			}
		}
		if !bytes.Equal(data, want) {
			t.Fatalf("n %d, a %d, b %d: memory differs at %d", n, a, b, firstDifference(data, want))
		}
	}
}

func sign(v int) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

func firstDifference(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// A cell's thread page is its own: writable, and as it was in the next cell.
func TestThreadPage(t *testing.T) {
	s := newSpace(t, "64488b042510000000"+ // mov rax, fs:[0x10]
		"644833042500000000"+ // xor rax, fs:[0]: both hold the FS base
		"6448ff042500080000"+ // inc qword ptr fs:[0x800]
		"64480b042500080000c3") // or rax, fs:[0x800]; ret
	for range 2 {
		if got := run(t, s, onePlan(t)).Samples.RAX; got != 1 {
			t.Errorf("the first call in a cell finds %#x", got)
		}
	}
	if got := call(t, s, "__errno_location"); got != trampoline.ErrnoAddr {
		t.Errorf("errno is at %#x", got)
	}
}

// The argument of __tls_get_addr is the address of two words.
func TestThreadAddress(t *testing.T) {
	s := newSpace(t, "c3")
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	le.PutUint64(data[16:], 0x1000)
	le.PutUint64(data[24:], 0x234)
	if got := call(t, s, "__tls_get_addr", dataAddr+16); got != 0x1234 {
		t.Errorf("the variable is at %#x", got)
	}
}

// The function of a TLS descriptor leaves all registers but rax alone.
func TestDescriptor(t *testing.T) {
	s := newSpace(t, "b902000000ba03000000be04000000"+ // mov ecx, 2; mov edx, 3; mov esi, 4
		"41b80500000041b90600000041ba0700000041bb08000000"+ // mov r8d, 5; r9d, 6; r10d, 7; r11d, 8
		"4889f8ff10"+ // mov rax, rdi; call [rax]
		"4801c84801d04801f04c01c04c01c84c01d04c01d8c3") // add rax, rcx; rdx; rsi; r8; r9; r10; r11; ret
	data, err := s.Bytes("data")
	if err != nil {
		t.Fatal(err)
	}
	le.PutUint64(data, trampoline.Descriptor())
	le.PutUint64(data[8:], 0x1000)
	if got := run(t, s, onePlan(t)).Samples.RAX; got != 0x1000+2+3+4+5+6+7+8 {
		t.Errorf("the sum is %#x", got)
	}
}
