package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/arch/x86/x86asm"

	"webrunner/internal/child"
	"webrunner/internal/elfobj"
	"webrunner/internal/runner"
	"webrunner/perf"
)

// The tests run real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		os.Exit(child.Main())
	}
	os.Exit(m.Run())
}

// TestAssembled assembles the kernels anew.
func TestAssembled(t *testing.T) {
	as, err := exec.LookPath("as")
	if err != nil {
		t.Skip("no assembler: ", err)
	}
	out := filepath.Join(t.TempDir(), "known.o")
	if text, err := exec.Command(as, "--fatal-warnings", "-mx86-used-note=no", "-o", out, "gas/known.s").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, assembled) {
		t.Error("gas/known.o is not what gas/known.s gives")
	}
}

// TestRepeats counts the instructions of each loop: the table's repetitions
// are what the assembler was told to repeat.
func TestRepeats(t *testing.T) {
	list, err := knownKernels()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 20 {
		t.Errorf("%d kernels", len(list))
	}
	steps := map[string]int{ // instructions in a repetition
		"dependent_div_by_1": 2, "six_loads": 6, "four_movaps_loads": 4, "two_stores": 2, "three_imul": 3,
		"three_imul_two_loads_two_adds": 7, "ten_vaddps_ymm": 10, "twelve_vfmadd231ps_ymm": 12,
		"six_vaddps_six_vmulps_ymm": 12, "loop_of_nothing": 0,
	}
	for _, k := range list {
		want, found := steps[k.symbol]
		if !found {
			want = 1
		}
		code := k.object[64:] // behind the ELF header stands .text
		if got, want := loopLength(t, code), want*int(k.repeat); got != want {
			t.Errorf("%s: %d instructions in a turn, want %d", k.symbol, got, want)
		}
	}
}

// loopLength is the number of instructions between the target of the first
// backward jump and the dec before it.
func loopLength(t *testing.T, code []byte) int {
	t.Helper()
	var at []int
	for pc := 0; ; {
		n, back := length(t, code[pc:])
		at = append(at, pc)
		pc += n
		if back < 0 {
			return len(at) - 2 - slices.Index(at, pc+back)
		}
	}
}

// length is that of an instruction, and where it jumps to if it jumps back. The
// decoder knows no VEX and no EVEX: these have no immediate here.
func length(t *testing.T, code []byte) (n, back int) {
	t.Helper()
	switch code[0] {
	case 0xc4:
		return 5, 0
	case 0xc5:
		return 4, 0
	case 0x62:
		return 6, 0
	}
	inst, err := x86asm.Decode(code, 64)
	if err != nil {
		t.Fatalf("% x: %v", code[:8], err)
	}
	if rel, ok := inst.Args[0].(x86asm.Rel); ok && rel < 0 {
		back = int(rel)
	}
	return inst.Len, back
}

func TestCosts(t *testing.T) {
	c := cost{1, 2, 3, 4}
	for _, tt := range []struct {
		host perf.HostInfo
		want float64
	}{
		{perf.HostInfo{Vendor: "AuthenticAMD", Family: 25, Model: 17}, 1},
		{perf.HostInfo{Vendor: "AuthenticAMD", Family: 23, Model: 49}, 0},
		{perf.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x55}, 2},
		{perf.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x6a}, 3},
		{perf.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x8f}, 4},
		{perf.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x97, Hybrid: true}, 0},
		{perf.HostInfo{Vendor: "GenuineIntel", Family: 6, Model: 0x3c}, 0},
	} {
		if got := c.on(tt.host); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.host, got, tt.want)
		}
	}
}

// runs makes observations of values; negative ones say that they were disturbed.
func runs(values ...float64) (list []observation) {
	for i, v := range values {
		o := observation{Value: math.Abs(v), Stopped: "precision", Achieved: float64(i), Micros: 1000 * int64(i+1), Accepted: 3, Total: 4, Rejected: map[string]int{"contended": 1}}
		if v < 0 {
			o.Stopped = "deadline"
		}
		list = append(list, o)
	}
	return list
}

func TestSummary(t *testing.T) {
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	s := series{task: task{Truth: 100}, Runs: runs(99, 101, 103, -500)}
	s.Runs[0].Suspect = []string{"why"}
	sum := s.summarise()
	if sum.Judged != 3 || sum.Disturbed != 1 || sum.Suspect != 1 || sum.Accepted != 12 || sum.Total != 16 || sum.Rejected["contended"] != 4 {
		t.Errorf("%+v", sum)
	}
	if sum.Median != 101 || !near(sum.Error, 0.01) || !near(sum.Worst, 0.03) || !near(sum.CV, 2.0/101) {
		t.Errorf("%+v", sum)
	}
	if sum.Millis != [2]float64{2.5, 4} || sum.Achieved != [2]float64{1, 2} {
		t.Errorf("%+v", sum)
	}
	// Without a truth the spread is around the median.
	s = series{Runs: runs(99, 101, 104)}
	if sum = s.summarise(); sum.Error != 0 || !near(sum.Worst, 3.0/101) {
		t.Errorf("%+v", sum)
	}
	s = series{Runs: runs(-1, -2)}
	if sum = s.summarise(); sum.Judged != 0 || sum.Disturbed != 2 || sum.Worst != 0 {
		t.Errorf("%+v", sum)
	}
}

// Calls back to back are held against the truth together with the empty call.
func TestFigure(t *testing.T) {
	o := observation{Value: 40, Overhead: 8, Stopped: "precision"}
	for mode, want := range map[string]float64{latency: 40, throughput: 48} {
		s := series{task: task{Mode: mode, Truth: want}, Runs: []observation{o, o}}
		if sum := s.summarise(); sum.Median != want || sum.Worst != 0 {
			t.Errorf("%s: %+v", mode, sum)
		}
	}
}

func TestMisses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		s     series
		wants []string
	}{
		{"good", series{task: task{Truth: 100}, Runs: runs(100.04, 100.03, -300)}, nil},
		{"off", series{task: task{Truth: 100}, Runs: runs(100.6, 100.6)}, []string{"worst error 0.600 %"}},
		{"of unknown cost", series{Runs: runs(100.6, 100.6)}, nil},
		{"scattered", series{Runs: runs(100, 101)}, []string{"coefficient of variation"}},
		{"disturbed", series{task: task{Truth: 100}, Runs: runs(100, -100, -100)}, []string{"most runs were disturbed"}},
		{"failed", series{Runs: runs(1, 1), Failures: []string{"crashed"}}, []string{"failed: crashed"}},
		{"skipped", series{Skipped: "AVX512F"}, nil},
	} {
		tt.s.Kernel, tt.s.Summary = "dependent_add", tt.s.summarise()
		got := tt.s.misses()
		if len(got) != len(tt.wants) {
			t.Errorf("%s: %q", tt.name, got)
			continue
		}
		for i, w := range tt.wants {
			if !strings.HasPrefix(got[i], w) {
				t.Errorf("%s: %q, want %q", tt.name, got[i], w)
			}
		}
		d := document{Experiments: []*experiment{{Name: longCalls, Neighbour: "none", Series: []series{tt.s}}}}
		if m := d.missed(); len(m) != len(tt.wants) {
			t.Errorf("%s: the document misses %q", tt.name, m)
		}
	}
}

// TestValidate makes two runs of two kernels through real children, beside a
// neighbour and without, and reads what is printed and what is written.
func TestValidate(t *testing.T) {
	o := options{reps: 2, cycles: 20000, limit: 300 * time.Millisecond, only: regexp.MustCompile("^(dependent_imul_r64|L1_pointer_chase)$"), neighbours: regexp.MustCompile("none|additions on the same CPU$"), file: filepath.Join(t.TempDir(), "runs.json")}
	var progress, table bytes.Buffer
	doc, err := o.validate(&progress)
	if err != nil {
		t.Fatal(err)
	}
	doc.markdown(&table)
	t.Log(table.String())
	if err := o.save(doc); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.file)
	if err != nil {
		t.Fatal(err)
	}
	var back document
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	long := 0
	for _, e := range back.Experiments {
		for _, s := range e.Series {
			long++
			if len(s.Failures) > 0 || len(s.Runs) != o.reps {
				t.Errorf("%s beside %s: %d runs, failed: %q", s.Kernel, e.Neighbour, len(s.Runs), s.Failures)
			}
			for _, r := range s.Runs {
				if s.Truth > 0 && !r.disturbed() && math.Abs(r.Value/s.Truth-1) > 0.02 {
					t.Errorf("%s reads %.0f cycles, want %.0f", s.Kernel, r.Value, s.Truth)
				}
				if r.Micros <= 0 || r.Accepted <= 0 || r.Total < r.Accepted {
					t.Errorf("%s: %+v", s.Kernel, r)
				}
			}
			row := fmt.Sprintf("| %s | ", name(s))
			if !strings.Contains(table.String(), row) {
				t.Errorf("the table has no row %q", row)
			}
		}
	}
	if long != 4 {
		t.Errorf("%d series, want two kernels beside two neighbours", long)
	}
}

// TestSkipped: a kernel that the processor cannot run is left out, with the
// reason, and one that fails is told.
func TestSkipped(t *testing.T) {
	cpus := perf.ProbeHost(os.DirFS("/")).CPUs
	b, err := newBench(cpus[0], time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer b.pool.Close()
	e := &experiment{Name: longCalls}
	for _, code := range [][]byte{
		{0x0f, 0x0b, 0xc3},                         // ud2
		{0x62, 0xf2, 0x7d, 0x48, 0xc8, 0xc0, 0xc3}, // vexp2ps zmm0, zmm0, which was in Xeon Phi only
	} {
		e.Series = append(e.Series, series{task: b.newTask(known{object: elfobj.Function("playground", code), repeat: 1, cost: all(1)}, latency, 100)})
	}
	b.carryOut(e, 2)
	if s := e.Series[0]; len(s.Failures) != 2 || len(s.Runs) != 0 || !strings.HasPrefix(s.Failures[0], "crashed: ") {
		t.Errorf("a crash: %+v", s)
	}
	if s := e.Series[1]; len(s.Failures) != 0 || len(s.Runs) != 0 || s.Skipped == "" || len(s.misses()) > 0 {
		t.Errorf("a kernel that this processor lacks an instruction for: %+v", s)
	}
}
