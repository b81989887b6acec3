package child_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/gate"
	"webrunner/internal/request"
	"webrunner/internal/wire"
	"webrunner/kernels"
)

// compareJob makes the job of comparing two objects; a kernel without a name is in the parameters.
func compareJob(t *testing.T, a, b []byte, kernel string, params map[string][]string) *wire.Job {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	query := map[string][]string{"effort": {"quick"}}
	if kernel != "" {
		query["kernel"] = []string{kernel}
	}
	maps.Copy(query, params)
	r := request.Reader{Kernels: set, Events: request.NewCounting(nil, "a test"), Budget: budget()}
	job, err := r.Compare(query)
	if err != nil {
		t.Fatal(err)
	}
	job.Object, job.Seed = a, 1
	if b != nil {
		job.Parts = append(job.Parts, wire.Part{Role: wire.RoleOther, Data: b})
	}
	return job
}

// exactOf are the exact counts of a result.
func exactOf(r *wire.Result) map[string]float64 {
	m := make(map[string]float64)
	for _, c := range r.Counters {
		if c.Source == wire.Counted && c.Exact {
			m[c.Name] = c.Value
		}
	}
	return m
}

// TestCompareCounted: both sides of a comparison are counted exactly, each in its own
// place, and the ratios are those of the counts.
func TestCompareCounted(t *testing.T) {
	// again: dec rdi; jnz again; ret
	plain := elfobj.Function("playground", unhex(t, "48ffcf75fbc3"))
	// again: mov rax, [rsp]; mov [rsp-8], rax; dec rdi; jnz again; ret
	loads := elfobj.Function("playground", unhex(t, "488b0424"+"48894424f8"+"48ffcf"+"75f2"+"c3"))
	rep := do(t, compareJob(t, plain, loads, "playground", map[string][]string{"iterations": {"7", "10"}, "fail-if": {"Instructions>1.00"}}))
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	c := rep.Comparison
	for i, n := range []float64{7, 10} {
		a, b := exactOf(c.Points[i].A), exactOf(c.Points[i].B)
		if a["Instructions"] != 2*n+1 || b["Instructions"] != 4*n+1 || a["Loads"] != 1 || b["Loads"] != n+1 || a["Stores"] != 0 || b["Stores"] != n {
			t.Errorf("%v turns: %v, %v", n, a, b)
		}
		at := slices.IndexFunc(c.Ratios, func(r wire.Ratio) bool {
			return r.Name == "Instructions" && r.Params["iterations"] == c.Points[i].Params["iterations"]
		})
		if at < 0 {
			t.Fatalf("no ratio of instructions: %+v", c.Ratios)
		}
		want := (4*n + 1) / (2*n + 1)
		if r := c.Ratios[at]; r.Ratio != want || r.CI95 != [2]float64{want, want} || r.Floor != 0 || r.Source != wire.Counted || r.Verdict != wire.Slower && r.Verdict != wire.Wrong {
			t.Errorf("%+v", r)
		}
		for name := range b {
			if name != wire.FigureInstructions && !gate.Counted(name) {
				t.Errorf("a condition on %s does not ask for counts", name)
			}
		}
	}
	if !slices.ContainsFunc(c.Notes, func(n string) bool {
		return strings.Contains(n, "at iterations=10 b has ") && strings.Contains(n, "10 more Loads (1 a turn)") && strings.Contains(n, "20 more Instructions (2 a turn)")
	}) {
		t.Errorf("notes %q", c.Notes)
	}
	failed, err := gate.Judge([]string{"Instructions>1.00", "Stores>1.00", "Instructions<1", "Divisions>1"}, c)
	if err != nil || len(failed) != 4 || !strings.HasPrefix(failed[0].Condition, "Instructions>1.00 at ") || !strings.HasPrefix(failed[2].Condition, "Stores>1.00 at ") {
		t.Errorf("%q, %v", failed, err)
	}
}

// TestCompareCountedPlaces: a function is counted alike in the place of a and in that of
// b, in rewritten code, also where it calls, returns and jumps by addresses.
func TestCompareCountedPlaces(t *testing.T) {
	for _, row := range []struct {
		name, kernel string
		object       []byte
	}{
		{"sdot", "sdot", example(t, "sdot")},
		{"sgemm", "sgemm", example(t, "sgemm")},
		// push rbx; call 1f; pop rbx; ret; 1: ret
		{"call", "playground", elfobj.Function("playground", unhex(t, "53"+"e802000000"+"5b"+"c3"+"c3"))},
		// lea rax, [rip+5]; call rax; ret; nop; nop; 1: ret
		{"pointer", "playground", elfobj.Function("playground", unhex(t, "488d0505000000"+"ffd0"+"c3"+"9090"+"c3"))},
	} {
		rep := do(t, compareJob(t, row.object, row.object, row.kernel, map[string][]string{"events": {"counted"}}))
		if rep.Problem != nil {
			t.Fatalf("%s: %v", row.name, rep.Problem)
		}
		a, b := exactOf(rep.Comparison.A), exactOf(rep.Comparison.B)
		if a["Instructions"] == 0 || a["Loads"] == 0 || !maps.Equal(a, b) {
			t.Errorf("%s: %v, %v", row.name, a, b)
		}
		for _, r := range rep.Comparison.Ratios {
			if r.Source == wire.Counted && (r.Ratio != 1 || r.Verdict != wire.Same && r.Verdict != wire.Wrong) {
				t.Errorf("%s: %+v", row.name, r)
			}
		}
		for _, n := range append(rep.Comparison.A.Notes, rep.Comparison.B.Notes...) {
			if strings.Contains(n, "single steps") {
				t.Errorf("%s: %s", row.name, n)
			}
		}
	}
}
