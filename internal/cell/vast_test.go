package cell

import (
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// TestTouchVast: the pages of a very large operand are touched beforehand only for a kernel
// that is known to use them.
func TestTouchVast(t *testing.T) {
	vast := Region{Addr: 1 << 32, Size: 65 << 20, Prot: unix.PROT_READ}
	small := Region{Addr: 1 << 33, Size: 1 << 20, Prot: unix.PROT_READ}
	for _, row := range []struct {
		all  bool
		want []trampoline.Range
	}{
		{false, []trampoline.Range{{Start: small.Addr, End: small.Addr + 1<<20}}},
		{true, []trampoline.Range{{Start: vast.Addr, End: vast.Addr + 65<<20}, {Start: small.Addr, End: small.Addr + 1<<20}}},
	} {
		var c trampoline.Control
		Plan{Laps: []Lap{{Kind: trampoline.Kernel}}, TouchVast: row.all}.touch(&c, []Region{vast, small})
		if int(c.TouchN) != len(row.want) {
			t.Fatalf("vast %v: %d ranges", row.all, c.TouchN)
		}
		for i, want := range row.want {
			if c.Touch[i] != want {
				t.Errorf("vast %v: range %d is %+v, want %+v", row.all, i, c.Touch[i], want)
			}
		}
	}
}
