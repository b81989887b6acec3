package main

import (
	"encoding/json"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

func TestSweep(t *testing.T) {
	needsChild(t)
	sdot := objectFile(t, "sdot")
	code, out, stderr := call("", "sweep", sdot, "-k", "sdot", "--param", "n=64:256:x2", "--param", "incx=1,2", "-o", "json", "--effort", "quick")
	var s wire.Sweep
	if err := json.Unmarshal([]byte(out), &s); err != nil || code != exitGood || stderr != "" {
		t.Fatalf("%d %s%s, %v", code, out, stderr, err)
	}
	if len(s.Points) != 6 || s.Points[3].Params["n"] != "128" || s.Points[3].Params["incx"] != "2" || s.Caches == nil {
		t.Errorf("%s", out)
	}
	for _, p := range s.Points {
		if p.Result == nil || p.Result.Params["n"] != p.Params["n"] || p.Result.Verify.Status != wire.VerifyMatch || p.Result.Sandbox[wire.LayerSeccomp] != (wire.Layer{Enforced: true}) {
			t.Errorf("%+v", p)
		}
	}
	// A point that fails is a row among others.
	code, out, stderr = call("", "sweep", sdot, "-k", "sdot", "--param", "n=64,99999999999", "-o", "csv", "--effort", "quick")
	if code != exitFailed || !strings.Contains(out, "memory-limit") || !strings.Contains(out, "64,sdot,Cycles") || stderr != "" {
		t.Errorf("%d %s%s", code, out, stderr)
	}
	code, out, stderr = call("", "sweep", objectFile(t, "playground"), "-k", "playground", "--align", "0:63:21", "-o", "table", "--effort", "quick")
	if code != exitGood || !strings.Contains(out, "\n  63 ") {
		t.Errorf("%d %s%s", code, out, stderr)
	}
	for _, row := range []struct {
		args, says string
		code       int
	}{
		{sdot + " -k sdot", "needs a parameter", exitUsage},
		{sdot + " -k sdot --param n=1:9999", "more than 1000", exitUsage},
		{objectFile(t, "socket") + " -k playground --param iterations=1:3", "refused-instruction", exitFailed},
	} {
		if code, out, stderr := call("", append([]string{"sweep"}, strings.Fields(row.args)...)...); code != row.code || !strings.Contains(stderr, row.says) {
			t.Errorf("%s: %d %s%s", row.args, code, out, stderr)
		}
	}
	// The reason that several points share is said once, with all of them.
	code, out, stderr = call("", "sweep", objectFile(t, "wild"), "-k", "playground", "--param", "iterations=1:3")
	if code != exitFailed || stderr != "" || strings.Count(out, " crashed\n") != 3 || strings.Count(out, "\niterations=1, iterations=2, iterations=3: crashed: ") != 1 {
		t.Errorf("%d %s%s", code, out, stderr)
	}
}

// TestSweepReference: each point of a sweep is held against the reference, and both sides
// of a comparison are.
func TestSweepReference(t *testing.T) {
	needsChild(t)
	sdot := objectFile(t, "sdot")
	prototype := "float f(size_t n = 100, const float x[n], int32_t incx = 1, const float y[n], int32_t incy = 1)"
	for _, args := range [][]string{
		{"sweep", sdot + ":sdot", "--param", "n=10,100"},
		{"compare", sdot + ":sdot", sdot + ":sdot"},
	} {
		args = append(args, "--call", prototype, "--reference", ":sdot", "--tolerance", "exact", "--effort", "quick", "-o", "json")
		_, out, stderr := call("", args...)
		if n := strings.Count(out, `"verify":{"status":"match"`); n != 2 || strings.Count(out, `"reference":"sdot of `) != 2 {
			t.Errorf("%q: %d matches: %s%s", args, n, out, stderr)
		}
		if code, _, stderr := call("", append(args, "--reference", "/nowhere")...); code == exitGood || !strings.Contains(stderr, "nowhere") {
			t.Errorf("%q: %d %s", args, code, stderr)
		}
	}
}
