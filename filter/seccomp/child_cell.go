package seccomp

// supervision lists what the child does to its cells.
func supervision() []Rule {
	rules := []Rule{
		{56, "clone", []ArgTest{is(0, sigChld), is(1, 0)},
			"a cell: a plain fork that shares nothing and makes no namespace"},
		{61, "wait4", nil, "the cell's stops and its end, with the CPU time it used"},
		{62, "kill", []ArgTest{process(0), is(1, sigKill)},
			"the end of a cell that faulted or ran too long; landlock and the pid namespace keep it off everything else"},
		{302, "prlimit64", []ArgTest{is(0, 0)},
			"a forked cell lowers its own limits; none can be raised without privilege, and none of another process touched"},
		{203, "sched_setaffinity", []ArgTest{within(0, 0, maxInt)},
			"the cell is pinned to the CPU whose cycles are counted"},
		{309, "getcpu", nil, "which CPU that is, where the vdso does not tell"},
	}
	return append(rules, tracing()...)
}

// tracing lists the ptrace requests. Only a cell's own PTRACE_TRACEME makes it
// traced; it is read, and nothing of it but its instruction pointer and its flags ever written.
func tracing() []Rule {
	request := func(r uint64, why string) Rule {
		return Rule{101, "ptrace", []ArgTest{is(0, r)}, why}
	}
	return []Rule{
		request(ptraceTraceMe, "the cell asks to be traced by the child, its parent"),
		request(ptraceSetOptions, "Linux kills the cell when the child dies (PTRACE_O_EXITKILL), and stops it where it exits"),
		request(ptraceCont, "let the cell go on, with or without its signal"),
		request(ptraceSingleStep, "let the cell make one instruction, whose call is counted"),
		request(ptraceGetRegs, "where the cell stopped, and why: its general registers"),
		{101, "ptrace", []ArgTest{is(0, ptraceGetRegSet), is(2, noteXState)}, "the masks of vector instructions that are counted"},
		{101, "ptrace", []ArgTest{is(0, ptracePokeUser), is(2, userRIP)}, "a watched cell, which stopped where it read a gate, goes on behind that"},
		{101, "ptrace", []ArgTest{is(0, ptracePokeUser), is(2, userEFLAGS)}, "a cell that made single steps goes on without the trap flag"},
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
			"0 hides the child from others of its user, 1 lets the child read a cell that inherited 0"),
		{158, "arch_prctl", []ArgTest{is(0, archSetFS)}, "the cell's own %fs: a canary at %fs:0x28 that is not the child's"},
		{158, "arch_prctl", []ArgTest{is(0, archSetGS)}, "the cell's %gs, cleared"},
		{158, "arch_prctl", []ArgTest{is(0, archReqXCompPerm), is(1, xfeatureTileData)},
			"AMX tiles are granted on request only"},
		{317, "seccomp", []ArgTest{is(0, seccompSetModeFilter), is(1, 0)},
			"stage 2; a further filter can only take away"},
		{38, "setitimer", []ArgTest{is(0, itimerReal)},
			"the cell's alarm clock: it stops a function that runs too long, which cannot turn it off"},
		{28, "madvise", []ArgTest{is(2, madvPopulateWrite)}, "no page fault shall fall into a sample; and the child has the pages of a cell's memory made at once"},
		{334, "rseq", nil, "the cell registers a restartable sequence, by which a sample sees that it was preempted"},
		{436, "close_range", []ArgTest{is(2, 0)}, "the cell closes every descriptor"},
	}
}

// counters lists what event counters need: perf_event_open's attributes lie in
// memory that a filter cannot see, so Linux's perf_event_paranoid and the
// missing capabilities bound them.
func counters() []Rule {
	return []Rule{
		{298, "perf_event_open", []ArgTest{within(1, 0, maxInt), only(4, perfFlagFDCloexec, 0)},
			"a counter of the child or of one cell; never of a whole CPU (pid -1), never of a cgroup"},
		{434, "pidfd_open", []ArgTest{is(1, 0)}, "a cell, to take a descriptor of its counters"},
		{438, "pidfd_getfd", []ArgTest{is(1, 0), is(2, 0)},
			"what the cell's counters counted, read from outside; only a process that the child may trace gives it"},
		{157, "prctl", []ArgTest{is(0, prTaskPerfEventsEnable)}, "the cell starts its group once all of it is open"},
		{9, "mmap", []ArgTest{is(2, protRead), only(3, mapShared|mapFixedNoReplace, mapShared), opened(4), is(5, 0)},
			"a counter's first page, which tells rdpmc its index; only counters can be mapped, for no file is open"},
	}
}
