package seccomp

// Constants of Linux's interface for x86-64. They are spelt out here so
// that the policies can be compiled and explained on any system; a test
// compares each with golang.org/x/sys/unix.
const (
	protRead  = 0x1
	protWrite = 0x2
	protExec  = 0x4

	mapShared         = 0x01
	mapPrivate        = 0x02
	mapDroppable      = 0x08
	mapFixed          = 0x10
	mapAnonymous      = 0x20
	mapNoReserve      = 0x4000
	mapPopulate       = 0x8000
	mapHugeTLB        = 0x40000
	mapFixedNoReplace = 0x100000
	mapHuge2MB        = 21 << 26 // the page size, as a power of two

	// anonymous is every flag that a mapping without a file may have. The vdso's
	// getrandom asks for MAP_DROPPABLE, which is a type of its own.
	anonymous = mapShared | mapPrivate | mapDroppable | mapFixed | mapAnonymous |
		mapNoReserve | mapPopulate | mapFixedNoReplace

	madvDontNeed   = 4
	madvFree       = 8
	madvHugePage   = 14
	madvNoHugePage = 15
	madvDontFork   = 10
	madvDoFork     = 11
	madvCollapse   = 25

	// cloneThread is cloneFlags of runtime/os_linux.go with the CLONE_SETTLS
	// that its assembly adds: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS.
	cloneThread = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000

	futexWaitPrivate = 0 | 128
	futexWakePrivate = 1 | 128

	fGetFL   = 3
	clockTAI = 11

	epollCloexec = 0x80000
	epollCtlAdd  = 1
	epollCtlDel  = 2
	efdCloexec   = 0x80000
	efdNonblock  = 0x800

	sigKill = 9
	sigChld = 17

	ptraceTraceMe     = 0
	ptracePeekData    = 2
	ptracePokeUser    = 6
	ptraceCont        = 7
	ptraceSingleStep  = 9
	ptraceGetRegs     = 12
	ptraceSetOptions  = 0x4200
	ptraceGetEventMsg = 0x4201
	ptraceGetSigInfo  = 0x4202
	ptraceGetRegSet   = 0x4204

	userRIP    = 16 * 8 // offset of rip in struct user of asm/user_64.h
	userEFLAGS = 18 * 8 // and of eflags

	noteXState = 0x202 // NT_X86_XSTATE of include/uapi/linux/elf.h

	prSetPDeathSig  = 1
	prSetDumpable   = 4
	prSetNoNewPrivs = 38

	prTaskPerfEventsEnable = 32
	prSetVMA               = 0x53564d41
	prSetVMAAnonName       = 0

	archSetGS        = 0x1001
	archSetFS        = 0x1002
	archReqXCompPerm = 0x1023 // arch/x86/include/uapi/asm/prctl.h
	xfeatureTileData = 18     // XFEATURE_XTILE_DATA

	seccompSetModeFilter = 1

	perfFlagFDCloexec = 8
)

// include/uapi/linux/time.h and asm-generic/mman-common.h: what a cell does to
// itself before stage 2.
const (
	itimerReal        = 0
	madvPopulateWrite = 23
)
