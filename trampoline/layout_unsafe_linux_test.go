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
		{"XSAVE area", ControlAddr + unsafe.Offsetof(c.XState), 64},
		{"struct rseq_cs", ControlAddr + unsafe.Offsetof(c.RseqDesc), 32},
		{"struct rseq", ResultsAddr + unsafe.Offsetof(r.Rseq), 32},
		{"FXSAVE area", ResultsAddr + unsafe.Offsetof(r.FX), 16},
		{"first record", RecordsAddr, 8},
	} {
		if tt.value%tt.align != 0 {
			t.Errorf("%s at %#x is not aligned to %d", tt.name, tt.value, tt.align)
		}
	}
	// Sizes and offsets of SDM vol. 1, 10.5.1 and 13.4, and linux/rseq.h.
	var fx FXSave
	var x XSave
	var page counterPage
	for _, tt := range []struct {
		name      string
		got, want uintptr
	}{
		{"FXSAVE area", unsafe.Sizeof(fx), 512},
		{"x87 tag byte", unsafe.Offsetof(fx.Tag), 4},
		{"MXCSR", unsafe.Offsetof(fx.MXCSR), 24},
		{"x87 registers", unsafe.Offsetof(fx.ST), 32},
		{"XMM registers", unsafe.Offsetof(fx.XMM), 160},
		{"XSAVE header", unsafe.Offsetof(x.Header), 512},
		{"struct rseq", unsafe.Sizeof(r.Rseq), 32},
		{"its rseq_cs", unsafe.Offsetof(r.Rseq.CS), 8},
		{"struct rseq_cs", unsafe.Offsetof(c.RseqDesc.Signature), 32},
		{"its abort_ip", unsafe.Offsetof(c.RseqDesc.AbortIP), 24},
		{"lock of a counter page", unsafe.Offsetof(page.Lock), 8},
		{"index of a counter page", unsafe.Offsetof(page.Index), 12},
		{"word of a reading", unsafe.Sizeof(r.Begin[0]), 1 << wordShift},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, tt.got, tt.want)
		}
	}
	if end := ControlAddr + unsafe.Sizeof(c); end > VariablesAddr {
		t.Errorf("the control block ends at %#x, among the thread-local variables", end)
	}
	if end := ResultsAddr + unsafe.Sizeof(r); end > RecordsAddr {
		t.Errorf("the results end at %#x, in the records", end)
	}
	if max := unsafe.Sizeof(r.Begin); max != counterBytes {
		t.Errorf("room for %d bytes of counters, the stub reads %d", max, counterBytes)
	}
}
