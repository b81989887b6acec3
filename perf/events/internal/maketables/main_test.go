package main

import (
	"bytes"
	"encoding/json"
	"io"
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
	if got := have.bytes(); !bytes.Equal(got, want) {
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
	if err := run(io.Discard, dir, true, "", ""); err != nil {
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
		{listed{EventName: "CPU_CLK_UNHALTED.CORE", Counter: "Fixed counter 2"}, false,
			row{"CPU_CLK_UNHALTED.CORE", [8]string{"3c"}, [2]string{"200000000", "200000000"}, ""}},
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
	changed := row{"A", [8]string{"3"}, [2]string{"3", "3"}, ""}
	fresh := row{"C", [8]string{"4"}, [2]string{"3", "3"}, ""}
	metric := row{"M", [8]string{"", "80"}, [2]string{"1000000000000", "1000000000000"}, "M"}
	have := tables{names: []string{"SKL", "K10"}, events: map[string][]row{"SKL": {a, b, metric}, "K10": {b}}}
	linux := tables{events: map[string][]row{"SKL": {changed, fresh}}}
	var out strings.Builder
	compare(have, linux).writeTo(&out)
	for _, want := range []string{"SKL\t0\t2\t1\t1\t1\n", "not in this Linux: K10\n", "SKL encoding A: 1: here, 3: in Linux\n", "SKL counters A: f here, 3 in Linux\n", "SKL only here: B M\n", "SKL only in Linux: C\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	merged := merge(have, linux)
	if want := []row{{"A", [8]string{"3"}, [2]string{"f", "ff"}, "D"}, fresh, metric}; !slices.Equal(merged.events["SKL"], want) {
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
	if run(io.Discard, "", true, "", "") == nil || run(io.Discard, "x", false, "", "") == nil || run(io.Discard, "x", true, "y", "") == nil {
		t.Error("wrong use passed")
	}
}

// asLinux writes an event as Linux's JSON has it.
func asLinux(r row, unit string) map[string]string {
	e := map[string]string{"EventName": r.name, "EventCode": "0x" + r.encoding[0]}
	if r.encoding[0] == "" {
		e["EventCode"] = "0x0"
	}
	if unit != "" {
		e["Unit"] = unit
	}
	for i, key := range []string{"UMask", "CounterMask", "Invert", "EdgeDetect", "AnyThread", "MSRIndex", "MSRValue"} {
		if v := r.encoding[1+i]; v != "" {
			e[key] = "0x" + v
		}
	}
	return e
}

// A Linux that says what is embedded must give back what is embedded, byte for
// byte: reading, normalising, merging and writing lose nothing.
func TestRoundTrip(t *testing.T) {
	have, err := readTable(filepath.Join(data, "pmu-events.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	linux := t.TempDir()
	written := map[string]bool{}
	for _, s := range sources {
		if written[s.table] {
			s.table = "" // alderlaken has the table of alderlake's cpu_atom
		}
		written[s.table] = true
		list := []map[string]string{{"EventName": "UNC_X", "EventCode": "0x1", "Unit": "CHA"}}
		for _, r := range have.events[s.table] {
			list = append(list, asLinux(r, s.unit))
		}
		text, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(linux, s.dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(linux, s.dir, "all"+s.unit+".json"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(linux, "mapfile.csv"), []byte("Family-model,Version,Filename,EventType\nGenuineIntel-6-9[7A],v1,alderlake,core\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := run(io.Discard, data, false, linux, out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pmu-events.tsv", "pmu-events.tsv.gz"} {
		got, err1 := os.ReadFile(filepath.Join(out, name))
		want, err2 := os.ReadFile(filepath.Join(data, name))
		if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s came back as %d bytes of %d: %v, %v", name, len(got), len(want), err1, err2)
		}
	}
}

func TestMapOfProcessors(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mapfile.csv")
	text := "Family-model,Version,Filename,EventType\nGenuineIntel-6-55-[01234],v1,skylakex,core\nGenuineIntel-6-55-[56789ABCDEF],v1,cascadelakex,core\n" +
		"GenuineIntel-6-(97|9A),v1,alderlake,core\nAuthenticAMD-25-([245][[:xdigit:]]|[[:xdigit:]]),v1,amdzen3,core\nAuthenticAMD-25-[[:xdigit:]]+,v1,amdzen4,core\n"
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := readMap(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		vendor                  string
		family, model, stepping int
		want                    string
	}{
		{"GenuineIntel", 6, 0x55, 4, "skylakex"}, {"GenuineIntel", 6, 0x55, 7, "cascadelakex"}, {"GenuineIntel", 6, 0x9a, 3, "alderlake"},
		{"AuthenticAMD", 0x19, 0x21, 0, "amdzen3"}, {"AuthenticAMD", 0x19, 0x11, 0, "amdzen4"}, {"GenuineIntel", 6, 0x9, 0, ""},
	} {
		if got := m.match(c.vendor, c.family, c.model, c.stepping); got != c.want {
			t.Errorf("%+v is %q", c, got)
		}
	}
	var out strings.Builder
	if err := compareProcessors(&out, filepath.Dir(name)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"processors GenuineIntel family 0x6 models 0x5e-0x5e: SKL here, none in Linux\n",
		"processors AuthenticAMD family 0x19 models 0x30-0x3f: ZEN3 here, amdzen4 in Linux\n",
		"processors AuthenticAMD family 0x14 models 0x0-0xff: BOBCAT here, none in Linux\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s\nlacks %s", &out, want)
		}
	}
}

func TestStems(t *testing.T) {
	if got, want := stems([]string{"B.2", "A", "B.1", "C:r=1", "C:r=2"}), "A B.* (2) C:* (2)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
