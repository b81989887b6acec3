package hostile

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"webrunner/internal/cell"
	"webrunner/internal/child"
	"webrunner/internal/engine"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
	"webrunner/kernels"
	"webrunner/trampoline"
)

// The tests attack real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		unix.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	}
	if os.Getenv(soakServer) != "" {
		if err := serveSoak(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// open starts children without some layers.
func open(without []wire.LayerName) (func(context.Context, *wire.Job) (*wire.Report, error), func(), error) {
	return engine.Bare(without, nil)
}

// host is this host, with an engine that all tests share.
var host = sync.OnceValues(func() (Env, error) {
	e, err := engine.Open(engine.Config{Size: 2})
	if err != nil {
		return Env{}, err
	}
	return Env{Kernels: e.Reader.Kernels, Do: e.Turn, Host: e.Host}, nil
})

func environment(t *testing.T) Env {
	t.Helper()
	e, err := host()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestCorpus mounts a sample of the attacks, or with WEBRUNNER_HOSTILE=quick or
// =full all of them.
func TestCorpus(t *testing.T) {
	env := environment(t)
	mode := os.Getenv("WEBRUNNER_HOSTILE")
	attacks := Corpus(mode == "full")
	if mode == "" {
		const step = 13 // prime to the number of entry forms
		var few []Attack
		for i := 0; i < len(attacks); i += step {
			few = append(few, attacks[i])
		}
		attacks = few
	}
	env.Tell = func(o Outcome) {
		if o.OK {
			t.Logf("ok   %s/%s [%s] %.0f ms: %s", o.Name, o.Form, o.Layer, o.MS, o.Detail)
		} else {
			t.Errorf("FAIL %s/%s [%s] %.0f ms: %s", o.Name, o.Form, o.Layer, o.MS, o.Detail)
		}
	}
	r := Run(context.Background(), env, attacks)
	if r.Attacks != len(attacks) || r.OK != (len(r.Failures) == 0) {
		t.Errorf("%d of %d attacks mounted, ok %v with %d failures", r.Attacks, len(attacks), r.OK, len(r.Failures))
	}
	for _, l := range r.Layers {
		t.Logf("%+v", l)
	}
}

// alone proves every layer by itself.
func alone(t *testing.T, open Open) (list []Outcome) {
	t.Helper()
	for _, l := range lones() {
		detail, err := l.prove(context.Background(), environment(t), wire.LayerNames(), open)
		if err != nil {
			detail = err.Error()
		}
		list = append(list, Outcome{Name: "alone-" + dashed(string(l.layer)), OK: err == nil, Detail: detail})
	}
	return list
}

func TestAlone(t *testing.T) {
	env := environment(t)
	job, err := env.Job(&Attack{Kernel: kernelName, Layer: Seccomp, Object: lones()[0].object})
	if err != nil {
		t.Fatal(err)
	}
	rep, err := env.Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	given := sandbox(rep)
	for i, o := range alone(t, open) {
		if !o.OK {
			t.Errorf("%s: %s", o.Name, o.Detail)
		}
		t.Logf("%s: %s", o.Name, o.Detail)
		if layer := lones()[i].layer; given[layer].Enforced && strings.Contains(o.Detail, "does not give") {
			t.Errorf("%s: %s, but with all others: %s", o.Name, o.Detail, given[layer])
		}
	}
}

// A protection that is named in force and does nothing is found out.
func TestAloneFindsTheIdle(t *testing.T) {
	idle := func([]wire.LayerName) (func(context.Context, *wire.Job) (*wire.Report, error), func(), error) {
		real, end, err := open(wire.LayerNames())
		return func(ctx context.Context, job *wire.Job) (*wire.Report, error) {
			rep, err := real(ctx, job)
			if err == nil && rep.Result != nil {
				for _, l := range wire.LayerNames() {
					rep.Result.Sandbox[l] = wire.Layer{Enforced: true}
				}
			}
			return rep, err
		}, end, err
	}
	for _, o := range alone(t, idle) {
		if o.OK {
			t.Errorf("%s passes where nothing is in force: %s", o.Name, o.Detail)
		}
	}
}

// ID is the name with the form.
func (a *Attack) ID() string { return a.Name + "/" + string(a.Form) }

// TestTable holds the corpus to its own form.
func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	layers := make(map[Layer]int)
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, a := range Corpus(true) {
		if !kebab.MatchString(a.Name) || seen[a.ID()] || a.Tries == "" || len(a.Ends) == 0 {
			t.Errorf("%s: name %q, seen before %v, tries %q, %d ends", a.ID(), a.Name, seen[a.ID()], a.Tries, len(a.Ends))
		}
		seen[a.ID()] = true
		layers[a.Layer]++
		if !slices.Contains(Layers(), a.Layer) {
			t.Errorf("%s: layer %q", a.ID(), a.Layer)
		}
		for _, e := range a.Ends {
			if e.Class == wire.Internal || e.Class == wire.Unfit || e.Class != "" && e.Class.Info().Class != e.Class {
				t.Errorf("%s may end as %q", a.ID(), e.Class)
			}
		}
	}
	for _, l := range Layers() {
		if layers[l] < 10 {
			t.Errorf("%d attacks prove the layer %s", layers[l], l)
		}
	}
	for _, gate := range []string{"syscall", "x32", "int80", "sysenter", "far32"} {
		for _, nr := range []string{"0", "1023"} {
			if !seen[gate+"-"+nr+"/late"] {
				t.Errorf("%s %s is not tried", gate, nr)
			}
		}
	}
}

// Objects are what debug/elf, another reader, takes for objects.
func TestObjects(t *testing.T) {
	for _, a := range Corpus(false) {
		if a.Layer == Loader {
			continue
		}
		f, err := elf.NewFile(bytes.NewReader(a.Object()))
		if err != nil {
			t.Fatalf("%s: %v", a.ID(), err)
		}
		syms, err := f.Symbols()
		if err != nil || syms[len(syms)-1].Name != kernelName {
			t.Errorf("%s: symbols %v, %v", a.ID(), syms, err)
		}
		if f.Section(".data") != nil != (a.Form == Pointer) {
			t.Errorf("%s: sections %v", a.ID(), f.Sections)
		}
	}
}

// TestLayout compares what this package knows of a cell with the cell.
func TestLayout(t *testing.T) {
	if stackSize != cell.StackSize {
		t.Errorf("the stack has %d bytes, not %d", cell.StackSize, stackSize)
	}
	if !slices.Contains(stubCalls(), exitCall()) || len(stubCalls()) < 2 {
		t.Errorf("system calls of the stub: %x; its exit: %x", stubCalls(), exitCall())
	}
	if end := stubEnd(); end <= stubAddr || end > trampoline.ControlAddr {
		t.Errorf("the stub ends at %#x", end)
	}
}

// TestJudge: each way in which a report can be wrong is seen.
func TestJudge(t *testing.T) {
	problem := func(change func(*wire.Problem)) *wire.Report {
		p := wire.Problemf(wire.Crashed, "it crashed")
		p.Signal, p.Access, p.Address = "SIGSEGV", "read", "0x10"
		if change != nil {
			change(p)
		}
		return &wire.Report{Problem: p}
	}
	result := func(cycles float64, integrity string, ok bool) *wire.Report {
		return &wire.Report{Result: &wire.Result{Integrity: wire.Integrity(integrity), ABI: wire.ABI{OK: ok}, Counters: []wire.Counter{{Name: "Cycles", Unit: "cycles", Value: cycles}}}}
	}
	crash := Attack{Ends: ends(fault("read", 0x10))}
	returns := Attack{Ends: ends(End{}), Cycles: 100}
	breaks := Attack{Ends: ends(End{Broken: true})}
	for i, row := range []struct {
		attack Attack
		rep    *wire.Report
		ok     bool
	}{
		{crash, problem(nil), true},
		{crash, problem(func(p *wire.Problem) { p.Class = wire.Internal }), false},
		{crash, problem(func(p *wire.Problem) { p.Status = 200 }), false},
		{crash, problem(func(p *wire.Problem) { p.Detail = "" }), false},
		{crash, problem(func(p *wire.Problem) { p.Signal = "SIGBUS" }), false},
		{crash, problem(func(p *wire.Problem) { p.Access = "write" }), false},
		{crash, problem(func(p *wire.Problem) { p.Address = "0x11" }), false},
		{crash, result(1, "consistent", true), false},
		{crash, &wire.Report{}, false},
		{returns, result(100, "consistent", true), true},
		{returns, result(99, "suspect", true), true},
		{returns, result(99, "consistent", true), false},
		{returns, result(math.Inf(-1), "consistent", true), false},
		{returns, problem(nil), false},
		{breaks, result(1, "consistent", false), true},
		{breaks, result(1, "consistent", true), false},
	} {
		detail, err := row.attack.judge(row.rep)
		if (err == nil) != row.ok || row.ok && detail == "" {
			t.Errorf("row %d: %q, %v; want ok %v", i, detail, err, row.ok)
		}
	}
}

// TestRetries: an end by the time limit is tried again, and only that.
func TestRetries(t *testing.T) {
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		first wire.Class
		jobs  int
		ok    bool
	}{{wire.Timeout, 2, true}, {wire.Internal, 1, false}, {wire.Crashed, 1, true}} {
		jobs := 0
		env := Env{Kernels: set, Do: func(context.Context, *wire.Job) (*wire.Report, error) {
			jobs++
			if jobs == 1 {
				return &wire.Report{Problem: wire.Problemf(row.first, "first")}, nil
			}
			return &wire.Report{Problem: wire.Problemf(wire.Crashed, "then")}, nil
		}}
		r := Run(context.Background(), env, []Attack{{Name: "a", Layer: Space, Kernel: kernelName, Object: func() []byte { return nil }, Ends: ends(crashed(""))}})
		if jobs != row.jobs || r.OK != row.ok {
			t.Errorf("after %s: %d jobs, ok %v", row.first, jobs, r.OK)
		}
	}
}

func TestBelievedLieFails(t *testing.T) {
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	env := Env{Kernels: set, Do: func(context.Context, *wire.Job) (*wire.Report, error) {
		return &wire.Report{Result: &wire.Result{Integrity: "consistent", Counters: []wire.Counter{{Unit: "cycles", Value: 1}}}}, nil
	}}
	a := Attack{Name: "a", Layer: Integrity, Kernel: kernelName, Object: func() []byte { return nil }, Ends: ends(End{}), Cycles: 10}
	if r := Run(context.Background(), env, []Attack{a}); r.OK || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestChecks(t *testing.T) {
	set, err := kernels.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	env := Env{Kernels: set, Do: func(context.Context, *wire.Job) (*wire.Report, error) {
		return &wire.Report{Problem: wire.Problemf(wire.Internal, "broken")}, nil
	}}
	var names []string
	for _, c := range Checks(env, false, wire.LayerNames(), []wire.LayerName{wire.LayerLandlock}, open) {
		names = append(names, c.Name())
		if !strings.HasPrefix(c.Name(), "hostile-") {
			continue
		}
		if detail, err := c.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "internal") {
			t.Errorf("%s on a broken host: %q, %v", c.Name(), detail, err)
		}
	}
	want := "hostile-loader hostile-screen hostile-seccomp hostile-address-space hostile-processor hostile-time hostile-gate hostile-integrity " +
		"alone-seccomp alone-namespaces alone-no-new-privs alone-rlimits"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("checks %s\nwant %s", got, want)
	}
}
