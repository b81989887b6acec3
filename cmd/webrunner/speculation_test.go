package main

import (
	"strings"
	"testing"

	"webrunner/internal/speculation"
)

// Strict speculation is in force, and told, or the host is unfit and it is said why.
func TestSpeculationStrict(t *testing.T) {
	needsChild(t)
	can := true
	for _, k := range speculation.Kinds() {
		s, err := speculation.Get(k)
		can = can && err == nil && (s.Off() || s.Controllable())
	}
	code, out, stderr := call("", "run", "--speculation", "strict", "-k", "playground", "-o", "json", objectFile(t, "playground"))
	if can && (code != exitGood || !strings.Contains(out, "(--speculation strict)")) {
		t.Errorf("code %d, %.300s\n%s", code, out, stderr)
	}
	if !can && (code != exitUnfit || out != stderr || !strings.Contains(stderr, "--speculation host")) {
		t.Errorf("code %d, %.300s\n%s", code, out, stderr)
	}
	code, out, _ = call("", "sandbox", "--explain")
	if code != exitGood || !strings.Contains(out, "\nspeculation in cells:\n     indirect branches: ") || !strings.Contains(out, "     store bypass: ") || !strings.Contains(out, "child: leave speculation as this host has it") {
		t.Errorf("code %d, %.3000s", code, out)
	}
	if code, _, stderr = call("", "run", "--speculation", "none", "-k", "playground", objectFile(t, "playground")); code != exitUsage || !strings.Contains(stderr, "host, strict") {
		t.Errorf("code %d, %s", code, stderr)
	}
}
