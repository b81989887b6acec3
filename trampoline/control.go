package trampoline

// Limits of the control block.
const (
	maxSteps    = 160
	maxFilter   = 128 // instructions of the cell's seccomp program
	MaxCounters = 16
	MaxStack    = 448 // 8-byte words of arguments passed on the stack
	MaxFlush    = 64  // ranges of memory that a flush empties the caches of, or that are touched
	MaxRestore  = 32  // ranges of memory that get their contents back
	FrameWords  = 16  // of the caller's frame that a kernel must leave alone
)

// Modes of reading event counters around a call.
const (
	ModeTSC   = 0 // time stamps only
	ModeRead  = 1 // read(2) of the group leader
	ModeRDPMC = 2 // rdpmc, no system call
	ModeCases = 3 // nothing is read: the supervisor is called once everything is known of the call
)

// Marks in the code right before the three reads of a gate and the breakpoint of
// ModeCases, by which the supervisor finds them. Any numbers do that occur nowhere
// else in the blob.
const (
	markWarm   = 0x6d726177
	markWarmed = 0x64656d72
	markGate   = 0x65746167
	markStop   = 0x706f7473
	markCase   = 0x65736163
)

// Gates is how many gates the records of a cell can have: record r has gate r mod Control.Gates.
// The stub reads it before the watched lap and behind it, and gate number Control.Gates, which all
// records share, behind the lap that follows. A gate is a byte of a page that the supervisor has
// shut before it forks the cell, or has not; it is a page and a line of the cache from the one
// before it.
const (
	Gates    = 8
	gateStep = pageSize + cacheLine
	lastGate = 2 // laps from the watched one to the last end at which a gate is read
)

// Unwatched is Control.Watched where no gate is read.
const Unwatched = 1 << 62

// markSite and the numbers after it are in the code of the sites, where each
// lap has two: that of a single timed call, and MaxLaps further on that
// of calls in a loop. The supervisor finds the sites by them; see Code.
const markSite = 0x73697400

// Before lap s of record r the stub waits for
// (r·ditherRecord + s·ditherLap) & ditherMask turns of a loop, a cycle each:
// numbers that cover the range evenly however few records there are.
const (
	ditherMask   = 255
	ditherRecord = 97 // nearest to 256 divided by the square of the golden ratio, odd
	ditherLap    = 59
)

// opening is Results.Closing before the first record.
const opening = 2

// MaxLaps is how many timed calls a record can consist of.
const MaxLaps = 8

// Steps in one turn of a chain's loop, and in a straight chain at most, and mixes
// in one turn of the witness's.
const (
	ChainSteps   = 32
	WitnessMixes = 64
)

// Lap is one timed call of a record: the kernel, the empty function, a
// calibration chain, a witness, a flush or a restore.
type Lap struct {
	Looped  uint64 // 1: several calls, or counters beside one
	Turns   uint64 // of the loop of a chain or a witness
	Batch   uint64 // calls between the two time stamps, at least 1
	Counted uint64 // 1: event counters are read around it
	Keeps   uint64 // 1: its function has to keep what a Microsoft one keeps, too
}

// Vector is what a vector register holds, in as many of its words as the register has,
// the lowest first.
type Vector [8]uint64

// Sizes of vector registers, in bytes.
const (
	VectorXMM = 16
	VectorYMM = 32
	VectorZMM = 64
)

// TouchPages stands in Step.NR for no system call: the stub reads a byte of each page
// of Control.Touch.
const TouchPages = 1 << 30

// Step is one system call of the script that strips the cell, or TouchPages. The stub makes
// it before any untrusted code runs.
type Step struct {
	NR       uint64
	Args     [6]uint64
	Result   uint64 // what the call returns unless it fails
	Optional uint64 // 1: a failure is recorded nowhere and does not matter
}

// Range is the addresses from Start to before End.
type Range struct{ Start, End uint64 }

// Copy is a range of memory and where its contents come from: Bytes bytes at From in the
// first set of contents, and Control.SetBytes further on in each that follows.
type Copy struct{ To, From, Bytes uint64 }

// Control is everything the supervisor tells the stub. The cell maps it
// read-only before the kernel runs. Offsets reach the assembly via go_asm.h.
type Control struct {
	// XState is the XRSTOR image that gives every vector, x87 and tile register
	// its initial value (SDM vol. 1, 13.8): XSTATE_BV is zero, MXCSR is 0x1f80.
	// For a Case vector registers may have values in it. It also serves FXRSTOR where
	// there is no XSAVE.
	XState XSave
	// RseqDesc is a critical section that holds no code that ever runs: Linux
	// clears the pointer to it whenever it preempts, migrates or signals the
	// thread (kernel/rseq.c). 32-byte aligned.
	RseqDesc RseqCS
	_        [24]byte
	EntrySP  uint64    // stack pointer at the call, 16-byte aligned
	Frame    uint64    // where the caller's frame begins: above the stack arguments
	Int      [6]uint64 // rdi, rsi, rdx, rcx, r8, r9
	Float    [8]uint64 // low halves of xmm0-7, if Wide is 0
	Vector   [8]Vector // xmm0-7, ymm0-7 or zmm0-7, by Wide
	Wide     uint64    // bytes of each vector register that an argument fills, VectorXMM and so on; 0 where only numbers are passed
	Returns  uint64    // bytes of the vector that the function returns; 0 for none
	Canary   [6]uint64 // rbx, rbp, r12-r15
	// Kept is what xmm6-15 hold at a call, for Lap.Keeps. Then rdi and rsi are kept, too.
	Kept      [keptWords / 2][2]uint64
	Callee    uint64    // address of the function that a Case calls
	Scratch   [3]uint64 // rax, r10, r11 of a Case
	Flags     uint64    // rflags of a Case
	Records   uint64    // most records to write
	Laps      [MaxLaps]Lap
	LapN      uint64 // laps of a record, at least 1
	Watched   uint64 // lap around which gates are read, or Unwatched; the same whether any is shut
	Gates     uint64 // that the records of this cell have, 1 to Gates; likewise
	Close     uint64 // 1: lap 0 runs once more before the first record, and after the last
	Budget    uint64 // TSC ticks after which the loop ends by itself
	Mode      uint64
	Counters  uint64 // number of counters
	Words     uint64 // 8-byte words of one reading of them
	XSave     uint64 // 1: the host has XSAVE
	XInUse    uint64 // 1: the host tells which parts of the extended state are in use
	Rseq      uint64 // 1: the script registers Results.Rseq
	StackArgs uint64
	Stack     [MaxStack]uint64
	FlushOpt  uint64 // 1: the processor has CLFLUSHOPT
	FlushN    uint64 // ranges that a flush walks
	Flush     [MaxFlush]Range
	Sets      uint64 // of contents that a restore takes in turn, at least 1 where there is one
	SetBytes  uint64 // from one set to the next
	RestoreN  uint64 // ranges that a restore copies
	Restore   [MaxRestore]Copy
	TouchN    uint64 // ranges whose pages the script's step TouchPages reads
	Touch     [MaxFlush]Range
	// TouchTicks is how long that step goes on, in TSC ticks.
	TouchTicks uint64
	StepCount  uint64
	Steps      [maxSteps]Step
	FilterLen  uint64 // struct sock_fprog: length in the low 16 bits, then the address
	FilterPtr  uint64
	Filter     [maxFilter]uint64
	NoSignals  uint64    // the signal set in which there is none
	SigStack   [3]uint64 // struct stack_t with SS_DISABLE
	Alarm      [4]uint64 // struct itimerval
	Limit      [4][2]uint64
	Attrs      [MaxCounters][128]byte // struct perf_event_attr
}

// Bits of Record.Flags. The first two groups have a bit for each lap.
const (
	FlagInterrupt  = 1 << 0  // an interrupt hit lap 0, and so on
	FlagPreempt    = 1 << 8  // the thread was preempted, migrated or signalled in lap 0, and so on
	FlagRBX        = 1 << 16 // calling-convention violations, of any lap
	FlagRBP        = 1 << 17
	FlagR12        = 1 << 18
	FlagR13        = 1 << 19
	FlagR14        = 1 << 20
	FlagR15        = 1 << 21
	FlagRSP        = 1 << 22
	FlagDirection  = 1 << 23
	FlagMXCSR      = 1 << 24
	FlagX87Control = 1 << 25
	FlagX87Stack   = 1 << 26
	FlagFrame      = 1 << 27     // the caller's frame is overwritten
	FlagRDI        = 1 << bitRDI // these three under the Microsoft x64 ABI only
	FlagRSI        = 1 << bitRSI
	FlagVectors    = 1 << bitVectors // xmm6-15
	ViolationMask  = 0xfff0000 | FlagRDI | FlagRSI | FlagVectors
	FlagCounter    = 1 << 28 // a counter was not on the processor, or was moved; or not all were read
	FlagUpper      = 1 << 29 // the upper halves of vector registers are in use after a call: slow for some, no violation
)

// Numbers of bits of Record.Flags beyond those that an immediate reaches.
const (
	bitRDI     = 32
	bitRSI     = 33
	bitVectors = 34
)

// What Control.Kept begins with, a number of vector registers, and how many words it has.
const (
	firstKept = 6
	keptWords = 2 * (16 - firstKept)
)

// Record is one sample: a call of every lap in turn. The counter values
// before and after each counted lap follow it.
type Record struct {
	Start uint64 // TSC at the start of the first lap
	Flags uint64
	Ticks [MaxLaps]uint64 // TSC ticks of each lap
}

// Results is what the stub reports. It lies in memory that the kernel under
// test can write: believe nothing in it without checking.
type Results struct {
	FX        FXSave // after the last call
	Rseq      Rseq
	Step      uint64 // 1 + index of the script step being made
	Errno     uint64 // of the step that failed
	Untouched uint64 // 1: TouchTicks were over before every page was touched
	Start     uint64 // TSC when the loop began
	Deadline  uint64
	Record    uint64 // address of the current record
	Next      uint64 // address of the next word behind it
	Count     uint64 // records written
	Lap       uint64 // index of the current lap
	Closing   uint64 // 1: this chain is the last; opening: it is the first
	Remaining uint64 // calls left in the current batch
	Site      uint64 // number of the current lap's
	Turns     uint64
	Mode      uint64 // of reading counters around the current lap
	Lock      uint64 // sum of the counter pages' lock words
	Stamp     uint64
	ES        uint64 // after the call, where counters are read behind it
	RAX       uint64 // of the last call, of whichever lap
	RDX       uint64
	SI        uint64 // after the call, where counters are read behind it
	DI        uint64
	Vector    Vector // xmm0, ymm0 or zmm0 after the last call, by Control.Returns
	LastChain uint64 // ticks of the chain after the last record
	End       uint64 // TSC when the loop ended
	Begin     [2 * MaxCounters]uint64
	After     [2 * MaxCounters]uint64
}
