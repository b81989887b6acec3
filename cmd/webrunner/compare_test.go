package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// comparison runs compare and reads its JSON.
func comparison(t *testing.T, want int, args ...string) (c wire.Comparison, stderr string) {
	t.Helper()
	code, out, stderr := call("", append([]string{"compare", "-o", "json", "--effort", "quick"}, args...)...)
	if code != want {
		t.Fatalf("%q: exit code %d, want %d: %s", args, code, want, stderr)
	}
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
	return c, stderr
}

func TestCompare(t *testing.T) {
	needsChild(t)
	sdot := objectFile(t, "sdot")
	c, _ := comparison(t, exitGood, sdot, sdot, "-k", "sdot", "--fail-if", "Cycles>1e9")
	if c.A == nil || c.B == nil || c.A.Verify.Status != wire.VerifyMatch || c.B.Verify.Status != wire.VerifyMatch || len(c.Failed) != 0 {
		t.Fatalf("%+v", c)
	}
	if len(c.Ratios) == 0 || c.Ratios[0].Name != "Cycles" || c.Ratios[0].Ratio <= 0 || !(c.Ratios[0].CI95[0] <= c.Ratios[0].Ratio && c.Ratios[0].Ratio <= c.Ratios[0].CI95[1]) {
		t.Errorf("%+v", c.Ratios)
	}
	// A condition that holds whatever there is, and one of what there is not.
	c, stderr := comparison(t, exitFailed, sdot, sdot, "-k", "sdot", "--fail-if", "Cycles>1e-9", "--fail-if", "Nothing>2", "--fail-if", "Cycles<1e-9")
	if len(c.Failed) != 2 || c.Failed[0] != "Cycles>1e-9" || c.Failed[1] != "Nothing>2" || !strings.Contains(stderr, "failed Cycles>1e-9: the ratio of Cycles is") {
		t.Errorf("%q %s", c.Failed, stderr)
	}
	c, _ = comparison(t, exitGood, sdot, sdot, "-k", "sdot", "--param", "n=100,200", "--align", "sweep")
	if len(c.Points) != 2 || c.Points[1].A.Params["n"] != "200" || c.A.Params["n"] != "100" || len(c.Ratios) == 0 || c.Ratios[0].Layout == nil || len(c.Ratios[0].Layout.A) != 4 || c.Ratios[0].Params["n"] != "100" {
		t.Errorf("%+v", c.Ratios)
	}
}

// TestCompareAnnotates: with -o github a comparison that cannot be made is an annotation, too, on one line.
func TestCompareAnnotates(t *testing.T) {
	needsChild(t)
	sdot := objectFile(t, "sdot")
	for _, row := range []struct {
		args, want string
		code       int
	}{
		{sdot + " " + objectFile(t, "wild") + ":playground -k sdot", "::error title=webrunner compare::crashed: b: ", exitFailed},
		{sdot + " " + sdot + " -k sdot --fail-if Cycles", "::error title=webrunner compare::bad-parameter: fail-if: ", exitUsage},
	} {
		code, out, stderr := call("", append(strings.Fields("compare -o github"), strings.Fields(row.args)...)...)
		if code != row.code || !strings.HasPrefix(out, row.want) || strings.Count(out, "\n") != 1 || !strings.HasPrefix(stderr, "error: ") {
			t.Errorf("%s: exit code %d, %q, %q", row.args, code, out, stderr)
		}
	}
}

// TestCompareFunctions: a function of an object is named behind a colon.
func TestCompareFunctions(t *testing.T) {
	needsChild(t)
	sdot := objectFile(t, "sdot")
	c, _ := comparison(t, exitGood, sdot+":sdot", ":sdot", "-k", "sdot")
	if c.A.Symbol != "sdot" || c.B.Symbol != "sdot" || len(c.Notes) != 1 || c.Notes[0] != "a and b are the same function of the same object" {
		t.Errorf("%+v", c)
	}
	for _, row := range []struct {
		args, says string
		code       int
	}{
		{sdot + " :nothing -k sdot", "b: ", exitFailed},
		{sdot + ":nothing " + sdot + " -k sdot", "a: ", exitFailed},
		{sdot + " : -k sdot", "names no function", exitUsage},
		{sdot + " -k sdot", "two objects, or one with either", exitUsage},
		{sdot + " " + sdot + " -k sdot --save x", "for one object", exitUsage},
		{sdot + " -k sdot --save x --baseline y", "either --save or --baseline", exitUsage},
		{sdot + " -k sdot --baseline /nowhere", "no such file", exitUsage},
		{sdot + " -k sdot --save x --fail-if Cycles>1", "--save has none", exitUsage},
		{sdot + " " + sdot + " -k sdot --across-hosts", "for --baseline", exitUsage},
		{sdot + " " + sdot + " -k sdot --fail-if Cycles", "no condition", exitUsage},
		{sdot + " " + sdot + " -k sdot --param n=1:0", "begins above its end", exitUsage},
	} {
		code, _, stderr := call("", append([]string{"compare"}, strings.Fields(row.args)...)...)
		if code != row.code || !strings.Contains(stderr, row.says) {
			t.Errorf("%s: %d %s", row.args, code, stderr)
		}
	}
}

// TestCompareWrong: whatever the figures, a side that is wrong is not praised, nor is the
// other one by it.
func TestCompareWrong(t *testing.T) {
	needsChild(t)
	good, broken := objectFile(t, "playground"), objectFile(t, "clobber")
	for _, pair := range [][2]string{{good, broken}, {broken, good}} {
		c, stderr := comparison(t, exitFailed, pair[0], pair[1], "-k", "playground")
		for _, r := range c.Ratios {
			if r.Verdict != wire.Wrong {
				t.Errorf("%v: %+v", pair, r)
			}
		}
		if !strings.Contains(stderr, "ABI VIOLATED") {
			t.Errorf("%v: %s", pair, stderr)
		}
	}
	sdot := objectFile(t, "sdot")
	if c, stderr := comparison(t, exitFailed, sdot, good+":playground", "-k", "sdot"); c.B.Verify.Status != wire.VerifyMismatch || !strings.Contains(stderr, "b: the result is WRONG") {
		t.Errorf("%s", stderr)
	}
	code, out, stderr := call("", "compare", good, objectFile(t, "wild"), "-k", "playground")
	if code != exitFailed || out != "" || !strings.Contains(stderr, "b: ") {
		t.Errorf("%d %s%s", code, out, stderr)
	}
}

// steady is a server that measures every object alike, with the parameters of its query.
func steady(t *testing.T) (url string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		n := cmp.Or(r.URL.Query().Get("n"), "1024")
		_ = json.NewEncoder(w).Encode(&wire.Result{
			Kernel: "blis/sdot", Symbol: "sdot", Params: map[string]json.Number{"n": json.Number(n)}, Manner: wire.AsTheyAre(),
			Object: wire.ObjectID{SHA256: fmt.Sprintf("%x", sha256.Sum256(b)), Size: len(b)},
			Host:   wire.Host{Vendor: "AuthenticAMD", Family: 26, Model: 2, Microarchitecture: "Zen 5"},
			ABI:    wire.ABI{OK: true}, Verify: wire.Verify{Status: wire.VerifyMatch}, Integrity: wire.Consistent,
			Counters: []wire.Counter{{Name: wire.FigureCycles, Value: 283, CI95: [2]float64{282, 284}, Unit: "cycles", Source: wire.TSCCalibrated, Cells: 3}},
		})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestBaseline holds an object against a record: what a record refuses, and what it
// shows. No clock is asked: the measurements come from a server that makes them up.
func TestBaseline(t *testing.T) {
	t.Setenv(serverVariable, steady(t))
	sdot, file := objectFile(t, "sdot"), filepath.Join(t.TempDir(), "base.json")
	if code, out, stderr := call("", "compare", sdot, "-k", "sdot", "--effort", "quick", "--save", file); code != exitGood || out != "" {
		t.Fatalf("%d %s%s", code, out, stderr)
	}
	c, _ := comparison(t, exitGood, sdot, "-k", "sdot", "--baseline", file)
	if len(c.Ratios) == 0 || c.A.Object != c.B.Object {
		t.Errorf("%+v", c)
	}
	if _, stderr := comparison(t, exitFailed, sdot, "-k", "sdot", "--baseline", file, "--fail-if", "Cycles>1e-9"); !strings.Contains(stderr, "failed Cycles>1e-9") {
		t.Errorf("%s", stderr)
	}
	if code, _, stderr := call("", "compare", sdot, "-k", "sdot", "--param", "n=7", "--baseline", file); code != exitUsage || !strings.Contains(stderr, "of parameters") {
		t.Errorf("other parameters: %d %s", code, stderr)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.ReplaceAll(string(b), `"family":`, `"family":9`)
	if err := os.WriteFile(file, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := call("", "compare", sdot, "-k", "sdot", "--baseline", file); code != exitUsage || !strings.Contains(stderr, "--across-hosts") {
		t.Errorf("another processor: %d %s", code, stderr)
	}
	comparison(t, exitGood, sdot, "-k", "sdot", "--baseline", file, "--across-hosts")
	dir, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(dir) != 1 {
		t.Errorf("%v is left behind, %v", dir, err)
	}
}
