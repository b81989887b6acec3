package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"webrunner/internal/child"
	"webrunner/internal/runner"
	"webrunner/internal/wire"
)

// The tests run real children: this binary, executed again by the runner.
func TestMain(m *testing.M) {
	if runner.IsChild(os.Args) {
		syscall.Exit(child.Main()) // without the exit hooks: those of coverage would write, as a child may not
	}
	os.Exit(m.Run())
}

// TestAssembled assembles the functions anew.
func TestAssembled(t *testing.T) {
	as, err := exec.LookPath("as")
	if err != nil {
		t.Skip("no assembler: ", err)
	}
	list, err := objects.ReadDir("gas")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		source := strings.TrimSuffix(f.Name(), ".o") + ".s"
		out := filepath.Join(t.TempDir(), f.Name())
		if text, err := exec.Command(as, "--fatal-warnings", "-mx86-used-note=no", "-I", "gas", "-o", out, filepath.Join("gas", source)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		want, err := objects.ReadFile("gas/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("gas/%s is not what gas/%s gives", f.Name(), source)
		}
	}
}

// TestCorpus makes the job of every probe: each has a name of its own, its
// arguments are its specification's, and its object has the function.
func TestCorpus(t *testing.T) {
	c, err := config(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	reader, _, err := c.Learn()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{reader}
	names := make(map[string]bool)
	kinds := make(map[string]bool)
	for _, list := range [][]probe{honest(), liars()} {
		for i := range list {
			p := &list[i]
			kinds[p.kind] = true
			if names[p.name()] {
				t.Errorf("two probes are called %s", p.name())
			}
			names[p.name()] = true
			if p.liar && p.least == 0 && !p.breaks || !p.liar && p.least > 0 {
				t.Errorf("%s: no lie, or an honest one", p.name())
			}
			job, err := b.job(p)
			if err != nil {
				t.Errorf("%s: %v", p.name(), err)
				continue
			}
			if bytes.Contains(job.Object, []byte{0xce, 0x7a}) {
				t.Errorf("%s: an address is not in place", p.name())
			}
			if p.kind == "the self-test's forgers" {
				continue
			}
			f, err := elf.NewFile(bytes.NewReader(job.Object))
			if err != nil {
				t.Errorf("%s: %v", p.name(), err)
				continue
			}
			symbols, err := f.Symbols()
			if err != nil || p.label == "" && !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == p.symbol }) {
				t.Errorf("%s: its object has no such function", p.name())
			}
		}
	}
	if len(honest()) < 40 || len(kinds) < 25 {
		t.Errorf("%d honest functions, %d kinds", len(honest()), len(kinds))
	}
}

// TestVerdict: what is misjudged, and what is not.
func TestVerdict(t *testing.T) {
	why := []string{"why"}
	for _, tt := range []struct {
		name string
		r    record
		o    observation
		want verdict
	}{
		{"honest", record{}, observation{Integrity: wire.Consistent, figure: true}, good},
		{"honest, unproven", record{}, observation{Integrity: wire.Unproven, figure: true}, good},
		{"honest, suspect", record{}, observation{Integrity: wire.Suspect, Why: why}, falseAlarm},
		{"honest, crashed", record{}, observation{Problem: "crashed"}, good},
		{"honest, said to break rules", record{}, observation{Integrity: wire.Consistent, Violations: why}, invented},
		{"breaks rules", record{Breaks: true}, observation{Integrity: wire.Consistent, Violations: why}, good},
		{"breaks rules unseen", record{Breaks: true}, observation{Integrity: wire.Consistent}, unseen},
		{"breaks rules unseen, suspect", record{Liar: true, Breaks: true}, observation{Integrity: wire.Suspect}, unseen},
		{"lies", record{Liar: true, Least: 9000}, observation{Integrity: wire.Consistent, Cycles: 2999, figure: true}, believed},
		{"lies, unproven", record{Liar: true, Least: 9000}, observation{Integrity: wire.Unproven, Cycles: 2999, figure: true}, good},
		{"lies, suspect", record{Liar: true, Least: 9000}, observation{Integrity: wire.Suspect, Cycles: 2999, figure: true}, good},
		{"lies, a little", record{Liar: true, Least: 9000}, observation{Integrity: wire.Consistent, Cycles: 3001, figure: true}, good},
		{"lies about the result", record{Liar: true, Least: 9000}, observation{Integrity: wire.Consistent, Cycles: 1, Verify: "mismatch", figure: true}, good},
		{"lies, no figure", record{Liar: true, Least: 9000}, observation{Integrity: wire.Consistent}, good},
		{"lies about what nobody can see", record{Liar: true, Least: 4900}, observation{Integrity: wire.Consistent, Cycles: 1, figure: true}, good},
	} {
		if got := tt.r.verdict(tt.o); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	d := document{Probes: []record{
		{Kind: "odd", Name: "a n=1", Runs: []observation{
			{Integrity: wire.Consistent, Cycles: 10, figure: true, Millis: 1}, {Integrity: wire.Suspect, Why: []string{"took 12 ticks"}, Cycles: 30, figure: true, Millis: 3},
			{Integrity: wire.Suspect, Why: []string{"took 13 ticks"}, Cycles: 20, figure: true, Millis: 2}, {Problem: "crashed", Detail: "it fell", Millis: 9},
		}},
		{Kind: "odd", Name: "b", Runs: []observation{{Integrity: wire.Unproven, Why: []string{"no time"}, Cycles: 40, figure: true, Millis: 4}}},
		{Kind: "lies", Name: "c", Liar: true, Least: 9000, Runs: []observation{{Integrity: wire.Consistent, Cycles: 7, figure: true, Verify: "match"}}},
		{Kind: "never run", Name: "d"},
	}}
	var out bytes.Buffer
	d.markdown(&out)
	for _, want := range []string{
		"| odd | 5 | 1 | 1 | 2 | 1 crashed | 0 | 2 | 30 | 3 |\n",
		"| odd: a n=1 | 4 | 1 | 0 | 2 | 1 crashed | 0 | 2 | 20 | 3 |\n",
		"- a n=1: took 12 ticks (2)\n", "- a n=1: crashed: it fell (1)\n", "- b: no time (1)\n",
		"- lies: **believed**: consistent, 7 cycles, verify match  (1)\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "never run") || strings.Contains(out.String(), "odd: b") {
		t.Errorf("too much in\n%s", out.String())
	}
	if got := d.misjudged(); got != 3 {
		t.Errorf("%d misjudged, want 3", got)
	}
}

// TestTry runs a few functions through real children, and reads what is written.
func TestTry(t *testing.T) {
	for _, o := range []options{
		{runs: 4, only: regexp.MustCompile("^(very short calls: few|arguments on the stack: gemm k=1024.*)$"), limit: 50 * time.Millisecond},
		{runs: 1, liars: true, only: regexp.MustCompile("^knows the answers: known_(dot n=1024|gemm k=64)"), limit: 50 * time.Millisecond},
	} {
		o.file = filepath.Join(t.TempDir(), "runs.json")
		doc, err := o.try(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
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
		if len(back.Probes) != 2 {
			t.Fatalf("%d functions, want 2", len(back.Probes))
		}
		for _, r := range back.Probes {
			if len(r.Runs) == 0 || o.liars && len(r.Runs) != 1 {
				t.Errorf("%s: %d runs", r.Name, len(r.Runs))
			}
			for _, ob := range r.Runs {
				if ob.Problem != "" || ob.Integrity == "" || ob.Millis <= 0 {
					t.Errorf("%s: %+v", r.Name, ob)
				}
				if strings.Contains(r.Name, "gemm") && ob.Verify != "match" {
					t.Errorf("%s: verify %s", r.Name, ob.Verify)
				}
			}
		}
	}
}
