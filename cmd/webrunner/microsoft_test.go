package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// microsoftObject compiles testdata/microsoft.c.
func microsoftObject(t *testing.T, compiler string) string {
	t.Helper()
	needsTools(t, compiler)
	object := filepath.Join(t.TempDir(), "microsoft.o")
	if out, err := exec.Command(compiler, "-O2", "-fomit-frame-pointer", "-c", "testdata/microsoft.c", "-o", object).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	return object
}

// TestMicrosoftABI: functions that gcc and clang compile for the Microsoft ABI find their arguments, and what they break of it is told;
// by the option, by the attribute in a prototype, in runs, checks and comparisons.
func TestMicrosoftABI(t *testing.T) {
	needsChild(t)
	for _, compiler := range []string{"gcc", "clang"} {
		t.Run(compiler, func(t *testing.T) {
			object := microsoftObject(t, compiler)
			for _, tt := range []struct{ prototype, want, broken string }{
				{"double by_position(const double a = 1, const int b = 2, const float c = 3, const int64_t d = 4, const double e = 5, const short f = 6)", "654321", ""},
				{"int64_t all_whole(const int a = 1, const unsigned b = 2, const short c = 3, const int64_t d = 4, const int e = 5, const int8_t f = 6, const int64_t g = 7)", "7654321", ""},
				{"float one_float(const float x = 1.25)", "2.5", ""},
				{"int clobbers(const int n = 3)", "3", "rdi rsi xmm6"},
				{"int uses_shadow(const int n = 4)", "4", ""},
			} {
				for _, args := range [][]string{{"--abi", "ms", "--call", tt.prototype}, {"--call", "__attribute__((ms_abi)) " + tt.prototype}} {
					code, out, stderr := call("", append([]string{"run", object, "-o", "json", "--effort", "quick"}, args...)...)
					var res wire.Result
					if err := json.Unmarshal([]byte(out), &res); err != nil {
						t.Fatalf("%s: exit code %d, %v: %s%s", tt.prototype, code, err, out, stderr)
					}
					broken := strings.Join(res.ABI.Violations, "; ")
					if got := res.Result.String(); got != tt.want || res.ABI.OK != (tt.broken == "") {
						t.Errorf("%s: %s, %q", tt.prototype, got, broken)
					}
					for _, register := range strings.Fields(tt.broken) {
						if !strings.Contains(broken, register) {
							t.Errorf("%s: %s is not said to be broken: %q", tt.prototype, register, broken)
						}
					}
				}
			}
			const axpy = "double axpy(int64_t n = 100 in 0..4000, const double a = 2, const double x[n], out double y[n], const int step = 1, const double c = 0.5)"
			reference := []string{"--reference", object + ":axpy_sysv", "--call", axpy}
			if c := checkJSON(t, exitGood, append([]string{object, "--abi", "ms", "--cases", "100", "--seed", "1"}, reference...)...); !c.OK {
				t.Errorf("%+v", c)
			}
			if c := checkJSON(t, exitFailed, append([]string{object, "--abi", "ms", "--reference-abi", "ms", "--cases", "100", "--seed", "1"}, reference...)...); c.OK {
				t.Error("a reference called by the wrong ABI agrees")
			} else if command := c.Failures[0].Command; !strings.Contains(command, "--abi ms --reference-abi ms") {
				t.Error(command)
			}
			code, out, stderr := call("", "compare", object, ":axpy_sysv", "--abi", "ms", "--other-abi", "sysv", "--effort", "quick", "-o", "json", "--call", axpy)
			var compared wire.Comparison
			if err := json.Unmarshal([]byte(out), &compared); err != nil || code != exitGood {
				t.Errorf("exit code %d, %v: %s%s", code, err, out, stderr)
			}
			code, out, stderr = call("", "sweep", object, "--abi", "ms", "--effort", "quick", "-o", "csv", "--call", axpy, "--param", "n=10:20:10", "--reference", object+":axpy_sysv")
			if code != exitGood || strings.Contains(out, "mismatch") {
				t.Errorf("exit code %d: %s%s", code, out, stderr)
			}
		})
	}
}
