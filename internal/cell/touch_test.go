package cell

import (
	"encoding/hex"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// The pages of an operand are there before the first call, so that its faults are none of the
// loop's; those of the stack that few kernels use are not, and are counted. A cell whose
// time for it is short says so.
func TestTouchedBeforeTheLoop(t *testing.T) {
	const pages = 512
	for _, tt := range []struct {
		name, code  string
		ticks       uint64
		faults, say bool
	}{
		// mov ecx, pages; l: mov [rdi], cl; add rdi, 4096; dec ecx; jnz l; ret
		{"an operand", "b900020000880f4881c700100000ffc975f3c3", 0, false, false},
		// mov ecx, 128; mov rax, rsp; l: sub rax, 4096; mov [rax], al; dec ecx; jnz l; ret
		{"the stack", "b9800000004889e0482d001000008800ffc975f4c3", 0, true, false},
		{"no time", "c3", 1, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(tt.code)
			if err != nil {
				t.Fatal(err)
			}
			s, err := NewSpace([]Region{
				{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
				{Name: "data", Addr: dataAddr, Size: pages * pageSize, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			p := onePlan(t)
			p.TouchTicks = tt.ticks
			o := run(t, s, p)
			// Linux may take a page away and give it back, but not many within a call.
			if o.End != Returned || (o.LoopFaults > pages/8) != tt.faults || o.Untouched != tt.say {
				t.Errorf("ended by %v %v with %d page faults in the loop of %d, untouched %v", o.End, o.Signal, o.LoopFaults, o.Faults, o.Untouched)
			}
		})
	}
}

// TestFilled: a process has made at once what it writes of a space, and no more.
func TestFilled(t *testing.T) {
	const rw = unix.PROT_READ | unix.PROT_WRITE
	for _, tt := range []struct {
		what string
		r    Region
		want uint64
	}{
		{"operand", Region{Size: 3 * pageSize, Prot: rw, Shared: true}, 3 * pageSize},
		{"contents to restore", Region{Size: 3 * pageSize, Prot: unix.PROT_READ, Shared: true}, 0},
		{"operand of which kernels use little", Region{Size: 1 << 30, Prot: rw, Shared: true}, 0},
		{"operand in large pages", Region{Size: HugePage, Prot: rw, Shared: true, Huge: true}, 0},
		{"data with much that is zero", Region{Size: 1 << 30, Data: make([]byte, 5000), Prot: rw}, 5000},
		{"stack", Region{Size: StackSize, Prot: rw}, 0},
	} {
		if got := tt.r.filled(); got != tt.want {
			t.Errorf("%s: %d bytes, want %d", tt.what, got, tt.want)
		}
	}
}
