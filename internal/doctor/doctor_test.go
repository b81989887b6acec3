package doctor

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"webrunner/internal/speculation"
	"webrunner/internal/wire"
	"webrunner/perf/processor"
)

// change is what makes a healthy host ill.
type change struct {
	files map[string]string // "-" removes a file, or with a slash at its end a folder
	probe func(*Probes)
}

// healthyTree is a machine on which nothing is to be mended.
func healthyTree() map[string]string {
	return map[string]string{
		"proc/self/status":             "Name:\twebrunner\n",
		"proc/self/maps":               "7ffd0-7ffd2 r-xp 00000000 00:00 0 [vdso]\n",
		"proc/self/smaps":              smaps("rd ex mr mw me de"),
		"proc/self/cgroup":             "0::/system.slice/webrunner.service\n",
		"proc/self/limits":             "Limit  Soft Limit  Hard Limit  Units\nMax core file size        0                    unlimited            bytes\nMax resident set unlimited unlimited bytes\n",
		"proc/cpuinfo":                 "processor\t: 0\nmicrocode\t: 0x2b\nflags\t: fpu split_lock_detect\nprocessor\t: 1\nmicrocode\t: 0x2b\n",
		"proc/sys/kernel/core_pattern": "core\n",
		"sys/fs/cgroup/system.slice/webrunner.service/cgroup.controllers": "cpu memory pids\n",
		"sys/devices/system/cpu/nohz_full":                                "(null)\n",
		"sys/devices/system/cpu/vulnerabilities/spec_store_bypass":        "Mitigation: Speculative Store Bypass disabled via prctl\n",
		"proc/swaps":                                                      "Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 1 0 100\n",
		"proc/cmdline":                                                    "quiet\n",
		"proc/sys/kernel/split_lock_mitigate":                             "1\n",
		"proc/sys/user/max_user_namespaces":                               "96365\n",
		"proc/sys/kernel/seccomp/actions_avail":                           "kill_process kill_thread errno allow\n",
		"proc/sys/kernel/yama/ptrace_scope":                               "1\n",
		"proc/sys/vm/overcommit_memory":                                   "0\n",
		"sys/fs/cgroup/system.slice/memory.max":                           "2147483648\n",
		"sys/fs/cgroup/memory.max":                                        "max\n",
		"sys/kernel/security/lsm":                                         "capability,landlock,yama\n",
		"sys/kernel/mm/transparent_hugepage/enabled":                      "[always] madvise never\n",
		"sys/devices/system/cpu/smt/active":                               "0\n",
		"sys/devices/system/cpu/smt/control":                              "off\n",
		"sys/devices/system/cpu/isolated":                                 "\n",
		"sys/devices/system/cpu/cpufreq/boost":                            "0\n",
		"sys/devices/system/cpu/vulnerabilities/l1tf":                     "Not affected\n",
		"sys/devices/system/cpu/vulnerabilities/retbleed":                 "Mitigation: untrained return thunk\n",
		"sys/kernel/mm/transparent_hugepage/shmem_enabled":                "always within_size advise [never] deny force\n",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":            "performance\n",
		"sys/devices/system/cpu/cpu11/cpufreq/scaling_governor":           "performance\n",
		"sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
	}
}

func healthyProbes() Probes {
	return Probes{
		Perf: processor.HostInfo{PMU: true, PMUName: "skylake", Counters: 8, Fixed: 3, RDPMC: "1", Paranoid: 2,
			Invariant: true, TSCQuantum: 1, CPUs: []int{0, 1}},
		Landlock:    func() (int, error) { return 7, nil },
		Seccomp:     func() error { return nil },
		NoNew:       func() (bool, error) { return true, nil },
		Speculation: func(speculation.Kind) (speculation.State, error) { return openToPrctl, nil },
	}
}

// What Linux says of a kind of speculation: a process may switch it off; nobody may.
const (
	openToPrctl = speculation.State(unix.PR_SPEC_PRCTL | unix.PR_SPEC_ENABLE)
	leftOn      = speculation.State(unix.PR_SPEC_ENABLE)
)

func smaps(flags string) string {
	return "00400000-00500000 r-xp 00000000 00:00 1 /bin/x\nSize: 4 kB\nVmFlags: rd ex sl\n" +
		"7ffd0000-7ffd2000 r-xp 00000000 00:00 0                  [vdso]\nSize: 8 kB\nVmFlags: " + flags + " \n" +
		"7ffe0000-7ffe2000 rw-p 00000000 00:00 0\nSize: 8 kB\nVmFlags: rd wr sl\n"
}

// examine returns the findings of a healthy host after a change.
func examine(c change) []Finding {
	tree, p := healthyTree(), healthyProbes()
	for name, text := range c.files {
		tree[name] = text
		if text != "-" {
			continue
		}
		for have := range tree {
			if have == name || strings.HasSuffix(name, "/") && strings.HasPrefix(have, name) {
				delete(tree, have)
			}
		}
	}
	if c.probe != nil {
		c.probe(&p)
	}
	fsys := make(fstest.MapFS)
	for name, text := range tree {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Examine(fsys, p)
}

func find(t *testing.T, list []Finding, name string) Finding {
	t.Helper()
	i := slices.IndexFunc(list, func(f Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("there is no finding %q", name)
	}
	return list[i]
}

func file(name, text string) change { return change{files: map[string]string{name: text}} }

func probe(f func(*Probes)) change { return change{probe: f} }

// illnesses are hosts where one thing is wrong, with what must be said of it.
func illnesses() []struct {
	name  string // of the finding
	state State
	words string // in what is found or what mends it
	change
} {
	noLandlock := func(why string) func(*Probes) {
		return func(p *Probes) { p.Landlock = func() (int, error) { return 0, errors.New(why) } }
	}
	level := func(n int) change {
		return probe(func(p *Probes) { p.Landlock = func() (int, error) { return n, nil } })
	}
	noPMU := func(p *Probes) { p.Perf.PMU, p.Perf.RDPMC, p.Perf.PMUReason = false, "", "ENOENT" }
	guest := func(p *Probes) { p.Perf.Hypervisor = "KVMKVMKVM" }
	speculates := func(s speculation.State, strict bool) change {
		return probe(func(p *Probes) {
			p.Strict, p.Speculation = strict, func(speculation.Kind) (speculation.State, error) { return s, nil }
		})
	}
	noSeccomp := func(p *Probes) { p.Seccomp = func() error { return errors.New("no seccomp") } }
	return []struct {
		name  string
		state State
		words string
		change
	}{
		{"landlock", Bad, "lsm=landlock,capability,yama", change{map[string]string{"sys/kernel/security/lsm": "capability,yama"}, noLandlock("disabled at boot")}},
		{"landlock", Bad, "first in the lsm= list", change{map[string]string{"sys/kernel/security/lsm": "-"}, noLandlock("disabled at boot")}},
		{"landlock", Bad, "CONFIG_SECURITY_LANDLOCK", probe(noLandlock("older than 5.13"))},
		{"landlock", Warn, "--without landlock", probe(func(p *Probes) { noLandlock("older")(p); p.Without = []wire.LayerName{"landlock"} })},
		{"landlock", Warn, "6.12", level(2)},
		{"landlock", Warn, "last stable release", level(5)},
		{"landlock", OK, "of which 11 are used", level(12)},
		{"seccomp", Bad, "CONFIG_SECCOMP_FILTER", probe(noSeccomp)},
		{"seccomp", Warn, "no seccomp", probe(func(p *Probes) { noSeccomp(p); p.Without = []wire.LayerName{"seccomp"} })},
		{"seccomp", Bad, "4.14", file("proc/sys/kernel/seccomp/actions_avail", "kill trap errno")},
		{"no-new-privs", Bad, "3.5", probe(func(p *Probes) { p.NoNew = func() (bool, error) { return false, errors.New("EINVAL") } })},
		{"no-new-privs", OK, "available", probe(func(p *Probes) { p.NoNew = func() (bool, error) { return false, nil } })},
		{"ptrace", Bad, "sysctl -w kernel.yama.ptrace_scope=1", file("proc/sys/kernel/yama/ptrace_scope", "2")},
		{"ptrace", Bad, "cannot be taken back", file("proc/sys/kernel/yama/ptrace_scope", "3")},
		{"ptrace", OK, "no Yama", file("proc/sys/kernel/yama/ptrace_scope", "-")},
		{"ptrace", Unknown, "ptrace_scope", file("proc/", "-")},
		{"sealed-mappings", Bad, "CONFIG_MSEAL_SYSTEM_MAPPINGS", file("proc/self/smaps", smaps("rd ex mr mw me de sl"))},
		{"sealed-mappings", Bad, "6.17", change{map[string]string{"proc/self/smaps": smaps("rd ex mr mw me de sl"), "proc/sys/kernel/osrelease": "6.16.12-1\n"}, nil}},
		{"sealed-mappings", OK, "kept out", change{map[string]string{"proc/self/smaps": smaps("rd ex mr mw me de sl"), "proc/sys/kernel/osrelease": "6.17.0\n"}, nil}},
		{"sealed-mappings", OK, "kept out", change{map[string]string{"proc/self/smaps": smaps("rd ex mr mw me de sl"), "proc/sys/kernel/osrelease": "7.0-rc1\n"}, nil}},
		{"sealed-mappings", Unknown, "smaps", file("proc/self/smaps", "-")},
		{"user", Warn, "DynamicUser", probe(func(p *Probes) { p.Root = true })},
		{"user-namespaces", Warn, "sysctl -w user.max_user_namespaces=", file("proc/sys/user/max_user_namespaces", "0")},
		{"user-namespaces", Warn, "CONFIG_USER_NS", file("proc/sys/user/max_user_namespaces", "-")},
		{"user-namespaces", Warn, "unprivileged_userns_clone=1", file("proc/sys/kernel/unprivileged_userns_clone", "0")},
		{"user-namespaces", OK, "as root", change{map[string]string{"proc/sys/kernel/unprivileged_userns_clone": "0"}, func(p *Probes) { p.Root = true }}},
		{"user-namespaces", Warn, "apparmor_restrict_unprivileged_userns=0", file("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")},
		{"user-namespaces", Unknown, "max_user_namespaces", file("proc/", "-")},
		{"proc", Warn, "mount -t proc", file("proc/", "-")},
		{"sys", Warn, "mount -t sysfs", file("sys/", "-")},
		{"vsyscall", Warn, "vsyscall=none", file("proc/self/maps", "ffffffffff600000-ffffffffff601000 r-xp 0 00:00 0 [vsyscall]\n")},
		{"vsyscall", OK, "execute-only", file("proc/self/maps", "ffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]\n")},
		{"vsyscall", Unknown, "maps", file("proc/self/maps", "-")},
		{"cpu-vulnerabilities", Warn, "microcode", file("sys/devices/system/cpu/vulnerabilities/mds", "Vulnerable: Clear CPU buffers attempted, no microcode")},
		{"cpu-vulnerabilities", Warn, "remove mitigations=off", change{files: map[string]string{"sys/devices/system/cpu/vulnerabilities/mds": "Vulnerable", "proc/cmdline": "quiet mitigations=off"}}},
		{"cpu-vulnerabilities", Unknown, "vulnerabilities", file("sys/devices/system/cpu/vulnerabilities/", "-")},
		{"speculation-control", OK, "indirect branches: on, open to prctl; --speculation strict switches it off", change{}},
		{"speculation-control", OK, "; switched off in cells", speculates(openToPrctl, true)},
		{"speculation-control", OK, "store bypass: the processor is not affected", speculates(unix.PR_SPEC_NOT_AFFECTED, true)},
		{"speculation-control", Warn, "leaves nothing open to prctl", speculates(leftOn, false)},
		{"speculation-control", Bad, "or serve without --speculation strict", speculates(leftOn, true)},
		{"speculation-control", Unknown, "does not tell", probe(func(p *Probes) {
			p.Speculation = func(speculation.Kind) (speculation.State, error) { return 0, errors.New("Linux does not tell") }
		})},
		{"split-locks", OK, "kernel.split_lock_mitigate", change{}},
		{"split-locks", OK, "SIGBUS", file("proc/cmdline", "split_lock_detect=fatal quiet")},
		{"split-locks", OK, "limited to 10 a second", change{files: map[string]string{"proc/cpuinfo": "microcode\t: 0x2b\nflags : bus_lock_detect", "proc/cmdline": "split_lock_detect=ratelimit:10"}}},
		{"split-locks", Warn, "machine of its own", file("proc/cpuinfo", "microcode\t: 0x2b\nflags : fpu")},
		{"split-locks", Warn, "split_lock_detect=fatal", file("proc/cmdline", "quiet split_lock_detect=off")},
		{"split-locks", Warn, "slows nobody down", file("proc/sys/kernel/split_lock_mitigate", "0")},
		{"split-locks", Warn, "slows nobody down", file("proc/cpuinfo", "microcode\t: 0x2b\nflags : bus_lock_detect")},
		{"split-locks", Unknown, "cpuinfo", file("proc/cpuinfo", "-")},
		{"smt", Warn, "echo off > /sys/devices/system/cpu/smt/control", file("sys/devices/system/cpu/smt/active", "1")},
		{"smt", Unknown, "smt", file("sys/devices/system/cpu/smt/", "-")},
		{"smt", OK, "off (off)", change{}},
		{"smt", OK, "has none", file("sys/devices/system/cpu/smt/control", "notsupported")},
		{"smt", Unknown, "only the host tells", change{map[string]string{"sys/devices/system/cpu/smt/control": "notsupported"}, guest}},
		{"smt", Unknown, "virtual machine (off)", probe(guest)},
		{"smt", Warn, "echo off", change{map[string]string{"sys/devices/system/cpu/smt/active": "1"}, guest}},
		{"swap", Warn, "/dev/sda2", file("proc/swaps", "Filename Type\n/dev/zram0 partition\n/dev/sda2 partition 9 0 -2\n")},
		{"swap", Unknown, "swaps", file("proc/swaps", "-")},
		{"memory-limit", Warn, "MemoryMax", file("sys/fs/cgroup/system.slice/memory.max", "max")},
		{"memory-limit", Warn, "MemoryMax", change{files: map[string]string{"proc/self/cgroup": "4:memory:/a\n3:cpu:/\n0::/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712"}}},
		{"memory-limit", OK, "is 1000", change{files: map[string]string{"proc/self/cgroup": "4:memory:/a\n0::/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000"}}},
		{"memory-limit", OK, "/children/memory.max is 7", change{files: map[string]string{"proc/self/cgroup": "0::/a/server\n", "sys/fs/cgroup/a/children/memory.max": "7"}}},
		{"memory-limit", Unknown, "cgroup", file("proc/self/cgroup", "-")},
		{"control-group", Warn, "the memory controller is not delegated", file("sys/fs/cgroup/system.slice/webrunner.service/cgroup.controllers", "cpu pids")},
		{"control-group", Warn, "systemd.unified_cgroup_hierarchy=1", file("proc/self/cgroup", "4:memory:/a\n")},
		{"control-group", Warn, "systemd.unified_cgroup_hierarchy=1", file("sys/fs/cgroup/system.slice/webrunner.service/cgroup.controllers", "-")},
		{"control-group", Unknown, "cgroup", file("proc/self/cgroup", "-")},
		{"core-dumps", Warn, "LimitCORE=1", file("proc/sys/kernel/core_pattern", "|/usr/share/apport %p")},
		{"core-dumps", Warn, "LimitCORE=0", file("proc/self/limits", "Max core file size        unlimited            unlimited            bytes")},
		{"core-dumps", OK, "by a limit of 1", change{files: map[string]string{"proc/sys/kernel/core_pattern": "|/x", "proc/self/limits": "Max core file size        1                    1            bytes"}}},
		{"core-dumps", Unknown, "core_pattern", file("proc/sys/kernel/core_pattern", "-")},
		{"speculation", Warn, "spec_store_bypass_disable=prctl", file("sys/devices/system/cpu/vulnerabilities/spec_store_bypass", "Mitigation: Speculative Store Bypass disabled via prctl and seccomp")},
		{"speculation", OK, "in all of them defences slow loads that pass stores and gathers", change{files: map[string]string{
			"sys/devices/system/cpu/vulnerabilities/spec_store_bypass":    "Mitigation: Speculative Store Bypass disabled",
			"sys/devices/system/cpu/vulnerabilities/gather_data_sampling": "Mitigation: Microcode (locked)"}}},
		{"speculation", OK, "a cell is as fast as other programs", change{}},
		{"speculation", Unknown, "spec_store_bypass", file("sys/devices/system/cpu/vulnerabilities/", "-")},
		{"microcode", Warn, "CPUs differ: 0x2b, 0x2c", file("proc/cpuinfo", "microcode\t: 0x2b\nmicrocode\t: 0x2c\nmicrocode\t: 0x2b")},
		{"microcode", OK, "revision 0x2b", change{}},
		{"microcode", Unknown, "revision", file("proc/cpuinfo", "model name : x")},
		{"microcode", Unknown, "cpuinfo", file("proc/cpuinfo", "-")},
		{"overcommit", Warn, "sysctl -w vm.overcommit_memory=0", file("proc/sys/vm/overcommit_memory", "2")},
		{"overcommit", Unknown, "overcommit", file("proc/sys/vm/overcommit_memory", "-")},
		{"processor", Warn, "those of Cypress Cove; it has instructions of Redwood Cove give the guest", probe(func(p *Probes) {
			p.Perf.Vendor, p.Perf.Family, p.Perf.Model, p.Perf.AMX, p.Perf.AVX10 = "GenuineIntel", 6, 0xa7, true, 1
		})},
		{"processor", OK, "not in the table", change{}},
		{"pmu", Warn, "none in this virtual machine (KVMKVMKVM) give the guest", probe(func(p *Probes) { noPMU(p); p.Perf.Hypervisor = "KVMKVMKVM" })},
		{"pmu", Warn, "perf-event-paranoid", probe(func(p *Probes) { noPMU(p); p.Perf.PMUReason = "EACCES: not permitted" })},
		{"pmu", Warn, "firmware", probe(noPMU)},
		{"perf-event-paranoid", Warn, "sysctl -w kernel.perf_event_paranoid=2", probe(func(p *Probes) { p.Perf.Paranoid = 3 })},
		{"perf-event-paranoid", Unknown, "perf_event_paranoid", probe(func(p *Probes) { p.Perf.Paranoid = processor.ParanoidUnknown })},
		{"rdpmc", Warn, "echo 1 >", probe(func(p *Probes) { p.Perf.RDPMC = "0" })},
		{"rdpmc", OK, "no PMU", probe(noPMU)},
		{"nmi-watchdog", Warn, "kernel.nmi_watchdog=0", probe(func(p *Probes) { p.Perf.Watchdog = true })},
		{"nmi-watchdog", OK, "no PMU", probe(func(p *Probes) { noPMU(p); p.Perf.Watchdog = true })},
		{"governor", Warn, "tee /sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor", file("sys/devices/system/cpu/cpu11/cpufreq/scaling_governor", "powersave")},
		{"turbo", Warn, "echo 0 > /sys/devices/system/cpu/cpufreq/boost", file("sys/devices/system/cpu/cpufreq/boost", "1")},
		{"turbo", Warn, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo", file("sys/devices/system/cpu/intel_pstate/no_turbo", "0")},
		{"turbo", OK, "no switch", file("sys/devices/system/cpu/cpufreq/boost", "-")},
		{"tsc", Warn, "hpet", file("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet")},
		{"tsc", Warn, "invtsc", probe(func(p *Probes) { p.Perf.Invariant, p.Perf.Hypervisor = false, "TCGTCGTCGTCG" })},
		{"tsc", Warn, "not invariant", probe(func(p *Probes) { p.Perf.Invariant = false })},
		{"tsc", Unknown, "clocksource", file("sys/devices/system/clocksource/", "-")},
		{"huge-pages", Warn, "echo never", file("sys/kernel/mm/transparent_hugepage/shmem_enabled", "[always] within_size advise never deny force")},
		{"huge-pages", OK, "(never); 2 MiB pages in reserve for jobs that ask: none", change{}},
		{"huge-pages", OK, "ask: 12", file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "12")},
		{"huge-pages", OK, "not in this kernel", file("sys/kernel/mm/", "-")},
		{"huge-pages", Unknown, "shmem", file("sys/", "-")},
		{"cpus", Warn, "second CPU", probe(func(p *Probes) { p.Perf.CPUs = []int{3} })},
		{"cpus", OK, "isolated: 2-3; without ticks: none", file("sys/devices/system/cpu/isolated", "2-3")},
		{"cpus", OK, "isolated: 2-3; without ticks: 3", change{files: map[string]string{"sys/devices/system/cpu/isolated": "2-3", "sys/devices/system/cpu/nohz_full": "3"}}},
		{"cpus", OK, "isolcpus= and nohz_full=", change{}},
	}
}

func TestIllnesses(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range illnesses() {
		t.Run(c.name, func(t *testing.T) {
			list := examine(c.change)
			f := find(t, list, c.name)
			if f.State != c.state || !strings.Contains(f.Have+" "+f.Mend, c.words) {
				t.Errorf("%+v\nwant state %s and the words %q", f, c.state, c.words)
			}
			if Fit(list) != (c.state != Bad) {
				t.Errorf("Fit is %v with a finding that is %s", Fit(list), c.state)
			}
			seen[c.name] = seen[c.name] || c.state == Bad || c.state == Warn
		})
	}
	for _, c := range checks() {
		if !seen[c.name] {
			t.Errorf("%s: no host fails this check", c.name)
		}
	}
}

// TestHealthy: nothing is wrong with the healthy host, so every row of
// TestIllnesses shows its own change.
func TestHealthy(t *testing.T) {
	for _, f := range examine(change{}) {
		if f.State != OK || f.Risk != "" || f.Mend != "" || f.Have == "" {
			t.Errorf("%+v", f)
		}
	}
}

// TestForm: names are unique, problems come first, and each says what it
// risks and how to mend it, whatever the host hides.
func TestForm(t *testing.T) {
	hosts := []change{{}, file("proc/", "-"), file("sys/", "-"), {files: map[string]string{"proc/": "-", "sys/": "-"}}}
	for _, c := range illnesses() {
		hosts = append(hosts, c.change)
	}
	for _, c := range hosts {
		list := examine(c)
		names := map[string]bool{}
		for i, f := range list {
			names[f.Name] = true
			if f.State.rank() < 0 || i > 0 && f.State.rank() < list[i-1].State.rank() {
				t.Fatalf("%s (%s) is out of order", f.Name, f.State)
			}
			problem := f.State == Bad || f.State == Warn
			if problem != (f.Risk != "") || problem != (f.Mend != "") || f.Have == "" {
				t.Errorf("%+v", f)
			}
			if f.Concern != Containment && f.Concern != Figures {
				t.Errorf("%s concerns %q", f.Name, f.Concern)
			}
		}
		if len(names) != len(checks()) {
			t.Errorf("%d names for %d checks", len(names), len(checks()))
		}
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	err := WriteText(&b, []Finding{
		{Name: "smt", State: Warn, Have: "on", Risk: "noise", Mend: "echo off"},
		{Name: "landlock", State: OK, Have: "ABI 7"},
	})
	want := "warn  smt       on\n        risk    noise\n        mend    echo off\nok    landlock  ABI 7\n"
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

// TestThisHost runs the real probes: whatever this host is, they answer.
func TestThisHost(t *testing.T) {
	p := ThisHost(nil, false)
	list := Examine(os.DirFS("/"), p)
	if f := find(t, list, "seccomp"); f.State != OK {
		t.Errorf("this test runs on a kernel without seccomp? %+v", f)
	}
	if f := find(t, list, "user"); (f.State == Warn) != (os.Geteuid() == 0) {
		t.Errorf("%+v for user %d", f, os.Geteuid())
	}
	if _, err := fs.Stat(os.DirFS("/"), "proc/self/status"); err == nil && find(t, list, "proc").State != OK {
		t.Error("/proc is mounted, but not found")
	}
	level, err := p.Landlock()
	if f := find(t, list, "landlock"); (err == nil) != strings.HasPrefix(f.Have, "ABI ") {
		t.Errorf("%+v for level %d, %v", f, level, err)
	}
}
