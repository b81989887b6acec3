package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const data = "../../data"

func TestCommittedTableIsInTheGeneratorsOrder(t *testing.T) {
	have, err := readTable(filepath.Join(data, "pmu-events.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(data, "pmu-events.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := func(b []byte) []string {
		l := strings.Split(string(b), "\n")
		slices.Sort(l)
		return l
	}
	if got := have.bytes(); !slices.Equal(lines(got), lines(want)) {
		t.Errorf("the table does not survive reading and writing: %d bytes, want %d", len(got), len(want))
	}
}

func TestPackIsReproducible(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pmu-events.tsv", "pmu-metrics.tsv"} {
		text, err := os.ReadFile(filepath.Join(data, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(dir, true, "", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pmu-events.tsv.gz", "pmu-metrics.tsv.gz"} {
		got, err1 := os.ReadFile(filepath.Join(dir, name))
		want, err2 := os.ReadFile(filepath.Join(data, name))
		if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what -pack makes: %v, %v", name, err1, err2)
		}
	}
}

func TestRowOfLinux(t *testing.T) {
	for _, c := range []struct {
		e    listed
		amd  bool
		want row
	}{
		{listed{EventName: "A", EventCode: "0x79", UMask: "0x24", CounterMask: "1", Counter: "0,1,2,3"}, false,
			row{"A", [8]string{"79", "24", "1"}, [2]string{"f", "f"}, ""}},
		{listed{EventName: "INST_RETIRED.ANY", UMask: "0x1", Counter: "Fixed counter 0"}, false,
			row{"INST_RETIRED.ANY", [8]string{"c0"}, [2]string{"100000000", "100000000"}, ""}},
		{listed{EventName: "OCR.X", EventCode: "0xB7,0xBB", UMask: "0x1", MSRIndex: "0x1a6,0x1a7", MSRValue: "0x10001", Counter: "0,1", Deprecated: "1"}, false,
			row{"OCR.X", [8]string{"b7", "1", "", "", "", "", "1a6", "10001"}, [2]string{"3", "3"}, "D"}},
		{listed{EventName: "z", EventCode: "0x1a0", UMask: "0x1e"}, true,
			row{"z", [8]string{"1a0", "1e"}, [2]string{"3f", "3f"}, ""}},
	} {
		if got, err := c.e.row(c.amd); err != nil || got != c.want {
			t.Errorf("%+v, %v, want %+v", got, err, c.want)
		}
	}
	if _, err := (listed{EventName: "A", EventCode: "zz"}).row(false); err == nil {
		t.Error("a code that is no number passed")
	}
}

// A small Linux tree must be found the same as itself, and each kind of
// difference be told.
func TestCompareAndMerge(t *testing.T) {
	a := row{"A", [8]string{"1"}, [2]string{"f", "ff"}, "D"}
	b := row{"B", [8]string{"2"}, [2]string{"f", "ff"}, ""}
	changed := row{"A", [8]string{"3"}, [2]string{"f", "f"}, ""}
	fresh := row{"C", [8]string{"4"}, [2]string{"3", "3"}, ""}
	have := tables{names: []string{"SKL", "K10"}, events: map[string][]row{"SKL": {a, b}, "K10": {b}}}
	linux := tables{events: map[string][]row{"SKL": {changed, fresh}}}
	var out strings.Builder
	compare(&out, have, linux)
	for _, want := range []string{"SKL\t0\t1\t1\t1\n", "K10\tnot in this Linux\n", "SKL A: 1: here, 3: in Linux\n", "SKL only in Linux: C\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	merged := merge(have, linux)
	if want := []row{{"A", [8]string{"3"}, [2]string{"f", "ff"}, "D"}, fresh}; !slices.Equal(merged.events["SKL"], want) {
		t.Errorf("merged %+v, want %+v", merged.events["SKL"], want)
	}
	if !slices.Equal(merged.events["K10"], []row{b}) {
		t.Errorf("K10 became %+v", merged.events["K10"])
	}
}

func TestReadLinuxNeedsEveryDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, s := range sources {
		if err := os.MkdirAll(filepath.Join(dir, s.dir), 0o755); err != nil {
			t.Fatal(err)
		}
		text := `[{"EventName":"X","EventCode":"0x3c","UMask":"0x1","Counter":"0,1","Unit":"` + s.unit + `"},{"EventName":"U","EventCode":"1","Unit":"CHA"},{"MetricName":"M"}]`
		name := filepath.Join(dir, s.dir, "a"+s.unit+".json")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readLinux(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if len(got.events[s.table]) != 1 || got.events[s.table][0].name != "X" {
			t.Errorf("%s: %+v", s.table, got.events[s.table])
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "skylake")); err != nil {
		t.Fatal(err)
	}
	if _, err := readLinux(dir); err == nil || !strings.Contains(err.Error(), "skylake") {
		t.Errorf("a missing directory: %v", err)
	}
}

func TestRunRefusesWrongUse(t *testing.T) {
	if run("", true, "", "") == nil || run("x", false, "", "") == nil || run("x", true, "y", "") == nil {
		t.Error("wrong use passed")
	}
}
