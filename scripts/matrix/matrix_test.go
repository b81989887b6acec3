package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestArchive reads an archive back by the description of the format.
func TestArchive(t *testing.T) {
	var a archive
	a.add("dev", folder, nil, 0, 0)
	a.add("dev/console", device, nil, 5, 1)
	a.add("init", executable, []byte("12345"), 0, 0)
	a.add("odd", plainFile, []byte("1"), 0, 0)
	got := unpack(t, a.end())
	want := []string{"dev 40755 0 0:0 ", "dev/console 20666 0 5:1 ", "init 100755 5 0:0 12345", "odd 100644 1 0:0 1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func unpack(t *testing.T, b []byte) (list []string) {
	t.Helper()
	at := 0
	align := func() { at = (at + 3) &^ 3 }
	field := func(n int) int {
		v, err := strconv.ParseUint(string(b[at+6+8*n:at+14+8*n]), 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return int(v)
	}
	for {
		if string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d", at)
		}
		mode, size, major, minor, length := field(1), field(6), field(9), field(10), field(11)
		at += 110
		name := string(b[at : at+length-1])
		if b[at+length-1] != 0 {
			t.Fatalf("%s is not terminated", name)
		}
		at += length
		align()
		if name == "TRAILER!!!" {
			return list
		}
		list = append(list, fmt.Sprintf("%s %o %d %d:%d %s", name, mode, size, major, minor, b[at:at+size]))
		at += size
		align()
	}
}

// document is JSON to be changed by tests.
type document map[string]any

// honest returns the answers of a guest that does all that the row promises.
func honest(r row) answers {
	got := answers{Release: "6.1"}
	if r.write[corePipe] != "" {
		got.Control = 1
	}
	for _, p := range r.passes() {
		c := court{row: r, without: p.without}
		for _, args := range r.commands(p) {
			got.Done = append(got.Done, honestly(r, p, args, c.expected()))
		}
	}
	return got
}

func honestly(r row, p pass, args []string, layers map[string]string) answer {
	a := answer{Args: args}
	fault := document{"class": "unfit", "detail": r.refusal + " --without " + strings.Join(r.without, " --without ")}
	object := strings.Join(args[:min(2, len(args))], " ")
	switch {
	case args[0] == "doctor":
		a.Out = text(honestDoctor(r, p, fault, layers))
		a.Code = map[bool]int{true: 3}[p.refused]
	case p.refused:
		a.Code, a.Err = 3, "a line of the log\n"+text(fault)+"\n"
	case args[0] == "selftest":
		detail := map[bool]string{true: "not run: AVX", false: "Cycles: 3"}[r.noAVX]
		checks := []document{
			{"name": "runs-sdot-avx2", "ok": true, "required": true, "detail": detail}, {"name": "stops-ud2", "ok": true, "required": true}}
		for name, state := range layers {
			checks = append(checks, document{"name": "layer-" + strings.ReplaceAll(name, "_", "-"), "ok": strings.HasPrefix(state, "enforced"), "detail": state})
		}
		if r.hostile {
			checks = append(checks, document{"name": "hostile-seccomp", "ok": true, "required": true, "detail": "7 attacks came to the end that they must"})
		}
		a.Out = text(document{"ok": true, "checks": checks})
	case args[0] == posture:
		a.Out = "--- PASS: TestPosture/operands\n"
	case args[0] == "demo":
		a.Out = "sdot match\nforbidden-syscall\n"
	case strings.Contains(object, "socket_late"):
		a.Code, a.Err = 1, text(document{"class": "forbidden-syscall", "syscall": "socket"})
	default:
		source := map[bool]string{true: "software", false: "tsc"}[r.counts]
		a.Out = text(document{"result": document{"int": map[bool]int{true: 1000}[strings.Contains(object, "playground")]}, "verify": document{"status": "match"}, "abi": document{"ok": true}, "integrity": "consistent",
			"sandbox": layers, "counters": []document{{"name": "x", "source": source}}, "unavailable": []document{{"name": "y", "reason": "z"}}})
	}
	return a
}

func honestDoctor(r row, p pass, fault document, layers map[string]string) document {
	d := document{"fit": !p.refused}
	if p.refused {
		d["problem"] = fault
	} else {
		d["layers"] = layers
	}
	var findings []document
	for name, state := range r.doctor {
		if state == "bad" && len(p.without) > 0 {
			state = "warn"
		}
		findings = append(findings, document{"name": name, "state": state, "have": "x", "risk": "y", "mend": "z"})
	}
	d["findings"] = findings
	return d
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestHonestGuests(t *testing.T) {
	names := map[string]bool{}
	for _, r := range rows() {
		if d, _ := judge(r, honest(r)); len(d) > 0 {
			t.Errorf("%s: %q", r.name, d)
		}
		if names[r.name] {
			t.Errorf("two rows are called %s", r.name)
		}
		names[r.name] = true
	}
}

// TestDoubtfulFigures: an emulator's figures may contradict each other, which is
// no deviation when the exit code says so.
func TestDoubtfulFigures(t *testing.T) {
	for _, r := range rows() {
		got := honest(r)
		for i := range got.Done {
			if a := &got.Done[i]; replace(`"integrity":"consistent"`, `"integrity":"suspect"`)(a) {
				a.Code = 1
			}
		}
		if d, _ := judge(r, got); len(d) > 0 {
			t.Errorf("%s: %q", r.name, d)
		}
	}
}

// TestDishonestGuests: whatever a guest does otherwise than promised is seen,
// in every row, command and pass.
func TestDishonestGuests(t *testing.T) {
	lies := map[string]func(*answer) bool{ // false: the lie does not apply to this answer
		"exit code":   func(a *answer) bool { a.Code += 2; return true },
		"no output":   func(a *answer) bool { a.Out, a.Err = "", ""; return true },
		"wrong class": replace(`"class":"`, `"class":"x`),
		"no reason":   replace(`"detail":"older`, `"detail":"`, `"detail":"disabled`, `"detail":"`),
		"no way out":  replace(`--without`, ``),
		"layer":       replace(`"seccomp":"enforced"`, `"seccomp":"absent: why"`),
		"posture":     replace(`PASS: TestPosture`, `SKIP: TestPosture`),
		"corpus":      replace(`7 attacks`, `0 attacks`),
		"ABI":         replace(`enforced (ABI`, `enforced (level`),
		"given up":    replace(`absent: switched off by --without landlock`, `enforced`),
		"result":      replace(`"int":1000`, `"int":999`),
		"abi":         replace(`"abi":{"ok":true`, `"abi":{"ok":false`),
		"check":       replace(`"ok":true,"required":true`, `"ok":false,"required":true`),
		"attacks":     replace(`stops-`, `runs-`),
		"fit":         replace(`"fit":true`, `"fit":false`, `"fit":false`, `"fit":true`),
		"mend":        replace(`"mend":"z","name":"landlock","risk"`, `"mend":"","name":"landlock","risk"`),
		"reason":      replace(`"reason":"z"`, `"reason":""`),
		"call":        replace(`"syscall":"socket"`, `"syscall":"open"`),
		"avx":         replace(`not run`, `ran`),
		"doubt":       replace(`"integrity":"consistent"`, `"integrity":"suspect"`),
		"no doubt": func(a *answer) bool {
			a.Code = 1
			return strings.Contains(a.Out, `"integrity"`)
		},
	}
	applied := map[string]bool{}
	attacked := rows()[0]
	attacked.hostile = true
	for _, r := range append(rows(), attacked) {
		good := honest(r)
		for i := range good.Done {
			for name, lie := range lies {
				bad := good
				bad.Done = slices.Clone(good.Done)
				if !lie(&bad.Done[i]) {
					continue
				}
				if name == "no way out" && len(r.without) == 0 || name == "mend" && r.doctor["landlock"] == "ok" {
					continue
				}
				applied[name] = true
				if d, _ := judge(r, bad); len(d) == 0 {
					t.Errorf("%s: %v: the lie about %s was believed: %+v", r.name, good.Done[i].Args, name, bad.Done[i])
				}
			}
		}
	}
	for name := range lies {
		if !applied[name] {
			t.Errorf("the lie about %s was never told", name)
		}
	}
}

// replace returns a lie that exchanges the first text of a pair for the second.
func replace(pairs ...string) func(*answer) bool {
	return func(a *answer) bool {
		was := *a
		for i := 0; i < len(pairs) && a.Out == was.Out && a.Err == was.Err; i += 2 {
			a.Out = strings.Replace(a.Out, pairs[i], pairs[i+1], 1)
			a.Err = strings.Replace(a.Err, pairs[i], pairs[i+1], 1)
		}
		return a.Out != was.Out || a.Err != was.Err
	}
}

func TestOtherDeviations(t *testing.T) {
	r := rows()[0]
	good := honest(r)
	short := good
	short.Done = good.Done[1:]
	dumped := good
	dumped.Cores = 1
	deaf := good
	deaf.Control = 1
	for name, bad := range map[string]answers{"a command is missing": short, "core dumps": dumped, "the control": deaf} {
		if d, _ := judge(r, bad); len(d) == 0 {
			t.Errorf("%s: no deviation", name)
		}
	}
}

// TestPasses: an unfit host must refuse first, and each command of the second
// pass gives the layer up.
func TestPasses(t *testing.T) {
	for _, r := range rows() {
		p := r.plan()
		if (r.refusal != "") != r.passes()[0].refused {
			t.Errorf("%s: the first pass", r.name)
		}
		given := 0
		for _, args := range p.Commands {
			if slices.Contains(args, "--without") {
				given++
			}
		}
		if (given > 0) != (len(r.without) > 0) {
			t.Errorf("%s: %d commands give a layer up", r.name, given)
		}
	}
}

func TestTable(t *testing.T) {
	all := []verdict{
		{row: row{name: "a", cpu: "max"}, kernel: "6.1", layers: "seccomp"},
		{row: row{name: "b", refusal: "x", without: []string{"landlock"}}, deviations: []string{"d"}},
		{row: row{name: "c"}, skipped: "no kernel"},
	}
	for _, markdown := range []bool{false, true} {
		var b bytes.Buffer
		table(&b, all, markdown)
		for _, want := range []string{"as expected", "1 deviations", "skipped: no kernel", "refuses; serves --without landlock"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is missing from\n%s", want, b.String())
			}
		}
		if lines := strings.Split(strings.TrimSpace(b.String()), "\n"); markdown && len(lines) != len(all)+2 {
			t.Errorf("%d lines", len(lines))
		}
	}
}

func TestDescribe(t *testing.T) {
	got := describe(maps.Clone(map[string]string{
		"seccomp": "enforced", "landlock": "enforced (ABI 2)", "rlimits": "absent: x",
		"namespaces": "enforced (pid, net); absent: user: no",
	}))
	if want := "landlock (ABI 2), namespaces (pid, net), no rlimits, seccomp"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
