package child_test

import (
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// TestCompareReference: both sides are held against the reference that goes with a
// comparison, at every point.
func TestCompareReference(t *testing.T) {
	// mov eax, edi; ret, and: lea eax, [rdi+1]; ret
	right, wrong := elfobj.Function("f", unhex(t, "89f8c3")), elfobj.Function("f", unhex(t, "8d4701c3"))
	for _, row := range []struct {
		a, b   []byte
		va, vb wire.VerifyStatus
	}{
		{right, right, wire.VerifyMatch, wire.VerifyMatch},
		{right, wrong, wire.VerifyMatch, wire.VerifyMismatch},
		{wrong, right, wire.VerifyMismatch, wire.VerifyMatch},
	} {
		job := compareJob(t, row.a, row.b, "", map[string][]string{"call": {"int f(int x = 5)"}, "x": {"5", "9"}})
		job.Parts = append(job.Parts, wire.Part{Role: wire.RoleReference, Name: "ref.o", Data: right})
		rep := do(t, job)
		if rep.Problem != nil {
			t.Fatal(rep.Problem)
		}
		for _, p := range rep.Comparison.Points {
			if p.A.Verify.Status != row.va || p.B.Verify.Status != row.vb || p.A.Verify.Reference != "f of ref.o" || p.B.Verify.Reference != "f of ref.o" {
				t.Errorf("%+v, %+v", p.A.Verify, p.B.Verify)
			}
		}
		for _, r := range rep.Comparison.Ratios {
			if (row.va == wire.VerifyMismatch || row.vb == wire.VerifyMismatch) && r.Verdict != wire.Wrong {
				t.Errorf("%+v", r)
			}
		}
	}
}
