package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"webrunner/internal/wire"
)

// TestPrototypes: what inspect proposes for a function is a call that runs it.
func TestPrototypes(t *testing.T) {
	needsChild(t)
	needsTools(t, "gcc")
	dir := t.TempDir()
	source, object := filepath.Join(dir, "saxpy.c"), filepath.Join(dir, "saxpy.o")
	text := "void saxpy(unsigned long n, float a, const float *x, float *y) { for (unsigned long i = 0; i < n; i++) y[i] += a * x[i]; }"
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-O2", "-g", "-c", source, "-o", object).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	code, out, stderr := call("", "inspect", "--prototypes", object, "-o", "json")
	var doc struct{ Prototypes []wire.Prototype }
	if err := json.Unmarshal([]byte(out), &doc); code != exitGood || err != nil || len(doc.Prototypes) != 1 || doc.Prototypes[0].Call == "" {
		t.Fatalf("%d %s %s %v", code, out, stderr, err)
	}
	proposed := doc.Prototypes[0].Call
	if code, out, _ := call("", "inspect", "--prototypes", object); code != exitGood || out != "--call '"+proposed+"'\n" {
		t.Errorf("%d %s", code, out)
	}
	code, out, stderr = call("", "run", object, "--call", proposed, "--effort", "quick", "-o", "json")
	if code != exitGood || !strings.Contains(out, `"saxpy"`) {
		t.Errorf("%d %s %s", code, out, stderr)
	}
	if code, _, stderr := call("", "inspect", "--prototypes", "--load", object); code == exitGood || !strings.Contains(stderr, "--prototypes") {
		t.Errorf("with --load: %d %s", code, stderr)
	}
}
