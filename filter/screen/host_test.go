package screen

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// lacking gives the features that a named microarchitecture misses for one instruction.
func lacking(t *testing.T, h Host, code string) string {
	t.Helper()
	v := screened(oneFunction(append(unhex(t, code), 0xC3)), h, Options{})
	var names []string
	for _, l := range v.HostLacks {
		if l.Symbol != "kernel" || l.Offset != 0 {
			t.Errorf("%s: %s first needed by %s+%#x", code, l.Feature, l.Symbol, l.Offset)
		}
		names = append(names, l.Feature)
	}
	return strings.Join(names, " ")
}

// TestNeeds asks many processors about one instruction of every kind of need.
func TestNeeds(t *testing.T) {
	for _, x := range []struct{ code, isa, host, lacks string }{
		{"48 01 c8", "", "x86-64", ""},
		{"d8 c1", "", "x86-64", ""},
		{"0f 58 c1", "SSE", "x86-64", ""},
		{"66 0f 58 c1", "SSE2", "x86-64", ""},
		{"0f 6f c1", "MMX", "x86-64", ""},
		{"66 0f 38 40 c1", "SSE4.1", "core2", "SSE4.1"},
		{"66 0f 38 40 c1", "SSE4.1", "nehalem", ""},
		{"f2 0f 38 f1 c1", "SSE4.2", "x86-64-v2", ""},
		{"f3 0f b8 c1", "POPCNT", "core2", "POPCNT"},
		{"f3 0f bd c1", "LZCNT", "ivybridge", "LZCNT"},
		{"f3 0f bc c1", "", "x86-64", ""}, // TZCNT
		{"c4 e2 70 f3 c9", "BMI1", "haswell", ""},
		{"66 0f 38 dc c1", "AES", "core2", "AES"},
		{"c5 f8 58 c1", "AVX", "westmere", "AVX"},
		{"c5 f8 58 c1", "AVX", "sandybridge", ""},
		{"c5 fd fe c1", "AVX2", "ivybridge", "AVX2"},
		{"c4 e2 7d 13 c1", "F16C", "sandybridge", "F16C"},
		{"c4 e2 71 b8 c2", "AVX FMA", "ivybridge", "FMA"},
		{"c4 e2 71 b8 c2", "AVX FMA", "znver1", ""},
		{"c4 e2 f0 f5 c2", "BMI2", "haswell", ""},
		{"c4 e3 71 69 c2 30", "AVX FMA4", "haswell", "FMA4"},
		{"c4 e3 71 69 c2 30", "AVX FMA4", "bdver1", ""},
		{"8f e8 78 c0 c1 01", "AVX XOP", "znver1", "XOP"},
		{"8f e9 78 01 c8", "TBM", "bdver2", ""},
		{"0f 0f c1 9e", "3DNOW", "k8", ""},
		{"0f 0f c1 9e", "3DNOW", "haswell", "3DNOW"},
		{"62 f1 74 48 58 c2", "AVX512F", "haswell", "AVX512F"},
		{"62 f1 74 48 58 c2", "AVX512F", "knl", ""},
		{"62 f1 74 28 58 c2", "AVX512F AVX512VL", "knl", "AVX512VL"}, // 256 bits
		{"62 f1 74 08 58 c2", "AVX512F AVX512VL", "knl", "AVX512VL"},
		{"62 f1 74 18 58 c2", "AVX512F", "knl", ""}, // a rounding mode makes it 512
		{"62 f1 76 08 58 c2", "AVX512F", "knl", ""}, // scalar
		{"62 f1 75 48 fc c2", "AVX512BW", "knl", "AVX512BW"},
		{"62 f2 75 48 50 c2", "AVX512_VNNI", "skylake-avx512", "AVX512_VNNI"},
		{"62 f2 75 48 50 c2", "AVX512_VNNI", "cascadelake", ""},
		{"62 f2 75 28 50 c2", "AVX512VL AVX512_VNNI", "skylake-avx512", "AVX512_VNNI"},
		{"c4 e2 75 50 c2", "AVX_VNNI", "cascadelake", "AVX_VNNI"}, // the same by VEX
		{"c4 e2 75 50 c2", "AVX_VNNI", "alderlake", ""},
		{"62 f2 76 48 52 c2", "AVX512_BF16", "znver4", ""},
		{"62 f5 74 48 58 c2", "AVX512_FP16", "znver4", "AVX512_FP16"},
		{"62 f5 74 48 58 c2", "AVX512_FP16", "sapphirerapids", ""},
		{"62 f2 75 48 cf c2", "AVX512F GFNI", "skylake-avx512", "GFNI"},
		{"c5 ec 41 c2", "AVX512F", "skylake", "AVX512F"}, // KANDW
		{"c4 e2 7b 49 c0", "AMX_TILE", "icelake-server", "AMX_TILE"},
		{"c4 e2 7b 49 c0", "AMX_TILE", "sapphirerapids", ""},
		{"c4 e2 73 5e c2", "AMX_INT8 AMX_TILE", "sapphirerapids", ""},
		{"d5 10 01 c8", "APX_F", "sapphirerapids", "APX_F"},
		{"d5 10 01 c8", "APX_F", "diamondrapids", ""},
		{"62 f4 7c 18 01 c8", "APX_F APX_NCI_NDD_NF", "sapphirerapids", "APX_F APX_NCI_NDD_NF"},
		{"62 f9 7c 48 10 00", "APX_F AVX512F", "sapphirerapids", "APX_F"}, // AVX-512 through r16
		{"62 f5 fd 48 5a c2", "AVX512_FP16", "sapphirerapids", ""},
		{"62 f5 7d 48 58 c2", "AVX10 AVX10.2", "sapphirerapids", "AVX10 AVX10.2"}, // VADDBF16
		{"62 f5 7d 48 58 c2", "AVX10 AVX10.2", "diamondrapids", ""},
		{"0f 38 c8 c1", "SHA", "skylake", "SHA"},
		{"0f 38 f9 00", "MOVDIRI", "skylake", "MOVDIRI"},
		{"0f 01 fc", "CLZERO", "haswell", "CLZERO"},
		{"48 0f c7 08", "CX16", "x86-64", "CX16"},
		{"9f", "LAHF_SAHF", "x86-64", "LAHF_SAHF"},
		{"f3 0f 1e fa", "", "x86-64", ""}, // no-ops where they are unknown
		{"0f 0d 08", "", "x86-64", ""},
		{"0f 1a c0", "", "x86-64", ""},
	} {
		h, err := Assume(x.host)
		if err != nil {
			t.Fatal(err)
		}
		if got := lacking(t, h, x.code); got != x.lacks {
			t.Errorf("%s on %s: lacks %q, want %q", x.code, x.host, got, x.lacks)
		}
		v := screened(oneFunction(append(unhex(t, x.code), 0xC3)), h, Options{})
		if got := strings.Join(v.ISA, " "); got != x.isa {
			t.Errorf("%s: needs %q, want %q", x.code, got, x.isa)
		}
		if v.Runnable() != (x.lacks == "") {
			t.Errorf("%s on %s: runnable %v", x.code, x.host, v.Runnable())
		}
	}
}

// TestState wants the state that the operating system withholds named as such.
func TestState(t *testing.T) {
	full, _ := Assume("sapphirerapids")
	for _, x := range []struct {
		code  string
		xcr0  uint64
		lacks string
	}{
		{"c5 f8 58 c1", 0x7, ""},
		{"c5 f8 58 c1", 0x3, "YMM state (XCR0)"},
		{"c5 f8 58 c1", 0x0, "YMM state (XCR0)"},
		{"62 f1 74 48 58 c2", 0x7, "ZMM state (XCR0)"},
		{"62 f1 74 48 58 c2", 0x67, "ZMM state (XCR0)"},
		{"62 f1 74 48 58 c2", 0xE7, ""},
		{"c5 ec 41 c2", 0x7, "ZMM state (XCR0)"}, // KANDW
		{"c4 e2 7b 49 c0", 0xE7, "tile state (XCR0)"},
		{"c4 e2 7b 49 c0", 0x600E7, ""},
		{"66 0f 38 dc c1", 0, ""},
		{"c4 e2 f0 f5 c2", 0, ""}, // BMI2 has VEX and no vector state
	} {
		h := full
		h.XCR0 = x.xcr0
		if got := lacking(t, h, x.code); got != x.lacks {
			t.Errorf("%s with XCR0 %#x: lacks %q, want %q", x.code, x.xcr0, got, x.lacks)
		}
	}
	noOSXSAVE := full
	noOSXSAVE.CPUID = func(leaf, sub uint32) (a, b, c, d uint32) {
		a, b, c, d = full.CPUID(leaf, sub)
		if leaf == 1 {
			c &^= 1 << osxsaveBit
		}
		return
	}
	if got := lacking(t, noOSXSAVE, "c5 f8 58 c1"); got != "YMM state (XCR0)" {
		t.Errorf("without OSXSAVE: lacks %q", got)
	}
}

// TestAVX10 wants AVX10 to stand for the AVX-512 features that it replaces, and only them.
func TestAVX10(t *testing.T) {
	version := func(v uint32) Host {
		h := Host{XCR0: 0xE7, CPUID: func(leaf, sub uint32) (a, b, c, d uint32) {
			switch {
			case leaf == 0:
				a = 0x24
			case leaf == 1:
				c = 1<<osxsaveBit | 1<<28
			case leaf == 7 && sub == 0:
				a = 1
			case leaf == 7 && sub == 1:
				d = 1 << 19
			case leaf == 0x24 && sub == 0:
				b = v
			}
			return
		}}
		return h
	}
	for _, x := range []struct {
		code    string
		version uint32
		lacks   string
	}{
		{"62 f1 74 48 58 c2", 1, ""},
		{"62 f2 75 28 50 c2", 1, ""},
		{"62 f5 74 48 58 c2", 1, ""},
		{"62 f2 7d 48 c8 c2", 1, "AVX512ER"},
		{"62 f5 7d 48 58 c2", 1, "AVX10.2"},
		{"62 f5 7d 48 58 c2", 2, ""},
		{"62 f5 7d 48 58 c2", 3, ""},
	} {
		if got := lacking(t, version(x.version), x.code); got != x.lacks {
			t.Errorf("%s on AVX10.%d: lacks %q, want %q", x.code, x.version, got, x.lacks)
		}
	}
}

// TestLeafLimits wants leaves beyond the last to count as empty: Intel processors answer them with the last one.
func TestLeafLimits(t *testing.T) {
	h := Host{CPUID: func(leaf, sub uint32) (a, b, c, d uint32) {
		if leaf == 0 || leaf == 0x80000000 {
			return leaf | 1, 0, 0, 0
		}
		return ^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)
	}}
	if got := lacking(t, h, "f3 0f b8 c1"); got != "" {
		t.Errorf("leaf 1 is not believed: lacks %q", got)
	}
	if got := lacking(t, h, "0f 38 c8 c1"); got != "SHA" {
		t.Errorf("leaf 7 is believed on a processor that ends at 1: lacks %q", got)
	}
}

func TestAssumeUnknown(t *testing.T) {
	if _, err := Assume("pentium"); err == nil || !strings.Contains(err.Error(), "znver4") {
		t.Errorf("%v does not name what is known", err)
	}
	if h, err := Assume("ZNVER4"); err != nil || h.CPUID == nil {
		t.Errorf("names are case-sensitive: %v", err)
	}
}

// TestMicroarchitectureTable wants every base and every feature to exist, and no name twice.
func TestMicroarchitectureTable(t *testing.T) {
	names := Microarchitectures()
	if s := slices.Clone(names); len(slices.Compact(slices.Sorted(slices.Values(s)))) != len(names) {
		t.Error("a name is there twice")
	}
	for _, m := range microarchitectures {
		if m.base != "" && findMicroarchitecture(m.base) == nil {
			t.Errorf("%s is based on unknown %q", m.name, m.base)
		}
		for _, f := range strings.Fields(m.adds) {
			if !slices.ContainsFunc(features[:], func(x feature) bool { return x.name == f }) {
				t.Errorf("%s adds unknown %q", m.name, f)
			}
		}
	}
}

// gccMacros are the compiler's words for features.
var gccMacros = map[string]string{
	"SSE3": "SSE3", "SSSE3": "SSSE3", "SSE4.1": "SSE4_1", "SSE4.2": "SSE4_2", "POPCNT": "POPCNT", "AVX": "AVX", "AVX2": "AVX2", "FMA": "FMA",
	"FMA4": "FMA4", "XOP": "XOP", "TBM": "TBM", "LWP": "LWP", "SSE4A": "SSE4A", "F16C": "F16C", "BMI1": "BMI", "BMI2": "BMI2", "LZCNT": "LZCNT",
	"MOVBE": "MOVBE", "ADX": "ADX", "RDRAND": "RDRND", "RDSEED": "RDSEED", "AES": "AES", "PCLMULQDQ": "PCLMUL", "SHA": "SHA", "GFNI": "GFNI",
	"VAES": "VAES", "VPCLMULQDQ": "VPCLMULQDQ", "FSGSBASE": "FSGSBASE", "XSAVE": "XSAVE", "XSAVEC": "XSAVEC", "XSAVEOPT": "XSAVEOPT",
	"XSAVES": "XSAVES", "CLFLUSHOPT": "CLFLUSHOPT", "CLWB": "CLWB", "CLZERO": "CLZERO", "RDPID": "RDPID", "PKU": "PKU", "WAITPKG": "WAITPKG",
	"MOVDIRI": "MOVDIRI", "MOVDIR64B": "MOVDIR64B", "ENQCMD": "ENQCMD", "SERIALIZE": "SERIALIZE", "UINTR": "UINTR",
	"TSX_LDTRK": "TSXLDTRK", "HRESET": "HRESET", "PCONFIG": "PCONFIG", "WBNOINVD": "WBNOINVD", "AVX_VNNI": "AVXVNNI",
	"AMX_TILE": "AMX_TILE", "AMX_INT8": "AMX_INT8", "AMX_BF16": "AMX_BF16",
	"AVX512F": "AVX512F", "AVX512CD": "AVX512CD", "AVX512BW": "AVX512BW", "AVX512DQ": "AVX512DQ", "AVX512VL": "AVX512VL", "AVX512ER": "AVX512ER",
	"AVX512PF": "AVX512PF", "AVX512_IFMA": "AVX512IFMA", "AVX512_VBMI": "AVX512VBMI", "AVX512_VBMI2": "AVX512VBMI2", "AVX512_VNNI": "AVX512VNNI",
	"AVX512_BITALG": "AVX512BITALG", "AVX512_VPOPCNTDQ": "AVX512VPOPCNTDQ", "AVX512_BF16": "AVX512BF16", "AVX512_FP16": "AVX512FP16",
	"AVX512_VP2INTERSECT": "AVX512VP2INTERSECT", "AVX512_4FMAPS": "AVX5124FMAPS", "AVX512_4VNNIW": "AVX5124VNNIW", "3DNOW": "3dNOW",
}

// gccDiffers lists where GCC 12 says something else, and why it is not followed.
var gccDiffers = map[string]string{
	"sapphirerapids AVX512_VP2INTERSECT": "a mistake that GCC 13 took back",
	"knl AES":                            "all models have AES",
	"knm AES":                            "all models have AES",
	"btver1 XSAVE":                       "Bobcat has no state to save by it",
}

// TestAssumeGCC compares every microarchitecture that the installed GCC knows with the compiler's macros.
func TestAssumeGCC(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("needs gcc")
	}
	compared := 0
	for _, m := range microarchitectures {
		out, err := exec.Command("gcc", "-march="+m.name, "-dM", "-E", "-x", "c", "/dev/null").Output()
		if err != nil {
			continue // newer than this GCC
		}
		compared++
		has := map[string]bool{}
		for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
			if f := strings.Fields(lines.Text()); len(f) > 1 {
				has[f[1]] = true
			}
		}
		h, _ := Assume(m.name)
		can := h.abilities()
		for ours, theirs := range gccMacros {
			if can.feature(ours) != has["__"+theirs+"__"] && gccDiffers[m.name+" "+ours] == "" {
				t.Errorf("%s: we say %s is %v, GCC %v", m.name, ours, can.feature(ours), has["__"+theirs+"__"])
			}
		}
	}
	if compared < 20 {
		t.Errorf("GCC knows only %d of our microarchitectures", compared)
	}
}
