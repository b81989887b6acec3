package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// timed is a result whose call takes so many nanoseconds, give or take one.
func timed(machine string, ns float64) *wire.Result {
	return &wire.Result{
		Kernel: "sdot", Params: map[string]json.Number{"n": "64"}, ABI: wire.ABI{OK: true}, Integrity: wire.Consistent,
		Verify: wire.Verify{Status: wire.VerifyMatch}, Host: wire.Host{Machine: machine, CPU: "cpu of " + machine},
		Counters: []wire.Counter{
			{Name: "Cycles", Value: 1000 - ns, Unit: "cycles", Source: wire.TSCCalibrated, CI95: [2]float64{999 - ns, 1001 - ns}},
			{Name: "Time", Value: ns, Unit: "ns", Source: wire.TSC, CI95: [2]float64{ns - 1, ns + 1}},
		},
	}
}

// ran is four machines: two that answer, one that failed, and one that is quick and wrong.
func ran() Fleet[*wire.Result] {
	wrong := timed("liar", 1)
	wrong.Verify = wire.Verify{Status: wire.VerifyMismatch, Why: "y[3] is 1"}
	return Fleet[*wire.Result]{
		{Machine: "zen4", Of: timed("a", 80)},
		{Machine: "spr", Problem: wire.Problemf(wire.Unfit, "no more \x1b[31m layers")},
		{Machine: "zen5", Of: timed("b", 60)},
		{Machine: "liar", Of: wrong},
	}
}

// TestFastest: the least time of a sound result wins, whatever its cycles are, and whose
// interval meets its own is as fast.
func TestFastest(t *testing.T) {
	near := ran()
	near[0].Of = timed("a", 61.5)
	cycles := ran()
	cycles[2].Of.Counters = cycles[2].Of.Counters[:1]
	bare := ran()
	bare[0].Of.Counters[1].CI95, bare[2].Of.Counters[1].CI95 = [2]float64{}, [2]float64{}
	alone := ran()
	alone[2].Of.ABI.OK = false
	for name, row := range map[string]struct {
		fleet Fleet[*wire.Result]
		by    string
		want  []string
	}{
		"one":             {ran(), "Time", []string{"zen5"}},
		"two alike":       {near, "Time", []string{"zen4", "zen5"}},
		"no time of all":  {cycles, "Cycles", []string{"zen4"}},
		"no intervals":    {bare, "Time", []string{"zen5"}},
		"one sound":       {alone, "Time", []string{"zen4"}},
		"nobody is sound": {ran()[1:2], "", nil},
	} {
		for _, r := range runRows(row.fleet) {
			if want := row.want; r.Name == row.by && !slices.Equal(r.Fastest, want) || r.Name != row.by && r.Fastest != nil {
				t.Errorf("%s: %s: fastest %q", name, r.Name, r.Fastest)
			}
		}
	}
}

// TestRunFleet: whatever the form, each machine is told of, the one that failed with its
// reason, and the fastest is marked.
func TestRunFleet(t *testing.T) {
	for _, f := range RunFleetFormats() {
		var b bytes.Buffer
		if err := f.Write(&b, ran()); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, want := range []string{"zen4", "zen5", "spr", "unfit", "no more", "liar"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", f.Name, want, text)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s commands a terminal: %q", f.Name, text)
		}
		switch f.Name {
		case "table":
			for _, want := range []string{"* 60 ns ±1.7 %", "* fastest by Time: zen5; zen4 takes 1.33 times as much", "WRONG", "zen5: b: cpu of b"} {
				if !strings.Contains(text, want) || strings.Count(text, "* ") != 2 {
					t.Errorf("the matrix lacks %q:\n%s", want, text)
				}
			}
		case "json":
			var doc struct {
				Machines []struct {
					Machine string
					Result  *wire.Result
					Problem *wire.Problem
				}
				Rows []struct {
					Name   string
					Values []*struct{ Value float64 }
				}
				Fastest []string
			}
			if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Machines) != 4 || doc.Machines[1].Problem.Class != wire.Unfit || doc.Machines[2].Result.Kernel != "sdot" || doc.Machines[1].Result != nil {
				t.Errorf("%+v", doc.Machines)
			}
			if !slices.Equal(doc.Fastest, []string{"zen5"}) || len(doc.Rows) != 2 || doc.Rows[1].Values[1] != nil || doc.Rows[1].Values[2].Value != 60 {
				t.Errorf("%s", text)
			}
		case "csv":
			rows, err := csv.NewReader(&b).ReadAll()
			if err != nil || len(rows) != 8 {
				t.Fatalf("%v, %d rows: %s", err, len(rows), text)
			}
			at := func(i int, column string) string { return rows[i][slices.Index(rows[0], column)] }
			if at(2, "machine_id") != "zen4" || at(2, "fastest") != "false" || at(4, "fastest") != "true" || at(6, "fastest") != "false" || at(1, "fastest") != "" || !strings.HasPrefix(at(7, "problem"), "unfit: ") {
				t.Errorf("%s", text)
			}
		case "benchfmt":
			if at := strings.LastIndex(text, "verify: mismatch"); strings.Index(text, "machine-id: liar") > at || !strings.Contains(text[at:], "\nverify:\n") || !strings.Contains(text, "# spr: unfit: ") {
				t.Errorf("%s", text)
			}
		}
	}
}

// TestBenchfmtTakesBack: what one benchmark says against itself, how it was measured and
// which side it is do not hold for those behind it.
func TestBenchfmtTakesBack(t *testing.T) {
	bad, good := timed("a", 1), timed("b", 2)
	bad.Verify.Status, bad.Integrity, bad.ABI.OK, bad.Counters[0].Trust = wire.VerifyMismatch, wire.Suspect, false, "broken: x"
	bad.Conditions = wire.Conditions{Mode: "throughput", Data: "warm", Code: "warm", Pages: "small"}
	at := func(n json.Number) map[string]json.Number { return map[string]json.Number{"n": n} }
	both := func(w io.Writer) error {
		ratio := wire.Ratio{Name: "Time", Unit: "ns", Cells: wire.Cells{A: []float64{1}, B: []float64{2}}}
		if err := ComparisonBenchfmt(w, &wire.Comparison{A: bad, B: good, Ratios: []wire.Ratio{ratio}}); err != nil {
			return err
		}
		return SweepBenchfmt(w, &wire.Sweep{Points: []wire.Point{{Params: at("1"), Result: bad}, {Params: at("2"), Result: good}}})
	}
	var b bytes.Buffer
	if err := fleetBenchfmt(&b, Fleet[int]{{Machine: "one"}}, func(w io.Writer, _ int) error { return both(w) }); err != nil {
		t.Fatal(err)
	}
	if err := Benchfmt(&b, good); err != nil {
		t.Fatal(err)
	}
	holds, seen := map[string]string{}, 0 // as a reader of the format keeps it
	for l := range strings.Lines(b.String()) {
		key, value, ok := strings.Cut(strings.TrimSuffix(l, "\n"), ":")
		switch {
		case strings.HasPrefix(l, "Benchmark"):
			seen++
			want := 0 // which of five are of the bad one
			if seen == 1 || seen == 3 {
				want = 5
			}
			n := 0
			for _, k := range []string{"verify", "integrity", "abi", "trust", "measured"} {
				if holds[k] != "" {
					n++
				}
			}
			if n != want || (holds["side"] != "") != (seen < 3) || (holds["machine-id"] != "") != (seen < 5) {
				t.Errorf("benchmark %d: %q", seen, holds)
			}
		case ok && strings.TrimSpace(value) == "":
			delete(holds, key)
		case ok:
			holds[key] = strings.TrimSpace(value)
		}
	}
	if seen != 5 {
		t.Errorf("%d benchmarks: %s", seen, b.String())
	}
}

// TestSweepFleet: each point has its own fastest machine, and a point that failed at one of
// them says why.
func TestSweepFleet(t *testing.T) {
	a, b := swept(t), swept(t)
	b.Points[0].Result.Counters[0].Value /= 2
	b.Points[0].Result.Counters[0].CI95 = [2]float64{125, 130}
	b.Points[4] = wire.Point{Params: b.Points[4].Params, Result: b.Points[3].Result}
	f := Fleet[*wire.Sweep]{{Machine: "zen4", Of: a}, {Machine: "zen5", Of: b}, {Machine: "spr", Problem: wire.Problemf(wire.Unreachable, "gone")}}
	rows := sweepRows(f)
	if len(rows) != len(a.Points) || !slices.Equal(rows[0].Fastest, []string{"zen5"}) || !slices.Equal(rows[1].Fastest, []string{"zen4", "zen5"}) || !slices.Equal(rows[4].Fastest, []string{"zen5"}) || rows[5].Fastest != nil {
		t.Errorf("%+v", rows)
	}
	for _, form := range SweepFleetFormats() {
		var out bytes.Buffer
		if err := form.Write(&out, f); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, want := range []string{"zen4", "zen5", "spr", "unreachable: gone", "read past"} {
			if form.Name != "json" && !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", form.Name, want, text)
			}
		}
		switch form.Name {
		case "table":
			if !strings.Contains(text, "crashed") || !strings.Contains(text, "* 128 cycles") {
				t.Errorf("%s", text)
			}
		case "csv":
			table, err := csv.NewReader(&out).ReadAll()
			if err != nil || len(table) != 22 || table[1][slices.Index(table[0], "fastest")] != "false" {
				t.Errorf("%v: %s", err, text)
			}
		}
	}
}

// TestComparisonFleet: both sides have their fastest machine, and ratios their verdicts.
func TestComparisonFleet(t *testing.T) {
	of := func(a, b float64) *wire.Comparison {
		return &wire.Comparison{A: timed("a", a), B: timed("a", b), Ratios: []wire.Ratio{{Name: "Time", Unit: "ns", Source: wire.TSC, Ratio: b / a, CI95: [2]float64{b/a - .01, b/a + .01}, Verdict: wire.Faster}}}
	}
	failed := of(80, 20)
	failed.Failed = []string{"Cycles>1.02"}
	f := Fleet[*wire.Comparison]{{Machine: "zen4", Of: of(100, 50)}, {Machine: "zen5", Of: failed}, {Machine: "spr", Problem: wire.Problemf(wire.Crashed, "boom")}}
	for _, form := range ComparisonFleetFormats() {
		var b bytes.Buffer
		if err := form.Write(&b, f); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, want := range []string{"zen4", "zen5", "spr", "crashed: boom"} {
			if form.Name != "json" && !strings.Contains(text, want) {
				t.Errorf("%s lacks %q: %s", form.Name, want, text)
			}
		}
		want := map[string]string{
			"text": "FAILED Cycles>1.02", "json": `"name":"b/a: Time"`, "csv": "zen5,sdot", "benchfmt": "machine-id: zen5",
			"github": "::error title=webrunner compare at spr::crashed: boom",
		}[form.Name]
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: %s", form.Name, want, text)
		}
		if form.Name == "text" && (strings.Count(text, "* ") != 3 || !strings.Contains(text, "0.5000 faster")) {
			t.Errorf("%s", text)
		}
	}
}

// TestCheckFleet: the matrix has each machine's finding, and below it each failure.
func TestCheckFleet(t *testing.T) {
	bad := &wire.Checked{Symbol: "f", Cases: 10, Seed: 7, Failures: []wire.Failure{{Kind: wire.FailMismatch, Detail: "y[3] is wrong"}}}
	f := Fleet[*wire.Checked]{{Machine: "zen4", Of: &wire.Checked{OK: true, Symbol: "f", Cases: 10}}, {Machine: "zen5", Of: bad}, {Machine: "spr", Problem: wire.Problemf(wire.QueueFull, "full")}}
	for _, form := range CheckFleetFormats() {
		var b bytes.Buffer
		if err := form.Write(&b, f); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"zen4", "zen5", "spr", "queue-full", "y[3] is wrong"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s lacks %q: %s", form.Name, want, b.String())
			}
		}
	}
}
