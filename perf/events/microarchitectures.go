package events

import (
	"fmt"
	"strings"
)

// microarchitecture is what one kind of core is called, and a processor that has it;
// without one no vendor has published its events in a form for programs.
type microarchitecture struct{ names, cpu string }

// microarchitectures has the names that GCC 14 (-march), LLVM 19 (-mcpu) and PeachPy
// (peachpy.x86_64.uarch) have, in lower case and without what separates words. Of a
// hybrid processor the cores that its name stands for are the fast ones.
func microarchitectures() []microarchitecture {
	return []microarchitecture{
		{"prescott nocona", ""},
		{"core2 conroe core2duossse3", ""},
		{"penryn core2duosse41", ""},
		{"nehalem corei7", "intel:6:0x1a"},
		{"westmere", "intel:6:0x2c"},
		{"sandybridge corei7avx core2ndgenavx", "intel:6:0x2a"},
		{"ivybridge coreavxi core3rdgenavx", "intel:6:0x3a"},
		{"haswell coreavx2 core4thgenavx core4thgenavxtsx", "intel:6:0x3c"},
		{"broadwell core5thgenavx core5thgenavxtsx", "intel:6:0x3d"},
		{"skylake", "intel:6:0x5e"},
		{"skylakeavx512 skx skylakexeon", "intel:6:0x55:4"},
		{"cascadelake", "intel:6:0x55:7"},
		{"cooperlake", "intel:6:0x55:11"},
		{"cannonlake", ""},
		{"icelakeclient icelake", "intel:6:0x7e"},
		{"icelakeserver", "intel:6:0x6a"},
		{"rocketlake", "intel:6:0xa7"},
		{"tigerlake", "intel:6:0x8c"},
		{"sapphirerapids", "intel:6:0x8f"},
		{"emeraldrapids", "intel:6:0xcf"},
		{"graniterapids", "intel:6:0xad"},
		{"graniterapidsd", "intel:6:0xae"},
		{"diamondrapids", ""},
		{"alderlake raptorlake", "ADL-P"},
		{"gracemont", "ADL-E"},
		{"meteorlake", "MTL-P"},
		{"arrowlake arrowlakes", "ARL-P"},
		{"lunarlake", "LNL-P"},
		{"pantherlake wildcatlake", "PTL-P"},
		{"novalake", "NVL-P"},
		{"sierraforest", "intel:6:0xaf"},
		{"grandridge", "intel:6:0xb6"},
		{"clearwaterforest", "intel:6:0xdd"},
		{"bonnell atom saltwell", "intel:6:0x1c"},
		{"silvermont slm airmont", "intel:6:0x37"},
		{"goldmont", "intel:6:0x5c"},
		{"goldmontplus", "intel:6:0x7a"},
		{"tremont", "intel:6:0x96"},
		{"knl knightslanding micavx512", "intel:6:0x57"},
		{"knm", "intel:6:0x85"},
		{"k8 opteron athlon64 athlonfx k8sse3 opteronsse3 athlon64sse3", ""},
		{"amdfam10 barcelona k10", "amd:0x10:2"},
		{"bobcat btver1", "amd:0x14:1"},
		{"bulldozer bdver1", "amd:0x15:1"},
		{"piledriver bdver2", "amd:0x15:2"},
		{"steamroller bdver3", "amd:0x15:0x30"},
		{"excavator bdver4", "amd:0x15:0x60"},
		{"jaguar btver2", "amd:0x16:0"},
		{"znver1 zen zen1", "amd:0x17:1"},
		{"znver2 zen2", "amd:0x17:0x31"},
		{"znver3 zen3", "amd:0x19:0x21"},
		{"znver4 zen4", "amd:0x19:0x11"},
		{"znver5 zen5", "amd:0x1a:0x44"},
	}
}

// Microarchitectures are the names of microarchitectures that Find knows, the first of
// each, where there is a table of it.
func Microarchitectures() (names []string) {
	for _, m := range microarchitectures() {
		if first, _, _ := strings.Cut(m.names, " "); m.cpu != "" {
			names = append(names, first)
		}
	}
	return names
}

// findMicroarchitecture returns the processor of a microarchitecture, false where its
// name is not known.
func findMicroarchitecture(name string) (cpu string, known bool, err error) {
	plain := strings.NewReplacer("-", "", "_", "", " ", "", "+", "plus").Replace(strings.ToLower(name))
	if rest, ok := strings.CutPrefix(plain, "x8664"); ok && (rest == "" || rest[0] == 'v') {
		return "", true, fmt.Errorf("events: %s is a level that many processors have, each with events of its own", name)
	}
	for _, m := range microarchitectures() {
		for n := range strings.FieldsSeq(m.names) {
			if n != plain {
				continue
			}
			if m.cpu == "" {
				return "", true, fmt.Errorf("events: there is no table of the events of %s", name)
			}
			return m.cpu, true, nil
		}
	}
	return "", false, nil
}
