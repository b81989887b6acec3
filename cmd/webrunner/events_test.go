package main

import (
	"strings"
	"testing"

	"webrunner/filter/screen"
	"webrunner/perf/events"
)

// What screen --assume takes events --cpu knows, too, be it that there is no table.
func TestEventsOfMicroarchitectures(t *testing.T) {
	for _, name := range screen.Microarchitectures() {
		if _, err := events.Find(name); err != nil && strings.Contains(err.Error(), "no microarchitecture") {
			t.Error(err)
		}
	}
	code, out, stderr := call("", "events", "--cpu", "haswell")
	if code != exitGood || !strings.Contains(out, "UOPS_ISSUED.ANY") {
		t.Errorf("%d, %.200s, %s", code, out, stderr)
	}
	if code, _, stderr := call("", "events", "--cpu", "haswel"); code != exitUsage || !strings.Contains(stderr, "haswell") {
		t.Errorf("%d %s", code, stderr)
	}
}
