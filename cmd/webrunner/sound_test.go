package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"webrunner/internal/client"
	"webrunner/internal/report"
	"webrunner/internal/wire"
)

// answers is a server that answers every request with this result.
func answers(t *testing.T, r *wire.Result) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestUnsoundRun: what speaks against a run shows in the exit code, in every
// form, and the answer is printed all the same.
func TestUnsoundRun(t *testing.T) {
	sound := func() *wire.Result {
		return &wire.Result{
			Kernel: "sdot", ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: "match"}, Integrity: "consistent",
			Counters: []wire.Counter{{Name: "Cycles", Value: 4711, Unit: "cycles", Source: wire.PMU, Cells: 3}},
		}
	}
	for _, row := range []struct {
		name  string
		spoil func(*wire.Result)
		code  int
		says  string // beside the text form
	}{
		{"sound", func(*wire.Result) {}, exitGood, ""},
		{"unverified", func(r *wire.Result) { r.Verify.Status = "none" }, exitGood, ""},
		{"warned", func(r *wire.Result) { r.Warnings = []string{"an upper bound"} }, exitGood, "an upper bound"},
		{"mismatch", func(r *wire.Result) { r.Verify = wire.Verify{Status: "mismatch", Why: "element 7"} }, exitFailed, "WRONG: element 7"},
		{"suspect", func(r *wire.Result) { r.Integrity, r.IntegrityWhy = "suspect", []string{"cell 2"} }, exitFailed, "integrity suspect: cell 2"},
		{"unproven", func(r *wire.Result) { r.Integrity, r.IntegrityWhy = "unproven", []string{"no second look"} }, exitGood, "integrity unproven: no second look"},
		{"ABI", func(r *wire.Result) { r.ABI = wire.ABI{Violations: []string{"rbx"}} }, exitFailed, "ABI VIOLATED: rbx"},
	} {
		r := sound()
		row.spoil(r)
		url := answers(t, r)
		for _, form := range formNames(report.Formats()) {
			code, out, stderr := call("x", "run", "-k", "sdot", "--server", url, "-o", form, "-")
			if code != row.code || !strings.Contains(out, "4711") && form != "folded" { // which is a profile alone
				t.Errorf("%s as %s: exit code %d, want %d\n%s%s", row.name, form, code, row.code, out, stderr)
			}
			if form == "text" && !strings.Contains(stderr, row.says) || (form != "text" || row.says == "") && stderr != "" {
				t.Errorf("%s as %s: the error stream has %q", row.name, form, stderr)
			}
		}
	}
	r := sound()
	r.Host = wire.Host{Machine: "z5", CPU: "AMD EPYC", Microarchitecture: "Zen 5"}
	if _, _, stderr := call("x", "run", "-k", "sdot", "--server", answers(t, r), "-"); !strings.HasSuffix(stderr, " by z5: Zen 5 (AMD EPYC)\n") {
		t.Errorf("the text form does not say who measured: %q", stderr)
	}
	if _, out, _ := call("", "run", "-h"); !strings.Contains(out, "the exit code is 1") {
		t.Errorf("the help does not say so:\n%s", out)
	}
}

// TestDemoDoubts: the demonstration shows no figure as more than it is.
func TestDemoDoubts(t *testing.T) {
	url := answers(t, &wire.Result{
		ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: "match"}, Warnings: []string{"busy: the figure is an upper bound"},
		Counters: []wire.Counter{{Name: "Cycles", Value: 4711, Unit: "cycles", Source: wire.PMU}},
	})
	var out bytes.Buffer
	a := &app{out: &out}
	c, err := client.New(url, "demo", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.demoKernels(c); err != nil {
		t.Fatal(err)
	}
	for _, name := range demoNames() {
		if want := "\n" + name + ".o: busy: the figure is an upper bound\n"; !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}
