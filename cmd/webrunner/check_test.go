package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"webrunner/internal/elfobj"
	"webrunner/internal/wire"
)

// The functions of these tests, and what they are to be. Their code is what gcc -Os or
// the assembler made of the source beside it.
const (
	saxpyCall = "void saxpy(size_t n = 300, float a = 2.5, const float x[n], float y[n])"
	dotCall   = "float dot(size_t n = 300, const float x[n], const float y[n])"
	sumCall   = "int64_t sum(int n = 300, const int x[n])"

	// for (i = 0; i < n; i++) y[i] += a * x[i];
	saxpyCode = "31c04839f87418f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3c3"
	// for (s = 0, i = 0; i < n; i++) s += x[i] * y[i]; return s;
	dotCode = "31c00f57c04839f87413f30f100c86f30f590c8248ffc0f30f58c1ebe8c3"
	// for (s = 0, i = 0; i < n; i++) s += x[i]; return s;
	sumCode = "31c031d239c77e0c48630c8648ffc04801caebf04889d0c3"
)

// file writes an object of one function and returns its name.
func functionFile(t *testing.T, name, code string) string {
	t.Helper()
	b, err := hex.DecodeString(code)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name+".o")
	if err := os.WriteFile(file, elfobj.Function(name, b), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// checkJSON runs check and reads its JSON.
func checkJSON(t *testing.T, want int, args ...string) (c wire.Checked) {
	t.Helper()
	code, out, stderr := call("", append([]string{"check", "-o", "json"}, args...)...)
	if code != want {
		t.Fatalf("%q: exit code %d, want %d: %s%s", args, code, want, out, stderr)
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
	return c
}

// TestCheckFindsFaults: each way in which a function can be wrong is found, made small
// and named, and the command that is told for it finds it again.
func TestCheckFindsFaults(t *testing.T) {
	needsChild(t)
	saxpy, dot, sum := functionFile(t, "saxpy", saxpyCode), functionFile(t, "dot", dotCode), functionFile(t, "sum", sumCode)
	for _, tt := range []struct {
		name, function, code, reference, call string
		kind                                  wire.FailureKind
		n                                     string // the smallest
		says                                  string
	}{
		{"nothing", "saxpy", saxpyCode, saxpy, saxpyCall, "", "", ""},
		{"no operand of n elements", "dot", dotCode, dot, dotCall, "", "", ""},
		// i+1 < n
		{"off by one", "saxpy", "31c048ffc04839f87318f30f104c86fcf30f59c8f30f584c82fcf30f114c82fcebe0c3", saxpy, saxpyCall, wire.FailMismatch, "1", "y[0] is "},
		// i+2 <= n; i += 2: two elements at a time
		{"wrong for odd n", "saxpy", "31c04883c0024839c7722ef30f104c86f8f30f59c8f30f584c82f8f30f114c82f8f30f104c86fcf30f59c8f30f584c82fcf30f114c82fcebc9c3", saxpy, saxpyCall, wire.FailMismatch, "1", "y[0] is "},
		// do { y[i] += a * x[i]; i++; } while (i < n);
		{"wrong for n = 0", "saxpy", "31c0f30f100c86f30f59c8f30f580c82f30f110c8248ffc04839f872e5c3", saxpy, saxpyCall, wire.FailReadOutside, "0", "the kernel read 1 byte past operand x"},
		// the counter is rbx
		{"clobbers rbx", "saxpy", "31db4839fb7318f30f100c9ef30f59c8f30f580c9af30f110c9a48ffc3ebe3c3", saxpy, saxpyCall, wire.FailABI, "0", "rbx is not preserved"},
		// movups xmm3, [rsi+rdi*4] before the loop
		{"reads behind x", "saxpy", "31c00f101cbe4839f87318f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3c3", saxpy, saxpyCall, wire.FailReadOutside, "0", "the kernel read 1 byte past operand x"},
		// y[n] = 0 behind the loop
		{"writes behind y", "saxpy", "31c04839f87418f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3c7048200000000c3", saxpy, saxpyCall, wire.FailWroteOutside, "0", "the kernel wrote 1 byte past operand y"},
		// x[i] *= a; y[i] += x[i];
		{"writes x", "saxpy", "31c04839f8741df30f100c86f30f59c8f30f110c86f30f580c82f30f110c8248ffc0ebdec3", saxpy, saxpyCall, wire.FailWroteConst, "1", "operand x was changed, but the kernel may only read it"},
		// the sum is in xmm8, which nothing clears
		{"needs zeros in registers", "dot", "31c04839f87314f30f100c86f30f590c82f3440f58c148ffc0ebe7410f28c0c3", dot, dotCall, wire.FailMismatch, "0", "it depends on what vector registers hold"},
		// the loop compares with rdi, not edi
		{"takes an int for a long", "sum", "31c04885ff7e1331c94839f9730c4863148e4801d048ffc1ebefc3", sum, sumCall, wire.FailMismatch, "1", "it uses bits of the register of argument n that its type, int, does not have"},
		// movaps of four elements at a time
		{"needs alignment", "saxpy", "0f28d031c00fc6d2004883c0044839c772140f284c86f00f59ca0f584c82f00f294c82f0ebe34889f84883e0fc4839f87318f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3c3", saxpy, saxpyCall, wire.FailCrashed, "4", "alignas(16)"},
		// test dword [rsi+rax*4], 0x7f800000; jnz …; xorps xmm1, xmm1
		{"wrong for denormals", "saxpy", "31c04839f87326f30f100c868b0c86f7c10000807f75030f57c9f30f59c8f30f580c82f30f110c8248ffc0ebd5c3", saxpy, saxpyCall, wire.FailMismatch, "1", "only where operands hold denormal numbers: with ordinary numbers it is right"},
		// inc dword [rsp-0x800]; cmp dword [rsp-0x800], 2; jb …; std
		{"breaks DF from the second call on", "saxpy", "31c04839f87318f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3ff842400f8ffff83bc2400f8ffff027201fdc3", saxpy, saxpyCall, wire.FailABI, "0", "the direction flag is left set; only from the second call in a process on"},
		// inc dword [rsp-0x800]; cmp dword [rsp-0x800], 9; jb …; std
		{"breaks DF from the ninth call on", "saxpy", "31c04839f87318f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3ff842400f8ffff83bc2400f8ffff097201fdc3", saxpy, saxpyCall, wire.FailABI, "", "the direction flag is left set; not by the first 8 calls of a process"},
		// add [rsp-0x800], rax; mov rax, [rsp-0x800] behind the loop
		{"keeps its sum for the next call", "sum", "31c031c939f97d0c4863148e4801d048ffc1ebf04801842400f8ffff488b842400f8ffffc3", sum, sumCall, wire.FailMismatch, "1", "only from the second call in a process on"},
		// if (n == 5) for (;;);
		{"hangs", "saxpy", "31c04883ff057502ebfe4839f87418f30f100c86f30f59c8f30f580c82f30f110c8248ffc0ebe3c3", saxpy, saxpyCall, wire.FailTimeout, "5", "was still running"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{functionFile(t, tt.function, tt.code), "--reference", tt.reference, "--call", tt.call, "--cases", "200", "--seed", "7"}
			if tt.kind == "" {
				if c := checkJSON(t, exitGood, args...); !c.OK || c.Cases != 200 || c.Calls != 400 || c.Seed != 7 || len(c.Failures) != 0 {
					t.Errorf("%+v", c)
				}
				return
			}
			c := checkJSON(t, exitFailed, args...)
			i := slices.IndexFunc(c.Failures, func(f wire.Failure) bool { return f.Kind == tt.kind })
			if c.OK || i < 0 {
				t.Fatalf("%+v", c)
			}
			f := c.Failures[i]
			if tt.n != "" && f.Params["n"].String() != tt.n || !strings.Contains(f.Detail, tt.says) || !f.Alone {
				t.Errorf("%+v, want n=%s and %q", f, tt.n, tt.says)
			}
			if f.Kind == wire.FailMismatch && (f.Got == nil || f.Want == nil) {
				t.Errorf("%+v: got and want are missing", f)
			}
			again := checkJSON(t, exitFailed, shellWords(t, f.Command)[2:]...)
			if !slices.ContainsFunc(again.Failures, func(g wire.Failure) bool { return g.Kind == f.Kind && g.Params["n"] == f.Params["n"] }) {
				t.Errorf("%s: %+v", f.Command, again)
			}
		})
	}
}

// TestCheckAfterOthers: a failure that only other cases bring about has the number of the
// first case that has it, and so a command that repeats it.
func TestCheckAfterOthers(t *testing.T) {
	needsChild(t)
	// if (n >= 40) [rsp-0x800] = 1; if (n == 2) s = [rsp-0x800]; …
	after := functionFile(t, "sum", "83ff287c08c6842400f8ffff0131c083ff0275080fb6842400f8ffff31c939f97d0c4863148e4801d048ffc1ebf0c3")
	c := checkJSON(t, exitFailed, after, "--reference", functionFile(t, "sum", sumCode), "--call", sumCall, "--seed", "7")
	if len(c.Failures) != 1 {
		t.Fatalf("%+v", c)
	}
	f := c.Failures[0]
	if f.Kind != wire.FailMismatch || f.Params["n"] != "2" || f.Alone || f.Cases < 2 || !strings.Contains(f.Detail, "only after other cases") {
		t.Errorf("%+v", f)
	}
	words := shellWords(t, f.Command)[2:]
	if again := checkJSON(t, exitFailed, words...); len(again.Failures) != 1 || again.Failures[0].Params["n"] != "2" || again.Failures[0].Cases != f.Cases {
		t.Errorf("%s: %+v", f.Command, again)
	}
	i := slices.Index(words, "--cases")
	words[i+1] = strconv.Itoa(f.Cases - 1)
	checkJSON(t, exitGood, words...)
}

// shellWords are those of a command line, as a shell takes it apart.
func shellWords(t *testing.T, command string) []string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "webrunner() { printf '%s\\n' webrunner \"$@\"; }; "+command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// TestCheckAlone: without a reference an object must be right by itself, and a kernel's
// own reference serves.
func TestCheckAlone(t *testing.T) {
	needsChild(t)
	c := checkJSON(t, exitGood, functionFile(t, "saxpy", saxpyCode), "--call", saxpyCall, "--cases", "50")
	if c.Reference != "" || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "there is no reference") {
		t.Errorf("%+v", c)
	}
	if c = checkJSON(t, exitGood, objectFile(t, "sdot"), "-k", "sdot", "--cases", "50"); c.Reference != "built-in sdot" {
		t.Errorf("%+v", c)
	}
	// mov eax, [rsp-0x800]; inc dword [rsp-0x800]; ret
	c = checkJSON(t, exitFailed, functionFile(t, "f", "8b842400f8ffffff842400f8ffffc3"), "--call", "int f(void)", "--cases", "1")
	if f := c.Failures[0]; f.Kind != wire.FailMismatch || !strings.Contains(f.Detail, "the call before, on the same contents at other addresses, had 0") {
		t.Errorf("%+v", f)
	}
}

// TestCheckReference: which function of which object is right, and what is told where
// that cannot be run.
func TestCheckReference(t *testing.T) {
	needsChild(t)
	saxpy := functionFile(t, "saxpy", saxpyCode)
	other := functionFile(t, "other", saxpyCode)
	if c := checkJSON(t, exitGood, saxpy, "--reference", other+":other", "--call", saxpyCall, "--cases", "20"); c.Reference != "other of "+other {
		t.Errorf("%+v", c)
	}
	if c := checkJSON(t, exitGood, saxpy, "--reference", ":saxpy", "--call", saxpyCall, "--cases", "20", "--tolerance", "exact"); c.Tolerance != "exact" || c.Reference != "saxpy of "+saxpy {
		t.Errorf("%+v", c)
	}
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{saxpy, "--reference", functionFile(t, "saxpy", "0f0b"), "--call", saxpyCall}, exitFailed, "the reference, not the object, failed with n=0, a="},
		{[]string{saxpy, "--reference", saxpy + ":nothing", "--call", saxpyCall}, exitFailed, "the reference: "},
		{[]string{saxpy, "--reference", functionFile(t, "saxpy", "0f05c3"), "--call", saxpyCall}, exitFailed, "the reference: "},
		{[]string{saxpy, "--reference", saxpy + ".none", "--call", saxpyCall}, exitUsage, "no such file"},
		{[]string{saxpy, "--call", saxpyCall, "--tolerance", "ulp=0"}, exitUsage, "is not a number above 0"},
		{[]string{saxpy, "--call", saxpyCall, "--tolerance", "exact,ulp=2"}, exitUsage, "exact leaves no room"},
		{[]string{saxpy, "--call", saxpyCall, "--cases", "0"}, exitUsage, "is not a number from 1 to"},
		{[]string{saxpy, "--call", saxpyCall, "--extreme", "none,nan"}, exitUsage, "is none of denormal"},
		{[]string{saxpy, "--call", saxpyCall, "--param", "m=1"}, exitUsage, "m"},
		{[]string{saxpy, "--call", "void saxpy(size_t cases = 1)"}, exitUsage, "has the name of an option"},
	} {
		code, out, stderr := call("", append([]string{"check"}, tt.args...)...)
		if code != tt.code || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q: exit code %d, want %d: %s%s, want %q", tt.args, code, tt.code, out, stderr, tt.says)
		}
	}
}

// TestRunReference: a reference takes the place of the built-in one, and a wrong result
// heads what is printed.
func TestRunReference(t *testing.T) {
	needsChild(t)
	saxpy := functionFile(t, "saxpy", saxpyCode)
	for _, tt := range []struct {
		code string
		want wire.VerifyStatus
		exit int
	}{
		{saxpyCode, wire.VerifyMatch, exitGood},
		{"31c048ffc04839f87318f30f104c86fcf30f59c8f30f584c82fcf30f114c82fcebe0c3", wire.VerifyMismatch, exitFailed}, // i+1 < n
	} {
		args := []string{"run", functionFile(t, "saxpy", tt.code), "--reference", saxpy, "--call", saxpyCall, "--effort", "quick"}
		code, out, stderr := call("", append(args, "-o", "json")...)
		var r wire.Result
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != tt.exit {
			t.Fatalf("exit code %d, want %d: %v %s%s", code, tt.exit, err, out, stderr)
		}
		v := r.Verify
		if v.Status != tt.want || v.Reference != "saxpy of "+saxpy {
			t.Errorf("%+v", v)
		}
		if tt.want == wire.VerifyMatch {
			continue
		}
		if v.Operand != "y" || v.Index == nil || *v.Index != 299 || v.Got == nil || v.Want == nil || !(v.MaxULP > 4) {
			t.Errorf("%+v", v)
		}
		for _, form := range []string{"text", "table", "benchfmt"} {
			_, out, _ := call("", append(args, "-o", form)...)
			if head, _, _ := strings.Cut(out, "\n"); !strings.Contains(strings.ToLower(head), "mismatch") && !strings.Contains(head, "WRONG") {
				t.Errorf("-o %s begins with %q", form, head)
			}
		}
	}
}
