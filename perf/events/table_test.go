package events

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// Every line of the text is an event of the tables that it names, and of no
// other.
func TestEveryTableIsWhole(t *testing.T) {
	listed, unencodable := listedEvents(t), 0
	for _, name := range Names() {
		table, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if want := listed[name]; len(table.Events) != want || want < 20 {
			t.Errorf("%s has %d events, its text %d", name, len(table.Events), want)
		}
		delete(listed, name)
		for _, e := range table.Events {
			if e.Counters == 0 || e.Name == "" {
				t.Errorf("%s: %+v cannot be counted", name, e)
			}
			_, err := e.Encode(BuiltinFormat(table.AMD))
			if table.encodable(e) != (err == nil) {
				t.Errorf("%s %s: %v", name, e.Name, err)
			}
			if err != nil {
				unencodable++
			}
		}
		for what, find := range map[string]func() (Event, bool){"cycles": table.Cycles, "instructions": table.Instructions} {
			if _, ok := find(); !ok {
				t.Errorf("%s has no event for %s", name, what)
			}
		}
	}
	if len(Names()) == 0 || len(listed) != 0 {
		t.Errorf("of %d tables these have no counters in pmu-uarchs.tsv: %v", len(Names()), listed)
	}
	if unencodable != 8 { // MAB_* of JAGUAR
		t.Errorf("%d events cannot be encoded, want 8", unencodable)
	}
}

// listedEvents counts the events of each table in the text.
func listedEvents(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("data/pmu-events.tsv")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) < 2 { // the heading
			continue
		}
		for table := range strings.SplitSeq(f[len(f)-1], ",") {
			count[table]++
		}
	}
	return count
}

func TestEmbeddedTextIsTheCommittedText(t *testing.T) {
	for name, embedded := range map[string]string{"data/pmu-events.tsv": eventsText(), "data/pmu-metrics.tsv": metricsText()} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if embedded != string(want) {
			t.Errorf("%s.gz is not %s: run go generate ./perf/events", name, name)
		}
	}
}

// Real processors, with the signature that CPUID gives.
func TestTableFor(t *testing.T) {
	const intel, amd = "GenuineIntel", "AuthenticAMD"
	for _, c := range []struct {
		product string
		cpu     CPU
		want    string
	}{
		{"Atom N270", CPU{intel, 6, 0x1c, 2, 0, 0}, "BNL"},
		{"Atom D2700", CPU{intel, 6, 0x36, 1, 0, 0}, "BNL"},
		{"Xeon X5570", CPU{intel, 6, 0x1a, 5, 0, 0}, "NHM-EP"},
		{"Xeon X7560", CPU{intel, 6, 0x2e, 6, 0, 0}, "NHM-EX"},
		{"Core i5-650", CPU{intel, 6, 0x25, 2, 0, 0}, "WSM-EP-SP"},
		{"Xeon X5690", CPU{intel, 6, 0x2c, 2, 0, 0}, "WSM-EP-DP"},
		{"Xeon E7-4870", CPU{intel, 6, 0x2f, 2, 0, 0}, "WSM-EX"},
		{"Core i7-2600", CPU{intel, 6, 0x2a, 7, 0, 0}, "SNB"},
		{"Xeon E5-2670", CPU{intel, 6, 0x2d, 7, 0, 0}, "JKT"},
		{"Core i7-3770", CPU{intel, 6, 0x3a, 9, 0, 0}, "IVB"},
		{"Xeon E5-2670 v2", CPU{intel, 6, 0x3e, 4, 0, 0}, "IVT"},
		{"Core i7-4770", CPU{intel, 6, 0x3c, 3, 0, 0}, "HSW"},
		{"Core i7-4770R", CPU{intel, 6, 0x46, 1, 0, 0}, "HSW"},
		{"Xeon E5-2680 v3", CPU{intel, 6, 0x3f, 2, 0, 0}, "HSX"},
		{"Core i5-5300U", CPU{intel, 6, 0x3d, 4, 0, 0}, "BDW"},
		{"Core i7-5775C", CPU{intel, 6, 0x47, 1, 0, 0}, "BDW"},
		{"Xeon D-1540", CPU{intel, 6, 0x56, 2, 0, 0}, "BDW-DE"},
		{"Xeon E5-2690 v4", CPU{intel, 6, 0x4f, 1, 0, 0}, "BDX"},
		{"Core i7-6700K", CPU{intel, 6, 0x5e, 3, 0, 0}, "SKL"},
		{"Core i7-8700K", CPU{intel, 6, 0x9e, 10, 0, 0}, "SKL"},
		{"Core i9-10900K", CPU{intel, 6, 0xa5, 5, 0, 0}, "SKL"},
		{"Xeon Platinum 8180", CPU{intel, 6, 0x55, 4, 0, 0}, "SKX"},
		{"Xeon Platinum 8280", CPU{intel, 6, 0x55, 7, 0, 0}, "CLX"},
		{"Xeon Platinum 8380H", CPU{intel, 6, 0x55, 11, 0, 0}, "CLX"},
		{"Core i7-1065G7", CPU{intel, 6, 0x7e, 5, 0, 0}, "ICL"},
		{"Core i9-11900K", CPU{intel, 6, 0xa7, 1, 0, 0}, "RKL"},
		{"Core i7-1165G7", CPU{intel, 6, 0x8c, 1, 0, 0}, "TGL"},
		{"Xeon Platinum 8380", CPU{intel, 6, 0x6a, 6, 0, 0}, "ICX"},
		{"Core i9-12900K, P", CPU{intel, 6, 0x97, 2, 0x40, 1}, "ADL-P"},
		{"Core i9-12900K, E", CPU{intel, 6, 0x97, 2, 0x20, 1}, "ADL-E"},
		{"Core i9-13900K, E", CPU{intel, 6, 0xb7, 1, 0x20, 1}, "ADL-E"},
		{"Core i9-12900K, type unknown", CPU{intel, 6, 0x97, 2, 0, 0}, "ADL-P"},
		{"N100", CPU{intel, 6, 0xbe, 0, 0, 0}, "ADL-E"},
		{"Core Ultra 7 155H, P", CPU{intel, 6, 0xaa, 4, 0x40, 2}, "MTL-P"},
		{"Core Ultra 7 155H, E", CPU{intel, 6, 0xaa, 4, 0x20, 2}, "MTL-E"},
		{"Core Ultra 7 258V, P", CPU{intel, 6, 0xbd, 1, 0x40, 3}, "LNL-P"},
		{"Core Ultra 7 258V, E", CPU{intel, 6, 0xbd, 1, 0x20, 3}, "LNL-E"},
		{"Core Ultra 9 285K, P", CPU{intel, 6, 0xc6, 2, 0x40, 3}, "ARL-P"},
		{"Core Ultra 9 285K, E", CPU{intel, 6, 0xc6, 2, 0x20, 3}, "ARL-E"},
		{"Core Ultra 9 285H, low power", CPU{intel, 6, 0xc5, 2, 0x20, 2}, "ARL-LPE"},
		{"Panther Lake, E", CPU{intel, 6, 0xcc, 1, 0x20, 4}, "PTL-E"},
		{"Nova Lake, P", CPU{intel, 18, 1, 0, 0x40, 5}, "NVL-P"},
		{"Xeon Platinum 8480+", CPU{intel, 6, 0x8f, 8, 0, 0}, "SPR"},
		{"Xeon Platinum 8592+", CPU{intel, 6, 0xcf, 2, 0, 0}, "EMR"},
		{"Xeon 6980P", CPU{intel, 6, 0xad, 1, 0, 0}, "GNR"},
		{"Xeon 6780E", CPU{intel, 6, 0xaf, 3, 0, 0}, "SRF"},
		{"Clearwater Forest", CPU{intel, 6, 0xdd, 0, 0, 0}, "CWF"},
		{"Atom C2750", CPU{intel, 6, 0x4d, 8, 0, 0}, "SLM"},
		{"Atom C3958", CPU{intel, 6, 0x5f, 1, 0, 0}, "GLM"},
		{"Pentium Silver J5005", CPU{intel, 6, 0x7a, 1, 0, 0}, "GLP"},
		{"Atom x6425E", CPU{intel, 6, 0x96, 1, 0, 0}, "EHL"},
		{"Atom P5942B", CPU{intel, 6, 0x86, 7, 0, 0}, "SNR"},
		{"Xeon Phi 7250", CPU{intel, 6, 0x57, 1, 0, 0}, "KNL"},
		{"Phenom II X6 1090T", CPU{amd, 0x10, 0xa, 0, 0, 0}, "K10"},
		{"A8-3870K", CPU{amd, 0x12, 1, 0, 0, 0}, "LLANO"},
		{"E-350", CPU{amd, 0x14, 1, 0, 0, 0}, "BOBCAT"},
		{"FX-8150", CPU{amd, 0x15, 1, 2, 0, 0}, "BULLDOZER"},
		{"A10-7850K", CPU{amd, 0x15, 0x30, 1, 0, 0}, "BULLDOZER"},
		{"A4-5000", CPU{amd, 0x16, 0, 1, 0, 0}, "JAGUAR"},
		{"Ryzen 7 1800X", CPU{amd, 0x17, 1, 1, 0, 0}, "ZEN1"},
		{"Ryzen 7 2700X", CPU{amd, 0x17, 8, 2, 0, 0}, "ZEN1"},
		{"EPYC 7742", CPU{amd, 0x17, 0x31, 0, 0, 0}, "ZEN2"},
		{"Ryzen 9 3900X", CPU{amd, 0x17, 0x71, 0, 0, 0}, "ZEN2"},
		{"EPYC 7763", CPU{amd, 0x19, 1, 1, 0, 0}, "ZEN3"},
		{"Ryzen 9 5950X", CPU{amd, 0x19, 0x21, 0, 0, 0}, "ZEN3"},
		{"EPYC 9654", CPU{amd, 0x19, 0x11, 1, 0, 0}, "ZEN4"},
		{"Ryzen 9 7950X", CPU{amd, 0x19, 0x61, 2, 0, 0}, "ZEN4"},
		{"EPYC 9754", CPU{amd, 0x19, 0xa0, 2, 0, 0}, "ZEN4"},
		{"EPYC 9755", CPU{amd, 0x1a, 2, 1, 0, 0}, "ZEN5"},
		{"Ryzen 9 9950X", CPU{amd, 0x1a, 0x44, 0, 0, 0}, "ZEN5"},
		{"Dhyana", CPU{"HygonGenuine", 0x18, 0, 1, 0, 0}, "ZEN1"},
	} {
		table, err := ForCPU(c.cpu)
		if err != nil || table.Name != c.want || table.Doubt != "" {
			t.Errorf("%s: %+v, %v, want %s", c.product, table, err, c.want)
		}
		if got, _, err := TableFor(c.cpu); got != c.want || err != nil {
			t.Errorf("%s: table %s, %v, want %s", c.product, got, err, c.want)
		}
	}
	for product, cpu := range map[string]CPU{
		"Pentium": {intel, 5, 2, 0, 0, 0}, "Pentium 4": {intel, 15, 4, 0, 0, 0}, "Core 2": {intel, 6, 0x17, 0, 0, 0}, "Zen 6": {amd, 0x1a, 0x50, 0, 0, 0},
		"a model to come": {intel, 6, 0xfe, 0, 0, 0}, "Zhaoxin": {"  Shanghai  ", 7, 0x3b, 0, 0, 0}, "nothing": {},
	} {
		var unknown *UnknownCPUError
		if table, err := ForCPU(cpu); !errors.As(err, &unknown) || unknown.CPU != cpu {
			t.Errorf("%s: %v, %v", product, table, err)
		}
	}
}

// Kinds of core that the list does not have stand in for none in silence.
func TestUnknownKindsOfCore(t *testing.T) {
	table, err := ForCPU(CPU{Vendor: "GenuineIntel", Family: 6, Model: 0xc5, CoreType: 0x20, NativeModel: 7})
	if err != nil || table.Name != "ARL-E" || !strings.Contains(table.Doubt, "native model 0x7") {
		t.Errorf("%+v, %v", table, err)
	}
	if table, err = ForCPU(CPU{Vendor: "GenuineIntel", Family: 6, Model: 0xc5, CoreType: 0x60, NativeModel: 3}); err == nil {
		t.Errorf("a third type of core has the table %s", table.Name)
	}
}

func TestFind(t *testing.T) {
	for s, want := range map[string]string{"adl-e": "ADL-E", "intel:6:0x8f": "SPR", "amd:25:17:1": "ZEN4", "AuthenticAMD:0x1a:2": "ZEN5"} {
		if table, err := Find(s); err != nil || table.Name != want {
			t.Errorf("%s: %v, %v", s, table, err)
		}
	}
	for _, bad := range []string{"", "ADL", "intel:6", "intel:6:x", "intel:99:1", "a:b:c:d:e"} {
		if table, err := Find(bad); err == nil {
			t.Errorf("%q is %s", bad, table.Name)
		}
	}
}

// Every processor of the list must lead to a table that loads.
func TestEveryListedCPUHasItsTable(t *testing.T) {
	names := Names()
	rows := 0
	for line := range strings.Lines(cpusTSV) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if f[0] == "vendor" {
			continue
		}
		rows++
		if len(f) != 8 || !slices.Contains(names, f[7]) {
			t.Errorf("%q leads to no table", line)
		}
	}
	if rows < 90 {
		t.Errorf("only %d rows", rows)
	}
}
