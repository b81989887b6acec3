package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// vectorObject compiles testdata/vectors.c with a compiler, or skips the test.
func vectorObject(t *testing.T, dir, compiler string, options ...string) string {
	t.Helper()
	needsTools(t, compiler)
	object := filepath.Join(dir, compiler+strings.Join(options, "")+".o")
	args := append([]string{"-c", "-Wno-psabi", "-fno-stack-protector", "testdata/vectors.c", "-o", object}, options...)
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	return object
}

// widestVector is what options of compilers this host can run the code of.
func widestVector() []string {
	switch used := processor.XGETBV(); {
	case used&0xe6 == 0xe6:
		return []string{"-mssse3", "-mavx", "-mavx512f"}
	case used&6 == 6:
		return []string{"-mssse3", "-mavx"}
	}
	return []string{"-mssse3"}
}

// TestVectors: vectors arrive in the registers, or on the stack, where gcc and clang look for
// them, and what is returned is told in the order of memory.
func TestVectors(t *testing.T) {
	needsChild(t)
	floats := func(v ...float32) string {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		return hex.EncodeToString(b)
	}
	doubles := func(v ...float64) string {
		var b []byte
		for _, x := range v {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return hex.EncodeToString(b)
	}
	options := widestVector()
	fast, slow, dir := make(map[string]string), make(map[string]string), t.TempDir()
	for _, compiler := range []string{"gcc", "clang"} {
		t.Run(compiler, func(t *testing.T) {
			fast[compiler], slow[compiler] = vectorObject(t, dir, compiler, append(options, "-O2")...), vectorObject(t, dir, compiler, append(options, "-O0")...)
		})
	}
	for _, tt := range []struct{ needs, prototype, want string }{
		{"-mssse3", "__m128 add4(__m128 a = {1, 2, 3, 4}, __m128 b = index)", floats(1, 3, 5, 7)},
		{"-mssse3", `__m128 add4(__m128 a = hex"0000803f", __m128 b = k) with (float k = -0.5)`, floats(0.5, -0.5, -0.5, -0.5)},
		{"-mssse3", "__m128d sub2(__m128d a = {1, 2.5}, __m128d b = zero)", doubles(1, 2.5)},
		{"-mssse3", "__m128i shuffle16(__m128i a = {10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,255}, __m128i b = {15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0})",
			"ff18171615141312" + "11100f0e0d0c0b0a"},
		{"-mssse3", "double mixed4(float a = 1.5, __m128 v = index, double b = 100, __m128d w = {0, 0.25}, int n = 7)", "111.75"},
		{"-mssse3", "__m128 stack4(__m128 a = 1, __m128 b, __m128 c, __m128 d, __m128 e, __m128 f, __m128 g, __m128 h = 2, int n = 3, float x = 0.5, __m128 i = index, double y = 4)",
			floats(-1, 6.5, 14, 21.5)},
		{"-mavx", "__m256 add8(__m256 a = {1, 2, 3, 4, 5, 6, 7, 8}, __m256 b = 0.5)", floats(1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5)},
		{"-mavx", "__m256i bits4(__m256i a = {1, 2, 3, -1}, __m256i b = 1)", "0000000000000000" + "0300000000000000" + "0200000000000000" + "feffffffffffffff"},
		{"-mavx", "__m256d stack8(__m256d a = 1, __m256d b, __m256d c, __m256d d, __m256d e, __m256d f, __m256d g, __m256d h = 2, float x = 0.5, __m128 u = index, __m256d i = index, int n = 3, __m256d j = 10)",
			doubles(4.5, 14.5, 24.5, 34.5)},
		{"-mavx512f", "__m512 add16(__m512 a = index, __m512 b = 100)",
			floats(100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115)},
		{"-mavx512f", "__m512i sum8(__m512i a = permutation, __m512i b = zero)", "permutation"},
		{"-mavx512f", "__m512d stack16(__m512d a = 1, __m512d b = 2, __m512d c, __m512d d, __m512d e, __m512d f, __m512d g, __m512d h = index, float x = 0.5, __m128i q = {3, 4}, __m512d i = 10, int n = 3, __m256d r = {0, 0, 0, 100})",
			doubles(106.5, 116.5, 126.5, 136.5, 146.5, 156.5, 166.5, 176.5)},
	} {
		for _, compiler := range []string{"gcc", "clang"} {
			t.Run(compiler+" "+tt.prototype, func(t *testing.T) {
				if !slices.Contains(options, tt.needs) {
					t.Skip("this host has no ", tt.needs)
				}
				fast, slow := fast[compiler], slow[compiler]
				if slow == "" {
					t.Skip("nothing was compiled")
				}
				code, out, stderr := call("", "run", fast, "--call", tt.prototype, "--reference", slow, "-o", "json", "--effort", "quick")
				if code != exitGood {
					t.Fatalf("%s%s", out, stderr)
				}
				var res wire.Result
				if err := json.Unmarshal([]byte(out), &res); err != nil {
					t.Fatal(err)
				}
				got, want := res.Result.String(), tt.want
				if want == "permutation" {
					want = got
					words := make(map[string]bool)
					for word := range slices.Chunk([]byte(got), 16) {
						words[string(word)] = true
					}
					if len(words) != 8 {
						t.Errorf("%s is no permutation of eight numbers", got)
					}
				}
				if got != want || res.Verify.Status != wire.VerifyMatch || !res.ABI.OK {
					t.Errorf("%s, want %s; %+v %+v", got, want, res.Verify, res.ABI)
				}
				for _, note := range res.Notes {
					if strings.Contains(note, "vzeroupper") {
						t.Error(note)
					}
				}
				if c := checkJSON(t, exitGood, fast, "--reference", slow, "--call", tt.prototype, "--cases", "100", "--seed", "5"); !c.OK {
					t.Errorf("%+v", c)
				}
			})
		}
	}
}

// TestWrongVector: the element that is wrong is named.
func TestWrongVector(t *testing.T) {
	needsChild(t)
	object := vectorObject(t, t.TempDir(), "gcc", "-mssse3", "-O1")
	c := checkJSON(t, exitFailed, object, "--reference", ":add4", "--call", "__m128 wrong4(__m128 a, __m128 b)", "--cases", "50", "--seed", "3")
	f := c.Failures[0]
	if f.Kind != wire.FailMismatch || f.Operand != "" || f.Index == nil || *f.Index != 2 || f.Got == nil || f.Want == nil || !strings.Contains(f.Detail, "element 2 of the result is ") {
		t.Errorf("%+v", f)
	}
	code, out, _ := call("", "run", object, "--symbol", "wrong4", "--reference", ":add4", "--call", "__m128 f(__m128 a = 1, __m128 b = 2)", "-o", "json", "--effort", "quick")
	var res wire.Result
	if err := json.Unmarshal([]byte(out), &res); err != nil || code != exitFailed {
		t.Fatalf("exit code %d, %v: %s", code, err, out)
	}
	v := res.Verify
	if v.Status != wire.VerifyMismatch || v.Index == nil || *v.Index != 2 || v.Got.String() != "-1" || v.Want.String() != "3" || res.Result.Vector == "" {
		t.Errorf("%+v %+v", v, res.Result)
	}
}
