package child_test

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"webrunner/internal/elfobj"
	"webrunner/trampoline"
)

// A kernel owns the memory that its samples are written to. It may not use
// that to look fast without being called suspect.
func TestForgedStampIsSuspect(t *testing.T) {
	stamp := uint32(trampoline.ResultsAddr + unsafe.Offsetof(trampoline.Results{}.Stamp))
	code := []byte{0xb9, 0x40, 0x0d, 0x03, 0x00, 0xff, 0xc9, 0x75, 0xfc}      // mov ecx, 200000; 1: dec ecx; jnz 1b
	code = append(code, 0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0) // rdtsc; shl rdx, 32; or rax, rdx
	code = append(code, 0x48, 0x89, 0x04, 0x25)                               // mov [stamp], rax
	code = binary.LittleEndian.AppendUint32(code, stamp)
	code = append(code, 0xc3)
	rep := do(t, runJob(t, elfobj.Function("playground", code), "playground", nil))
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	r := rep.Result
	if v := r.Counters[0].Value; v > 10_000 {
		t.Fatalf("the forgery failed: %g cycles", v)
	}
	if r.Integrity != "suspect" || len(r.IntegrityWhy) == 0 {
		t.Errorf("200,000 cycles shown as %g, integrity %s %q", r.Counters[0].Value, r.Integrity, r.IntegrityWhy)
	}
}
