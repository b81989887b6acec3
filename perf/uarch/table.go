package uarch

const (
	amd   = "AuthenticAMD"
	intel = "GenuineIntel"

	big   = 0x40 // core types of leaf 0x1A
	small = 0x20
)

// commonStep is the latency of imul r32, r32 on every 64-bit processor of AMD,
// Hygon and Intel that InstLatx64 has a dump of, but for the rows of facts.
const commonStep = 3

// fact is what differs from the common. 0 and "" are the common.
type fact struct {
	name       string
	costsOf    string
	chainStep  float64
	witnessMix float64 // cycles
}

// facts has a row for each microarchitecture that differs.
func facts() []fact {
	return []fact{
		// imul: InstLatx64, dumps 0600F12 to 0660F51, 00106C2, 0030661, 0000F43.
		{name: "Bulldozer", chainStep: 4},
		{name: "Piledriver", chainStep: 4},
		{name: "Steamroller", chainStep: 4},
		{name: "Excavator", chainStep: 4},
		{name: "Bonnell", chainStep: 5},
		{name: "Saltwell", chainStep: 5},
		{name: "NetBurst", chainStep: 10},

		// Mixes of the witness: measured with this project's own stub, alone on the
		// core; perf/stats/testdata has the samples. On Zen turns were of 16 mixes then,
		// whose end is a fifth of a cycle.
		{name: "Zen 4", witnessMix: 16.2 / 16},
		{name: "Zen 5", witnessMix: 16.2 / 16},
		{name: "Redwood Cove", witnessMix: 64.15 / 64},

		// AMD calls these the same microarchitecture, laid out denser, with less cache,
		// or with other power states.
		{name: "Zen 3+", costsOf: "Zen 3"},
		{name: "Zen 4c", costsOf: "Zen 4"},
		{name: "Zen 5c", costsOf: "Zen 5"},
		// InstLatx64, dumps 0050654 and 0050657, 0090672 and 00B0671: 95 and 98 % of
		// the latencies are equal, the rest are of microcode and of memory.
		{name: "Cascade Lake", costsOf: "Skylake"},
		{name: "Raptor Cove", costsOf: "Golden Cove"},
	}
}

// proof is of instructions that few microarchitectures have.
type proof struct {
	shown func(CPU) bool
	cores []string // that have them
}

// proofs are searched from above. Source: Intel's Architecture Instruction Set
// Extensions Programming Reference (319433), "Recent Instruction Set Extensions"
// of chapter 1.
func proofs() []proof {
	return []proof{
		{func(c CPU) bool { return c.AVX10 == 1 }, []string{"Redwood Cove"}}, // of Granite Rapids; all later ones have version 2
		{func(c CPU) bool { return c.AMX }, []string{"Golden Cove", "Raptor Cove", "Redwood Cove", "Panther Cove"}},
	}
}

// signature is what CPUID says on a microarchitecture.
type signature struct {
	name      string
	vendor    string
	family    int
	models    string // hexadecimal numbers and ranges
	steppings string // likewise; all if empty
	coreType  uint8  // any if 0
	native    uint32 // any if 0
}

// signatures are searched from above. Sources: of AMD, Linux
// arch/x86/kernel/cpu/amd.c (bsp_init_amd) for the generations, and AMD's
// processor programming references and the names of InstLatx64's dumps for
// what is inside one; of Intel, Linux arch/x86/include/asm/intel-family.h, and
// Intel's perfmon tables for the core types of hybrids.
func signatures() []signature {
	list := []signature{
		{name: "Zen", vendor: "HygonGenuine", family: 0x18, models: "00-ff"},
		{name: "Cascade Lake", vendor: intel, family: 6, models: "55", steppings: "5-f"}, // and Cooper Lake
		{name: "NetBurst", vendor: intel, family: 0xf, models: "03-06"},
		{name: "Panther Cove", vendor: intel, family: 0x13, models: "01"},

		{name: "Crestmont", vendor: intel, family: 6, models: "c5", coreType: small, native: 2}, // of low power
	}
	for _, a := range []struct {
		family       int
		name, models string
	}{
		{0xf, "K8", "00-ff"},
		{0x10, "K10", "00-ff"},
		{0x12, "K10", "00-ff"},
		{0x14, "Bobcat", "00-0f"},
		{0x15, "Bulldozer", "00-01"},
		{0x15, "Piledriver", "02 10-1f"},
		{0x15, "Steamroller", "30-3f"},
		{0x15, "Excavator", "60-7f"},
		{0x16, "Jaguar", "00-0f"},
		{0x16, "Puma", "30-3f"},
		{0x17, "Zen+", "08 18"},
		{0x17, "Zen", "00-2f 50-5f"},
		{0x17, "Zen 2", "30-4f 60-7f 84 90-91 98 a0-af"},
		{0x19, "Zen 3+", "40-4f"},
		{0x19, "Zen 3", "00-0f 20-5f"},
		{0x19, "Zen 4/4c", "78-7f"}, // Phoenix 2
		{0x19, "Zen 4c", "a0-af"},
		{0x19, "Zen 4", "10-1f 60-9f"},
		{0x1a, "Zen 5c", "10-1f"},
		{0x1a, "Zen 5/5c", "20-2f 60-6f"}, // Strix Point, Krackan Point; 256 bits wide
		{0x1a, "Zen 5", "00-0f 40-4f 70-7f"},
		{0x1a, "Zen 6", "50-5f 80-af c0-cf"},
	} {
		list = append(list, signature{name: a.name, vendor: amd, family: a.family, models: a.models})
	}
	for _, i := range []struct{ name, models string }{
		{"Merom", "0f 16"},
		{"Penryn", "17 1d"},
		{"Nehalem", "1a 1e-1f 2e"},
		{"Westmere", "25 2c 2f"},
		{"Sandy Bridge", "2a 2d"},
		{"Ivy Bridge", "3a 3e"},
		{"Haswell", "3c 3f 45-46"},
		{"Broadwell", "3d 47 4f 56"},
		{"Skylake", "4e 55 5e 8e 9e a5-a6"}, // to Comet Lake
		{"Palm Cove", "66"},
		{"Sunny Cove", "6a 6c 7d-7e 9d"},
		{"Willow Cove", "8c-8d"},
		{"Cypress Cove", "a7"},
		{"Golden Cove", "8f"},
		{"Raptor Cove", "cf d7"},
		{"Redwood Cove", "ad-ae"},
		{"Bonnell", "1c 26"},
		{"Saltwell", "27 35-36"},
		{"Silvermont", "37 4a 4d 5a 5d"},
		{"Airmont", "4c 75"},
		{"Goldmont", "5c 5f"},
		{"Goldmont Plus", "7a"},
		{"Tremont", "86 96 9c"},
		{"Gracemont", "be"},
		{"Crestmont", "af b6"},
		{"Darkmont", "dd"},
		{"Knights Landing", "57"},
		{"Knights Mill", "85"},
	} {
		list = append(list, signature{name: i.name, vendor: intel, family: 6, models: i.models})
	}
	for _, h := range []struct {
		family                  int
		name, models, big, atom string
	}{
		{6, "Lakefield", "8a", "Sunny Cove", "Tremont"},
		{6, "Alder Lake", "97 9a", "Golden Cove", "Gracemont"},
		{6, "Raptor Lake", "b7 ba bf", "Raptor Cove", "Gracemont"},
		{6, "Meteor Lake", "aa ac b5", "Redwood Cove", "Crestmont"}, // b5 is sold as Arrow Lake U
		{6, "Lunar Lake", "bd", "Lion Cove", "Skymont"},
		{6, "Arrow Lake", "c5-c6", "Lion Cove", "Skymont"},
		{6, "Panther Lake", "cc d5 e5", "Cougar Cove", "Darkmont"},
		{0x12, "Nova Lake", "01 03", "Coyote Cove", "Arctic Wolf"},
	} {
		list = append(list,
			signature{name: h.big, vendor: intel, family: h.family, models: h.models, coreType: big},
			signature{name: h.atom, vendor: intel, family: h.family, models: h.models, coreType: small},
			signature{name: h.name, vendor: intel, family: h.family, models: h.models})
	}
	return list
}
