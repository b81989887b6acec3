package events

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// perfTool runs perf(1) as if it stood on another machine: perf takes sysfs
// from SYSFS_PATH and the processor's signature from PERF_CPUID.
type perfTool struct {
	path, sysfs, cpuid string
}

// newPerf makes a sysfs with the PMUs for perf.
func newPerf(t *testing.T, cpuid string, pmus ...fakePMU) perfTool {
	t.Helper()
	path, err := exec.LookPath("perf")
	if err != nil {
		t.Skip("perf is not installed: ", err)
	}
	dir := t.TempDir()
	for name, f := range fullTree(pmus...) {
		name = filepath.Join(dir, strings.TrimPrefix(name, "sys/"))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return perfTool{path, dir, cpuid}
}

func (p perfTool) run(args ...string) string {
	cmd := exec.Command(p.path, args...)
	cmd.Env = append(os.Environ(), "SYSFS_PATH="+p.sysfs, "PERF_CPUID="+p.cpuid, "LC_ALL=C")
	out, _ := cmd.CombinedOutput() // perf fails where nothing can be opened, having printed the attributes
	return string(out)
}

// opened is what perf puts into perf_event_attr.
type opened struct {
	typ uint64
	Encoding
}

var attrField = regexp.MustCompile(`(?m)^\s+(?:\{ bp_\w+, )?(type|config\d?)(?: \})?\s+(0x[0-9a-f]+|\d+)`)

// attrs returns the attributes that perf would open the events with, in order;
// fields that are 0 are not printed. It skips where this perf cannot be told
// what machine it is on.
func (p perfTool) attrs(t *testing.T, events ...string) []opened {
	t.Helper()
	var all []opened
	for chunk := range slices.Chunk(events, 250) {
		args := []string{"stat", "-vv"}
		for _, e := range chunk {
			args = append(args, "-e", e)
		}
		out := p.run(append(args, "true")...)
		blocks := strings.Split(out, "perf_event_attr:\n")[1:]
		if len(blocks) == 0 {
			t.Skipf("this perf does not read SYSFS_PATH, or not these events: %s", out)
		}
		if len(blocks) != len(chunk) {
			t.Fatalf("perf shows %d attributes for %d events: %s", len(blocks), len(chunk), out)
		}
		for _, b := range blocks {
			b, _, _ = strings.Cut(b, "-----")
			var o opened
			for _, m := range attrField.FindAllStringSubmatch(b, -1) {
				v, err := strconv.ParseUint(m[2], 0, 64)
				if err != nil {
					t.Fatal(err)
				}
				*map[string]*uint64{"type": &o.typ, "config": &o.Config, "config1": &o.Config1, "config2": &o.Config2}[m[1]] = v
			}
			all = append(all, o)
		}
	}
	return all
}

// The terms of raw events must come out as perf puts them, on each layout of
// the event select register.
func TestTermsEncodeAsInPerf(t *testing.T) {
	intelTerms := []string{
		"event=0xc0", "event=0xc2,umask=0x1,cmask=0x1,inv=1", "event=0x79,umask=0x24,cmask=4", "event=0xc0,umask=0x1,cmask=2,inv,edge",
		"event=0xff,umask=0xff,cmask=0xff,inv=1,edge=1,pc=1", "event=0xcd,umask=0x1,ldlat=0x80", "event=0xb7,umask=0x1,offcore_rsp=0x3fbfc00001", "config=0x1c0", "config=0x1cd,config1=3",
	}
	for _, c := range []struct {
		name   string
		pmu    fakePMU
		format Format
		terms  []string
	}{
		{"Haswell", fakePMU{"cpu", 4, "", intelFormat, nil}, BuiltinFormat(false), append([]string{"event=0x3c,any=1"}, intelTerms...)},
		{"Skylake", fakePMU{"cpu", 4, "", intelNewFormat, nil}, BuiltinFormat(false), append([]string{"event=0xc6,umask=0x1,frontend=0x400406"}, intelTerms...)},
		{"Zen", fakePMU{"cpu", 4, "", amdFormat, nil}, BuiltinFormat(true), []string{"event=0x1a0,umask=0x1e", "event=0xc1", "event=0xfff,umask=0xff,cmask=0xff,inv,edge", "event=0x76,cmask=1,inv=1", "config=0x1000001a0"}},
		{"Lunar Lake", fakePMU{"cpu", 4, "", lunarFormat, nil}, nil, []string{"event=0xc2,umask=0x101", "event=0xd4,umask=0xff02,eq=1", "event=0x2a,umask=0x1,snoop_rsp=0x1234"}},
		{"a format in pieces", fakePMU{"cpu", 4, "", map[string]string{"event": "config:0-3,8,40-43", "umask": "config1:4-7,60-63"}, nil}, nil, []string{"event=0x1ff,umask=0xa5", "event=0x1a5"}},
	} {
		pmus, err := ReadPMUs(tree(c.pmu))
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		for _, terms := range c.terms {
			list = append(list, c.pmu.name+"/"+terms+"/")
		}
		want := newPerf(t, "GenuineIntel-6-55-4", c.pmu).attrs(t, list...)
		for i, terms := range c.terms {
			for what, f := range map[string]Format{"sysfs": pmus[0].Format, "builtin": c.format} {
				if f == nil {
					continue
				}
				if got, err := f.Encode(terms); err != nil || got != want[i].Encoding || want[i].typ != uint64(c.pmu.typ) {
					t.Errorf("%s %s by %s: %#x, %v; perf opens %#x", c.name, terms, what, got, err, want[i])
				}
			}
		}
	}
}

// The names that perf's own tables have for a processor must be encoded as
// ours are, but for what is known to differ.
func TestVendorNamesEncodeAsInPerf(t *testing.T) {
	const generator, older = "perf's generator writes this name its own way", "mended by the vendor since perf 6.1"
	differ := map[string]string{
		"BNL PAGE_WALKS.WALKS": "docs/validation/tables.md", "BNL PAGE_WALKS.D_SIDE_WALKS": "as above", "BNL PAGE_WALKS.I_SIDE_WALKS": "as above",
		"NHM-EP INST_RETIRED.ANY_P": generator, "WSM-EP-DP INST_RETIRED.ANY_P": generator,
		"SLM CPU_CLK_UNHALTED.REF": generator, "GLM CPU_CLK_UNHALTED.REF": generator, "EHL CPU_CLK_UNHALTED.REF": generator, "KNL CPU_CLK_UNHALTED.REF": generator,
		"BDW UOPS_RETIRED.TOTAL_CYCLES": older, "SPR ARITH.IDIV_ACTIVE": older, "ZEN4 fp_ret_sse_avx_ops.all": "perf 6.1 has Zen 3's list for Zen 4",
	}
	total := 0
	for _, c := range []struct {
		table, cpuid string
		format       map[string]string
	}{
		{"BNL", "GenuineIntel-6-1C-2", intelFormat}, {"NHM-EP", "GenuineIntel-6-1A-5", intelFormat}, {"WSM-EP-DP", "GenuineIntel-6-2C-2", intelFormat},
		{"SNB", "GenuineIntel-6-2A-7", intelFormat}, {"JKT", "GenuineIntel-6-2D-7", intelFormat}, {"IVB", "GenuineIntel-6-3A-9", intelFormat},
		{"HSW", "GenuineIntel-6-3C-3", intelFormat}, {"BDW", "GenuineIntel-6-3D-4", intelFormat}, {"SKL", "GenuineIntel-6-5E-3", intelNewFormat},
		{"SKX", "GenuineIntel-6-55-4", intelNewFormat}, {"ICL", "GenuineIntel-6-7E-5", intelNewFormat}, {"ICX", "GenuineIntel-6-6A-6", intelNewFormat},
		{"SPR", "GenuineIntel-6-8F-8", intelNewFormat}, {"SLM", "GenuineIntel-6-4D-8", intelFormat}, {"GLM", "GenuineIntel-6-5C-9", intelFormat},
		{"EHL", "GenuineIntel-6-96-1", intelFormat}, {"KNL", "GenuineIntel-6-57-1", intelFormat},
		{"ZEN1", "AuthenticAMD-23-1-1", amdFormat}, {"ZEN2", "AuthenticAMD-23-31-0", amdFormat}, {"ZEN3", "AuthenticAMD-25-21-0", amdFormat},
		{"ZEN4", "AuthenticAMD-25-61-2", amdFormat}, {"ZEN5", "AuthenticAMD-26-44-0", amdFormat},
	} {
		format := map[string]string{"any": "config:21"}
		for k, v := range c.format {
			format[k] = v
		}
		p := newPerf(t, c.cpuid, fakePMU{"cpu", 4, "", format, nil})
		known := regexp.MustCompile(`(?m)^  (\S+) +\[Kernel PMU event\]`).FindAllStringSubmatch(p.run("list", "--no-desc"), -1)
		table := load(t, c.table)
		var list []string
		var ours []Event
		for _, m := range known {
			if e, ok := table.Lookup(m[1]); ok {
				list, ours = append(list, m[1]), append(ours, e)
			}
		}
		if len(list) < 20 {
			t.Logf("%s: this perf has %d of its names", c.table, len(list))
			continue
		}
		total += len(list)
		for i, got := range p.attrs(t, list...) {
			e := ours[i]
			want, err := e.Encode(BuiltinFormat(table.AMD))
			if err != nil {
				t.Errorf("%s %s: %v", c.table, e.Name, err)
			}
			if got.Encoding != want && differ[c.table+" "+e.Name] == "" {
				t.Errorf("%s %s: %#x, perf opens %#x", c.table, e.Name, want, got.Encoding)
			}
		}
	}
	if total == 0 {
		t.Skip("this perf was built without event tables, or does not read PERF_CPUID")
	}
	t.Logf("%d names", total)
}

// On hybrids perf opens an event on the PMU that it is asked for.
func TestHybridTypesAreThoseOfPerf(t *testing.T) {
	pmus := []fakePMU{{"cpu_core", 4, "0", intelNewFormat, nil}, {"cpu_atom", 10, "1", intelFormat, nil}}
	want := newPerf(t, "GenuineIntel-6-97-2", pmus...).attrs(t, "cpu_core/event=0xb2,umask=0x1/", "cpu_atom/event=0x74/")
	read, err := ReadPMUs(tree(pmus...))
	if err != nil {
		t.Fatal(err)
	}
	for i, terms := range []string{"event=0xb2,umask=0x1", "event=0x74"} {
		got, err := read[i].Format.Encode(terms)
		if err != nil || (opened{uint64(read[i].Type), got}) != want[i] {
			t.Errorf("%s: type %d %#x, %v; perf opens %s", terms, read[i].Type, got, err, fmt.Sprintf("%#x", want[i]))
		}
	}
}
