package events

import (
	"slices"
	"strings"
	"testing"
)

// Every name of a microarchitecture leads to a table, or to an error that says that
// there is none; however it is written.
func TestMicroarchitectures(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range microarchitectures() {
		for name := range strings.FieldsSeq(m.names) {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			table, err := Find(name)
			if (err == nil) != (m.cpu != "") || err == nil && len(table.Events) == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, want := range map[string]string{
		"haswell": "HSW", "Haswell": "HSW", "core-avx2": "HSW", "sandy_bridge": "SNB", "Sandy Bridge": "SNB", "corei7-avx": "SNB", "ivy_bridge": "IVB",
		"skylake-avx512": "SKX", "skx": "SKX", "skylake_xeon": "SKX", "cascadelake": "CLX", "cooperlake": "CLX", "icelake-server": "ICX", "sapphirerapids": "SPR",
		"alderlake": "ADL-P", "gracemont": "ADL-E", "goldmont-plus": "GLP", "tremont": "EHL", "atom": "BNL", "slm": "SLM", "knights_landing": "KNL",
		"barcelona": "K10", "bdver3": "BULLDOZER", "steamroller": "BULLDOZER", "btver2": "JAGUAR", "znver1": "ZEN1", "zen": "ZEN1", "znver5": "ZEN5", "adl-e": "ADL-E", "HSX": "HSX",
	} {
		if table, err := Find(name); err != nil || table.Name != want {
			t.Errorf("%s: %v, %v, want %s", name, table, err, want)
		}
	}
	table, err := Find("steamroller")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := table.Lookup("RETIRED_SSEAVX_FLOPS.SP_FMA"); !ok {
		t.Error("by its name Steamroller has not the names of 2016")
	}
	for name, want := range map[string]string{
		"haswel": "there are nehalem", "x86-64-v3": "a level", "penryn": "no table of the events of penryn", "k8": "no table", "": "no microarchitecture",
	} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if list := Microarchitectures(); !slices.Contains(list, "haswell") || slices.Contains(list, "k8") {
		t.Errorf("%v", list)
	}
}
