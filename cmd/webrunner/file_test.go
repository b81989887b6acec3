package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestFiles: what operands hold comes from files, in runs, checks, comparisons and sweeps, by
// prototype and by XML.
func TestFiles(t *testing.T) {
	needsChild(t)
	const prototype = "int64_t sum(int n = 4 in 0..6, const int x[n] = file)"
	sum := functionFile(t, "sum", sumCode)
	dir := t.TempDir()
	data, xml := filepath.Join(dir, "data"), filepath.Join(dir, "sum.xml")
	if err := os.WriteFile(data, []byte("\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := call("", "kernels", "--call", prototype)
	if code != exitGood || !strings.Contains(out, `fill="file"`) {
		t.Fatal(out, stderr)
	}
	if err := os.WriteFile(xml, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kernel := range [][]string{{"--call", prototype}, {"--kernels", xml, "--kernel", "sum"}} {
		args := append([]string{"run", sum, "--file", "x=" + data, "--effort", "quick", "-o", "json"}, kernel...)
		code, out, stderr := call("", args...)
		var res wire.Result
		if err := json.Unmarshal([]byte(out), &res); err != nil || code != exitGood || res.Result.String() != "10" {
			t.Errorf("%q: %v, %+v: %s", args, err, res.Result, stderr)
		}
	}
	code, out, stderr = call("", "sweep", sum, "--call", prototype, "--param", "n=0:6:3", "--file", "x="+data, "-o", "json")
	var s wire.Sweep
	if err := json.Unmarshal([]byte(out), &s); err != nil || code != exitGood || len(s.Points) != 3 {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, stderr)
	}
	for i, want := range []string{"0", "6", "15"} {
		if r := s.Points[i].Result; r == nil || r.Result.String() != want {
			t.Errorf("point %d: %+v, want %s", i, s.Points[i], want)
		}
	}
	// for (s = 0, i = 0; i < n; i++) s += x[i]; return s + (n > 4);
	other := functionFile(t, "sum", "31c031d239c77e0c48630c8648ffc04801caebf04889d083ff047e0348ffc0c3")
	c := checkJSON(t, exitFailed, other, "--reference", sum, "--call", prototype, "--file", "x="+data, "--cases", "40")
	if f := c.Failures[0]; f.Params["n"].String() != "5" || f.Got.String() != "16" || f.Want.String() != "15" || !strings.HasSuffix(f.Command, " --file x="+data) {
		t.Errorf("%+v", f)
	}
	code, out, stderr = call("", "compare", sum, other, "--call", prototype, "--param", "n=5", "--file", "x="+data, "--reference", sum, "--effort", "quick", "-o", "json")
	var compared wire.Comparison
	if err := json.Unmarshal([]byte(out), &compared); err != nil || code != exitFailed || compared.A.Result.String() != "15" || compared.B.Verify.Status != wire.VerifyMismatch {
		t.Errorf("exit code %d, %v: %s%s", code, err, out, stderr)
	}
	for _, tt := range []struct {
		flags []string
		says  string
	}{
		{nil, "its contents come from a file, which is not given: --file x=PATH"},
		{[]string{"--file", "x=" + data, "--file", "y=" + data}, "operand y: there is a file for it, but operands with a file: x"},
		{[]string{"--file", data}, "--file takes OPERAND=PATH"},
		{[]string{"--file", "x=" + data + "nothing"}, "no such file"},
	} {
		if code, out, stderr := call("", append([]string{"run", sum, "--call", prototype}, tt.flags...)...); code != exitUsage || !strings.Contains(stderr, tt.says) {
			t.Errorf("%q: exit code %d, %s%s, want %q", tt.flags, code, out, stderr, tt.says)
		}
	}
}
