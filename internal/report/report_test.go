package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"webrunner/internal/wire"
)

var update = flag.Bool("update", false, "write the golden files")

// good is a result as a host without PMU gives it.
func good() *wire.Result {
	return &wire.Result{
		Kernel: "blis/sdot", Symbol: "sdot", SymbolWhy: "the kernel's name",
		Params: map[string]json.Number{"n": "1024", "incx": "1", "incy": "2", "offx": "0", "offy": "63"},
		Object: wire.ObjectID{SHA256: strings.Repeat("0123456789abcdef", 4), Size: 904},
		Host:   wire.Host{Machine: "z4", CPU: "AMD EPYC 9354", Microarchitecture: "Zen 4", Vendor: "AuthenticAMD", Family: 25, Model: 17, Kernel: "6.18.0", PMUReason: "perf_event_open ENOENT (virtual machine)", TSCHz: 2596000000},
		Counters: []wire.Counter{
			{Name: "Reference cycles", Trust: "trusted", Value: 1300.5, Unit: "cycles", Source: wire.TSC, CI95: [2]float64{1299.5, 1302}, Min: 1290, P10: 1298, P90: 1310, Overhead: 26, Samples: wire.Samples{Accepted: 93, Total: 101}, Cells: 3},
			{Name: "Time", Trust: "trusted", Value: 500.96, Unit: "ns", Source: wire.TSC, CI95: [2]float64{500.5, 501.3}, Min: 496.9, P10: 500, P90: 504.6, Overhead: 10, Samples: wire.Samples{Accepted: 93, Total: 101}, Cells: 3},
			{Name: "Cycles", Trust: "trusted", Value: 2004.5, Unit: "cycles", Source: wire.TSCCalibrated, CI95: [2]float64{2003.9, 2005.2}, Min: 2001, P10: 2003, P90: 2009, Overhead: 34.1, Samples: wire.Samples{Accepted: 88, Total: 101, Rejected: map[string]int{"interrupted": 12, "broken": 1}}, Cells: 3},
			{Name: "Page faults", Trust: "trusted", Value: 0, Unit: "faults", Source: wire.Software, Samples: wire.Samples{Accepted: 101, Total: 101}, Cells: 3, Exact: true},
		},
		Unavailable: []wire.Unavailable{{Name: "Instructions", Reason: "no PMU: perf_event_open ENOENT (virtual machine)"}},
		Result:      wire.Value{Float: new(wire.Float(10.5))},
		Verify:      wire.Verify{Status: "match"},
		ABI:         wire.ABI{OK: true},
		Integrity:   wire.Consistent, ISA: []string{"AVX", "FMA"}, Seed: wire.MaxSeed, Effort: wire.Default,
		Notes:   []string{"the upper halves of the vector registers were left in use"},
		Derived: []wire.Derived{{Name: "Cycles per element", Value: 1.9575, Unit: "cycles", From: "Cycles", Source: wire.TSCCalibrated}},
		Sandbox: wire.Layers{"seccomp": {Enforced: true}, "landlock": {Enforced: true, Detail: "(ABI 7)"}, "cgroup": wire.Absent("not delegated"), "namespaces": {Enforced: true, Detail: "(user, pid, net)"}},
		Timing:  wire.Timing{Cells: 2100, Total: 2412},
		Conditions: wire.Conditions{
			Mode: "throughput", Batch: 64, Data: "warm", Code: "warm", Pages: "2m", Kernel: "0x10000013", Stack: 32,
			CPU: 1, Pinned: "pinned, verified", MHz: [2]float64{3694, 3698.4}, Sibling: "idle, or there is none",
			Detectors: map[string]string{"interrupts": "ES selector, proved", "preemption": "not seen: no rseq"},
			Precision: wire.Precision{Wanted: 0.005, Achieved: 0.0061, Stopped: "deadline"},
		},
	}
}

// pmu is a result with hardware counters.
func pmu() *wire.Result {
	r := good()
	r.Host.PMU, r.Host.PMUReason = "SPR", ""
	r.Unavailable, r.Notes = nil, nil
	r.Effort, r.Integrity, r.IntegrityWhy = wire.Quick, wire.Unproven, []string{"the operands are too large to be looked at a second time"}
	r.Counters = []wire.Counter{
		{Name: "Instructions", Trust: "trusted", Value: 642, Unit: "events", Source: wire.PMU, CI95: [2]float64{642, 642}, Min: 642, P10: 642, P90: 642, Overhead: 3, Samples: wire.Samples{Accepted: 101, Total: 101}, Cells: 3, Exact: true},
		{Name: "Cycles", Trust: "biased by +1.3 %", Value: 512.49, Unit: "cycles", Source: wire.PMU, CI95: [2]float64{512.1, 513.2}, Modes: []wire.Mode{{Value: 512.49, Share: 0.6}, {Value: 733.1, Share: 0.4}}, Min: 509, P10: 511, P90: 515, Overhead: 31, Samples: wire.Samples{Accepted: 101, Total: 101}, Cells: 3},
		{Name: "L1D.REPLACEMENT", Trust: "ungraded: no known kernels have counted it", Value: 0.004, Unit: "events", Source: wire.PMU, CI95: [2]float64{-0.2, 0.3}, Min: -1, P10: -0.5, P90: 0.7, Samples: wire.Samples{Accepted: 99, Total: 101}, Cells: 3},
		{Name: "INST.COUNTED", Value: -0.4, Unit: "events", Source: wire.Counted, CI95: [2]float64{-0.4, -0.4}, Cells: 1},
	}
	return r
}

// bad is a result about which everything is wrong, from an object that wants
// to write its own lines.
func bad() *wire.Result {
	r := good()
	r.Kernel = "mine/évil\nCycles: 1"
	r.Symbol = "f\x1b[2J\nCycles: 1\u202e"
	r.SymbolWhy = "the only global function"
	r.Params = nil
	r.Counters = r.Counters[2:3]
	r.Counters[0].Trust = "broken: reads 0 where 64000 is true (kernel add, n=2000)"
	first := 7
	r.Verify = wire.Verify{Status: "mismatch", Why: "element 7 of operand c is 1, the reference is 2", MaxAbs: wire.Float(math.Inf(1)), MaxULP: wire.Float(math.NaN()), FirstBad: &first, Operand: "c"}
	r.ABI = wire.ABI{Violations: []string{"rbx was changed", "the direction flag is set"}}
	r.Integrity, r.IntegrityWhy = wire.Suspect, []string{"cell 2: the samples add up to more than its CPU time"}
	r.ISA = nil
	r.Warnings = []string{"CPU 1 is shared with a busy sibling"}
	return r
}

// empty has nothing but zero values.
func empty() *wire.Result { return &wire.Result{Kernel: "playground"} }

// profiled is a result with a profile.
func profiled() *wire.Result {
	r := pmu()
	r.Profile = &wire.Profile{By: wire.ProfileBlocks, Instructions: 642, Others: 2, Note: "a note", Listing: []wire.ProfileLine{
		{Executed: 1, Share: 0.0016, Section: ".text", Size: 2, Bytes: "31c0", Text: "xor eax, eax", Symbol: "sdot", Label: "sdot", File: "a.c", Line: 3},
		{Executed: 64, Share: 0.0997, Section: ".text", Offset: 2, Size: 3, Bytes: "83c001", Text: "add eax, 0x1", Symbol: "sdot", Label: "sdot+0x2", File: "a.c", Line: 3},
		{Section: ".text.cold", Size: 1, Bytes: "c3", Text: "ret\x1b", Symbol: "sdot"},
	}, Places: []wire.ProfilePlace{
		{Function: "sdot", Offset: 64, File: "sdot.c", Line: 12, Executed: 64, Instructions: 630, Share: 630.0 / 642, Code: []string{"mulps xmm4, xmm8", "jnb 0x10000040"}},
		{Function: "sd;ot", Executed: 1, Instructions: 10, Share: 10.0 / 642, Code: []string{"ret"}},
	}}
	return r
}

func cases() map[string]*wire.Result {
	return map[string]*wire.Result{"good": good(), "pmu": pmu(), "bad": bad(), "empty": empty(), "profiled": profiled()}
}

// golden compares output with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
	}
}

func TestGolden(t *testing.T) {
	for name, r := range cases() {
		for _, f := range Formats() {
			if f.Name == "json" {
				continue // is of the type's making, see TestJSON
			}
			var b bytes.Buffer
			if err := f.Write(&b, r); err != nil {
				t.Errorf("%s as %s: %v", name, f.Name, err)
			}
			golden(t, name+"."+f.Name, b.Bytes())
		}
	}
}

// No form changes the result that it writes.
func TestReadOnly(t *testing.T) {
	r, want := good(), good()
	for _, f := range Formats() {
		if err := f.Write(io.Discard, r); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%s changed the result", f.Name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken")

func TestWriteErrors(t *testing.T) {
	for _, f := range Formats() {
		if err := f.Write(broken{}, good()); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if err := ProblemText(broken{}, &wire.Problem{}); !errors.Is(err, errBroken) {
		t.Errorf("problem: %v", err)
	}
}

// Text is "Name: value" lines with integers, as many as there are counters,
// whatever the names hold; before them one that says so where the result is wrong.
func TestTextLines(t *testing.T) {
	for name, r := range cases() {
		var b bytes.Buffer
		if err := Text(&b, r); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(b.String(), "\n")
		if r.Verify.Status == wire.VerifyMismatch {
			if !strings.HasPrefix(lines[0], "WRONG RESULT: ") {
				t.Errorf("%s begins with %q", name, lines[0])
			}
			lines = lines[1:]
		}
		if len(lines) != len(r.Counters)+1 {
			t.Errorf("%s: %d lines for %d counters", name, len(lines)-1, len(r.Counters))
		}
		for _, l := range lines[:len(lines)-1] {
			_, value, ok := strings.Cut(strings.TrimSuffix(l, "\n"), ": ")
			if _, err := strconv.ParseInt(value, 10, 64); !ok || err != nil || value == "-0" {
				t.Errorf("%s: %q is not a name and an integer", name, l)
			}
		}
	}
}

// Cycles and Instructions come first in every form but the folded one, which has no figures.
func TestOrder(t *testing.T) {
	r := pmu()
	for _, f := range Formats() {
		if f.Name == "folded" {
			continue
		}
		var b bytes.Buffer
		if err := f.Write(&b, r); err != nil {
			t.Fatal(err)
		}
		s := strings.ToLower(b.String())
		last := -1
		for _, name := range []string{"cycles", "instructions", "l1d.replacement", "inst.counted"} {
			if f.Name == "table" && name == "cycles" {
				name = "\n  cycles"
			}
			if f.Name == "benchfmt" {
				name += "/op"
				if strings.HasPrefix(name, "inst.") {
					name = "inst.counted-counted/op"
				}
			}
			i := strings.Index(s, name)
			if i <= last {
				t.Errorf("%s: %q is at %d, after %d is expected", f.Name, name, i, last)
			}
			last = i
		}
	}
}

// JSON is one line with every key of the interface contract, and nothing in it
// is null but what the contract has so.
func TestJSON(t *testing.T) {
	for name, r := range cases() {
		var b bytes.Buffer
		if err := JSON(&b, r); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(b.Bytes(), []byte("\n")) != 1 {
			t.Errorf("%s: not one line: %s", name, b.Bytes())
		}
		var back wire.Result
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, want := fmt.Sprint(back.Counters, back.Params, back.Symbol), fmt.Sprint(ordered(r.Counters), r.Params, r.Symbol); got != want {
			t.Errorf("%s comes back as %s, want %s", name, got, want)
		}
		var fields map[string]any
		if err := json.Unmarshal(b.Bytes(), &fields); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Fields("kernel symbol params object host counters unavailable result verify abi integrity isa sandbox warnings notes seed effort timing_us") {
			if v, ok := fields[key]; !ok || v == nil {
				t.Errorf("%s: %s is %v", name, key, v)
			}
		}
		if fields["abi"].(map[string]any)["violations"] == nil {
			t.Errorf("%s: abi.violations is null", name)
		}
	}
}

// TestHistogram draws bins below each other, and every one that has something shows.
func TestHistogram(t *testing.T) {
	var b strings.Builder
	writeHistogram(&b, []wire.Bin{{Low: 10, High: 20, Count: 400}, {Low: 20, High: 30}, {Low: 30, High: 40, Count: 1}})
	want := "\n  cycles of accepted samples\n          10     400  " + strings.Repeat("#", 40) + "\n          20       0\n          30       1  #\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	b.Reset()
	if writeHistogram(&b, nil); b.Len() > 0 {
		t.Errorf("%q of nothing", b.String())
	}
}

func TestCSV(t *testing.T) {
	for name, r := range cases() {
		var b bytes.Buffer
		if err := CSV(&b, r); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll() // also checks that rows are equally long
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if want := 1 + len(r.Counters) + len(r.Derived) + len(r.Unavailable); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", name, len(rows), want)
		}
		for i, c := range ordered(r.Counters) {
			if v, err := strconv.ParseFloat(rows[i+1][4], 64); err != nil || v != c.Value {
				t.Errorf("%s: value %q, want %v", name, rows[i+1][4], c.Value)
			}
		}
	}
}

// TestOtherFunction: every form tells which function ran where it is not the one of the name
// that was asked for, and the line of benchmarks that follows does not have it.
func TestOtherFunction(t *testing.T) {
	r := cases()["good"]
	r.Symbol, r.SymbolWhy = "g", "no function has the name sdot; it is the only function of the object"
	r.Warnings = append(r.Warnings, wire.OtherFunction+r.Symbol+": "+r.SymbolWhy)
	told := func(form string, err error, text string, words ...string) {
		t.Helper()
		for _, w := range words {
			if err != nil || !strings.Contains(text, w) {
				t.Errorf("%s: %v, no %q in %s", form, err, w, text)
			}
		}
	}
	for _, f := range Formats() {
		if f.Name == "text" || f.Name == "folded" { // figures alone, with the doubts beside; and a profile
			continue
		}
		var b bytes.Buffer
		told(f.Name, f.Write(&b, r), b.String(), "the only function")
		if f.Name == "benchfmt" {
			told(f.Name, nil, b.String(), "\nsymbol:\n")
		}
	}
	told("doubts", nil, strings.Join(Doubts(r, false), "\n"), "the function that ran is g")
	s := &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{{Params: map[string]json.Number{"n": "1"}, Result: r}, {Params: map[string]json.Number{"n": "2"}, Result: r}}}
	for _, f := range SweepFormats() {
		var b bytes.Buffer
		told("sweep "+f.Name, f.Write(&b, s), b.String(), map[string]string{"table": "ran g", "svg": "ran g"}[f.Name])
		if f.Name != "table" && f.Name != "svg" {
			told("sweep "+f.Name, nil, b.String(), "the only function")
		}
	}
	c := &wire.Comparison{A: r, B: r, Ratios: []wire.Ratio{{Name: "Cycles", Unit: "cycles", Ratio: 1, Verdict: wire.Same}}}
	for _, f := range ComparisonFormats() {
		var b bytes.Buffer
		told("comparison "+f.Name, f.Write(&b, c), b.String()+strings.Join(ComparisonDoubts(c), "\n"), "the only function")
	}
}

// Benchfmt obeys the grammar of golang.org/design/14313-benchmark-format and
// of the Unit lines of golang.org/x/perf/benchfmt.
func TestBenchfmtGrammar(t *testing.T) {
	for name, r := range cases() {
		var b bytes.Buffer
		if err := Benchfmt(&b, r); err != nil {
			t.Fatal(err)
		}
		units, benchmarks := map[string]bool{}, 0
		for l := range strings.Lines(b.String()) {
			f := strings.Fields(l)
			switch {
			case f[0] == "Unit":
				units[f[1]] = true
			case strings.HasPrefix(f[0], "Benchmark"):
				benchmarks++
				if n, err := strconv.Atoi(f[1]); err != nil || n < 1 || len(f)%2 != 0 || len(f) < 4 {
					t.Errorf("%s: %q", name, l)
				}
				for i := 2; i < len(f); i += 2 {
					if _, err := strconv.ParseFloat(f[i], 64); err != nil || !units[f[i+1]] && f[i+1] != "ns/op" {
						t.Errorf("%s: %s %s in %q", name, f[i], f[i+1], l)
					}
				}
			default:
				key, _, ok := strings.Cut(strings.Replace(l, ":\n", ": ", 1), ": ") // a key alone takes it away
				if !ok || strings.ToLower(key) != key || strings.Contains(key, " ") {
					t.Errorf("%s: %q is not a line of configuration", name, l)
				}
			}
		}
		if want := min(1, len(r.Counters)); benchmarks != want {
			t.Errorf("%s: %d benchmarks", name, benchmarks)
		}
	}
}

// Nothing that an object says can reach a terminal as a control character, nor
// begin a line of its own.
func TestHostileText(t *testing.T) {
	for _, f := range Formats() {
		var b bytes.Buffer
		if err := f.Write(&b, bad()); err != nil {
			t.Fatal(err)
		}
		if f.Name == "json" {
			continue // escapes control characters by itself
		}
		for l := range strings.Lines(b.String()) {
			if strings.ContainsFunc(strings.Trim(l, "\n"), func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }) {
				t.Errorf("%s: %q", f.Name, l)
			}
			if strings.HasPrefix(strings.TrimSpace(l), "Cycles: 1") {
				t.Errorf("%s: forged line %q", f.Name, l)
			}
		}
	}
}

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		c    wire.Counter
		want string
	}{
		{wire.Counter{Value: 1000, CI95: [2]float64{999, 1002}}, "±0.2 %"},
		{wire.Counter{Value: 1000, CI95: [2]float64{998, 1001}}, "±0.2 %"},
		{wire.Counter{Value: -1000, CI95: [2]float64{-1100, -900}}, "±10 %"},
		{wire.Counter{Value: 10, CI95: [2]float64{0, 20}}, "±100 %"},
		{wire.Counter{Value: 10, CI95: [2]float64{0, 30}}, "±20"},
		{wire.Counter{Value: 2, CI95: [2]float64{-5e9, 5e9}}, "±5000000002"},
		{wire.Counter{Value: -0.3, CI95: [2]float64{-0.3, -0.3}}, "±0"},
		{wire.Counter{Value: 1e9, CI95: [2]float64{1e9 - 1, 1e9}}, "±0.001 %"},
		{wire.Counter{Value: 5, CI95: [2]float64{5, 5}}, "±0 %"},
		{wire.Counter{Value: 0, CI95: [2]float64{-1, 0.5}}, "±1"},
		{wire.Counter{Value: 7, Exact: true}, "exact"},
	} {
		if got := interval(&tt.c); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.c, got, tt.want)
		}
	}
}

// A table is as wide as a terminal, unless a word is wider.
func TestTableWidth(t *testing.T) {
	long := strings.Repeat("x", 2*columns)
	for name, r := range cases() {
		r.Warnings = append(r.Warnings, "a "+strings.Repeat("word ", 50), long)
		var b bytes.Buffer
		if err := Table(&b, r); err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(l) - 1; n > columns && !strings.Contains(l, long) {
				t.Errorf("%s: %d columns: %s", name, n, l)
			}
			if strings.TrimRight(l, " \n") != strings.TrimSuffix(l, "\n") {
				t.Errorf("%s: spaces at the end of %q", name, l)
			}
		}
	}
}

// The table has what a person needs beside the figures, the doubts last.
func TestTableSays(t *testing.T) {
	r := good()
	r.Verify, r.Result = wire.Verify{Status: "none", Why: "no reference"}, wire.Value{Int: new(int64(0))}
	r.Warnings = []string{"a doubt"}
	r.Conditions.MHz = [2]float64{3400, 3700}
	r.Conditions.Operands = map[string]uint64{"x": 0, "y": 64}
	r.Conditions.Precision = wire.Precision{Wanted: 0.05, Achieved: 43, Stopped: "cells"}
	var b bytes.Buffer
	if err := Table(&b, r); err != nil {
		t.Fatal(err)
	}
	text, at := strings.Join(strings.Fields(b.String()), " "), 0
	for _, want := range []string{
		"Cycles 2004.5 cycles ±0.035 % 88/101 3 tsc-calibrated", "not checked: no reference; returned 0", "ABI held", "integrity consistent",
		"worse than ±100 % of ±5 % wanted", "Zen 4 (AMD EPYC 9354)", "3400 to 3700 MHz", "operand y 64 bytes into a page",
		"effort default, seed 9007199254740991", "note the upper halves", "warning a doubt",
	} {
		i := strings.Index(text, want)
		if i < at {
			t.Errorf("%q is missing, or before its turn, in\n%s", want, b.String())
		}
		at = max(at, i)
	}
	if strings.Contains(text, "operand x") {
		t.Errorf("an offset of nothing is told:\n%s", b.String())
	}
	for mhz, want := range map[[2]float64]string{{}: "verified), other", {3694.1, 3694.4}: "verified), 3694 MHz, other"} {
		if got := core(&wire.Conditions{Pinned: "verified", MHz: mhz}); !strings.Contains(got, want) {
			t.Errorf("%v is told as %q", mhz, got)
		}
	}
}

// Figures at the edges show as numbers of one form, and never as minus zero.
func TestEdgeFigures(t *testing.T) {
	zero := regexp.MustCompile(`-0(\.0*)?([^.0-9]|$)`)
	minus := math.Copysign(0, -1)
	for _, v := range []float64{minus, -0.3, -0.0001, -1e-300, 1e18, -1e18, 5308746649} {
		r := good()
		c := &r.Counters[0]
		c.Value, c.Min, c.P10, c.P90, c.Overhead, c.CI95 = v, minus, v, v, minus, [2]float64{v, v}
		c.Modes = []wire.Mode{{Value: v, Share: 1}}
		r.Derived[0].Value = v
		r.Verify.MaxULP = wire.Float(minus)
		for _, f := range Formats() {
			if f.Name == "json" {
				continue // for programs, to which both zeros are equal
			}
			var b bytes.Buffer
			if err := f.Write(&b, r); err != nil {
				t.Fatal(err)
			}
			if found := zero.FindString(b.String()); found != "" || strings.Contains(b.String(), "e+") {
				t.Errorf("%v as %s: %q in\n%s", v, f.Name, found, b.String())
			}
		}
	}
}

func TestProcessor(t *testing.T) {
	for _, tt := range []struct {
		h    wire.Host
		want string
	}{
		{wire.Host{CPU: "AMD EPYC 9755", Microarchitecture: "Zen 5"}, "Zen 5 (AMD EPYC 9755)"},
		{wire.Host{CPU: "AMD EPYC 9755"}, "AMD EPYC 9755"},
		{wire.Host{Vendor: "GenuineIntel", Microarchitecture: "Skylake"}, "Skylake (GenuineIntel)"},
	} {
		if got := tt.h.Processor(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestProblemText(t *testing.T) {
	offset := uint64(0x4e)
	p := wire.Problemf(wire.Crashed, "read 12 bytes past operand y at sdot+0x4e: vmovups ymm1, [rcx+0x60]")
	p.Symbol, p.Offset, p.Instruction, p.Bytes, p.Signal, p.Access, p.Operand, p.Address = "sdot", &offset, "vmovups ymm1, [rcx+0x60]", "c5fc104960", "SIGSEGV", "read", "y", "0x20001000"
	p.Sandbox = good().Sandbox
	var b bytes.Buffer
	for _, p := range []*wire.Problem{
		p,
		wire.Problemf(wire.QueueFull, "10 requests are waiting"),
		{Class: wire.RefusedInstruction, Detail: "f\nok\x1b", Offset: &offset, Bytes: "0f05", Rule: "system-call", Section: ".text"},
		{Class: wire.MissingISA, Detail: "needs more", MissingISA: []string{"AVX512F", "AMX_TILE"}, RetryAfter: 3, Limit: "1 MiB", Syscall: "socket", Symbol: "g"},
		{Class: wire.UndefinedSymbol, Detail: "the kernel called g", Symbol: "g", Caller: "f", Offset: &offset, Instruction: "call g"},
		{Class: wire.UndefinedSymbol, Detail: "the kernel called g", Symbol: "g"},
	} {
		if err := ProblemText(&b, p); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "problems.txt", b.Bytes())
}

// Whoever reads the figures alone is told what makes them doubtful.
func TestDoubts(t *testing.T) {
	r := pmu()
	if d := Doubts(r, true); len(d) != 1 || d[0] != "integrity unproven: "+r.IntegrityWhy[0] {
		t.Errorf("of an unproven result: %q", d)
	}
	if r.Integrity, r.Notes = wire.Consistent, []string{"a note"}; len(Doubts(r, true)) != 0 {
		t.Errorf("of a good result: %q", Doubts(r, true))
	}
	got := strings.Join(Doubts(bad(), true), "\n")
	for _, want := range []string{
		"the result is WRONG: element 7", "ABI VIOLATED: rbx", "integrity suspect: cell 2",
		"unavailable: Instructions: no PMU", "CPU 1 is shared",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not among %q", want, got)
		}
	}
	r = empty()
	r.ABI.OK = true
	r.Unavailable = []wire.Unavailable{{Name: "a", Reason: "x"}, {Name: "b", Reason: "y"}, {Name: "c", Reason: "x"}}
	if d := Doubts(r, true); len(d) != 2 || d[0] != "unavailable: a, c: x" || d[1] != "unavailable: b: y" {
		t.Errorf("%q", d)
	}
	if d := Doubts(r, false); len(d) != 0 {
		t.Errorf("what nobody asked for is missed: %q", d)
	}
}

func TestSound(t *testing.T) {
	for name, spoil := range map[string]func(*wire.Result){
		"mismatch": func(r *wire.Result) { r.Verify.Status = "mismatch" },
		"ABI":      func(r *wire.Result) { r.ABI.OK = false },
		"suspect":  func(r *wire.Result) { r.Integrity = "suspect" },
	} {
		r := good()
		r.Warnings = []string{"the host is busy"} // says something of the host
		for _, i := range []wire.Integrity{wire.Consistent, wire.Unproven} {
			if r.Integrity = i; !Sound(r) {
				t.Errorf("a good result is not sound when %s", i)
			}
		}
		if spoil(r); Sound(r) {
			t.Errorf("%s: it is sound", name)
		}
	}
}
