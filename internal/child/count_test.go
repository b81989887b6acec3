package child_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// counts are the exact counts of a run, by name.
func counts(t *testing.T, job *wire.Job) (map[string]float64, *wire.Result) {
	t.Helper()
	rep := do(t, job)
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	m := make(map[string]float64)
	for _, c := range rep.Result.Counters {
		if c.Source == wire.Counted {
			if !c.Exact || c.CI95 != [2]float64{c.Value, c.Value} {
				t.Errorf("%s is not exact: %+v", c.Name, c)
			}
			m[c.Name] = c.Value
		}
	}
	return m, rep.Result
}

// TestCounted holds the counts of loops against those that their authors know.
func TestCounted(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		params     string // iterations
		want       map[string]float64
	}{
		{
			// again: dec rdi; jnz again; ret
			"loop", "48ffcf75fbc3", "7",
			map[string]float64{"Instructions": 15, "Branches": 8, "TakenBranches": 7, "Loads": 1, "LoadedBytes": 8, "Stores": 0, "Calls": 0, "FLOPs": 0, "IntegerInstructions": 15},
		}, {
			// push rbx; call 1f; pop rbx; ret; 1: addss xmm0, xmm0; vfmadd231ps ymm0, ymm1, ymm2; vzeroupper; ret
			"call", "53e8020000005bc3f30f58c0c4e275b8c2c5f877c3", "1",
			map[string]float64{"Instructions": 8, "Branches": 3, "TakenBranches": 3, "Calls": 1, "Loads": 3, "Stores": 2, "LoadedBytes": 24, "StoredBytes": 16,
				"FLOPs": 17, "FLOPs.F32.Scalar": 1, "FLOPs.F32.256": 16, "VectorInstructions": 2, "VectorInstructions.256": 1, "ScalarFloatInstructions": 1},
		}, {
			// mov ecx, 5; lea rdi, [rsp-64]; xor eax, eax; rep stosd; rep stosd; ret
			"string", "b905000000488d7c24c031c0f3abf3abc3", "1",
			map[string]float64{"Instructions": 6, "Stores": 5, "StoredBytes": 20, "Loads": 1},
		}, {
			// mov eax, 6; movd xmm1, eax (the low element is not negative); pcmpeqd xmm2, xmm2; movss xmm2, xmm1;
			// vmaskmovps xmm0, xmm2, [rsp]; ret
			"mask", "b806000000660f6ec8660f76d2f30f10d1c4e2692c0424c3", "1",
			map[string]float64{"Instructions": 6, "Loads": 2, "LoadedBytes": 12 + 8},
		}, {
			// mov eax, 100; xor edx, edx; mov ecx, 7; div ecx; ret
			"division", "b86400000031d2b907000000f7f1c3", "1",
			map[string]float64{"Instructions": 5, "Divisions": 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			job := runJob(t, elfobj.Function("playground", unhex(t, tt.code)), "playground", map[string][]string{"iterations": {tt.params}, "events": {"counted"}})
			got, res := counts(t, job)
			for name, want := range tt.want {
				if got[name] != want {
					t.Errorf("%s: %v, want %v", name, got[name], want)
				}
			}
			if slices.ContainsFunc(res.Unavailable, func(u wire.Unavailable) bool { return u.Name == "Instructions" }) {
				t.Error("instructions are counted and unavailable at once")
			}
		})
	}
}

// TestCountedPath: counts that time decides say so.
func TestCountedPath(t *testing.T) {
	// rdtsc; shr eax, 8; and eax, 63; inc eax; again: dec eax; jnz again; ret
	code := unhex(t, "0f31"+"c1e808"+"83e03f"+"ffc0"+"ffc8"+"75fc"+"c3")
	job := runJob(t, elfobj.Function("playground", code), "playground", map[string][]string{"events": {"counted"}})
	_, res := counts(t, job)
	if !slices.ContainsFunc(res.Notes, func(n string) bool { return strings.Contains(n, "depend on time") }) {
		t.Errorf("notes: %q", res.Notes)
	}
	// test esp, 16; jz 1f; nop; 1: ret
	code = unhex(t, "f7c410000000"+"7401"+"90"+"c3")
	job = runJob(t, elfobj.Function("playground", code), "playground", map[string][]string{"events": {"counted"}})
	_, res = counts(t, job)
	if !slices.ContainsFunc(res.Notes, func(n string) bool { return strings.Contains(n, "depend on addresses") }) {
		t.Errorf("notes: %q", res.Notes)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestProfiled: a profile comes with the instructions that it divides, and with no other exact count unless asked for.
func TestProfiled(t *testing.T) {
	job := runJob(t, example(t, "sdot"), "sdot", map[string][]string{"n": {"64"}, "profile": {"blocks"}})
	got, res := counts(t, job)
	if res.Profile == nil || res.Profile.By != wire.ProfileBlocks || len(res.Profile.Places) == 0 || res.Profile.Places[0].Function != "sdot" {
		t.Fatalf("profile %+v", res.Profile)
	}
	sum := uint64(0)
	for _, p := range res.Profile.Places {
		sum += p.Instructions
	}
	if len(got) != 1 || float64(sum) != got["Instructions"] && float64(sum) != got[wire.FigureInstructionsCounted] {
		t.Errorf("%d instructions in the profile, figures %v", sum, got)
	}
}
