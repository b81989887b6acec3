package child_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf"
)

// Every way of measuring gives the right result and says of itself what it was.
func TestMeasureOptions(t *testing.T) {
	for _, tt := range []struct {
		options map[string][]string
		want    func(wire.Conditions) bool
	}{
		{nil, func(c wire.Conditions) bool {
			return c.Mode == "latency" && c.Batch == 1 && c.Data == "warm" && c.Code == "warm" && c.Pages == "4k" && c.Stack == 0
		}},
		{map[string][]string{"mode": {"throughput"}}, func(c wire.Conditions) bool { return c.Mode == "throughput" && c.Batch > 1 }},
		{map[string][]string{"cold": {"data"}}, func(c wire.Conditions) bool { return c.Data == "cold" && c.Code == "warm" }},
		{map[string][]string{"cold": {"data,code"}}, func(c wire.Conditions) bool { return c.Data == "cold" && c.Code == "cold" }},
		{map[string][]string{"restore": {"1"}}, func(c wire.Conditions) bool { return c.Data == "warm" }},
		{map[string][]string{"fresh": {"7"}, "cold": {"data"}}, func(c wire.Conditions) bool { return c.Data == "cold" }},
		{map[string][]string{"align": {"29"}}, func(c wire.Conditions) bool { return c.Kernel == "0x1000001d" }},
		{map[string][]string{"stack-offset": {"1024"}}, func(c wire.Conditions) bool { return c.Stack == 1024 }},
		{map[string][]string{"operand-offset": {"y=60"}}, func(c wire.Conditions) bool { return c.Operands["x"] == 0 && c.Operands["y"] == 60 }},
		{map[string][]string{"pages": {"2m"}}, func(c wire.Conditions) bool { return c.Pages == "2m" }},
	} {
		t.Run(fmt.Sprint(tt.options), func(t *testing.T) {
			options := map[string][]string{"n": {"3000"}}
			for name, v := range tt.options {
				options[name] = v
			}
			rep := do(t, runJob(t, example(t, "sdot"), "sdot", options))
			if p := rep.Problem; p != nil {
				if p.Class == wire.Unfit && strings.Contains(p.Detail, "2 MiB") {
					t.Skip(p.Detail)
				}
				t.Fatal(p)
			}
			r := rep.Result
			if r.Verify.Status != "match" || !r.ABI.OK {
				t.Errorf("verify %+v, ABI %+v", r.Verify, r.ABI)
			}
			if c := r.Conditions; !tt.want(c) || !strings.HasPrefix(c.Pinned, "pinned") || c.MHz[0] <= 0 || c.MHz[1] < c.MHz[0] {
				t.Errorf("conditions: %+v", c)
			}
			if p := r.Conditions.Precision; p.Wanted != wire.Default.Precision() || p.Stopped == "" || p.Achieved <= 0 {
				t.Errorf("precision: %+v", p)
			}
			if c := r.Counters[0]; c.Name != "Cycles" || c.Value < 300 || c.Value > 3e6 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// A detector that was not proved has no say, and the result tells.
func TestUnprovedDetectors(t *testing.T) {
	job := runJob(t, example(t, "imul"), "playground", map[string][]string{"iterations": {"20000"}})
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	h.Detectors = wire.Detectors{Interrupt: "no timer", Preempt: "no rseq"}
	rep := doOn(t, h, job)
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	for what, why := range map[string]string{"interrupts": "no timer", "preemption": "no rseq"} {
		if got := rep.Result.Conditions.Detectors[what]; got != "not seen: "+why {
			t.Errorf("%s: %q", what, got)
		}
	}
	for _, c := range rep.Result.Counters {
		if n := c.Samples.Rejected["interrupted"] + c.Samples.Rejected["preempted"]; n > 0 {
			t.Errorf("%s: %d samples were rejected by detectors that do not count", c.Name, n)
		}
	}
}

// The probe proves the detectors on this host or says what it lacks.
func TestDetectorsAreProved(t *testing.T) {
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range []string{h.Detectors.Interrupt, h.Detectors.Preempt} {
		if why != "" {
			t.Skipf("this host does not show every disturbance: %s", why)
		}
	}
}

// soft is a group of the kernel's own events, which stand in for those of a
// PMU: they are opened, grouped and read likewise.
func soft(names map[string]uint64) (g wire.Group) {
	for _, name := range []string{"Cycles", "Instructions", "faults", "switches", "dummy"} {
		if config, ok := names[name]; ok {
			g = append(g, wire.Event{Name: name, Unit: "events", Type: perf.TypeSoftware, Config: config})
		}
	}
	return g
}

// patient is enough measuring time for all cells of a few groups on a busy host,
// in microseconds.
const patient = 5_000_000

// counted runs a job as if this host had a PMU.
func counted(t *testing.T, job *wire.Job) *wire.Report {
	t.Helper()
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	h.PMU = "played"
	rep := doOn(t, h, job)
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	return rep
}

func TestGroups(t *testing.T) {
	job := runJob(t, example(t, "sdot"), "sdot", map[string][]string{"n": {"3000"}})
	job.Refused = []wire.Unavailable{{Name: "refused", Reason: "by the planner"}}
	job.Budget.CPU = patient
	job.Groups = []wire.Group{
		soft(map[string]uint64{"Cycles": unix.PERF_COUNT_SW_TASK_CLOCK, "faults": unix.PERF_COUNT_SW_PAGE_FAULTS}),
		soft(map[string]uint64{"Cycles": unix.PERF_COUNT_SW_TASK_CLOCK, "dummy": unix.PERF_COUNT_SW_DUMMY}),
		{{Name: "alien", Unit: "events", Type: 0xffff}},
	}
	rep := counted(t, job)
	got := make(map[string]wire.Counter)
	for _, c := range rep.Result.Counters {
		if _, twice := got[c.Name]; twice {
			t.Errorf("%s is there twice", c.Name)
		}
		got[c.Name] = c
	}
	missing := make(map[string]string)
	for _, u := range rep.Result.Unavailable {
		missing[u.Name] = u.Reason
	}
	if strings.Contains(missing["Cycles"], "not permitted") || strings.Contains(missing["Cycles"], "perf_event_paranoid") {
		t.Skip("this host does not let processes count: " + missing["Cycles"])
	}
	// Both groups count cycles: one figure of all their cells.
	if c := got["Cycles"]; c.Source != wire.PMU || c.Cells < 6 || c.Value <= 0 || c.Samples.Accepted < 31 {
		t.Errorf("Cycles: %+v, unavailable: %v", c, missing)
	}
	for _, name := range []string{"faults", "dummy"} {
		if c := got[name]; !c.Exact || c.Value != 0 || c.Cells < 3 {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if missing["refused"] != "by the planner" || missing["alien"] == "" {
		t.Errorf("unavailable: %v", missing)
	}
	if c, ok := got["Cycles by TSC"]; !ok || c.Source != wire.TSCCalibrated {
		t.Errorf("Cycles by TSC: %+v", c)
	}
}

// BenchmarkGroups is the cost of counting 100 groups of events, 31 good samples
// each, of a kernel that takes about 20 µs.
func BenchmarkGroups(b *testing.B) {
	job := runJob(b, example(b, "imul"), "playground", map[string][]string{"iterations": {"25000"}})
	for range 100 {
		job.Groups = append(job.Groups, soft(map[string]uint64{
			"Cycles": unix.PERF_COUNT_SW_TASK_CLOCK, "Instructions": unix.PERF_COUNT_SW_DUMMY, "faults": unix.PERF_COUNT_SW_PAGE_FAULTS, "switches": unix.PERF_COUNT_SW_CONTEXT_SWITCHES,
		}))
	}
	h, err := host()
	if err != nil {
		b.Fatal(err)
	}
	// A PMU's events make the kernel rewrite nothing; these must not either.
	held, err := perf.OpenGroup(0, -1, []perf.Attr{
		{Type: perf.TypeSoftware, Config: unix.PERF_COUNT_SW_PAGE_FAULTS, ExcludeKernel: true, Disabled: true},
		{Type: perf.TypeSoftware, Config: unix.PERF_COUNT_SW_CONTEXT_SWITCHES, ExcludeKernel: true},
	})
	if err != nil {
		b.Skip(err)
	}
	defer held.Close()
	dummy, err := perf.OpenGroup(0, -1, []perf.Attr{{Type: perf.TypeSoftware, Config: unix.PERF_COUNT_SW_DUMMY, ExcludeKernel: true}})
	if err != nil {
		b.Skip(err)
	}
	defer dummy.Close()
	plain := runJob(b, example(b, "imul"), "playground", map[string][]string{"iterations": {"25000"}})
	job.Refused = nil
	job.Budget.CPU = (2 * time.Second).Microseconds() // more than it takes
	var with, without []float64                       // ms
	cells := 0
	for b.Loop() {
		h.PMU = ""
		alone := doOn(b, h, plain)
		h.PMU = "played"
		rep := doOn(b, h, job)
		if rep.Problem != nil || alone.Problem != nil {
			b.Fatal(rep.Problem, alone.Problem)
		}
		if list := rep.Result.Unavailable; len(list) > 0 {
			b.Fatal(list)
		}
		with = append(with, float64(rep.Result.Timing.Cells)/1000)
		without = append(without, float64(alone.Result.Timing.Cells)/1000)
		cells += rep.Result.Counters[0].Cells
	}
	slices.Sort(with)
	slices.Sort(without)
	b.ReportMetric(float64(cells)/float64(b.N), "cells/op")
	b.ReportMetric(with[len(with)/2], "ms/run")
	b.ReportMetric(with[len(with)/10], "p10-ms/run")
	b.ReportMetric(with[len(with)/2]-without[len(without)/2], "ms/groups")
}

// Moved code finds its constants elsewhere; a fault of that says why.
func TestAlignBreaksConstants(t *testing.T) {
	// movaps xmm0, [rip+9]; ret; nop…; 16 bytes at 16
	code := append([]byte{0x0f, 0x28, 0x05, 0x09, 0, 0, 0, 0xc3}, make([]byte, 24)...)
	for i := 8; i < 16; i++ {
		code[i] = 0x90
	}
	for i := 16; i < 32; i++ {
		code[i] = 0x90
	}
	object := elfobj.Function("playground", code)
	if rep := do(t, runJob(t, object, "playground", nil)); rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	rep := do(t, runJob(t, object, "playground", map[string][]string{"align": {"4"}}))
	if rep.Problem == nil || rep.Problem.Class != wire.Crashed || !strings.Contains(rep.Problem.Detail, "the option align") {
		t.Errorf("%v", rep.Problem)
	}
}

// Where the time does not suffice for all groups, each has figures or a reason.
func TestGroupsOutOfTime(t *testing.T) {
	// 10 ms a call: a cell of 35 samples alone takes longer than the deadline.
	job := runJob(t, example(t, "imul"), "playground", map[string][]string{"iterations": {"13000000"}, "deadline": {"100ms"}})
	const groups = 20
	for i := range groups {
		job.Groups = append(job.Groups, wire.Group{
			{Name: "Cycles", Unit: "ns", Type: perf.TypeSoftware, Config: unix.PERF_COUNT_SW_TASK_CLOCK},
			{Name: fmt.Sprint("event ", i), Unit: "events", Type: perf.TypeSoftware, Config: unix.PERF_COUNT_SW_DUMMY},
		})
	}
	rep := counted(t, job)
	told, late := 0, 0
	for _, c := range rep.Result.Counters {
		if strings.HasPrefix(c.Name, "event ") {
			told++
		}
	}
	for _, u := range rep.Result.Unavailable {
		if strings.HasPrefix(u.Name, "event ") {
			told++
			if strings.Contains(u.Reason, "deadline") {
				late++
			}
		}
	}
	if told != groups {
		t.Errorf("%d of %d events have a figure or a reason", told, groups)
	}
	if late == 0 {
		t.Error("everything was counted within a deadline that is too short for it")
	}
	if s := rep.Result.Conditions.Precision.Stopped; s != "deadline" {
		t.Errorf("stopped by %q", s)
	}
}

// Where the PMU gives nothing, the time stamps go on until they are precise.
func TestNoGroupCounts(t *testing.T) {
	job := runJob(t, example(t, "imul"), "playground", map[string][]string{"iterations": {"20000"}})
	job.Groups = []wire.Group{{{Name: "Cycles", Unit: "cycles", Type: 0xffff}}}
	rep := counted(t, job)
	r := rep.Result
	if len(r.Unavailable) == 0 || r.Unavailable[0].Name != "Cycles" || r.Counters[0].Name != "Cycles by TSC" {
		t.Errorf("unavailable %v, counters %v", r.Unavailable, r.Counters)
	}
	if p := r.Conditions.Precision; p.Stopped == "" || p.Achieved == 0 {
		t.Errorf("%+v", p)
	}
}

// Calls back to back overlap: on any core, a batch of calls takes no longer than
// the same calls one by one, and not less than what issues one multiplication in a
// quarter of a cycle would take.
func TestThroughput(t *testing.T) {
	const imuls = 96
	code := append(bytes.Repeat([]byte{0x48, 0x6b, 0xc1, 0x03}, imuls), 0xc3) // imul rax, rcx, 3; ret
	cycles := func(mode string) (wire.Counter, wire.Conditions) {
		rep := do(t, runJob(t, elfobj.Function("playground", code), "playground", map[string][]string{"mode": {mode}}))
		if rep.Problem != nil {
			t.Fatal(rep.Problem)
		}
		return rep.Result.Counters[0], rep.Result.Conditions
	}
	single, alone := cycles("latency")
	each, batched := cycles("throughput")
	if alone.Mode != "latency" || alone.Batch != 1 || batched.Mode != "throughput" || batched.Batch < 4 {
		t.Errorf("%s of %d, %s of %d", alone.Mode, alone.Batch, batched.Mode, batched.Batch)
	}
	// Where another process has every processor both are upper bounds.
	if disturbed := each.Samples.Accepted*2 < each.Samples.Total || single.Samples.Accepted*2 < single.Samples.Total; disturbed {
		t.Logf("disturbed: %+v, %+v", single.Samples, each.Samples)
	} else if all := each.Value + each.Overhead; all < imuls/4 || all > 1.5*(single.Value+single.Overhead) {
		t.Errorf("a call takes %.1f cycles with the empty one among others, %.1f alone", all, single.Value+single.Overhead)
	}
}

// TestManner: an answer says what operands held when calls began, and warns where a
// function ran in place on what its earlier calls left.
func TestManner(t *testing.T) {
	const prototype, code = "void f(out int64_t y[1], int64_t x[1] = {5})", "48ff06 c3" // inc qword [rsi]
	for _, tt := range []struct {
		options wire.MeasureOptions
		want    string
		warns   bool
	}{
		{wire.MeasureOptions{}, "none", true},
		{wire.MeasureOptions{Restore: true}, "restored", false},
		{wire.MeasureOptions{Fresh: 3}, "fresh=3", false},
	} {
		res := calledSo(t, prototype, code, tt.options)
		warns := slices.ContainsFunc(res.Warnings, func(w string) bool {
			return strings.Contains(w, "works in place") && strings.Contains(w, "changed x,") && strings.Contains(w, "--restore")
		})
		if res.Manner.Restore != tt.want || warns != tt.warns {
			t.Errorf("%+v: manner %q, warnings %q", tt.options, res.Manner.Restore, res.Warnings)
		}
		if res.Integrity == wire.Suspect {
			t.Errorf("%+v: %q", tt.options, res.IntegrityWhy)
		}
	}
	if res := called(t, "void f(out int64_t y[1], restore int64_t x[1] = {5})", code); res.Manner.Restore != "restored" || len(res.Warnings) > 0 && strings.Contains(res.Warnings[0], "in place") {
		t.Errorf("a specification that restores: %+v, warnings %q", res.Manner, res.Warnings)
	}
	if res := called(t, "void f(out int64_t x[1])", "48c70701000000 c3"); slices.ContainsFunc(res.Warnings, func(w string) bool { return strings.Contains(w, "in place") }) { // mov qword [rdi], 1
		t.Errorf("an operand that is only written: %q", res.Warnings)
	}
}

// TestDump: an answer has the operands that were asked for, by their types, as the first
// call left them.
func TestDump(t *testing.T) {
	for _, tt := range []struct{ prototype, code, operand, want string }{
		{"void f(float x[3] = {0.25, -2, 7})", "c7070000c03f c3", "x", `{"operand":"x","type":"float32","count":3,"truncated":false,"values":[1.5,-2,7]}`}, // mov dword [rdi], 1.5
		{"void f(int8_t x[2] = {3, -4})", "fe0f c3", "x", `{"operand":"x","type":"int8","count":2,"truncated":false,"values":[2,-4]}`},                     // dec byte [rdi]
		{"void f(uint64_t x[1] = {0})", "48ff0f c3", "x", `{"operand":"x","type":"uint64","count":1,"truncated":false,"values":[18446744073709551615]}`},   // dec qword [rdi]
		{"void f(bool x[2] = {0, 1} @ 8)", "fe07 c3", "x", `{"operand":"x","type":"bool","count":2,"truncated":false,"values":[true,true]}`},               // inc byte [rdi]
		{"void f(double x[1] = {1})", "66c747060000 66c74706f87f c3", "x", `{"operand":"x","type":"float64","count":1,"truncated":false,"values":["NaN"]}`},
		{"void f(const uint8_t x[n] = zero, size_t n = 0)", "c3", "x", `{"operand":"x","type":"uint8","count":0,"truncated":false,"values":[]}`},
	} {
		res := dumpOf(t, tt.prototype, tt.code, tt.operand)
		if got, err := json.Marshal(res); err != nil || string(got) != "["+tt.want+"]" {
			t.Errorf("%s: %s, %v; want %s", tt.prototype, got, err, tt.want)
		}
	}
	long := dumpOf(t, "void f(uint16_t x[5000] = index)", "c3", "x")
	if len(long) != 1 || long[0].Count != 5000 || !long[0].Truncated || len(long[0].Values) != wire.MaxDump || long[0].Values[4095].String() != "4095" {
		t.Errorf("%+.200v", long)
	}
}

// dumpOf is the dump of an operand of a call.
func dumpOf(t *testing.T, prototype, function, operand string) []wire.Dump {
	t.Helper()
	code, err := hex.DecodeString(strings.ReplaceAll(function, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := kernels.ParsePrototype(prototype)
	if err != nil {
		t.Fatal(err)
	}
	job := runJob(t, elfobj.Function("f", code), "playground", nil)
	job.Spec, job.Dump = spec.XML, []string{operand}
	if job.Params, err = spec.Values(nil); err != nil {
		t.Fatal(err)
	}
	rep := do(t, job)
	if rep.Problem != nil {
		t.Fatalf("%s: %v", prototype, rep.Problem)
	}
	return rep.Result.Dump
}
