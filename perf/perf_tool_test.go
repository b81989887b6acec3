package perf_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"webrunner/perf"
	"webrunner/perf/events"
	"webrunner/perf/processor"
)

// perfAttr asks perf(1) how it opens an event: the first perf_event_attr that
// perf stat -vv prints, in which fields that are 0 are left out.
func perfAttr(t *testing.T, event string) (fields map[string]uint64) {
	t.Helper()
	tool, err := exec.LookPath("perf")
	if err != nil {
		t.Skip("perf is not installed: ", err)
	}
	out, _ := exec.Command(tool, "stat", "-vv", "-e", event, "true").CombinedOutput()
	_, rest, ok := strings.Cut(string(out), "perf_event_attr:\n")
	if !ok {
		t.Skipf("this perf does not show the attribute of %s: %s", event, out)
	}
	block, _, _ := strings.Cut(rest, "-----")
	fields = map[string]uint64{}
	for _, m := range regexp.MustCompile(`(?m)^\s+(\w+)\s.*?((?:0x)?[0-9a-f]+)\)?$`).FindAllStringSubmatch(block, -1) {
		if v, err := strconv.ParseUint(m[2], 0, 64); err == nil {
			fields[m[1]] = v
		}
	}
	return fields
}

// The numbers of Linux's own events must be those that perf uses.
func TestKnownEventsAreThoseOfPerf(t *testing.T) {
	for _, k := range perf.HardwareEvents() {
		got := perfAttr(t, k.Name)
		// On hybrids the upper half of config names the PMU.
		if got["type"] != uint64(k.Type) || uint32(got["config"]) != uint32(k.Config) {
			t.Errorf("%s: perf opens type %d config %#x, we type %d config %#x", k.Name, got["type"], got["config"], k.Type, k.Config)
		}
	}
}

// A raw event that perf takes as a number must be what our terms encode to.
func TestRawEncodingsAreThoseOfPerf(t *testing.T) {
	for _, c := range []struct {
		amd   bool
		terms string
		raw   string
	}{
		{false, "event=0xc2,umask=0x1,cmask=0x1,inv=1", "r18001c2"},
		{false, "event=0x79,umask=0x24,cmask=0x4", "r4002479"},
		{true, "event=0x1a0,umask=0x1e", "r100001ea0"},
	} {
		want := perfAttr(t, c.raw)
		got, err := events.BuiltinFormat(c.amd).Encode(c.terms)
		if err != nil || got.Config != want["config"] || want["type"] != uint64(perf.TypeRaw) {
			t.Errorf("%s = %#x, %v; perf opens %#x", c.terms, got.Config, err, want["config"])
		}
	}
}

// With a PMU, perf translates terms by sysfs; our table must agree with it.
func TestTermsEncodeAsInPerf(t *testing.T) {
	pmus, err := events.ReadPMUs(os.DirFS("/"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pmus) == 0 {
		t.Skip("no PMU in sysfs")
	}
	h := processor.ProbeHost(os.DirFS("/"))
	table, err := events.ForCPU(events.CPU{Vendor: h.Vendor, Family: h.Family, Model: h.Model, Stepping: h.Stepping, CoreType: h.CoreType, NativeModel: h.NativeModel})
	if err != nil {
		t.Skip(err)
	}
	set, _ := table.Set("default")
	for _, e := range set {
		want := perfAttr(t, fmt.Sprintf("%s/%s/", pmus[0].Name, e.Terms()))
		got, err := e.Encode(pmus[0].Format)
		if err != nil || got.Config != want["config"] || got.Config1 != want["config1"] {
			t.Errorf("%s = %+v, %v; perf opens %#x", e.Name, got, err, want)
		}
	}
}
