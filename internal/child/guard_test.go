package child_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// vectorSpec is of a function that gets n and an operand of n floats, which it may
// only read, and returns nothing.
const vectorSpec = `<kernel name="vector">
	<query><parameter name="n" type="uint64" default="1"/></query>
	<operands><operand name="x" type="float32" count="n" access="in"/></operands>
	<call><argument name="n" type="size_t"/><argument name="x" type="const float*"/></call>
	<result type="none"/>
</kernel>`

// Whoever goes past an operand, by whatever, meets a page that is not mapped, and so
// does who goes before it, whatever the operand's size. Who needs aligned operands gets
// them, and is told.
func TestGuards(t *testing.T) {
	for _, tt := range []struct{ name, code, detail, note string }{
		{"within", "0f1044bef0 c3", "", ""},                                      // movups xmm0, [rsi+4*rdi-16]
		{"past", "0f1044bef1 c3", "the kernel read 1 byte past operand x", ""},   // movups xmm0, [rsi+4*rdi-15]
		{"before", "0f1046ff c3", "the kernel read 1 byte before operand x", ""}, // movups xmm0, [rsi-1]
		{"write", "66c744beff0000 c3", "past operand x", ""},                     // mov word [rsi+4*rdi-1], 0
		{"aligned", "0f2806 c3", "", "aligned, as these are to 64 bytes"},        // movaps xmm0, [rsi]
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, err := hex.DecodeString(strings.ReplaceAll(tt.code, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			job := runJob(t, elfobj.Function("vector", code), "playground", nil)
			for _, n := range []uint64{7, 1001, 1024} {
				job.Spec, job.Params = []byte(vectorSpec), map[string]uint64{"n": n}
				rep := do(t, job)
				switch {
				case tt.detail == "" && rep.Problem != nil:
					t.Errorf("n=%d: %v", n, rep.Problem)
				case tt.detail == "":
					told := slices.ContainsFunc(rep.Result.Notes, func(note string) bool { return tt.note != "" && strings.Contains(note, tt.note) })
					if want := tt.note != "" && n%4 != 0; told != want {
						t.Errorf("n=%d: notes %q", n, rep.Result.Notes)
					}
				case rep.Problem == nil || rep.Problem.Class != wire.Crashed || rep.Problem.Operand != "x" || !strings.Contains(rep.Problem.Detail, tt.detail):
					t.Errorf("n=%d: %v, want %q", n, rep.Problem, tt.detail)
				}
			}
		})
	}
}
