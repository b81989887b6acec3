package cell

import (
	"encoding/hex"
	"math"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/trampoline"
)

// BenchmarkCell is the life of a cell: fork, script, filter, one call, exit,
// reaping, all under ptrace. What the forking process has touched is copied
// with it, so the figure depends on the size of this test's memory. As in a job, cells run on one CPU, and
// are taken apart on another if there is one.
func BenchmarkCell(b *testing.B) {
	code, err := hex.DecodeString("c3")
	if err != nil {
		b.Fatal(err)
	}
	s, err := NewSpace([]Region{{Name: "code", Addr: trampoline.ImageAddr, Size: 1, Data: code, Prot: unix.PROT_READ | unix.PROT_EXEC}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := Pin(nil); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name    string
		laps    []Lap
		records int
	}{
		{"one call", []Lap{{Kind: trampoline.Kernel}}, 1},
		{"500 calls", []Lap{{Kind: trampoline.Kernel}}, 500},
	} {
		b.Run(bb.name, func(b *testing.B) {
			p := Plan{
				Call: Call{Kernel: trampoline.ImageAddr}, Laps: bb.laps, Records: bb.records,
				Budget: math.MaxInt64, Wall: time.Second, XSave: true, Rseq: true, Elsewhere: []int{0, 1},
			}
			for b.Loop() {
				if o, err := s.Run(p); err != nil || o.End != Returned {
					b.Fatal(o, err)
				}
			}
		})
	}
}
