package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"webrunner/internal/wire"
)

func TestExitCodes(t *testing.T) {
	needsChild(t)
	good, late, wild := objectFile(t, "playground"), objectFile(t, "socket_late"), objectFile(t, "wild")
	broken := filepath.Join(t.TempDir(), "broken.o")
	if err := os.WriteFile(broken, []byte("\x7fELF and no more"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args string
		code int
		err  string // on the error stream
	}{
		{"version", exitGood, ""},
		{"help", exitGood, ""},
		{"run -h", exitGood, ""},
		{"kernels sdot", exitGood, ""},
		{"kernels nothing", exitUsage, "unknown-kernel"},
		{"nonsense", exitUsage, `there is no command "nonsense"; webrunner help lists them`},
		{"server", exitUsage, "did you mean serve?"},
		{"help run", exitGood, ""},
		{"help nonsense", exitUsage, "no command"},
		{"run --timeout 5 x", exitUsage, "as in 10s or 500ms"},
		{"serve --queue-size many", exitUsage, "as in 10"},
		{"run", exitUsage, "argument is missing"},
		{"run a b", exitUsage, "too many"},
		{"run --nonsense x", exitUsage, "nonsense"},
		{"run -o xml x", exitUsage, "xml"},
		{"run " + good, exitUsage, "--kernel"},
		{"run /nowhere.o -k playground", exitUsage, "no such file"},
		{"run -k nothing " + good, exitUsage, "unknown-kernel"},
		{"run -k sdot --param n " + good, exitUsage, "NAME=VALUE"},
		{"run -k sdot --param n=-1 " + good, exitUsage, "bad-parameter"},
		{"run -k sdot --param m=1 " + good, exitUsage, "bad-parameter"},
		{"run --without moat -k playground " + good, exitUsage, "moat"},
		{"run --timeout 0s -k playground " + good, exitUsage, "timeout"},
		{"run -k playground " + broken, exitFailed, "malformed-object"},
		{"run -k playground " + late, exitFailed, "forbidden-syscall"},
		{"run -k playground " + wild, exitFailed, "crashed"},
		{"run -k sdot " + good, exitFailed, "ask for that kernel"},
		{"run -k sdot --symbol playground " + good, exitFailed, "the result is WRONG"},
		{"run -k playground " + objectFile(t, "clobber"), exitFailed, "ABI VIOLATED"},
		{"run -k playground --server ftp://x " + good, exitUsage, "--server"},
		{"run -k playground --server http://127.0.0.1:1 --timeout 3s " + good, exitUsage, "--timeout is for this host"},
		{"run -k playground --server http://127.0.0.1:1 --kernels . " + good, exitUsage, "--kernels is for this host"},
		{"screen --server http://127.0.0.1:1 --without landlock " + good, exitUsage, "--without is for this host"},
		{"run -k playground --machine m " + good, exitUsage, "--machine is for asking a server"},
		{"run -k playground --machine local " + good, exitUsage, "--machine is for asking a server"},
		{"screen --token-file x " + good, exitUsage, "--token-file is for asking a server"},
		{"run -k playground --server= " + good, exitUsage, "must not be empty"},
		{"run -k playground --events= " + good, exitUsage, "must not be empty"},
		{"serve --token-file=", exitUsage, "must not be empty"},
		{"run x.o --iterations 100 --kernel playground", exitUsage, "iterations is a parameter of playground: --param iterations=100"},
		{"run x.o --kernel sdot --n=5", exitUsage, "n is a parameter of blis/sdot: --param n=5"},
		{"run x.o --n --kernel sdot", exitUsage, "n is a parameter of blis/sdot: --param n=VALUE"},
		{"run x.o --kernel playground --kernal", exitUsage, "there is no flag --kernal; did you mean --kernel?"},
		{"run x.o --kernel playground --zzzzzzzzzzz", exitUsage, "there is no flag --zzzzzzzzzzz\n"},
		{"sandbox --chek socket", exitUsage, "did you mean --check?"},
		{"run -k playground --server http://127.0.0.1:1 " + good, exitUnfit, "does not answer"},
		{"screen " + good, exitGood, ""},
		{"screen " + objectFile(t, "socket"), exitFailed, ""},
		{"screen --assume nehalem " + objectFile(t, "sdot_avx2"), exitFailed, ""},
		{"screen --assume haswell " + objectFile(t, "sdot_avx2"), exitGood, ""},
		{"screen --batch " + good, exitUsage, "--batch"},
		{"screen", exitUsage, "--batch"},
		{"inspect --load " + good, exitGood, ""},
		{"inspect --load " + broken, exitFailed, ""},
		{"events --smt", exitUsage, "--smt has an effect with --cpu and --plan only"},
		{"events --cpu SKX --watchdog", exitUsage, "--watchdog has an effect"},
		{"events --cpu SKX --plan topdown --smt --watchdog", exitGood, ""},
		{"sandbox --check nonsense", exitUsage, "nonsense"},
		{"sandbox --explain", exitGood, ""},
		{"serve --listen 0.0.0.0:0", exitUsage, "--allow-anonymous"},
		{"serve --listen example.org:0", exitUsage, "IP address"},
		{"serve --max-body 0", exitUsage, "--max-body"},
		{"serve --token-file /nowhere", exitUsage, "no such file"},
		{"--port 99999", exitUsage, "no port"},
		{"-p", exitUsage, "-p"},
		{"serve --pool 0", exitUsage, "--pool"},
		{"serve --screens 0", exitUsage, "--screens"},
		{"serve --kernels /nowhere", exitUsage, "no such file"},
	} {
		code, _, stderr := call("", strings.Fields(row.args)...)
		if code != row.code || !strings.Contains(stderr, row.err) {
			t.Errorf("%s: exit code %d, want %d; %s", row.args, code, row.code, stderr)
		}
		if row.code == exitGood && stderr != "" {
			t.Errorf("%s: complains: %s", row.args, stderr)
		}
	}
}

// TestMoreKernels: a specification, or a folder of them, beside the built-in ones.
func TestMoreKernels(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := call("", "kernels", "--kernels", dir); code != exitUsage || !strings.Contains(stderr, "no file in it ends in .xml") {
		t.Errorf("an empty folder: %d %s", code, stderr)
	}
	write("f.xml", `<kernel name="f"><call/></kernel>`)
	for _, name := range []string{dir, dir + "/", dir + "/f.xml"} {
		if code, out, stderr := call("", "kernels", "--kernels", name); code != exitGood || !strings.HasSuffix(out, "\nf\n") || !strings.Contains(out, "sdot") {
			t.Errorf("%s: %d %s%s", name, code, out, stderr)
		}
	}
	t.Chdir(dir)
	if code, out, stderr := call("", "kernels", "--kernels", "f.xml", "f"); code != exitGood || out != "f\n" {
		t.Errorf("in this folder: %d %s%s", code, out, stderr)
	}
	write("p.xml", `<kernels><kernel name="playground"><doc>mine</doc><call/></kernel><kernel name="h"><call/></kernel></kernels>`)
	if code, out, stderr := call("", "kernels", "--kernels", "p.xml"); code != exitGood || !strings.Contains(out, "playground: mine\n") || !strings.HasSuffix(out, "\nh\n") ||
		stderr != "webrunner: the kernel playground of p.xml takes the place of the built-in one\n" {
		t.Errorf("one of ours: %d %s%s", code, out, stderr)
	}
	write("g.xml", `<kernel name="f"><call/></kernel>`)
	if code, _, stderr := call("", "kernels", "--kernels", dir); code != exitUsage || !strings.Contains(stderr, dir+": g.xml has the kernel f, which f.xml has already") {
		t.Errorf("two of a name: %d %s", code, stderr)
	}
}

// TestPlanForMachine: hyper-threads and the NMI watchdog take counters away.
func TestPlanForMachine(t *testing.T) {
	plan := func(flags ...string) string {
		code, out, stderr := call("", append([]string{"events", "--cpu", "SKX", "--plan", "topdown"}, flags...)...)
		if code != exitGood {
			t.Fatalf("%v: %d %s", flags, code, stderr)
		}
		return out
	}
	free, shared := plan(), plan("--smt", "--watchdog")
	if !strings.Contains(free, "8 general and 3 fixed") || !strings.Contains(shared, "4 general and 2 fixed") ||
		strings.Count(free, "group ") >= strings.Count(shared, "group ") {
		t.Errorf("%s\n%s", free, shared)
	}
}

func TestRun(t *testing.T) {
	needsChild(t)
	// Flags stand wherever they like.
	code, out, stderr := call("", "run", objectFile(t, "sdot"), "--kernel", "sdot", "-o", "json", "--param", "n=100", "--param=incy=2")
	if code != exitGood {
		t.Fatalf("%d %s", code, stderr)
	}
	var r wire.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Params["n"] != "100" || r.Params["incy"] != "2" || r.Verify.Status != "match" || r.Host.CPU == "" || r.Sandbox[wire.LayerSeccomp] != (wire.Layer{Enforced: true}) {
		t.Errorf("%s", out)
	}
	if len(r.Counters) == 0 || r.Counters[0].Value <= 0 {
		t.Errorf("counters %+v", r.Counters)
	}
	b, err := os.ReadFile(objectFile(t, "playground"))
	if err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := call(string(b), "run", "-k", "playground", "-"); code != exitGood || !strings.HasPrefix(out, "Cycles") {
		t.Errorf("from standard input: %d %s %s", code, out, stderr)
	}
}

func TestProblemAsJSON(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "run", "-o", "json", "-k", "playground", objectFile(t, "ud2"))
	var p wire.Problem
	if err := json.Unmarshal([]byte(stderr), &p); err != nil || code != exitFailed || out != stderr {
		t.Fatalf("%d %q %q: %v", code, out, stderr, err)
	}
	if p.Class != wire.Crashed || p.Status != 422 {
		t.Errorf("%s", stderr)
	}
}

func TestWithoutALayer(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "sandbox", "--without", "landlock", "--without", "namespaces", "-o", "json")
	if code != exitGood || !strings.Contains(out, `"landlock":"absent: switched off by --without landlock"`) ||
		!strings.Contains(out, `"namespaces":"absent: switched off by --without namespaces"`) || !strings.Contains(out, `"seccomp":"enforced`) {
		t.Errorf("%d %s %s", code, out, stderr)
	}
	// A layer that others bring along is in force, whatever was switched off.
	_, out, stderr = call("", "sandbox", "--without", "no_new_privs", "-o", "json")
	if !strings.Contains(out, `"no_new_privs":"enforced: switched off by --without no_new_privs, but`) {
		t.Errorf("%s %s", out, stderr)
	}
	_, out, stderr = call("", "sandbox", "--without", "no_new_privs", "--without", "landlock", "--without", "seccomp", "-o", "json")
	if !strings.Contains(out, `"no_new_privs":"absent`) {
		t.Errorf("%s %s", out, stderr)
	}
	if code, _, stderr = call("", "sandbox", "--without", "no_new_privs", "--without", "landlock"); code != exitUnfit || !strings.Contains(stderr, "it needs no_new_privs") {
		t.Errorf("%d %s", code, stderr)
	}
}

func TestBatch(t *testing.T) {
	needsChild(t)
	names := []string{objectFile(t, "playground"), "/nowhere.o", objectFile(t, "socket"), objectFile(t, "sdot"), `odd "name".o`}
	for _, verb := range [][]string{{"screen", "--batch"}, {"inspect", "--load", "--batch"}} {
		code, out, stderr := call(strings.Join(names, "\n")+"\n", verb...)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != exitGood || len(lines) != len(names) {
			t.Fatalf("%v: %d, %d lines; %s", verb, code, len(lines), stderr)
		}
		var bad []int
		for i, line := range lines {
			var doc struct{ Path, Status, Verdict string }
			if err := json.Unmarshal([]byte(line), &doc); err != nil {
				t.Fatalf("%v: %v: %s", verb, err, line)
			}
			if doc.Path != names[i] {
				t.Errorf("%v: line %d is about %q, not %q", verb, i, doc.Path, names[i])
			}
			if doc.Status == "rejected" || doc.Verdict == "refused" {
				bad = append(bad, i)
			}
		}
		want := []int{1, 2, 4}
		if verb[0] == "inspect" {
			want = []int{1, 4}
		}
		if !slices.Equal(bad, want) {
			t.Errorf("%v: bad are %v, want %v", verb, bad, want)
		}
	}
}

func TestBoundaries(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "screen", "--boundaries", objectFile(t, "playground"))
	if code != exitGood || len(out) == 0 {
		t.Fatalf("%d %s", code, stderr)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		if len(strings.Fields(line)) != 3 {
			t.Errorf("%q", line)
		}
	}
}

func TestSandbox(t *testing.T) {
	needsChild(t)
	code, out, _ := call("", "sandbox", "--explain", "-o", "json")
	var doc struct {
		Layers   wire.Layers
		Steps    []wire.Step
		Policies []struct {
			Stage            string
			Program, Allowed []string
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitGood {
		t.Fatalf("%d %v", code, err)
	}
	if len(doc.Policies) != 3 || len(doc.Layers) < 5 {
		t.Fatalf("%d policies, %d layers", len(doc.Policies), len(doc.Layers))
	}
	cell := doc.Policies[1]
	if cell.Stage != "cell" || !slices.Contains(cell.Allowed, "exit_group") || slices.Contains(cell.Allowed, "write") || len(cell.Program) == 0 {
		t.Errorf("%+v", cell)
	}
	last := len(doc.Steps) - 1
	if last < 10 || doc.Steps[0].By != "runner" || doc.Steps[last].By != "child" || doc.Steps[last].Layer != "seccomp" {
		t.Errorf("the lock-down: %+v", doc.Steps)
	}
	named := map[wire.LayerName]bool{}
	for _, s := range doc.Steps {
		named[s.Layer] = true
	}
	for layer := range doc.Layers {
		if !named[layer] {
			t.Errorf("no step gives the layer %s", layer)
		}
	}
	code, out, _ = call("", "sandbox", "--explain", "--without", "landlock")
	if code != exitGood || strings.Count(out, "\n     left: ") != len(doc.Steps) || !strings.Contains(out, "(landlock: absent: ") {
		t.Errorf("%d %s", code, out)
	}
	code, out, _ = call("", "sandbox", "--check", "socket", "-o", "json")
	if code != exitGood || strings.Count(out, `"action":"kill-process"`) != 3 {
		t.Errorf("%d %s", code, out)
	}
}

func TestSelftest(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "selftest", "-o", "json")
	var doc struct {
		OK     bool
		Checks []struct {
			Name         string
			OK, Required bool
			Detail       string
			MS           float64
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr)
	}
	for _, c := range doc.Checks {
		if !c.OK && c.Required { // a host need not give namespaces and cgroups
			t.Errorf("%+v", c)
		}
	}
	if code != exitGood || !doc.OK || len(doc.Checks) < 20 {
		t.Errorf("%d, %d checks", code, len(doc.Checks))
	}
}

// TestDemo is the promise of the README: figures of all kernels and a refusal,
// in less than a minute.
func TestDemo(t *testing.T) {
	needsChild(t)
	start := time.Now()
	code, out, stderr := call("", "demo")
	if code != exitGood {
		t.Fatalf("%d %s%s", code, out, stderr)
	}
	for _, word := range []string{"playground", "sdot", "sgemm", "match", "Cycles", "forbidden-syscall", "socket"} {
		if !strings.Contains(out, word) {
			t.Errorf("it does not say %q:\n%s", word, out)
		}
	}
	if d := time.Since(start); d > time.Minute {
		t.Errorf("it took %v", d)
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := call("", "version", "-o", "json")
	var b build
	if err := json.Unmarshal([]byte(out), &b); err != nil || code != exitGood || b.Go == "" || b.Arch == "" {
		t.Errorf("%d %s", code, out)
	}
}
