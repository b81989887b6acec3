package child_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"webrunner/internal/elfobj"
	"webrunner/kernels"
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

// immediate is an address as a little-endian immediate of 32 bits.
func immediate(addr uint64) string {
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, uint32(addr)))
}

// dotCode is sdot for adjacent elements:
//
//	xorps xmm0, xmm0; 1: movss xmm2, [rsi]; mulss xmm2, [rcx]; addss xmm0, xmm2
//	add rsi, 4; add rcx, 4; dec rdi; jnz 1b
const dotCode = "0f57c0 f30f1016 f30f5911 f30f58c2 4883c604 4883c104 48ffcf 75e7"

// Kernels that give the right result when it is verified, and save themselves
// the work when they are measured, are found by the calls that are watched.
func TestSavedWorkIsNotBelieved(t *testing.T) {
	control := func(field uintptr) string { return immediate(trampoline.ControlAddr + uint64(field)) }
	var c trampoline.Control
	// The stack below rsp-4096 is a cell's own, and lasts from call to call:
	// movss [rsp-4096], xmm0; mov dword [rsp-4104], 1; ret
	const remember = "f30f11842400f0ffff c78424f8efffff01000000 c3"
	watched := "833c25" + control(unsafe.Offsetof(c.Watched)) + "00 7401c3" // cmp dword [watched], 0, as in the first cell; je 1f; ret; 1:
	for _, tt := range []struct{ name, code, n, why string }{
		{"works where it is watched", watched + dotCode + "c3", "1024", "a watched call"},
		{"works where it is watched, on much", watched + dotCode + "c3", "200000", "a watched call"},
		// cmp dword [rsp-4104], 1; jne 1f; movss xmm0, [rsp-4096]; ret; 1:
		{"remembers the result", "83bc24f8efffff01 750a f30f10842400f0ffff c3" + dotCode + remember, "1024", "did not"},
		// mov eax, [rsi]; cmp [rsp-4108], eax; mov [rsp-4108], eax; jne 1f; movss xmm0, [rsp-4096]; ret; 1:
		{"remembers what looks the same", "8b06 398424f4efffff 898424f4efffff 750a f30f10842400f0ffff c3" + dotCode + remember, "1024", "changed a little"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(strings.ReplaceAll(tt.code, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			// On a very busy host the times of one run may say nothing.
			var seen []string
			for range 3 {
				rep := do(t, runJob(t, elfobj.Function("sdot", code), "sdot", map[string][]string{"n": {tt.n}}))
				if rep.Problem != nil {
					t.Fatal(rep.Problem)
				}
				r := rep.Result
				if r.Verify.Status != "match" {
					t.Fatalf("the forgery failed: %+v", r.Verify)
				}
				if r.Integrity != "consistent" && strings.Contains(strings.Join(r.IntegrityWhy, "; "), tt.why) {
					return
				}
				seen = append(seen, fmt.Sprintf("%s %q at %g cycles", r.Integrity, r.IntegrityWhy, r.Counters[0].Value))
			}
			t.Errorf("%q; want %q", seen, tt.why)
		})
	}
}

// A kernel that is right about the contents that every cell begins with, and
// about no others, is found out.
func TestWrongWithOtherContentsIsSuspect(t *testing.T) {
	// mov rax, usual; cmp [rsi], rax; je 1f; xorps xmm0, xmm0; ret; 1:
	code, err := hex.DecodeString(strings.ReplaceAll("48b8"+usual(t)+"483906 7404 0f57c0 c3"+dotCode+"c3", " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	rep := do(t, runJob(t, elfobj.Function("sdot", code), "sdot", nil))
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	if r := rep.Result; r.Verify.Status != "match" || r.Integrity != "suspect" || !strings.Contains(strings.Join(r.IntegrityWhy, "; "), "did not") {
		t.Errorf("%+v, integrity %s %q", r.Verify, r.Integrity, r.IntegrityWhy)
	}
}

// usual is what the first two elements of an sdot's x hold in every cell.
func usual(t *testing.T) string {
	t.Helper()
	job := runJob(t, nil, "sdot", nil)
	spec, err := kernels.Parse(job.Spec)
	if err != nil {
		t.Fatal(err)
	}
	call, err := spec.Bind(job.Params, kernels.Limits{Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var mem [][]byte
	for _, o := range call.Operands {
		mem = append(mem, make([]byte, o.Bytes))
	}
	call.Fill(mem, job.Seed)
	return hex.EncodeToString(mem[0][:8])
}

// A kernel is not suspect for what it takes being a matter of its operands, or
// for being quicker once its branches are learned.
func TestContentsMatter(t *testing.T) {
	for _, tt := range []struct{ name, code, n string }{
		// 1: cmp dword [rsi], 0; jl 2f; inc eax; 2: add rsi, 4; dec rdi; jnz 1b; ret
		{"branches", "833e007c02ffc04883c60448ffcf75f0c3", "300"},
		{"more branches", "833e007c02ffc04883c60448ffcf75f0c3", "5000"},
		// cmp qword [rsi], usual; je 1f; mov ecx, 100000; 2: dec ecx; jnz 2b; 1: ret
		{"other contents take longer", "48b8" + usual(t) + "483906 7409 b9a0860100 ffc9 75fc c3", "1024"},
	} {
		code, err := hex.DecodeString(strings.ReplaceAll(tt.code, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		rep := do(t, runJob(t, elfobj.Function("sdot", code), "sdot", map[string][]string{"n": {tt.n}}))
		if rep.Problem != nil {
			t.Fatal(rep.Problem)
		}
		if r := rep.Result; r.Integrity == "suspect" {
			t.Errorf("%s: integrity %s %q", tt.name, r.Integrity, r.IntegrityWhy)
		}
	}
}

// What a watched call does beside its work is seen, whatever the samples say.
func TestMeddlingIsSuspect(t *testing.T) {
	once := "833c25" + immediate(trampoline.ControlAddr+uint64(unsafe.Offsetof(trampoline.Control{}.Watched))) + "00 7401c3" // cmp dword [watched], 0, as in the first cell; je 1f; ret; 1:
	exit := "31ff b8" + immediate(trampoline.ExitRIP()-7) + "ffe0"                                                           // xor edi, edi; mov eax, exit; jmp rax
	for _, tt := range []struct{ name, code, why string }{
		{"leaves by the exit when it is watched", once + exit, "another way"},
		{"works when it is watched", once + "b9801a0600ffc975fcc3", "a watched call"},                                                                              // mov ecx, 400000; 1: dec ecx; jnz 1b; ret
		{"writes to a record", "ff0425" + immediate(trampoline.RecordsAddr+uint64(unsafe.Offsetof(trampoline.Record{}.Ticks))+56) + "c3", "writes to the samples"}, // inc dword [record.ticks[7]]
		{"leaves by the exit", exit, "another way"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(strings.ReplaceAll(tt.code, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			rep := do(t, runJob(t, elfobj.Function("playground", code), "playground", nil))
			if rep.Problem != nil {
				t.Fatal(rep.Problem)
			}
			if r := rep.Result; r.Integrity != "suspect" || !strings.Contains(strings.Join(r.IntegrityWhy, "; "), tt.why) {
				t.Errorf("integrity %s %q; want %q", r.Integrity, r.IntegrityWhy, tt.why)
			}
		})
	}
}
