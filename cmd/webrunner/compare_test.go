package main

import (
	"encoding/json"
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

func TestBaseline(t *testing.T) {
	needsChild(t)
	sdot, file := objectFile(t, "sdot"), filepath.Join(t.TempDir(), "base.json")
	if code, out, stderr := call("", "compare", sdot, "-k", "sdot", "--effort", "quick", "--save", file); strings.Contains(stderr, "its integrity is suspect") {
		t.Skipf("this host is so busy that an honest function looks suspect: %s", stderr)
	} else if code != exitGood || out != "" {
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
