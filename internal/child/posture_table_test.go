package child_test

// A fact is one line of a file in /proc/pid, or a file of one line: what it
// must be for a child and for a cell. Both are regular expressions for the
// whole value, in which words stand for what only the test knows:
//
//	SERVER, CHILD    their process numbers
//	USER, GROUP      whom a child runs as
//	SAME             what the same file or line of the server says
//	BOUNDING         the bounding set: empty where the layer says so
//	MAP-UID, MAP-GID what of users and groups the namespace shows
//	CGROUP           the server's group, or the one for children
type fact struct{ key, child, cell string }

// anything is what need not be compared for this process; the reason stands in
// the comment beside it.
const anything = `(?s:.*)`

const (
	noCapability = "0{16}"
	noSignal     = "0{16}"
	// Signal 32 belongs to C libraries; some parents, such as make, leave it
	// ignored, shells the keyboard's signals of what runs in the background, and
	// nohup that of a terminal's end.
	ignored = "0{8}[08]0{6}[0-7]"
)

// facts is all that /proc says of rights, resources and bonds.
func facts() []fact {
	return []fact{
		{"status PPid", "SERVER", "CHILD"},
		{"status TracerPid", "0", "TRACER"},
		{"status Uid", `USER\tUSER\tUSER\tUSER`, `USER\tUSER\tUSER\tUSER`},
		{"status Gid", `GROUP\tGROUP\tGROUP\tGROUP`, `GROUP\tGROUP\tGROUP\tGROUP`},
		{"status Groups", "GROUPS", "GROUPS"},
		{"status NSpid", `TRACER(\t\d+)?`, `\d+(\t\d+)?`},
		{"status NSpgid", `CHILD(\t1)?`, `CHILD(\t1)?`},
		{"status Kthread", "0", "0"},
		{"status VmLck", "0 kB", "0 kB"},
		{"status VmRSS", anything, `\d{1,3} kB`}, // the child's grows with its job
		{"status HugetlbPages", "0 kB", "0 kB"},
		{"status CoreDumping", "0", "0"},
		{"status x86_Thread_features", "", ""}, // no shadow stack
		{"status x86_Thread_features_locked", "", ""},
		{"status Threads", `\d{1,2}`, "1"},
		{"status SigQ", `\d+/\d{1,2}`, `\d+/\d{1,2}`},
		{"status SigPnd", anything, noSignal}, // the Go runtime signals its threads
		{"status ShdPnd", anything, noSignal},
		{"status SigBlk", anything, noSignal}, // and blocks signals while it forks
		{"status SigIgn", ignored, anything},
		{"status SigCgt", anything, anything}, // and handles them; what a cell ignores or handles does not matter: it is traced, so each signal stops it before its tracer
		{"status CapInh", noCapability, noCapability},
		{"status CapPrm", noCapability, noCapability},
		{"status CapEff", noCapability, noCapability},
		{"status CapBnd", "BOUNDING", "BOUNDING"},
		{"status CapAmb", noCapability, noCapability},
		{"status NoNewPrivs", "1", "1"},
		{"status Seccomp", "2", "2"},
		{"status Seccomp_filters", `[1-9]\d*`, `[2-9]\d*`},
		{"status Cpus_allowed_list", anything, `\d+`}, // the child pins itself before its first cell

		{"limits Max cpu time", "120 +120 +seconds", `\d{1,2} +\d{1,2} +seconds`},
		{"limits Max file size", "0 +0 +bytes", "0 +0 +bytes"},
		{"limits Max core file size", "[01] +[01] +bytes", "[01] +[01] +bytes"},
		{"limits Max processes", "256 +256 +processes", "0 +0 +processes"},
		{"limits Max open files", "64 +64 +files", "64 +64 +files"},
		{"limits Max locked memory", `\d{1,6} +\d{1,6} +bytes`, `\d{1,6} +\d{1,6} +bytes`},
		{"limits Max data size", `2147483648 +2147483648 +bytes`, `2147483648 +2147483648 +bytes`},
		{"limits Max address space", `17179869184 +17179869184 +bytes`, `17179869184 +17179869184 +bytes`},
		{"limits Max pending signals", `\d{1,2} +\d{1,2} +signals`, `\d{1,2} +\d{1,2} +signals`},
		{"limits Max msgqueue size", "0 +0 +bytes", "0 +0 +bytes"},
		{"limits Max nice priority", "0 +0", "0 +0"},
		{"limits Max realtime priority", "0 +0", "0 +0"},

		{"io read_bytes", anything, "0"}, // pages of the program may come from the disk
		{"io write_bytes", "0", "0"},
		{"io rchar", anything, "0"}, // the job
		{"io syscr", anything, "0"},
		{"io wchar", `\d?`, "0"}, // oom_score_adj; the report is yet to come
		{"io syscw", `\d?`, "0"},

		{"cgroup", "CGROUP", "CGROUP"},
		{"cmdline", "webrunner-child\x00without=\x00", ""},
		{"comm", "exe\n", "exe\n"},
		{"environ", "", ""},
		{"gid_map", "MAP-GID", "MAP-GID"},
		{"uid_map", "MAP-UID", "MAP-UID"},
		{"projid_map", "(SAME)?", "(SAME)?"},
		{"setgroups", "(allow|deny)\n", "(allow|deny)\n"},
		{"ksm_merging_pages", "0\n", "0\n"}, // merged pages tell strangers what they hold
		{"loginuid", "SAME", "SAME"},
		{"sessionid", "SAME", "SAME"},
		{"oom_score_adj", "1000\n", "1000\n"},
		{"personality", "00000000\n", "00000000\n"},
		{"timens_offsets", "SAME", "SAME"},
		{"timers", "", ""},
		{"timerslack_ns", "SLACK\n", "50000\n"}, // of the first thread; that of the cells is punctual

		{"cwd", "/", "/"},
		{"root", "/", "/"},
		{"exe", "SAME", "SAME"},
		{"attr/current", "SAME", "SAME"},
		{"attr/exec", "SAME", "SAME"},
		{"attr/fscreate", "SAME", "SAME"},
		{"attr/keycreate", "SAME", "SAME"},
		{"attr/sockcreate", "SAME", "SAME"},
	}
}

// elsewhere is what functions of their own compare.
func elsewhere() []string {
	return []string{"fd", "fdinfo", "maps", "net", "ns", "task", "attr", "status", "limits", "io"}
}

// irrelevant is what need not be compared, each with the reason. What is
// neither here nor compared fails the test: a new kernel has told something
// new, which somebody must judge.
func irrelevant() map[string]string {
	return map[string]string{
		"status Name":   "a label; comm is compared",
		"status Umask":  "no file can be created",
		"status State":  "it changes",
		"status Tgid":   "its number",
		"status Ngid":   "a group for NUMA balancing",
		"status Pid":    "its number",
		"status FDSize": "the size of a table; its descriptors are compared",
		"status NStgid": "NSpid is compared",
		"status NSsid":  "a session is for its terminal, which nobody here can open",
		"status VmPeak": "a size before it was stripped", "status VmHWM": "a size before it was stripped",
		"status VmSize": "a sum of the mappings, which are compared", "status VmData": "a sum of the mappings",
		"status VmStk": "a sum of the mappings", "status VmExe": "the program's size", "status VmLib": "the program's size",
		"status RssAnon": "a part of VmRSS", "status RssFile": "a part of VmRSS", "status RssShmem": "a part of VmRSS",
		"status VmPTE": "page tables", "status VmPMD": "page tables", "status VmSwap": "the host's doing",
		"status VmPin":        "pages of counters, where there are some",
		"status THP_enabled":  "a matter of speed",
		"status untag_mask":   "linear address masking must be asked for; the screen and the filter do not allow it",
		"status Cpus_allowed": "Cpus_allowed_list in another form",
		"status Mems_allowed": "memory nodes of the host", "status Mems_allowed_list": "memory nodes of the host",
		"status Speculation_Store_Bypass":   "the processor's ways are measured as they are; doctor speaks of them",
		"status SpeculationIndirectBranch":  "the same",
		"status voluntary_ctxt_switches":    "a count",
		"status nonvoluntary_ctxt_switches": "a count",

		"limits Max stack size":       "for the kernel's growing stack, which a cell has not",
		"limits Max resident set":     "Linux takes no notice of it",
		"limits Max file locks":       "Linux takes no notice of it",
		"limits Max realtime timeout": "no real-time policy can be had",

		"io cancelled_write_bytes": "nothing was written that could be cancelled",

		"arch_status": "when AVX-512 was used last",
		"autogroup":   "a group for the scheduler", "sched": "figures of the scheduler", "schedstat": "figures of the scheduler",
		"auxv":        "the kernel's copy of what it told the program at its start; a cell cannot read it",
		"clear_refs":  "for writing",
		"mem":         "the memory itself; who may open it follows from the owner, which is compared",
		"patch_state": "live patching", "latency": "figures of the scheduler",
		"coredump_filter": "there is no core dump",
		"cpuset":          "a part of cgroup", "cpu_resctrl_groups": "shares of the caches, the host's doing",
		"ksm_stat":  "counts beside ksm_merging_pages",
		"map_files": "maps in another form", "numa_maps": "maps in another form", "pagemap": "maps in another form",
		"smaps": "maps in another form", "smaps_rollup": "maps in another form",
		"mountinfo": "names of mounts, none of which can be opened: landlock's test tries",
		"mounts":    "the same", "mountstats": "the same",
		"oom_adj": "oom_score_adj in another form", "oom_score": "what follows from it and from the size",
		"stack": "where it is in the kernel", "wchan": "where it is in the kernel", "syscall": "where it is",
		"stat": "status in another form", "statm": "a sum of the mappings",
		"seccomp_cache": "what of the filters the kernel remembers",
	}
}
