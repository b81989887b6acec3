package child_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
	"webrunner/trampoline"
)

// abiOf runs a function and returns what is said of its conventions, and the notes.
func abiOf(t *testing.T, code string) (wire.ABI, []string) {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(code, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	rep := do(t, runJob(t, elfobj.Function("playground", b), "playground", nil))
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	return rep.Result.ABI, rep.Result.Notes
}

// upper tells whether a note is of upper halves in use.
func upper(notes []string) bool {
	return slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "vzeroupper") })
}

// later goes on in its second call in a process, and returns from the first: a
// count is kept on the stack below rsp-4096, which is a cell's own.
//
//	inc dword [rsp-4104]; cmp dword [rsp-4104], 1; jne 1f; ret; 1:
const later = "ff8424f8efffff 83bc24f8efffff01 7501c3"

// What any call breaks of the calling convention is told, and whether the first
// one does.
func TestABIOfEveryCall(t *testing.T) {
	for _, tt := range []struct{ name, code, want string }{
		{"rbx", "31db c3", "rbx is not preserved"},                    // xor ebx, ebx
		{"direction flag", "fd c3", "the direction flag is left set"}, // std
		{"rbx, later", later + "31db c3", "rbx is not preserved, though not by the first call"},
		{"direction flag, later", later + "fd c3", "the direction flag is left set, though not by the first call"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if abi, _ := abiOf(t, tt.code); abi.OK || len(abi.Violations) != 1 || !strings.HasPrefix(abi.Violations[0], tt.want) {
				t.Errorf("%+v, want %q", abi, tt.want)
			}
		})
	}
	if abi, notes := abiOf(t, later+"53 5b c3"); !abi.OK || len(abi.Violations) > 0 || upper(notes) { // push rbx; pop rbx
		t.Errorf("%+v, %q of an honest function", abi, notes)
	}
}

// The frame of the caller begins above the return address.
func TestABIOfTheFrame(t *testing.T) {
	for offset := 8; offset < 8*trampoline.FrameWords; offset += 8 {
		for name, before := range map[string]string{"at once": "", "later": later} {
			abi, _ := abiOf(t, before+fmt.Sprintf("c68424%02x00000077 c3", offset)) // mov byte [rsp+offset], 0x77
			if abi.OK || len(abi.Violations) != 1 || !strings.HasPrefix(abi.Violations[0], "the caller's stack frame") {
				t.Errorf("a byte %d above the stack pointer at entry, %s: %+v", offset, name, abi)
			}
		}
	}
	// The red zone below is the function's own.
	if abi, _ := abiOf(t, "c6442480 77 c3"); !abi.OK { // mov byte [rsp-128], 0x77
		t.Errorf("the red zone: %+v", abi)
	}
}

// Upper halves that are left in use are worth a note, and no violation.
func TestUpperHalves(t *testing.T) {
	const avx, xGetBV1 = 1 << 28, 1 << 2 // CPUID.1:ECX; CPUID.(EAX=0xD,ECX=1):EAX
	_, _, ecx, _ := processor.CPUID(1, 0)
	if eax, _, _, _ := processor.CPUID(0xd, 1); ecx&avx == 0 || eax&xGetBV1 == 0 || processor.XGETBV()&4 == 0 {
		t.Skip("the processor has no AVX, or does not tell what is in use")
	}
	abi, notes := abiOf(t, "c4e27d180424 c3") // vbroadcastss ymm0, [rsp]
	if !abi.OK || !upper(notes) {
		t.Errorf("%+v, %q", abi, notes)
	}
	if _, notes := abiOf(t, "c4e27d180424 c5f877 c3"); upper(notes) { // the same; vzeroupper
		t.Errorf("%q after vzeroupper", notes)
	}
}
