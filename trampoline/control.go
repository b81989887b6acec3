package trampoline

// Limits of the control block.
const (
	MaxSteps    = 160
	MaxFilter   = 128 // instructions of the cell's seccomp program
	MaxCounters = 16
	MaxStack    = 64 // arguments passed on the stack
)

// Modes of reading event counters around a call.
const (
	ModeTSC   = 0 // time stamps only
	ModeRead  = 1 // read(2) of the group leader
	ModeRDPMC = 2 // rdpmc, no system call
)

// Chains of dependent instructions that calibrate the time-stamp counter.
const (
	ChainAdd  = 0 // 1 cycle a step
	ChainImul = 1 // 3 cycles a step
)

// Steps of a chain in one turn of its loop.
const (
	AddSteps  = 64
	ImulSteps = 32
)

// Step is one system call of the script that strips the cell. The stub makes
// it before any untrusted code runs.
type Step struct {
	NR       uint64
	Args     [6]uint64
	Optional uint64 // 1: a failure is recorded nowhere and does not matter
}

// Control is everything the supervisor tells the stub. The cell maps it
// read-only before the kernel runs. Offsets reach the assembly via go_asm.h.
type Control struct {
	// XState is the XRSTOR image that gives every vector, x87 and tile register
	// its initial value (SDM vol. 1, 13.8): XSTATE_BV is zero, MXCSR is 0x1f80.
	// It also serves FXRSTOR where there is no XSAVE. 64-byte aligned.
	XState [832]byte
	// RseqDesc is a struct rseq_cs whose critical section holds no code that
	// ever runs: the kernel clears the pointer to it whenever it preempts,
	// migrates or signals the thread (kernel/rseq.c). 32-byte aligned. The
	// signature that must precede its abort address follows it.
	RseqDesc  [40]byte
	_         [24]byte
	Kernel    uint64    // address of the function under test
	EntrySP   uint64    // stack pointer at the call, 16-byte aligned
	Int       [6]uint64 // rdi, rsi, rdx, rcx, r8, r9
	Float     [8]uint64 // low halves of xmm0-7
	Vectors   uint64    // number of vector registers used: al
	Canary    [6]uint64 // rbx, rbp, r12-r15
	Records   uint64    // most records to write
	Interlace uint64    // 1: every second record is an empty call
	Batch     uint64    // calls in one record
	Chain     uint64    // ChainAdd or ChainImul
	Turns     uint64    // of the chain's loop
	Budget    uint64    // TSC ticks after which the loop ends by itself
	Mode      uint64
	Counters  uint64              // number of counters
	Selector  [MaxCounters]uint64 // rdpmc selectors
	Stride    uint64              // bytes from one record to the next
	XSave     uint64              // 1: the host has XSAVE
	Rseq      uint64              // 1: the script registers Results.Rseq
	StackArgs uint64
	Stack     [MaxStack]uint64
	StepCount uint64
	Steps     [MaxSteps]Step
	FilterLen uint64 // struct sock_fprog: length in the low 16 bits, then the address
	FilterPtr uint64
	Filter    [MaxFilter]uint64
	SigStack  [3]uint64 // struct stack_t with SS_DISABLE
	Limit     [4][2]uint64
	Attrs     [MaxCounters][128]byte // struct perf_event_attr
}

// Bits of Record.Flags.
const (
	FlagEmpty      = 1 << 0 // the call was the empty one
	FlagChainIRQ   = 1 << 1 // an interrupt hit the chain before the call
	FlagCallIRQ    = 1 << 2 // an interrupt hit the call
	FlagPreempted  = 1 << 3 // the thread was preempted, migrated or signalled during the call
	FlagRBX        = 1 << 8 // calling-convention violations
	FlagRBP        = 1 << 9
	FlagR12        = 1 << 10
	FlagR13        = 1 << 11
	FlagR14        = 1 << 12
	FlagR15        = 1 << 13
	FlagRSP        = 1 << 14
	FlagDirection  = 1 << 15
	FlagMXCSR      = 1 << 16
	FlagX87Control = 1 << 17
	FlagX87Stack   = 1 << 18
	ViolationMask  = 0x7ff00
)

// Record is one timed call. Counter values before and after it follow,
// Counters of each.
type Record struct {
	Chain uint64 // TSC ticks of the calibration chain just before the call
	Ticks uint64 // TSC ticks of the call, or of Batch calls
	Start uint64 // TSC at the start of the call
	Flags uint64
}

// Results is what the stub reports. It lies in memory that the kernel under
// test can write: believe nothing in it without checking.
type Results struct {
	FX        [512]byte // FXSAVE image after the last call; 16-byte aligned
	Rseq      [32]byte  // struct rseq; 32-byte aligned
	Step      uint64    // 1 + index of the script step being made
	Errno     uint64    // of the step that failed
	Start     uint64    // TSC when the loop began
	Deadline  uint64
	Record    uint64 // address of the current record
	Count     uint64 // records written
	Remaining uint64 // calls left in the current batch
	Target    uint64
	Stamp     uint64
	RAX       uint64 // of the last call
	RDX       uint64
	LastChain uint64 // ticks of the chain after the last record
	LastFlags uint64
	End       uint64 // TSC when the loop ended
	Begin     [2 * MaxCounters]uint64
	After     [2 * MaxCounters]uint64
}
