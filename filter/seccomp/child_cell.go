package seccomp

// supervision lists what the child does to its cells.
func supervision() []Rule {
	rules := []Rule{
		{56, "clone", []ArgTest{is(0, sigChld), is(1, 0)},
			"a cell: a plain fork that shares nothing and makes no namespace"},
		{61, "wait4", nil, "the cell's stops and its end, with the CPU time it used"},
		{247, "waitid", nil, "the same without reaping"},
		{62, "kill", []ArgTest{process(0), is(1, sigKill)},
			"the end of a cell that runs too long; landlock and the pid namespace keep it off everything else"},
		{62, "kill", []ArgTest{process(0), is(1, sigStop)},
			"the cell stops itself until it is traced"},
		{62, "kill", []ArgTest{process(0), is(1, sigCont)},
			"and goes on once it is"},
		{302, "prlimit64", []ArgTest{is(0, 0)},
			"a forked cell lowers its own limits; none can be raised without privilege, and none of another process touched"},
		{203, "sched_setaffinity", []ArgTest{within(0, 0, maxInt)},
			"the cell is pinned to the CPU whose cycles are counted"},
		{309, "getcpu", nil, "which CPU that is, where the vdso does not tell"},
		{98, "getrusage", nil, "CPU time and page faults of the child and of the cells it has reaped"},
	}
	return append(rules, tracing()...)
}

// tracing lists the ptrace requests. PTRACE_ATTACH and PTRACE_POKE* are not
// among them: a cell is stopped and read, never rewritten but for registers.
func tracing() []Rule {
	request := func(r uint64, why string) Rule {
		return Rule{101, "ptrace", []ArgTest{is(0, r)}, why}
	}
	return []Rule{
		request(ptraceTraceMe, "the cell asks to be traced by the child, its parent"),
		request(ptraceSeize, "the child traces the cell and has the kernel kill it when the child dies (PTRACE_O_EXITKILL)"),
		request(ptraceSetOptions, "the same options after PTRACE_TRACEME"),
		request(ptraceInterrupt, "stop a cell to see where it is"),
		request(ptraceListen, "keep a stopped cell stopped"),
		request(ptraceCont, "let the cell go on, with or without its signal"),
		request(ptraceSingleStep, "one instruction of the cell, to count or to trace"),
		request(ptraceGetRegs, "where the cell stopped, and why"),
		request(ptraceSetRegs, "put a cell before its first instruction again"),
		request(ptraceGetRegSet, "the vector registers of a stopped cell"),
		request(ptraceGetSigInfo, "the address of a fault, the number of a forbidden call"),
		request(ptraceGetEventMsg, "the exit status at PTRACE_EVENT_EXIT"),
		request(ptracePeekData, "the code at a fault and the top of the cell's private stack"),
	}
}

// stub lists what a forked cell does to itself between clone and stage 2.
func stub() []Rule {
	option := func(args []ArgTest, why string) Rule {
		return Rule{157, "prctl", args, why}
	}
	return []Rule{
		option([]ArgTest{is(0, prSetPDeathSig), is(1, sigKill)}, "the cell dies with the child"),
		option([]ArgTest{is(0, prSetNoNewPrivs), is(1, 1), is(2, 0), is(3, 0), is(4, 0)},
			"already set; the call only makes sure"),
		option([]ArgTest{is(0, prSetDumpable), within(1, 0, 1)},
			"0 hides the child from others of its user, 1 lets the child seize a cell that inherited 0"),
		option([]ArgTest{is(0, prSetName)}, "a name for ps"),
		{158, "arch_prctl", []ArgTest{is(0, archSetFS)}, "the cell's own %fs: a canary at %fs:0x28 that is not the child's"},
		{158, "arch_prctl", []ArgTest{is(0, archSetGS)}, "the cell's %gs, cleared"},
		{158, "arch_prctl", []ArgTest{is(0, archReqXCompPerm), is(1, xfeatureTileData)},
			"AMX tiles are granted on request only"},
		{317, "seccomp", []ArgTest{is(0, seccompSetModeFilter), is(1, 0)},
			"stage 2; a further filter can only take away"},
		{38, "setitimer", []ArgTest{is(0, itimerReal)},
			"the cell's alarm clock: it stops a kernel that runs too long, and a kernel cannot turn it off"},
		{28, "madvise", []ArgTest{is(2, madvPopulateWrite)}, "no page fault shall fall into a sample"},
		{334, "rseq", nil, "the cell registers a restartable sequence, by which a sample sees that it was preempted"},
		{436, "close_range", []ArgTest{is(2, 0)}, "the cell closes every descriptor"},
	}
}

// counters lists what event counters need: perf_event_open's attributes lie in
// memory that a filter cannot see, so the kernel's perf_event_paranoid and the
// missing capabilities bound them.
func counters() []Rule {
	request := func(r uint64, why string) Rule {
		return Rule{16, "ioctl", []ArgTest{opened(0), is(1, r), within(2, 0, perfIOCFlagGroup)}, why}
	}
	return []Rule{
		{298, "perf_event_open", []ArgTest{within(1, 0, maxInt), only(4, perfFlagFDCloexec, 0)},
			"a counter of the child or of one cell; never of a whole CPU (pid -1), never of a cgroup"},
		request(perfIOCEnable, "start a group of counters"),
		request(perfIOCDisable, "stop a group of counters"),
		request(perfIOCReset, "set a group of counters to zero"),
		{16, "ioctl", []ArgTest{opened(0), is(1, perfIOCID)}, "which counter of a group is which"},
		{9, "mmap", []ArgTest{is(2, protRead), only(3, mapShared|mapFixedNoReplace, mapShared), opened(4), is(5, 0)},
			"a counter's first page, which tells rdpmc its index; only counters can be mapped, for no file is open"},
	}
}
