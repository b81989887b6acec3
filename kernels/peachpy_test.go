package kernels

import (
	"strings"
	"testing"
)

func TestFromPeachPy(t *testing.T) {
	one := func(ret, args string) string {
		return `[{"entry": "function", "name": "f", "symbol": "_f_SNB_AVX", "return": "` + ret + `", "arguments": [` + args +
			`], "arch": "x86-64", "abi": "SystemV x86-64 ABI", "uarch": "SNB", "isa": ["AVX"]}]`
	}
	arg := func(name, typ string) string { return `{"name": "` + name + `", "type": "` + typ + `"}` }
	several := strings.Replace(one("void", ""), "[{", `[{"entry": "constant"}, {"entry": "function", "symbol": "g", "return": "int", "arguments": [], "arch": "x86-64"}, {`, 1)
	for _, tt := range []struct {
		metadata, symbol, want string // the prototype, or part of the error
		proposal, fails        bool
	}{
		{one("float", arg("x", "const float*")+", "+arg("y", "float* const")+", "+arg("n", "size_t")+", "+arg("m", "uint32_t")), "",
			"float _f_SNB_AVX(const float x[n], float y[n], size_t n = 1000, uint32_t m = 1)", true, false},
		{one("void", arg("p", "void*")+", "+arg("rows", "const uint8_t**")+", "+arg("v", "__m256")), "",
			"void _f_SNB_AVX(void p[1000], const uint8_t *rows[1] = each(uint8_t[1000]), __m256 v = 1)", true, false},
		{one("uint64_t", ""), "", "uint64_t _f_SNB_AVX()", false, false},
		{several, "g", "int g()", false, false},
		{several, "", "several functions, say which: g, _f_SNB_AVX", false, true},
		{several, "h", "no function h, but g, _f_SNB_AVX", false, true},
		{"[]", "", "has no function", false, true},
		{"{}", "", "no metadata of PeachPy", false, true},
		{one("void", arg("x", "float***")), "", `argument x of _f_SNB_AVX has type "float***"`, false, true},
		{one("void", arg("x y", "int")), "", "function _f_SNB_AVX: prototype, column", false, true},
		{strings.Replace(one("void", ""), "x86-64\", \"abi", "arm\", \"abi", 1), "", "is for arm, not for x86-64", false, true},
	} {
		got, proposal, err := FromPeachPy([]byte(tt.metadata), tt.symbol)
		if tt.fails {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %s, %v; want %s", tt.metadata, got, err, tt.want)
			}
			continue
		}
		if err != nil || got != tt.want || proposal != tt.proposal {
			t.Errorf("%s: %s, %v, %v; want %s", tt.metadata, got, proposal, err, tt.want)
		}
	}
}
