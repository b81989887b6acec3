package child_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"webrunner/examples"
	"webrunner/internal/child"
	"webrunner/internal/elfobj"
	"webrunner/internal/hostinfo"
	"webrunner/internal/request"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/perf/processor"
)

// The tests drive real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	}
	os.Exit(m.Run())
}

// pool is one pool of children for all tests.
var pool = sync.OnceValues(func() (*runner.Pool, error) { return runner.New(runner.Config{}) })

// host is this machine, with what a probe found about it.
var host = sync.OnceValues(func() (wire.Host, error) {
	p, err := pool()
	if err != nil {
		return wire.Host{}, err
	}
	h := processor.ProbeHost(os.DirFS("/"))
	w := hostinfo.Of(h)
	if h.PMU {
		w.PMU = "generic"
	}
	_, err = p.Probe(context.Background(), &w)
	return w, err
})

// do lets a child do a job.
func do(t testing.TB, job *wire.Job) *wire.Report {
	t.Helper()
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	return doOn(t, h, job)
}

// doOn does so as if on another host.
func doOn(t testing.TB, h wire.Host, job *wire.Job) *wire.Report {
	t.Helper()
	p, err := pool()
	if err != nil {
		t.Fatal(err)
	}
	job.Host = h
	if job.Budget == (wire.Budget{}) {
		job.Budget = budget()
	}
	rep, _, err := p.Do(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func budget() wire.Budget {
	return wire.Budget{
		// What is bounded here is no test's subject: a busy host takes long for little.
		Deadline: (40 * time.Second).Microseconds(), CPU: (200 * time.Millisecond).Microseconds(),
		Call: (8 * time.Second).Microseconds(), Memory: 256 << 20,
	}
}

// runJob makes the job of running an example with parameters.
func runJob(t testing.TB, object []byte, kernel string, params map[string][]string) *wire.Job {
	t.Helper()
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	query := map[string][]string{"kernel": {kernel}}
	maps.Copy(query, params)
	r := request.Reader{Kernels: set, Events: request.NewCounting(nil, h.PMUReason), Budget: budget()}
	job, err := r.Run(query)
	if err != nil {
		t.Fatal(err)
	}
	job.Object, job.Seed = object, 1
	return job
}

func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := examples.Object(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRunResults(t *testing.T) {
	p := func(kv ...string) map[string][]string {
		m := make(map[string][]string)
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = []string{kv[i+1]}
		}
		return m
	}
	for _, tt := range []struct {
		object, kernel string
		params         map[string][]string
		symbol         string
		result         int64 // of an integer kernel
		verify         wire.VerifyStatus
	}{
		{"playground", "playground", p("iterations", "77"), "playground", 77, "none"},
		{"playme", "playground", p("iterations", "78"), "playme", 78, "none"},
		{"peachpy", "playground", p("iterations", "79"), "playground", 79, "none"},
		{"data", "playground", p("iterations", "3"), "playground", 333, "none"},
		{"memcpy", "playground", nil, "playground", 64, "none"},
		{"protector", "playground", p("iterations", "5"), "playground", 5, "none"},
		{"sdot", "sdot", p("n", "1000", "incx", "3", "incy", "2", "offx", "4"), "sdot", 0, "match"},
		{"sdot_avx2", "blis/sdot", p("n", "4096"), "sdot", 0, "match"},
		{"sgemm", "sgemm", p("cs_c", "8", "k", "100"), "sgemm", 0, "match"},
		{"sgemm_6x16", "blis/sgemm", p("mr", "6", "nr", "16", "rs_c", "16"), "sgemm", 0, "match"},
	} {
		t.Run(tt.object, func(t *testing.T) {
			rep := do(t, runJob(t, example(t, tt.object), tt.kernel, tt.params))
			if p := rep.Problem; p != nil {
				if p.Class == wire.MissingISA {
					t.Skip(p.Detail)
				}
				t.Fatal(p)
			}
			r := rep.Result
			if r.Symbol != tt.symbol || r.SymbolWhy == "" {
				t.Errorf("ran %q (%q), want %q", r.Symbol, r.SymbolWhy, tt.symbol)
			}
			if r.Verify.Status != tt.verify {
				t.Errorf("verification: %+v, want %s", r.Verify, tt.verify)
			}
			if tt.result != 0 && (r.Result.Int == nil || *r.Result.Int != tt.result) {
				t.Errorf("result %s, want %d", r.Result, tt.result)
			}
			if tt.verify == "match" && tt.kernel != "sgemm" && strings.HasPrefix(tt.object, "sdot") && *r.Result.Float == 0 {
				t.Error("a dot product of no zeros is zero")
			}
			if r.Cell.RSS < 1<<12 || r.Cell.RSS > 1<<30 {
				t.Errorf("%d bytes resident", r.Cell.RSS)
			}
			if !r.ABI.OK || r.Integrity == "suspect" {
				t.Errorf("abi %+v, integrity %s %q", r.ABI, r.Integrity, r.IntegrityWhy)
			}
			checkFigures(t, r)
		})
	}
}

// checkFigures holds the shape of the figures to what every result promises.
func checkFigures(t *testing.T, r *wire.Result) {
	t.Helper()
	if len(r.Counters) == 0 || r.Counters[0].Name != "Cycles" {
		t.Fatalf("the first figure is not Cycles: %+v", r.Counters)
	}
	for _, c := range r.Counters {
		switch c.Source {
		case wire.PMU, wire.TSC, wire.TSCCalibrated, wire.Software, wire.Counted:
		default:
			t.Errorf("%s has the source %q", c.Name, c.Source)
		}
		if c.Samples.Accepted < 1 || c.Samples.Accepted > c.Samples.Total || c.Unit == "" || c.Cells < 1 {
			t.Errorf("%s: %+v", c.Name, c)
		}
		if c.CI95[0] > c.Value || c.CI95[1] < c.Value || c.Min > c.P90 {
			t.Errorf("%s: value %g, interval %v, min %g, p90 %g", c.Name, c.Value, c.CI95, c.Min, c.P90)
		}
	}
	if r.Host.PMU == "" {
		counted := slices.ContainsFunc(r.Counters, func(c wire.Counter) bool { return c.Name == "Instructions" && c.Source == wire.Counted && c.Exact })
		missing := slices.ContainsFunc(r.Unavailable, func(u wire.Unavailable) bool { return u.Name == "Instructions" && u.Reason != "" })
		if counted == missing {
			t.Errorf("instructions are counted: %v, and unavailable for a reason: %v", counted, missing)
		}
	}
	for _, layer := range wire.LayerNames() {
		runners := layer == wire.LayerNamespaces || layer == wire.LayerCgroup // which it adds itself
		if _, ok := r.Sandbox[layer]; ok == runners {
			t.Errorf("the answer does not say whether %s is in force", layer)
		}
	}
}

// What dependent instructions cost is known: 3 cycles an imul, 1 an add.
func TestKnownAnswers(t *testing.T) {
	for _, tt := range []struct {
		object string
		cycles float64
	}{{"imul", 300_000}, {"add", 100_000}} {
		t.Run(tt.object, func(t *testing.T) {
			rep := do(t, runJob(t, example(t, tt.object), "playground", map[string][]string{"iterations": {"100000"}}))
			if rep.Problem != nil {
				t.Fatal(rep.Problem)
			}
			c, p := rep.Result.Counters[0], rep.Result.Conditions.Precision
			// Nothing makes a call faster. What the host of a virtual machine does beside it
			// no detector sees, so how much slower it is is for make validate to say.
			if c.Value < 0.95*tt.cycles || p.Stopped == "precision" && c.Value > 2*tt.cycles {
				t.Errorf("%g cycles measured as %+v, %+v", tt.cycles, c, p)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	for _, tt := range []struct {
		object  string
		class   wire.Class
		symbol  string
		syscall string // or part of the detail
	}{
		{"socket", wire.RefusedInstruction, "playground", "syscall"},
		{"execve", wire.RefusedInstruction, "playground", "syscall"},
		{"fork", wire.RefusedInstruction, "playground", "syscall"},
		{"open", wire.RefusedInstruction, "playground", "syscall"},
		{"socket_late", wire.ForbiddenSyscall, "playground", "socket"},
		{"execve_late", wire.ForbiddenSyscall, "playground", "execve"},
		{"fork_late", wire.ForbiddenSyscall, "playground", "fork"},
		{"open_late", wire.ForbiddenSyscall, "playground", "open"},
		{"write_late", wire.ForbiddenSyscall, "playground", "write"},
		{"exit_late", wire.ForbiddenSyscall, "playground", "exit_group"},
		{"wild", wire.Crashed, "playground", "where nothing is mapped"},
		{"ud2", wire.Crashed, "playground", "illegal instruction"},
		{"recursion", wire.Crashed, "playground", "stack overflow"},
		{"undefined", wire.UndefinedSymbol, "frobnicate", "called frobnicate"},
	} {
		t.Run(tt.object, func(t *testing.T) {
			rep := do(t, runJob(t, example(t, tt.object), "playground", nil))
			p := rep.Problem
			if p == nil {
				t.Fatal("no problem")
			}
			if p.Class != tt.class || p.Symbol != tt.symbol || p.Status != 422 {
				t.Errorf("class %s, status %d, symbol %q; want %s, 422, %q (%s)", p.Class, p.Status, p.Symbol, tt.class, tt.symbol, p.Detail)
			}
			if !strings.Contains(p.Detail, tt.syscall) || p.Class == wire.ForbiddenSyscall && p.Syscall != tt.syscall {
				t.Errorf("detail %q, system call %q; want %q", p.Detail, p.Syscall, tt.syscall)
			}
			if p.Offset == nil || p.Instruction == "" {
				t.Errorf("the problem does not say where: %+v", p)
			}
		})
	}
}

func TestEndlessLoopTimesOut(t *testing.T) {
	job := runJob(t, example(t, "loop"), "playground", nil)
	job.Budget = budget()
	job.Budget.Call = (100 * time.Millisecond).Microseconds()
	p := do(t, job).Problem
	if p == nil || p.Class != wire.Timeout || p.Symbol != "playground" || p.Limit != "call" {
		t.Errorf("%+v", p)
	}
}

// What is cut off by the job's deadline does not say that a call was too long.
func TestEndlessLoopMeetsTheDeadline(t *testing.T) {
	job := runJob(t, example(t, "loop"), "playground", nil)
	job.Budget = budget()
	job.Budget.Deadline, job.Budget.Call = time.Second.Microseconds(), time.Hour.Microseconds()
	p := do(t, job).Problem
	if p == nil || p.Class != wire.Timeout || p.Limit != "deadline" || !strings.Contains(p.Detail, "deadline of 1s") {
		t.Errorf("%+v", p)
	}
}

func TestOverrunNamesTheOperand(t *testing.T) {
	p := do(t, runJob(t, example(t, "overrun"), "sdot", nil)).Problem
	if p == nil || p.Class != wire.Crashed || p.Operand == "" || p.Access != "read" || !strings.Contains(p.Detail, "past operand "+p.Operand) {
		t.Errorf("%+v", p)
	}
}

func TestBrokenConventionIsReported(t *testing.T) {
	rep := do(t, runJob(t, example(t, "clobber"), "playground", nil))
	if rep.Problem != nil {
		t.Fatal(rep.Problem)
	}
	if a := rep.Result.ABI; a.OK || len(a.Violations) == 0 {
		t.Errorf("abi %+v of a kernel that clobbers callee-saved registers", a)
	}
}

func TestMalformedObject(t *testing.T) {
	p := do(t, runJob(t, []byte("\x7fELF and then nothing"), "playground", nil)).Problem
	if p == nil || p.Class != wire.MalformedObject {
		t.Errorf("%+v", p)
	}
}

func TestMemoryLimit(t *testing.T) {
	job := runJob(t, example(t, "sdot"), "sdot", map[string][]string{"n": {"1000000"}})
	job.Budget = budget()
	job.Budget.Memory = 1 << 20
	p := do(t, job).Problem
	if p == nil || p.Class != wire.MemoryLimit || p.Operand == "" {
		t.Errorf("%+v", p)
	}
}

func TestScreenAndInspect(t *testing.T) {
	for _, tt := range []struct {
		kind   wire.Kind
		object string
		ok     bool
		key    string
		want   string
	}{
		{wire.Screen, "sdot", true, "verdict", "accepted"},
		{wire.Screen, "socket", false, "verdict", "refused"},
		{wire.Inspect, "sdot", true, "status", "ok"},
	} {
		t.Run(string(tt.kind)+" "+tt.object, func(t *testing.T) {
			rep := do(t, &wire.Job{Kind: tt.kind, Object: example(t, tt.object)})
			if rep.Problem != nil {
				t.Fatal(rep.Problem)
			}
			var doc map[string]any
			if err := json.Unmarshal(rep.Document, &doc); err != nil {
				t.Fatal(err)
			}
			if rep.OK != tt.ok || doc[tt.key] != tt.want || rep.Text == "" {
				t.Errorf("ok %v, %s %v, %d bytes of text; want %v, %s", rep.OK, tt.key, doc[tt.key], len(rep.Text), tt.ok, tt.want)
			}
		})
	}
}

func TestScreenOptions(t *testing.T) {
	job := func(o wire.ScreenOptions) *wire.Report {
		return do(t, &wire.Job{Kind: wire.Screen, Object: example(t, "sdot_avx2"), Screen: o})
	}
	for _, tt := range []struct {
		options wire.ScreenOptions
		lacks   string
	}{
		{wire.ScreenOptions{Assume: "nehalem"}, `"host_lacks":["AVX","FMA"]`},
		{wire.ScreenOptions{Assume: "znver5"}, `"host_lacks":[]`},
	} {
		if rep := job(tt.options); rep.Problem != nil || !strings.Contains(string(rep.Document), tt.lacks) {
			t.Errorf("%+v: %v %.300s, want %s", tt.options, rep.Problem, rep.Document, tt.lacks)
		}
	}
	h, err := host()
	if err != nil {
		t.Fatal(err)
	}
	h.Machine, h.CPU, h.Microarchitecture = "host7", "a CPU", "Zen 5"
	named := doOn(t, h, &wire.Job{Kind: wire.Screen, Object: example(t, "sdot"), Screen: wire.ScreenOptions{Assume: "nehalem"}})
	if named.Problem != nil || !strings.Contains(string(named.Document), `"machine":"host7","microarchitecture":"Zen 5"`) || !strings.HasSuffix(named.Text, "\nscreened at host7: Zen 5 (a CPU)\n") {
		t.Errorf("%v: %s%s", named.Problem, named.Document, named.Text)
	}
	for _, o := range []wire.ScreenOptions{{Assume: "nonsense"}, {Refuse: []string{"nonsense"}}} {
		if p := job(o).Problem; p == nil || p.Class != wire.BadParameter {
			t.Errorf("%+v: %v", o, p)
		}
	}
	// rdtsc; ret: noted, and refused on demand
	object := elfobj.Function("playground", []byte{0x0f, 0x31, 0xc3})
	for refuse, ok := range map[string]bool{"trap": true, "clock": false} {
		rep := do(t, &wire.Job{Kind: wire.Screen, Object: object, Screen: wire.ScreenOptions{Refuse: []string{refuse}}})
		if rep.Problem != nil || rep.OK != ok {
			t.Errorf("refuse %s: %v, accepted %v", refuse, rep.Problem, rep.OK)
		}
	}
}
