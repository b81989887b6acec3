package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"webrunner/internal/wire"
)

// swept is a sweep whose third point has failed.
func swept(t *testing.T) *wire.Sweep {
	t.Helper()
	s := &wire.Sweep{Axes: []string{"n", "incx"}, Caches: []uint64{48 << 10, 1 << 20}}
	for _, n := range []int{1024, 4096, 16384, 65536, 262144} {
		for _, inc := range []string{"1", "2"} {
			p := wire.Point{Params: map[string]json.Number{"n": json.Number(strconv.Itoa(n)), "incx": json.Number(inc)}}
			if n == 16384 {
				p.Problem = wire.Problemf(wire.Crashed, "read past <x> &\x1b[31m")
			} else {
				p.Result = &wire.Result{
					Kernel: "sdot", Params: map[string]json.Number{"n": p.Params["n"]}, ABI: wire.ABI{OK: true}, Integrity: wire.Consistent, Verify: wire.Verify{Status: wire.VerifyMatch},
					Work:     wire.Work{Elements: float64(n), Bytes: 8 * float64(n)},
					Counters: []wire.Counter{{Name: "Cycles", Value: float64(n) / 4, Unit: "cycles", Source: wire.TSCCalibrated, CI95: [2]float64{float64(n)/4 - 5, float64(n)/4 + 5}}},
				}
			}
			s.Points = append(s.Points, p)
		}
	}
	return s
}

func TestSweepForms(t *testing.T) {
	s := swept(t)
	if SweepSound(s) {
		t.Error("a sweep with a point that failed is sound")
	}
	for _, f := range SweepFormats() {
		var b bytes.Buffer
		if err := f.Write(&b, s); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		text := b.String()
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s commands a terminal: %q", f.Name, text)
		}
		if f.Name != "json" && !strings.Contains(text, "read past") {
			t.Errorf("%s does not tell of the point that failed: %s", f.Name, text)
		}
		switch f.Name {
		case "csv":
			if rows, err := csv.NewReader(&b).ReadAll(); err != nil || len(rows) != 11 {
				t.Errorf("%d rows, %v", len(rows), err)
			}
		case "svg":
			d := xml.NewDecoder(&b)
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			for _, want := range []string{"L1 48 KiB", "L2 1 MiB", "Cycles per element", "prefers-color-scheme:dark", "256 Ki", "incx=1"} {
				if !strings.Contains(text, want) {
					t.Errorf("the chart lacks %q: %s", want, text)
				}
			}
			if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("a place is no number: %s", text)
			}
		}
	}
	var b bytes.Buffer
	if err := SweepSVG(&b, &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{{Problem: wire.Problemf(wire.Crashed, "x")}}}); err != nil || !strings.Contains(b.String(), "no point has a figure") {
		t.Errorf("%s, %v", b.String(), err)
	}
}

// TestScales: ticks are within the axis, a few, and labels tell them apart.
func TestScales(t *testing.T) {
	for _, values := range [][]float64{{1, 2, 4, 1024}, {64, 16 << 20}, {0, 63}, {5}, {0.25, 0.7}, {1, 3, 1e6}, {-5, 10}, {1000, 1040}, {0.001, 900}, {3, 50}} {
		s := newScale(values, 0, 100)
		ticks, seen := s.ticks(), make(map[string]bool)
		if len(ticks) < 1 || len(ticks) > 13 {
			t.Errorf("%v: %d ticks", values, len(ticks))
		}
		for _, v := range ticks {
			if at := s.at(v); math.IsNaN(at) || at < -1 || at > 101 || seen[s.label(v)] {
				t.Errorf("%v: tick %v (%s) at %v", values, v, s.label(v), at)
			}
			seen[s.label(v)] = true
		}
	}
	if s := yScale([]float64{1, 2}); s.label(s.ticks()[0]) != "0" {
		t.Errorf("an axis from nothing begins at %s", s.label(s.ticks()[0]))
	}
}

func TestRoofline(t *testing.T) {
	s := swept(t)
	p := &wire.Peaks{Peaks: []wire.Peak{{Name: "fma-f32-512", Value: 64}, {Name: "fma-f64-512", Value: 32}, {Name: "load-L1", Value: 128}, {Name: "load-memory", Value: 4}}}
	var b bytes.Buffer
	if err := Roofline(&b, s, p); err != nil || !strings.Contains(b.String(), "no point has both") {
		t.Errorf("%s, %v", b.String(), err)
	}
	for i, q := range s.Points {
		if q.Result == nil {
			continue
		}
		if flops := 2 * q.Result.Work.Elements; i%2 == 0 {
			q.Result.Work.FLOPs = flops
		} else {
			q.Result.Counters = append(q.Result.Counters, wire.Counter{Name: "FLOPs", Value: flops, Unit: "FLOPs", Source: wire.Counted, Exact: true})
		}
	}
	b.Reset()
	if err := Roofline(&b, s, &wire.Peaks{}); err != nil || !strings.Contains(b.String(), "no peak is known") {
		t.Errorf("%s, %v", b.String(), err)
	}
	b.Reset()
	if err := Roofline(&b, s, p); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Count(text, "<circle") != 8 || strings.Count(text, `class="roof"`) != 4 || !strings.Contains(text, "load-memory") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("%s", text)
	}
	b.Reset()
	if err := Roofline(&b, s, &wire.Peaks{}); err != nil || !strings.Contains(b.String(), "no peak is known") {
		t.Errorf("%s, %v", b.String(), err)
	}
}

// TestSweepInstructions: the table has a column of exact counts where there are any, and
// only then.
func TestSweepInstructions(t *testing.T) {
	s := swept(t)
	var b bytes.Buffer
	table := func() string {
		b.Reset()
		if err := SweepTable(&b, s); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if strings.Contains(table(), "instructions") {
		t.Errorf("a column of nothing: %s", b.String())
	}
	for i := range s.Points {
		if r := s.Points[i].Result; r != nil {
			r.Counters = append(r.Counters, wire.Counter{Name: wire.FigureInstructions, Value: 123456789, Unit: "instructions", Source: wire.Counted, Exact: true})
			break
		}
	}
	if text := table(); strings.Count(text, "instructions") != 1 || strings.Count(text, " 123456789") != 1 {
		t.Errorf("%s", text)
	}
}

// TestComparisonExact: the ratio of exact counts is shown with the counts.
func TestComparisonExact(t *testing.T) {
	r := wire.Ratio{
		Name: "Loads", Unit: "loads", Source: wire.Counted, Ratio: 1.00000001, CI95: [2]float64{1.00000001, 1.00000001}, Verdict: wire.Slower, Pairs: 1,
		Cells: wire.Cells{A: []float64{100000000}, B: []float64{100000001}},
	}
	var b bytes.Buffer
	if err := ComparisonText(&b, &wire.Comparison{A: new(wire.Result), B: new(wire.Result), Ratios: []wire.Ratio{r}}); err != nil {
		t.Fatal(err)
	}
	if want := "Loads (counted): slower (b/a 1.0000, exactly: 100000001 instead of 100000000 loads)\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
}

// TestSweepTableIsNarrow: why points failed stands below the table, once, and no line is wider
// than a terminal.
func TestSweepTableIsNarrow(t *testing.T) {
	why := wire.Problemf(wire.Crashed, "the kernel read the address 0x20000ffc, %s past operand x", strings.Repeat("far ", 40))
	s := &wire.Sweep{Axes: []string{"n"}, Points: []wire.Point{
		{Params: map[string]json.Number{"n": "1"}, Problem: why}, {Params: map[string]json.Number{"n": "2"}, Problem: why},
	}}
	var b strings.Builder
	if err := SweepTable(&b, s); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > 121 {
			t.Errorf("a line of %d characters: %s", utf8.RuneCountInString(line), line)
		}
	}
	if n := strings.Count(b.String(), "0x20000ffc"); n != 1 || !strings.Contains(b.String(), "n=1, n=2: crashed: ") {
		t.Errorf("the reason stands there %d times:\n%s", n, b.String())
	}
}
