package trampoline

import (
	"testing"
	"unsafe"
)

// The assembly takes these for granted.
func TestLayout(t *testing.T) {
	var c Control
	var r Results
	for _, tt := range []struct {
		name  string
		value uintptr
		align uintptr
	}{
		{"XSAVE area (SDM vol. 1, 13.4)", ControlAddr + unsafe.Offsetof(c.XState), 64},
		{"struct rseq_cs", ControlAddr + unsafe.Offsetof(c.RseqDesc), 32},
		{"struct rseq", ResultsAddr + unsafe.Offsetof(r.Rseq), 32},
		{"FXSAVE area", ResultsAddr + unsafe.Offsetof(r.FX), 16},
		{"first record", RecordsAddr, 8},
	} {
		if tt.value%tt.align != 0 {
			t.Errorf("%s at %#x is not aligned to %d", tt.name, tt.value, tt.align)
		}
	}
	if s := unsafe.Sizeof(Section{}); s != 1<<5 {
		t.Errorf("a section has %d bytes, the stub shifts by 5", s)
	}
	if end := ControlAddr + unsafe.Sizeof(c); end > ThreadAddr {
		t.Errorf("the control block ends at %#x, in the thread page", end)
	}
	if end := ResultsAddr + unsafe.Sizeof(r); end > RecordsAddr {
		t.Errorf("the results end at %#x, in the records", end)
	}
	if max := unsafe.Sizeof(r.Begin); max != 16*MaxCounters {
		t.Errorf("room for %d bytes of counters, the stub reads %d", max, 16*MaxCounters)
	}
}
