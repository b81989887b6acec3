package server

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/trust"
	"webrunner/internal/wire"
)

// seen returns the metrics of a server that has done all there is to count.
func seen(t *testing.T) string {
	t.Helper()
	b := startGraded(t, grader([]trust.Mark{{Counter: "Cycles", Grade: trust.Biased, Ratio: 0.013}}, nil))
	for _, object := range []string{"x", "crashed", "timeout", "malformed-object"} {
		b.do("POST", runSdot, strings.NewReader(object))
	}
	b.do("POST", sweepSdot, strings.NewReader("x"))
	b.metrics.died(&wire.Problem{Class: wire.Crashed, Signal: "SIGSEGV"})
	b.metrics.died(&wire.Problem{Class: wire.Crashed, Signal: "a word of a child's"})
	return b.do("GET", "/metrics", nil).body
}

// TestFiguresOfSteps: each step of an answer, and each death, has its figure.
func TestFiguresOfSteps(t *testing.T) {
	text := seen(t)
	for _, want := range []string{
		`webrunner_deaths_total{class="crashed",signal=""} 1`, `webrunner_deaths_total{class="crashed",signal="SIGSEGV"} 1`,
		`webrunner_deaths_total{class="crashed",signal="other"} 1`, `webrunner_deaths_total{class="timeout",signal=""} 1`,
		`webrunner_deaths_total{class="memory-limit",signal=""} 0`, `webrunner_step_seconds_count{step="queue"} 5`,
		`webrunner_step_seconds_count{step="sweep"} 1`, `webrunner_step_seconds_bucket{step="total",le="+Inf"} 5`, `webrunner_job_seconds_count `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("%s is not among\n%s", want, text)
		}
	}
	if strings.Contains(text, "malformed-object\",signal") || strings.Contains(text, "a word") {
		t.Errorf("what is no death, or no signal, is counted: %s", text)
	}
	b := start(t, false, nil)
	r := b.do("POST", runSdot, strings.NewReader("x"))
	for _, name := range regexp.MustCompile(`([a-z]+);dur`).FindAllStringSubmatch(r.header.Get("Server-Timing"), -1) {
		if !slices.Contains(stepNames(), name[1]) {
			t.Errorf("the step %s has no figure", name[1])
		}
	}
}

// promtool runs Prometheus's own checker.
func promtool(t *testing.T, stdin string, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("promtool is missing, and must not be here: %v", err)
	case err != nil:
		t.Skip("promtool is missing; Debian's package prometheus has it")
	}
	c := exec.Command(tool, args...)
	c.Stdin = strings.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil || strings.Contains(string(out), "error") {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

func TestMetricsAreClean(t *testing.T) { promtool(t, seen(t), "check", "metrics") }

func TestRulesAreClean(t *testing.T) { promtool(t, "", "check", "rules", "../../deploy/alerts.yml") }

// TestMetricsAreKnown holds the names in rules, dashboard and manual to those that a
// server exports, and has the manual name all of them.
func TestMetricsAreKnown(t *testing.T) {
	known := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(seen(t), -1) {
		known[m[1]] = true
		if m[2] == "histogram" {
			known[m[1]+"_bucket"], known[m[1]+"_sum"], known[m[1]+"_count"] = true, true, true
		}
	}
	for _, file := range []string{"alerts.yml", "grafana.json"} {
		text, err := os.ReadFile("../../deploy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`\bwebrunner_[a-z_]+`).FindAllString(string(text), -1)
		if len(names) < 5 {
			t.Errorf("%s has the names %q", file, names)
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
	}
	manual, err := os.ReadFile("../../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range known {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if !strings.Contains(string(manual), "`"+base) {
			t.Errorf("docs/operators.md does not tell of %s", base)
		}
	}
}
