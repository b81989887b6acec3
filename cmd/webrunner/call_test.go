package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
	"webrunner/kernels"
)

// What kernels prints of a prototype and as one are the two ways to say the same.
func TestKernelsForms(t *testing.T) {
	code, out, stderr := call("", "kernels", "--call", "int f(size_t n = 8, const char s[n] = text)")
	if code != exitGood || stderr != "" {
		t.Fatalf("%d %s", code, stderr)
	}
	spec, err := kernels.Parse([]byte(out))
	if err != nil || spec.Name != "f" || spec.Operands[0].Fill != kernels.FillText {
		t.Errorf("%s: %+v, %v", out, spec, err)
	}
	code, out, stderr = call("", "kernels", "blis/sdot", "--as-call")
	if code != exitGood || stderr != "" {
		t.Fatalf("%d %s", code, stderr)
	}
	if spec, err := kernels.ParsePrototype(out); err != nil || spec.Name != "sdot" || len(spec.Params) != 5 {
		t.Errorf("%s: %+v, %v", out, spec, err)
	}
	for _, args := range [][]string{{"kernels", "--call", "int f(size_t n"}, {"kernels", "sdot", "--call", "int f(void)"}, {"run", "x.o", "--call", "int f(void)", "--kernel", "sdot"}} {
		if code, out, stderr := call("", args...); code == exitGood || out != "" || stderr == "" {
			t.Errorf("%s: %d %s %s", strings.Join(args, " "), code, out, stderr)
		}
	}
}

// A function is run from its prototype, with pointers in operands and parameters of
// every kind; what it returned and was given is told as the types have it.
func TestRunCall(t *testing.T) {
	needsChild(t)
	code, out, stderr := call("", "run", objectFile(t, "sdot"), "-o", "json", "--param", "alpha=-2.5",
		"--call", "float sdot(size_t n = 64, const float x[n] = 1, size_t incx = 1, const float y[n] = 0.5, size_t incy = 1) with (float alpha = 1)")
	if code != exitGood {
		t.Fatalf("%d %s", code, stderr)
	}
	var r wire.Result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Result.Float == nil || *r.Result.Float != 32 || r.Params["alpha"] != "-2.5" || r.Params["n"] != "64" || len(r.Params) != 4 {
		t.Errorf("%+v of %+v", r.Result, r.Params)
	}
}

// A prototype can be in a file, and PeachPy's metadata becomes one to complete.
func TestCallFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + name
	}
	const f = `{"entry": "function", "symbol": "f", "return": "float", "arguments": [{"name": "n", "type": "size_t"}, {"name": "x", "type": "const float*"}], "arch": "x86-64"}`
	for _, tt := range []struct {
		call string
		code int
		want string
	}{
		{write("c", "int f(size_t n = 8,\n      const char s[n] = text);\n"), exitGood, `fill="text"`},
		{write("f.json", "["+f+"]"), exitUsage, "complete this: --call 'float f(size_t n = 1000, const float x[n])'"},
		{write("g.json", "["+f+`, {"entry": "function", "symbol": "g", "return": "void", "arguments": [], "arch": "x86-64"}]`), exitUsage, "several functions, say which: f, g"},
		{write("bad.json", "[1"), exitUsage, "no metadata of PeachPy"},
		{"@" + dir + "/none", exitUsage, "no such file"},
	} {
		code, out, stderr := call("", "kernels", "--call", tt.call)
		if code != tt.code || !strings.Contains(out+stderr, tt.want) {
			t.Errorf("%s: %d %s%s, want %s", tt.call, code, out, stderr, tt.want)
		}
	}
}
