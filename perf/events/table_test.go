package events

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The counts are those of the vendors' data, as listed beside each table.
func TestEveryTableIsWhole(t *testing.T) {
	total, unencodable := 0, 0
	for _, name := range Names() {
		table, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(table.Events)
		if want := listedEvents(t, name); len(table.Events) != want {
			t.Errorf("%s has %d events, want %d", name, len(table.Events), want)
		}
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
	if len(Names()) != 57 || total != 21249 {
		t.Errorf("%d tables with %d events, want 57 with 21249", len(Names()), total)
	}
	if unencodable != 8 { // MAB_* of JAGUAR
		t.Errorf("%d events cannot be encoded, want 8", unencodable)
	}
}

func listedEvents(t *testing.T, table string) int {
	for line := range strings.Lines(uarchsTSV) {
		if f := strings.Split(line, "\t"); f[0] == table {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s is not listed", table)
	return 0
}

func TestEmbeddedTextIsTheCommittedText(t *testing.T) {
	for name, embedded := range map[string]string{"data/pmu-events.tsv": eventsText(), "data/pmu-metrics.tsv": metricsText()} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if embedded != string(want) {
			t.Errorf("%s.gz is not %s: run make tables", name, name)
		}
	}
}

func TestTableFor(t *testing.T) {
	for _, c := range []struct {
		cpu  CPU
		want string
	}{
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x3d}, "BDW"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x8f, Stepping: 8}, "SPR"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x55, Stepping: 4}, "SKX"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x55, Stepping: 7}, "CLX"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x97, CoreType: 0x20, NativeModel: 1}, "ADL-E"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x97, CoreType: 0x40, NativeModel: 1}, "ADL-P"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0x97}, "ADL-P"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0xc5, CoreType: 0x20, NativeModel: 2}, "ARL-LPE"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0xc5, CoreType: 0x20, NativeModel: 3}, "ARL-E"},
		{CPU{Vendor: "GenuineIntel", Family: 6, Model: 0xbe}, "ADL-E"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x11}, "ZEN4"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x19, Model: 0x21}, "ZEN3"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x17, Model: 0x31}, "ZEN2"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x1a, Model: 0x44}, "ZEN5"},
		{CPU{Vendor: "AuthenticAMD", Family: 0x15, Model: 0x38}, "BULLDOZER"},
		{CPU{Vendor: "HygonGenuine", Family: 0x18, Model: 1}, "ZEN1"},
	} {
		if got, err := TableFor(c.cpu); got != c.want || err != nil {
			t.Errorf("TableFor(%+v) = %s, %v, want %s", c.cpu, got, err, c.want)
		}
	}
	var unknown *UnknownCPUError
	if _, err := TableFor(CPU{Vendor: "GenuineIntel", Family: 5, Model: 2}); !errors.As(err, &unknown) {
		t.Errorf("a Pentium: %v", err)
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
