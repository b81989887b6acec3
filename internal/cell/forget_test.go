package cell

import (
	"encoding/hex"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// TestForget: a cell finds nothing that an earlier one of its space wrote where
// no job puts anything.
func TestForget(t *testing.T) {
	for _, tt := range []struct{ name, code string }{
		// mov rdx, imm64; mov eax, [rdx]; inc dword [rdx]; ret
		{"results", "48ba800f1008000000008b02ff02c3"},
		{"records", "48bac0ff1008000000008b02ff02c3"},
		{"behind an operand", "48bac00f0020100000008b02ff02c3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(tt.code)
			if err != nil {
				t.Fatal(err)
			}
			s, err := NewSpace([]Region{
				{Name: "code", Addr: trampoline.ImageAddr, Size: uint64(len(code)), Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC},
				{Name: "data", Addr: dataAddr, Size: 100, Prot: unix.PROT_READ | unix.PROT_WRITE, Shared: true},
				{Name: "read-only", Addr: dataAddr + 2*pageSize, Size: 100, Prot: unix.PROT_READ, Shared: true},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for range 2 {
				if o := run(t, s, onePlan(t)); o.End != Returned || o.Samples.RAX != 0 {
					t.Errorf("ended by %v %v with %d", o.End, o.Signal, o.Samples.RAX)
				}
			}
		})
	}
}
