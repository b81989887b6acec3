package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// court collects what deviates from a row's expectations.
type court struct {
	row        row
	without    []string // layers given up in this pass
	deviations []string
	layers     map[string]string // as doctor saw them in this pass
	note       string            // a figure for the table
}

// judge holds a guest's answers against the row. seen is the layers, and what
// else is worth a place in the table.
func judge(r row, got answers) (deviations []string, seen string) {
	c := &court{row: r}
	passes := r.passes()
	for _, p := range passes {
		n := len(r.commands(p))
		if len(got.Done) < n {
			return append(c.deviations, "commands are missing from the answers"), ""
		}
		c.pass(p, got.Done[:n])
		if seen == "" {
			seen = describe(c.layers)
		}
		got.Done = got.Done[n:]
	}
	if got.Cores > 0 {
		c.deviate("the kernel piped %d core dumps to a program", got.Cores)
	}
	if piped := r.write[corePipe] != ""; piped != (got.Control == 1) {
		c.deviate("a core dump is counted %d times", got.Control)
	}
	if c.note != "" {
		seen += "; " + c.note
	}
	return c.deviations, seen
}

func (c *court) deviate(format string, args ...any) {
	d := fmt.Sprintf(format, args...)
	if len(c.without) > 0 {
		d = "--without " + strings.Join(c.without, ",") + ": " + d
	}
	c.deviations = append(c.deviations, d)
}

// pass judges one pass over the commands.
func (c *court) pass(p pass, done []answer) {
	c.without, c.layers = p.without, nil
	for _, a := range done {
		switch {
		case a.Args[0] == "doctor":
			c.doctor(a, p.refused)
		case p.refused:
			c.refused(a)
		case a.Args[0] == "selftest":
			c.selftest(a)
		case a.Args[0] == "demo":
			c.demo(a)
		case a.Args[0] == posture:
			c.processes(a)
		default:
			c.run(a)
		}
	}
}

// diagnosis is what the judge reads of doctor's JSON.
type diagnosis struct {
	Fit      bool
	Layers   map[string]string
	Problem  problem
	Findings []struct{ Name, State, Have, Risk, Mend string }
}

type problem struct{ Class, Detail, Syscall string }

func (c *court) doctor(a answer, refused bool) {
	var d diagnosis
	if !c.decode(a, a.Out, &d) {
		return
	}
	want := 0
	if refused {
		want = 3
		c.unfit(a, d.Problem)
	} else {
		c.layers = d.Layers
		c.posture(d.Layers, "doctor")
	}
	if a.Code != want || d.Fit == refused {
		c.deviate("doctor exits %d with fit=%v: %s", a.Code, d.Fit, d.Problem.Detail)
	}
	states := map[string]string{}
	for _, f := range d.Findings {
		states[f.Name] = f.State
		if (f.State == "bad" || f.State == "warn") && (f.Risk == "" || f.Mend == "") {
			c.deviate("doctor does not say how to mend %s", f.Name)
		}
	}
	for name, want := range c.row.doctor {
		if want == "bad" && len(c.without) > 0 {
			want = "warn"
		}
		if states[name] != want {
			c.deviate("doctor calls %s %q, not %q", name, states[name], want)
		}
	}
}

// posture holds the layers in force to the row.
func (c *court) posture(layers map[string]string, where string) {
	for name, want := range c.expected() {
		if have := layers[name]; !strings.HasPrefix(have, want) {
			c.deviate("%s: layer %s is %q, not %q", where, name, have, want)
		}
	}
}

// expected is how the state of each layer begins on this host in this pass.
func (c *court) expected() map[string]string {
	want := map[string]string{
		"seccomp": "enforced", "no_new_privs": "enforced", "rlimits": "enforced", "capabilities": "enforced", "landlock": "enforced (ABI",
		"namespaces": "enforced (user, pid, net, ipc, uts, mount, cgroup)", "cgroup": "absent: ",
	}
	maps.Copy(want, c.row.layers)
	for _, l := range c.without {
		want[l] = "absent: switched off by --without " + l
	}
	return want
}

// refused demands exit code 3 and the reason.
func (c *court) refused(a answer) {
	var p problem
	if a.Code != 3 {
		c.deviate("%s exits %d, not 3: %s", a.name(), a.Code, a.Err)
		return
	}
	if c.decode(a, lastLine(a.Err), &p) {
		c.unfit(a, p)
	}
}

// unfit demands that a refusal tells the reason and the way out.
func (c *court) unfit(a answer, p problem) {
	if p.Class != "unfit" {
		c.deviate("%s: class %q, not unfit", a.name(), p.Class)
	}
	if !strings.Contains(p.Detail, c.row.refusal) {
		c.deviate("%s says %q, without %q", a.name(), p.Detail, c.row.refusal)
	}
	for _, l := range c.row.without {
		if !strings.Contains(p.Detail, "--without "+l) {
			c.deviate("%s says %q, without the flag --without %s", a.name(), p.Detail, l)
		}
	}
}

// tested is what the judge reads of the self-test's JSON.
type tested struct {
	OK     bool
	Checks []struct {
		Name, Detail string
		OK, Required bool
	}
}

// layers is what the self-test says of them, with the names of doctor.
func (t tested) layers() map[string]string {
	m := map[string]string{}
	for _, check := range t.Checks {
		if name, ok := strings.CutPrefix(check.Name, "layer-"); ok {
			m[strings.ReplaceAll(name, "-", "_")] = check.Detail
		}
	}
	return m
}

// attacks counts those of the whole corpus, which are mounted on request.
func (t tested) attacks() (sum int) {
	for _, check := range t.Checks {
		var n int
		if _, err := fmt.Sscanf(check.Detail, "%d attacks came", &n); err == nil && strings.HasPrefix(check.Name, "hostile-") {
			sum += n
		}
	}
	return sum
}

func (c *court) selftest(a answer) {
	var report tested
	if !c.decode(a, a.Out, &report) {
		return
	}
	c.posture(report.layers(), "selftest")
	if c.row.init { // there is no doctor
		c.layers = report.layers()
	}
	if n := report.attacks(); (n > 0) != c.row.hostile {
		c.deviate("selftest: %d attacks of the corpus", n)
	} else if n > 0 {
		c.note = fmt.Sprintf("%d attacks in %d s", n, a.MS/1000)
	}
	stops := 0
	for _, check := range report.Checks {
		if check.Required && !check.OK {
			c.deviate("selftest: %s: %s", check.Name, check.Detail)
		}
		if strings.HasPrefix(check.Name, "stops-") {
			stops++
		}
		if check.Name == "runs-sdot-avx2" && strings.HasPrefix(check.Detail, "not run:") != c.row.noAVX {
			c.deviate("selftest: %s: %s", check.Name, check.Detail)
		}
	}
	if report.OK != (a.Code == 0) || a.Code != 0 || stops == 0 {
		c.deviate("selftest exits %d with ok=%v after %d attacks", a.Code, report.OK, stops)
	}
}

// outcome is what the judge reads of a result or a problem.
type outcome struct {
	problem
	Result                struct{ Int int64 }
	Verify                struct{ Status string }
	ABI                   struct{ OK bool }
	Sandbox               map[string]string
	Integrity             string
	Counters, Unavailable []struct{ Name, Source, Reason string }
}

// code is what a run exits with that has given this result. An emulator's own
// time makes figures contradict each other; that is right, and not judged.
func (o outcome) code() int {
	if o.Integrity == "suspect" {
		return 1
	}
	return 0
}

// run judges one object by its name.
func (c *court) run(a answer) {
	var o outcome
	object := strings.TrimSuffix(strings.TrimPrefix(a.Args[1], objects), ".o")
	if object == "socket_late" {
		if c.decode(a, lastLine(a.Err), &o) && (a.Code != 1 || o.Class != "forbidden-syscall" || o.Syscall != "socket") {
			c.deviate("%s exits %d, class %q, call %q", a.name(), a.Code, o.Class, o.Syscall)
		}
		return
	}
	if !c.decode(a, a.Out, &o) {
		return
	}
	if a.Code != o.code() {
		c.deviate("%s exits %d with integrity %q: %s", a.name(), a.Code, o.Integrity, a.Err)
	}
	c.posture(o.Sandbox, a.name())
	switch {
	case object == "playground" && o.Result.Int != 1000:
		c.deviate("%s returns %d, not 1000", a.name(), o.Result.Int)
	case object == "sdot" && o.Verify.Status != "match":
		c.deviate("%s: verify is %q", a.name(), o.Verify.Status)
	case !o.ABI.OK:
		c.deviate("%s: calling convention broken", a.name())
	}
	counted := slices.ContainsFunc(o.Counters, func(x struct{ Name, Source, Reason string }) bool { return x.Source == "software" })
	if counted != c.row.counts {
		c.deviate("%s: software counters are there: %v, expected: %v", a.name(), counted, c.row.counts)
	}
	for _, u := range o.Unavailable {
		if u.Reason == "" {
			c.deviate("%s: %s is unavailable without a reason", a.name(), u.Name)
		}
	}
}

func (c *court) demo(a answer) {
	if a.Code != 0 || !strings.Contains(a.Out, "match") || !strings.Contains(a.Out, "forbidden-syscall") {
		c.deviate("demo exits %d: %s%s", a.Code, a.Out, a.Err)
	}
}

// processes judges the test that compares /proc. A test that skips proves
// nothing.
func (c *court) processes(a answer) {
	if a.Code != 0 || strings.Contains(a.Out, "--- SKIP") || !strings.Contains(a.Out, "--- PASS: TestPosture/") {
		c.deviate("the posture test exits %d: %s%s", a.Code, a.Out, a.Err)
	}
}

// decode reads JSON of an answer; what is none is a deviation.
func (c *court) decode(a answer, text string, into any) bool {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		c.deviate("%s exits %d with no JSON: %q %q", a.name(), a.Code, a.Out, a.Err)
		return false
	}
	return true
}

func (a answer) name() string {
	if len(a.Args) > 1 && a.Args[0] == "run" {
		return "run " + strings.TrimPrefix(a.Args[1], objects)
	}
	return a.Args[0]
}

// lastLine is where the problem stands on an error stream, below the log.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// describe shortens the layers for the table.
func describe(layers map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		state := layers[name]
		switch {
		case state == "enforced":
			list = append(list, name)
		case strings.HasPrefix(state, "enforced (user, pid, net, ipc, uts, mount, cgroup)"):
			list = append(list, "all "+name)
		case strings.HasPrefix(state, "enforced (none held; the bounding set"):
			list = append(list, name+" (but the bounding set)")
		case strings.HasPrefix(state, "enforced"):
			head, _, _ := strings.Cut(strings.TrimPrefix(state, "enforced "), ";")
			list = append(list, name+" "+head)
		case name != "cgroup": // few hosts have it
			list = append(list, "no "+name)
		}
	}
	return strings.Join(list, ", ")
}
