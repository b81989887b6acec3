package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"webrunner/internal/doctor"
	"webrunner/internal/report"
	"webrunner/internal/wire"
	"webrunner/selftest"
)

// TestPaint: verdicts have colours in the forms in which people read them, and nothing else of
// these has any.
func TestPaint(t *testing.T) {
	good := &wire.Result{Kernel: "sdot", ABI: wire.ABI{OK: true}, Verify: wire.Verify{Status: wire.VerifyMatch}, Integrity: wire.Consistent, Warnings: []string{"a doubt"}}
	bad := &wire.Result{Kernel: "sdot", Verify: wire.Verify{Status: wire.VerifyMismatch, Why: "y[0]"}, Integrity: wire.Suspect}
	verdicts := &wire.Comparison{A: good, B: bad}
	for _, v := range []wire.Verdict{wire.Faster, wire.Slower, wire.Same, wire.Wrong} {
		verdicts.Ratios = append(verdicts.Ratios, wire.Ratio{Name: "Cycles", Unit: "cycles", Source: wire.PMU, Ratio: 1, Verdict: v})
	}
	for _, row := range []struct {
		name  string
		write func(w io.Writer) error
		want  []string // all that is in colour
	}{
		{"a right result", func(w io.Writer) error { return report.Table(w, good) }, []string{green + "right", green + "held", green + "consistent", yellow + "warning "}},
		{"a wrong result", func(w io.Writer) error { return report.Table(w, bad) }, []string{red + "WRONG RESULT:", red + "WRONG", red + "VIOLATED", red + "suspect"}},
		{"a comparison", func(w io.Writer) error { return report.ComparisonText(w, verdicts) }, []string{green + "faster", red + "slower", red + "wrong"}},
		{"a check", func(w io.Writer) error { return report.CheckText(w, &wire.Checked{OK: true, Symbol: "f"}) }, []string{green + "ok:"}},
		{"a failed check", func(w io.Writer) error { return report.CheckText(w, &wire.Checked{Symbol: "f"}) }, []string{red + "FAILED:"}},
		{"a failure", func(w io.Writer) error { return report.ProblemText(w, wire.Problemf(wire.Crashed, "boom")) }, []string{red + "error:"}},
		{"findings", func(w io.Writer) error {
			var b bytes.Buffer // as the command does
			err := doctor.WriteText(&b, []doctor.Finding{{State: doctor.OK, Name: "a"}, {State: doctor.Warn, Name: "b"}, {State: doctor.Bad, Name: "c"}, {State: doctor.Unknown, Name: "d"}})
			_, _ = w.Write(b.Bytes())
			return err
		}, []string{green + "ok ", yellow + "warn ", red + "bad "}},
		{"outcomes", func(w io.Writer) error {
			a := &app{out: w}
			for _, o := range []selftest.Outcome{{OK: true, Name: "a"}, {Required: true, Name: "b"}, {Name: "c"}} {
				a.tellOutcome(o)
			}
			return nil
		}, []string{green + "ok ", red + "FAIL "}},
		{"JSON", func(w io.Writer) error { return report.JSON(w, bad) }, nil},
	} {
		var shown, text bytes.Buffer
		if err := row.write(&painter{&shown}); err != nil {
			t.Fatal(err)
		}
		if err := row.write(&text); err != nil {
			t.Fatal(err)
		}
		rest, got := shown.String(), []string(nil)
		for {
			_, after, is := strings.Cut(rest, "\x1b")
			if !is {
				break
			}
			word, end, _ := strings.Cut(after, plain)
			got, rest = append(got, "\x1b"+word), end
		}
		if strings.Join(got, "|") != strings.Join(row.want, "|") {
			t.Errorf("%s: %q are in colour, want %q:\n%s", row.name, got, row.want, text.String())
		}
		if bare := strings.NewReplacer(green, "", yellow, "", red, "", plain, "").Replace(shown.String()); bare != text.String() {
			t.Errorf("%s: without colours it is %q", row.name, bare)
		}
	}
}

// TestPainted: colours are for terminals that have them, and for who has not asked for none.
func TestPainted(t *testing.T) {
	_, terminal := pseudoTerminal(t)
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	for _, row := range []struct {
		name     string
		w        io.Writer
		term, no string
		want     bool
	}{
		{"a terminal", terminal, "xterm", "", true},
		{"a checked one", &checked{file: terminal}, "xterm", "", true},
		{"NO_COLOR", terminal, "xterm", "1", false},
		{"a dumb one", terminal, "dumb", "", false},
		{"an unknown one", terminal, "", "", false},
		{"a pipe", pipe, "xterm", "", false},
		{"a checked pipe", &checked{file: pipe}, "xterm", "", false},
		{"memory", new(bytes.Buffer), "xterm", "", false},
	} {
		w := painted(row.w, func(name string) string { return map[string]string{"TERM": row.term, "NO_COLOR": row.no}[name] })
		if _, is := w.(*painter); is != row.want {
			t.Errorf("%s: %v", row.name, is)
		}
		if file(w) != file(row.w) {
			t.Errorf("%s: it is another file", row.name)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no full device: ", err)
	}
	defer full.Close()
	a := &app{out: &painter{&checked{file: full}}}
	if _, err := io.WriteString(a.out, "ok: f\n"); err == nil || a.lost() == nil {
		t.Errorf("%v, %v", err, a.lost())
	}
}
