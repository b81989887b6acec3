package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

func TestFields(t *testing.T) {
	for _, row := range []struct {
		line string
		want []string
	}{
		{"", nil},
		{"  a\tb ", []string{"a", "b"}},
		{`a 'b c' "d 'e'" f\ g ''`, []string{"a", "b c", "d 'e'", "f g", ""}},
		{`'a\b' "c\"d" e'f'g`, []string{`a\b`, `c"d`, "efg"}},
		{`'open`, nil}, {`"open`, nil}, {`open\`, nil},
	} {
		got, err := fields(row.line)
		if !slices.Equal(got, row.want) || (err != nil) != strings.Contains(row.line, "open") {
			t.Errorf("%s: %q, %v", row.line, got, err)
		}
	}
}

// TestBatchOfRuns runs several objects by one calibration, some of which fail.
func TestBatchOfRuns(t *testing.T) {
	needsChild(t)
	good, wild := objectFile(t, "playground"), objectFile(t, "wild")
	file := filepath.Join(t.TempDir(), "batch")
	writeFile(t, file, fmt.Sprintf("# two that run, one that crashes\n\n%s --param iterations=10\n%s\n%s --seed 7\n", good, wild, good))
	args := []string{"run", "--batch", file, "--kernel", "playground", "--effort", "quick"}
	code, out, stderr := call("", append(args, "-o", "json")...)
	var seen []string
	for line := range strings.Lines(out) {
		var r struct {
			Class  string
			Params map[string]json.Number
			Seed   uint64
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		seen = append(seen, fmt.Sprint(r.Class, r.Params["iterations"], r.Seed == 7))
	}
	if want := []string{"10false", string(wire.Crashed) + "false", "1000true"}; code != exitFailed || len(seen) != 3 || seen[0] != want[0] || seen[1] != want[1] || !strings.HasSuffix(seen[2], "true") {
		t.Errorf("%d %q %s", code, seen, stderr)
	}
	code, out, stderr = call("", append(args, "-o", "text")...)
	if code != exitFailed || strings.Count(out, "\nCycles") != 2 || strings.Count(out, "# ") != 2 || !strings.Contains(stderr, "line 4: "+wild) {
		t.Errorf("%d %s%s", code, out, stderr)
	}
	for _, row := range []struct{ line, says string }{
		{good + " --repeat 2", "line 1: --repeat is for the whole batch"},
		{"", "no line"},
		{good + " " + good, "2 objects"},
		{"--seed 7", "0 objects"},
		{good + " --sed 7", "no flag --sed"},
		{"'" + good, "a quote has no end"},
	} {
		writeFile(t, file, row.line)
		if code, _, stderr := call("", args...); code != exitUsage || !strings.Contains(stderr, row.says) {
			t.Errorf("%s: %d %s", row.line, code, stderr)
		}
	}
	if code, _, stderr := call("", append(args, good)...); code != exitUsage || !strings.Contains(stderr, "one too many") {
		t.Errorf("%d %s", code, stderr)
	}
}

// TestRepeat measures one object several times, as one document of each form.
func TestRepeat(t *testing.T) {
	needsChild(t)
	good := objectFile(t, "playground")
	run := func(form string) string {
		code, out, stderr := call("", "run", good, "-k", "playground", "--effort", "quick", "--repeat", "3", "-o", form)
		if code != exitGood {
			t.Fatalf("%s: %d %s", form, code, stderr)
		}
		return out
	}
	rows, err := csv.NewReader(strings.NewReader(run("csv"))).ReadAll()
	cycles := 0
	for i, row := range rows {
		if row[0] == "kernel" && i > 0 {
			t.Error("the header comes again")
		}
		if row[3] == wire.FigureCycles {
			cycles++
		}
	}
	if err != nil || cycles != 3 {
		t.Errorf("%v: %d rows of cycles", err, cycles)
	}
	if out := run("benchfmt"); strings.Count(out, "\nBenchmarkPlayground") != 3 {
		t.Errorf("%s", out)
	}
	if out := run("json"); strings.Count(out, "\n") != 3 {
		t.Errorf("%s", out)
	}
	for _, n := range []string{"0", "-1", "1000000"} {
		if code, _, stderr := call("", "run", good, "-k", "playground", "--repeat", n); code != exitUsage || !strings.Contains(stderr, "--repeat takes") {
			t.Errorf("%s: %d %s", n, code, stderr)
		}
	}
}

// TestSamples writes the samples of several runs into one file, and draws a histogram.
func TestSamples(t *testing.T) {
	needsChild(t)
	file := filepath.Join(t.TempDir(), "samples.csv")
	args := []string{"run", objectFile(t, "imul"), "-k", "playground", "--effort", "quick", "--samples", file, "--repeat", "2"}
	code, out, stderr := call("", append(args, "-o", "json")...)
	if code != exitGood {
		t.Fatalf("%d %s", code, stderr)
	}
	total := 0
	for line := range strings.Lines(out) {
		var r wire.Result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		total += len(r.Single)
		counted, good := 0, 0
		for _, b := range r.Histogram {
			counted += b.Count
		}
		for _, s := range r.Single {
			if s.Ticks == 0 && s.Why == "" {
				t.Errorf("%+v is accepted", s)
			}
			if s.Why == "" {
				good++
			}
		}
		if len(r.Histogram) > 0 && counted != good {
			t.Errorf("%d of %d accepted samples are in the histogram", counted, good)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != total+1 || total == 0 || rows[0][3] != "ticks" {
		t.Errorf("%v: %d rows for %d samples", err, len(rows), total)
	}
	if code, _, stderr := call("", "run", objectFile(t, "imul"), "-k", "playground", "--effort", "quick", "--samples", "/nowhere/file"); code != exitUnfit || !strings.Contains(stderr, "--samples") {
		t.Errorf("%d %s", code, stderr)
	}
}
