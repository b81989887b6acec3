package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/arch/x86/x86asm"

	"webrunner/internal/child"
	"webrunner/internal/elfobj"
	"webrunner/internal/runner"
	"webrunner/perf/processor"
	"webrunner/perf/uarch"
)

// The tests run real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	}
	os.Exit(m.Run())
}

// TestAssembled assembles the kernels anew, and the corpus of instructions.
func TestAssembled(t *testing.T) {
	as, err := exec.LookPath("as")
	if err != nil {
		t.Skip("no assembler: ", err)
	}
	kernels, err := os.ReadFile("gas/known.s")
	if err != nil {
		t.Fatal(err)
	}
	list, err := instructions("")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []struct {
		name, source string
		object       []byte
	}{
		{"gas/known.o", string(kernels), assembled},
		{"gas/instructions.o", assembly(list), instructionsObject},
	} {
		out := filepath.Join(t.TempDir(), "a.o")
		c := exec.Command(as, "--fatal-warnings", "-mx86-used-note=no", "-o", out)
		c.Stdin = strings.NewReader(o.source)
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", o.name, err, text)
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, o.object) {
			t.Errorf("%s is not what its source gives (%v): go generate ./scripts/validate", o.name, err)
		}
	}
}

// TestRepeats counts the instructions of each loop: the table's repetitions
// are what the assembler was told to repeat.
func TestRepeats(t *testing.T) {
	list, err := knownKernels(uarch.Core{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 20 {
		t.Errorf("%d kernels", len(list))
	}
	steps := map[string]int{ // instructions in a repetition
		"dependent_div_by_1": 2, "six_loads": 6, "four_movaps_loads": 4, "two_stores": 2, "three_imul": 3,
		"three_imul_two_loads_two_adds": 7, "ten_vaddps_ymm": 10, "twelve_vfmadd231ps_ymm": 12,
		"six_vaddps_six_vmulps_ymm": 12, "twelve_vmulps": 12, "loop_of_nothing": 0,
	}
	for _, c := range allCoins() {
		steps[c.symbol] = int(c.heads) // that is its first loop
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

// TestCosts: a cost is that of the core's column, or of the core that it is like;
// on an unknown core only chains have one.
func TestCosts(t *testing.T) {
	cost := func(core uarch.Core, symbol string) float64 {
		list, err := knownKernels(core)
		if err != nil {
			t.Fatal(err)
		}
		return find(list, symbol).cost
	}
	for _, tt := range []struct {
		core   uarch.Core
		symbol string
		want   float64
	}{
		{uarch.Core{CostsOf: "Zen 4"}, "dependent_addps", 3},
		{uarch.Core{Name: "Zen 5c", CostsOf: "Zen 5"}, "dependent_addps", 2},
		{uarch.Core{CostsOf: "Crestmont"}, "dependent_imul_r64", 5},
		{uarch.Core{CostsOf: "Golden Cove"}, "four_movaps_loads", 0},
		{uarch.Core{CostsOf: "Haswell", ChainStep: 3}, "dependent_addps", 0},
		{uarch.Core{CostsOf: "Haswell", ChainStep: 3}, "imul_in_a_row_100", 3},
		{uarch.Core{ChainStep: 4}, "imul_in_a_row_100", 4},
		{uarch.Core{ChainStep: 4}, "add_in_a_row_300", 1},
	} {
		if got := cost(tt.core, tt.symbol); got != tt.want {
			t.Errorf("%s on %+v: %v, want %v", tt.symbol, tt.core, got, tt.want)
		}
	}
}

// TestColumns: both tables have the same cores, all of which can be met, and each
// has its source; every cell is a figure or unknown.
func TestColumns(t *testing.T) {
	var cores []string
	for _, d := range dumps() {
		cores = append(cores, d.core)
	}
	for name, table := range map[string]struct {
		text  string
		first int
	}{"known.tsv": {knownTSV, 2}, "instructions.tsv": {instructionsTSV, 5}} {
		lines := strings.Split(strings.TrimSpace(table.text), "\n")
		if got := strings.Split(lines[0], "\t")[table.first:]; !slices.Equal(got, cores) {
			t.Errorf("%s has columns %q, want %q", name, got, cores)
		}
		for _, l := range lines[1:] {
			for _, cell := range strings.Split(l, "\t")[table.first:] {
				for f := range strings.FieldsSeq(cell) {
					if f != "?" && f != "-" && number(f) <= 0 {
						t.Errorf("%s: %q in %q", name, f, l)
					}
				}
			}
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
		name, of string
		s        series
		wants    []string
	}{
		{"good", longCalls, series{task: task{Truth: 100}, Runs: runs(100.04, 100.03, -300)}, nil},
		{"off", longCalls, series{task: task{Truth: 100}, Runs: runs(100.6, 100.6)}, []string{"worst error 0.600 %"}},
		{"of unknown cost", longCalls, series{Runs: runs(100.6, 100.6)}, nil},
		{"scattered", longCalls, series{Runs: runs(100, 101)}, []string{"coefficient of variation"}},
		{"scattered by process", longCalls, series{task: task{Varies: true}, Runs: runs(100, 200)}, nil},
		{"of the modes it names", longCalls, series{task: task{Truth: 100}, Runs: []observation{{Value: 120, Modes: []float64{120, 100.1}, Stopped: "precision"}}}, nil},
		{"disturbed", longCalls, series{task: task{Truth: 100}, Runs: runs(100, -100, -100)}, []string{"most runs were disturbed"}},
		{"failed", longCalls, series{Runs: runs(1, 1), Failures: []string{"crashed"}}, []string{"failed: crashed"}},
		{"suspect", longCalls, series{Runs: []observation{{Value: 1, Stopped: "precision", Suspect: []string{"its clock"}}}}, []string{"1 runs of an honest kernel are suspect"}},
		{"skipped", longCalls, series{Skipped: "AVX512F"}, nil},
		{"short, good", shortCalls, series{task: task{Truth: 30}, Runs: runs(28, 32)}, nil},
		{"short, off", shortCalls, series{task: task{Truth: 30}, Runs: runs(30, 26)}, []string{"worst error -4.0 cycles"}},
		{"batch, good", backToBack, series{task: task{Truth: 1000}, Runs: runs(1012)}, nil},
		{"batch, off", backToBack, series{task: task{Truth: 1000}, Runs: runs(1014)}, []string{"worst error 14.0 cycles"}},
		{"of a mode", twoModes, series{task: task{Modes: []float64{1000, 1500}}, Runs: runs(1001, 1499, -1200)}, nil},
		{"between", twoModes, series{task: task{Modes: []float64{1000, 1500}}, Runs: runs(1001, 1200)}, []string{"1 runs lie between"}},
		{"slow", timeOfRun, series{Runs: runs(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)}, []string{"7.5 ms a run, aim 6"}},
		{"slow for one of two modes", timeOfRun, series{task: task{Modes: []float64{1, 2}}, Runs: runs(1, 1, 1)}, nil},
	} {
		tt.s.Kernel, tt.s.Summary = "dependent_add", tt.s.summarise()
		e := &experiment{Name: tt.of, Neighbour: nobody, Series: []series{tt.s}}
		got := e.misses(tt.s)
		if len(got) != len(tt.wants) {
			t.Errorf("%s: %q", tt.name, got)
			continue
		}
		for i, w := range tt.wants {
			if !strings.HasPrefix(got[i], w) {
				t.Errorf("%s: %q, want %q", tt.name, got[i], w)
			}
		}
		d := document{Experiments: []*experiment{e}}
		if m := d.missed(); len(m) != len(tt.wants) {
			t.Errorf("%s: the document misses %q", tt.name, m)
		}
	}
}

// TestModes: a run names all modes of a kernel, or some; it lies on one, between
// two, or says that there are several.
func TestModes(t *testing.T) {
	s := series{task: task{Modes: []float64{1000, 1100}}, Runs: runs(1002, 1050, 1050, -1050)}
	s.Runs[0].Modes = []float64{1002, 1101}
	s.Runs[1].Modes = []float64{1002, 1050}
	if sum := s.summarise(); sum.BothModes != 1 || sum.Between != 1 {
		t.Errorf("%+v", sum)
	}
}

func TestCoverage(t *testing.T) {
	held := func(exact bool, truth float64) series {
		s := series{task: task{Truth: truth, Exact: exact}, Runs: []observation{{CI95: [2]float64{29, 31}}, {CI95: [2]float64{30.5, 31}}}}
		s.Summary = s.summarise()
		return s
	}
	d := document{Experiments: []*experiment{{Name: "other", Neighbour: nobody, Series: []series{held(true, 30), held(false, 30), held(true, 0), held(true, 10)}}}}
	if h, n := coverage(d.beside(nobody)); h != 1 || n != 2 {
		t.Errorf("%d of %d", h, n)
	}
	if m := d.missed(); len(m) != 1 || !strings.Contains(m[0], "1 of 2 intervals") {
		t.Errorf("%q", m)
	}
}

// TestInstructions: a function of the corpus is a loop of the bodies asked for,
// and enough figures are published of each core that has its costs in the table.
func TestInstructions(t *testing.T) {
	p, err := pieces()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dumps() {
		list, err := instructions(d.core)
		if err != nil {
			t.Fatal(err)
		}
		published := 0
		for _, i := range list {
			if i.Published > 0 {
				published++
			}
		}
		if published < 120 {
			t.Errorf("%s: %d figures are published of %d", d.core, published, len(list))
		}
	}
	list, err := instructions("Zen 5")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		body, prepare := p[i.body], p["prepare_"+i.prepare]
		if len(body) == 0 || len(prepare) == 0 {
			t.Errorf("%s of %s: no code", i.What, i.Name)
			continue
		}
		code := i.function(p, 3)
		at := (len(prepare) + 63) &^ 63
		if !bytes.HasPrefix(code, prepare) || !bytes.HasPrefix(code[at:], bytes.Repeat(body, 3)) {
			t.Errorf("%s of %s: %x", i.What, i.Name, code)
			continue
		}
		end := at + 3*len(body) + 9
		if back := int(int32(binary.LittleEndian.Uint32(code[end-4:]))); end+back != at {
			t.Errorf("%s of %s: the loop begins at %d and jumps to %d", i.What, i.Name, at, end+back)
		}
	}
}

// TestCorpus runs an instruction through real children, and prints what was read,
// what was left out and what is far off.
func TestCorpus(t *testing.T) {
	o := options{reps: 2, cycles: 2000, limit: 300 * time.Millisecond, corpus: true, only: regexp.MustCompile("^IMUL r32, r32$")}
	doc, err := o.validate(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Instructions) != 2 {
		t.Fatalf("%+v", doc.Instructions)
	}
	for _, r := range doc.Instructions {
		if r.Failed != "" || len(r.Read)+r.Disturbed != 2 {
			t.Errorf("%+v", r)
		}
	}
	doc.Instructions = append(doc.Instructions, reading{instruction: instruction{Group: "rare", Name: "VEXP2PS", What: "latency"}, Skipped: "needs AVX512ER"},
		reading{instruction: instruction{Group: "rare", Name: "FAR", What: "latency", Published: 4}, Read: []float64{5, 5}})
	var table bytes.Buffer
	doc.markdown(&table)
	for _, want := range []string{"| IMUL r32, r32 | throughput | ", "| VEXP2PS | latency | – | needs AVX512ER |", "| FAR | latency | 4.000 | 5.000 | +25.0 % |"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}
	if strings.Count(table.String(), "| FAR |") != 2 {
		t.Error("what is far from what is published is not listed by itself")
	}
}

// TestValidate makes two runs of two kernels through real children, beside a
// neighbour and without, and reads what is printed and what is written.
func TestValidate(t *testing.T) {
	o := options{reps: 2, cycles: 20000, limit: 300 * time.Millisecond, only: regexp.MustCompile("^(dependent_imul_r64|L1_pointer_chase)$"), experiments: regexp.MustCompile("^long"), neighbours: regexp.MustCompile("none|additions on the same CPU$"), file: filepath.Join(t.TempDir(), "runs.json")}
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
				if r.Micros <= 0 || r.Accepted <= 0 || r.Total < r.Accepted {
					t.Errorf("%s: %+v", s.Kernel, r)
				}
			}
			row := fmt.Sprintf("| %s | ", s.name())
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
	cpus := processor.ProbeHost(os.DirFS("/")).CPUs
	b, err := newBench(cpus[0], time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	e := &experiment{Name: longCalls}
	for _, code := range [][]byte{
		{0x0f, 0x0b, 0xc3},                         // ud2
		{0x62, 0xf2, 0x7d, 0x48, 0xc8, 0xc0, 0xc3}, // vexp2ps zmm0, zmm0, which was in Xeon Phi only
	} {
		e.Series = append(e.Series, series{task: newTask(known{object: elfobj.Function("playground", code), repeat: 1, cost: 1}, latency, 100)})
	}
	b.carryOut(e, 2)
	if s := e.Series[0]; len(s.Failures) != 2 || len(s.Runs) != 0 || !strings.HasPrefix(s.Failures[0], "crashed: ") {
		t.Errorf("a crash: %+v", s)
	}
	if s := e.Series[1]; len(s.Failures) != 0 || len(s.Runs) != 0 || s.Skipped == "" || len(e.misses(s)) > 0 {
		t.Errorf("a kernel that this processor lacks an instruction for: %+v", s)
	}
}
