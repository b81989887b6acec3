package events

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func evalText(t *testing.T, text string, smt bool, values map[string]float64) (float64, error) {
	t.Helper()
	e, err := parseFormula(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e.eval(smt, func(n string) (float64, bool) { v, ok := values[n]; return v, ok })
}

func TestFormulas(t *testing.T) {
	values := map[string]float64{"A": 6, "B.C:c1": 3, "zero": 0, "x.y": 4, "n:c0x6": 5}
	for _, c := range []struct {
		text string
		smt  bool
		want float64
	}{
		{"1+2*3-4/2", false, 5},
		{"10-3-2", false, 5},
		{"12/3/2", false, 2},
		{"-(2)*3", false, -6},
		{"100*(`A`/`B.C:c1`)", false, 200},
		{"max(1, min(`A`, 4)) + x.y", false, 8},
		{"d_ratio(x.y, zero)", false, 0},
		{"d_ratio(x.y, 2)", false, 2},
		{"1 if 2>1 else 3", false, 1},
		{"1 if 2<=1 else 3 if 1>=1 else 5", false, 3},
		{"(`A` if @HYPERTHREADING_ON else (`B.C:c1`))/2", true, 3},
		{"(`A` if @HYPERTHREADING_ON else (`B.C:c1`))/2", false, 1.5},
		{"(7)if(1<2)else(8)", false, 7},
		{`6 * cpu@n\,cmask\=0x6@`, false, 30},
	} {
		if got, err := evalText(t, c.text, c.smt, values); err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s = %v, %v, want %v", c.text, got, err, c.want)
		}
	}
	if _, err := evalText(t, "`A`/zero", false, values); !errors.Is(err, errZero) {
		t.Errorf("division by zero: %v", err)
	}
	if _, err := evalText(t, "`A`+`missing`", false, values); err == nil || !strings.Contains(err.Error(), "missing was not counted") {
		t.Errorf("a missing event: %v", err)
	}
	for _, bad := range []string{"", "1+", "(1", "`A", "1 2", "min(1)", "foo(1,2)", "1 if 2", "@OTHER", "max(1,2", `cpu@a\,any\=1@`, "cpu@a", strings.Repeat("(", 1000)} {
		if e, err := parseFormula(bad); err == nil {
			t.Errorf("%q parsed as %+v", bad, e)
		}
	}
}

// Every metric of every table must find its events there.
func TestEveryMetricResolves(t *testing.T) {
	metrics := 0
	for _, name := range Names() {
		table := load(t, name)
		all, err := table.Metrics()
		if err != nil {
			t.Fatal(err)
		}
		metrics += len(all)
		for _, m := range all {
			for _, smt := range []bool{false, true} {
				for _, need := range m.Needs(smt) {
					if strings.HasSuffix(strings.ToUpper(need), ":SUP") || strings.HasSuffix(need, ":USER") || need == "TSC" {
						continue // kernel mode, and the clock: not a counter of ours
					}
					if _, err := table.Resolve(need); err != nil && !strings.Contains(err.Error(), "eq1") {
						t.Errorf("%s %s: %v", name, m.Name, err)
					}
				}
			}
		}
	}
	if metrics < 2000 {
		t.Errorf("only %d metrics in all tables", metrics)
	}
}

// Level 1 of a synthetic kernel, worked out by hand.
func TestTopDownOfSkylake(t *testing.T) {
	skl := load(t, "SKL")
	all, err := skl.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]float64{
		"CPU_CLK_UNHALTED.THREAD":     1000, // 4000 slots
		"IDQ_UOPS_NOT_DELIVERED.CORE": 400,
		"UOPS_ISSUED.ANY":             3000,
		"UOPS_RETIRED.RETIRE_SLOTS":   2800,
		"INT_MISC.RECOVERY_CYCLES":    50,
	}
	want := map[string]float64{
		"Frontend_Bound":  10,
		"Retiring":        70,
		"Bad_Speculation": 10, // (3000-2800+4*50)/4000
		"Backend_Bound":   10,
	}
	seen := 0
	for _, m := range all {
		w, ok := want[m.Name]
		if !ok || m.Level != "1" {
			continue
		}
		seen++
		if slices.Contains(m.Needs(false), "CPU_CLK_UNHALTED.ONE_THREAD_ACTIVE") {
			t.Errorf("%s asks for an SMT event without SMT", m.Name)
		}
		got, err := m.Eval(false, func(n string) (float64, bool) { v, ok := counts[n]; return v, ok })
		if err != nil || math.Abs(got-w) > 1e-9 {
			t.Errorf("%s = %v, %v, want %v", m.Name, got, err, w)
		}
	}
	if seen != 4 {
		t.Errorf("%d metrics of level 1, want 4", seen)
	}
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"1+2", "`A`/(`B` if @HYPERTHREADING_ON else 1)", "d_ratio(a.b, c)", `cpu@a\,cmask\=0x1@`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := parseFormula(s); err == nil {
			e.walk(true, func(string) {})
			e.eval(false, func(string) (float64, bool) { return 1, true })
		}
	})
}
