#include "go_asm.h"
#include "textflag.h"

// The blob that is copied into a cell runs from stub to stub·end. It is
// position-independent: it names only its own labels and the fixed addresses
// of layout.go. Nothing in it may call Go, touch a Go stack, or live elsewhere.
//
// Registers, by the part of the stub; those that a part does not list it may
// clobber:
//
//	        script      before a call     at a call      behind the call   checks
//	        (step)      (record,lap)  (a site)       (a site)          (timed)
//	AX      call's nr   scratch           vectors used   2nd time stamp    scratch
//	CX      clobbered   wait, 4th arg.    4th argument   the callee's      flags of the record
//	DX      3rd arg.    scratch           3rd argument   ES after it       scratch
//	BX BP   free        canaries 0, 1     the same       the callee's      compared
//	SI DI   arguments   arguments 2, 1    the same       the callee's      compared
//	R8 R9   arguments   arguments 5, 6    the same       RAX, RDX of it    lap, record
//	R10     4th arg.    Control           zero           the callee's      Control
//	R11     clobbered   Results           zero           the callee's      Results
//	R12     the step    canary 2          the same       the callee's      compared
//	R13     steps done  lap, then 3   canary 3       the callee's      compared
//	R14     Results     Results, then 4   canary 4       the callee's      compared
//	R15     Control     Control, then 5   canary 5       the callee's      compared
//	SP      none        EntrySP           EntrySP        the callee's      EntrySP
//	X0-7    free        arguments         the same       the callee's      free
//	ES      free        null, not 0       the same       read into DX      free
//
// Arguments are where the System V ABI has them (psABI 3.2.3).

// FUNCTION begins a function of the blob. Its address goes to place n of a table,
// by which the linker keeps it and Symbols finds it and its name: any n between
// those of its neighbours, else the assembler refuses it. The name has no
// package, and so needs no declaration in Go. A function begins a line of the cache: where
// one begins within a line is a matter of some cycles.
#define FUNCTION(n, name) \
	DATA functions<>+(8*n)(SB)/8, $name<>(SB) \
	TEXT name<>(SB), NOSPLIT|NOFRAME, $0 \
	PCALIGN $const_cacheLine

// STAMP leaves the time-stamp counter in AX. The fences keep earlier and later
// instructions out of the window (SDM vol. 2, RDTSC; AMD APM vol. 3, LFENCE is
// dispatch-serializing as Linux sets it up). Clobbers DX.
#define STAMP \
	LFENCE       \
	RDTSC        \
	LFENCE       \
	SHLQ $32, DX \
	ORQ  DX, AX

// ARM loads ES with a null selector that is not 0. An interrupt that returns to user
// mode by IRET replaces it by 0 (SDM vol. 2, IRET, segment checks on return to
// an outer level), so that ES tells whether one came. Clobbers AX.
#define ARM \
	MOVL $const_nullSelector, AX \
	MOVW AX, ES

#define CONTROL(reg) MOVL $const_ControlAddr, reg
#define RESULTS(reg) MOVL $const_ResultsAddr, reg

// ARGS loads the argument registers that a time stamp leaves alone: all but DX.
// R10 = Control.
#define ARGS \
	MOVQ (Control_Int+0)(R10), DI  \
	MOVQ (Control_Int+8)(R10), SI  \
	MOVQ (Control_Int+24)(R10), CX \
	MOVQ (Control_Int+32)(R10), R8 \
	MOVQ (Control_Int+40)(R10), R9

// VECTORS loads xmm0-7, or the whole registers where vectors are passed by value. SP
// must be a stack's. R10 = Control. Clobbers AX.
#define VECTORS \
	CMPQ Control_Wide(R10), $0 \
	JEQ  3(PC) \
	CALL stub·vectors<>(SB) \
	JMP  9(PC) \
	MOVSD (Control_Float+0)(R10), X0  \
	MOVSD (Control_Float+8)(R10), X1  \
	MOVSD (Control_Float+16)(R10), X2 \
	MOVSD (Control_Float+24)(R10), X3 \
	MOVSD (Control_Float+32)(R10), X4 \
	MOVSD (Control_Float+40)(R10), X5 \
	MOVSD (Control_Float+48)(R10), X6 \
	MOVSD (Control_Float+56)(R10), X7

// KEEP leaves the vector that a function returns in Results.Vector, as much of the
// register as the function returns. R10 = Control, R11 = Results.
#define KEEP \
	CMPQ Control_Returns(R10), $const_VectorYMM \
	JHI  6(PC) \
	JEQ  3(PC) \
	MOVUPS X0, Results_Vector(R11) \
	JMP  4(PC) \
	VMOVUPS Y0, Results_Vector(R11) \
	JMP  2(PC) \
	VMOVUPS Z0, Results_Vector(R11)

// CHECK sets a bit of CX when a register differs from what it must hold.
#define CHECK(reg, where, bit) \
	CMPQ reg, where    \
	JEQ  2(PC)         \
	ORL  bit, CX

// A site is the place from which a lap is called. Each lap has one of
// its own, with a direct call: a call that laps shared would have to be
// predicted, and a processor that predicts it wrongly adds the cost to some
// laps and not to others. The supervisor writes both immediates of a site
// into the cell's copy of the stub: the number of vector registers used (al, over
// the mark by which it finds the site), and the distance to the callee.

// TIMED is the site of a lap of one call without counters. Between the time
// stamps stand the call and moves between registers, no load that a callee could
// wait for.
#define TIMED(here, mark) \
	PCALIGN $const_cacheLine \
here: \
	MOVQ (Control_Int+16)(R10), R10 \
	STAMP \
	MOVQ AX, Results_Stamp(R11) \
	MOVQ R10, DX \
	XORL R10, R10 \
	XORL R11, R11 \
	MOVL mark, AX \
	CALL stub·empty<>(SB) \
	MOVQ AX, R8 \
	MOVQ DX, R9 \
	STAMP \
	MOVW ES, DX \
	JMP  timed

// LOOPED is the site of a lap of several calls, or of one around which
// counters are read. The callee owns its argument
// registers and its stack arguments, so all of them are loaded anew for each call.
#define LOOPED(here, go, done, mark) \
	PCALIGN $const_cacheLine \
here: \
	STAMP \
	MOVQ AX, Results_Stamp(R11) \
	CMPQ Results_Mode(R11), $const_ModeTSC \
	JEQ  go \
	CALL stub·before<>(SB) \
go: \
	MOVQ (Control_Int+16)(R10), DX \
	XORL R10, R10 \
	XORL R11, R11 \
	MOVL mark, AX \
	CALL stub·empty<>(SB) \
	RESULTS(R11) \
	CONTROL(R10) \
	MOVQ AX, Results_RAX(R11) \
	MOVQ DX, Results_RDX(R11) \
	DECQ Results_Remaining(R11) \
	JEQ  done \
	MOVQ Control_EntrySP(R10), SP \
	VECTORS \
	CMPQ Control_StackArgs(R10), $0 \
	JEQ  2(PC) \
	CALL stub·stack_args<>(SB) \
	ARGS \
	JMP  go \
done: \
	CMPQ Results_Mode(R11), $const_ModeTSC \
	JNE  after \
	STAMP \
	MOVQ Results_RAX(R11), R8 \
	MOVQ Results_RDX(R11), R9 \
	MOVW ES, DX \
	JMP  timed

FUNCTION(0, stub)
	// Fork begins here. The new process goes on where no memory but the cell's
	// own is needed, for it may have no other.
	MOVL $const_sysClone, AX
	MOVL $const_sigChild, DI // at its end
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	SYSCALL
	TESTQ AX, AX
	JEQ  born
	RET

	// No stack. All signals are blocked until the supervisor traces this process;
	// then none is ever delivered, so that the handlers, which were the runtime's,
	// never run.
	//
	// The control block becomes read-only before any of it is read: then its pages come so, and
	// none that is there need change, each of which a hypervisor may want to see.
born:
	CONTROL(DI)
	MOVL $Control__size, SI
	MOVL $const_protRead, DX
	MOVL $const_sysMprotect, AX
	SYSCALL
	CONTROL(R15)
	RESULTS(R14)
	XORL R13, R13
	TESTQ AX, AX
	JNE  failed

	// The script.
	LEAQ Control_Steps(R15), R12

step:
	CMPQ R13, Control_StepCount(R15)
	JAE  stripped
	INCQ R13
	MOVQ R13, Results_Step(R14)
	MOVQ Step_NR(R12), AX
	CMPQ AX, $const_TouchPages
	JEQ  touch
	MOVQ (Step_Args+0)(R12), DI
	MOVQ (Step_Args+8)(R12), SI
	MOVQ (Step_Args+16)(R12), DX
	MOVQ (Step_Args+24)(R12), R10
	MOVQ (Step_Args+32)(R12), R8
	MOVQ (Step_Args+40)(R12), R9
	SYSCALL
	CMPQ AX, Step_Result(R12)
	JEQ  next
	CMPQ Step_Optional(R12), $0
	JNE  next

failed:
	NEGQ AX
	MOVQ AX, Results_Errno(R14)
	MOVL $1, DI
	JMP  stub·exit<>(SB)

next:
	ADDQ $Step__size, R12
	JMP  step

	// No system call: pages that the first call would touch for the first time, as
	// long as there is time.
touch:
	STAMP
	MOVQ Control_TouchTicks(R15), R9
	ADDQ AX, R9
	LEAQ Control_Touch(R15), R8
	MOVQ Control_TouchN(R15), CX

touchRange:
	SUBQ $1, CX
	JCS  next
	MOVQ Range_Start(R8), SI
	MOVQ Range_End(R8), DI
	ADDQ $Range__size, R8

touchPage:
	CMPQ SI, DI
	JAE  touchRange
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	CMPQ AX, R9
	JAE  late
	MOVB (SI), AX
	ADDQ $const_pageSize, SI
	JMP  touchPage

late:
	MOVQ $1, Results_Untouched(R14)
	JMP  next

stripped:
	// Each gate is read once before the first call. The first read of a page costs a fault of the
	// process or of the machine beneath it, whose traces would be in the call that follows.
	MOVQ Control_Gates(R15), BX
	MOVL $const_GatesAddr, DX

warm:
	MOVL $const_markWarm, CX
	MOVBLZX (DX), CX
	ADDQ $const_gateStep, DX
	SUBQ $1, BX
	JCC  warm // the one behind the lap that follows, too
	MOVL $const_markWarmed, CX
	MOVQ $0, Results_Step(R14)
	INT  $3 // the supervisor looks, arms its watchdog and lets us go

	CONTROL(R15)
	RESULTS(R14)
	MOVQ $0, Results_Count(R14)
	MOVL $const_RecordsAddr, AX
	MOVQ AX, Results_Record(R14)
	STAMP
	MOVQ AX, Results_Start(R14)

	// What lies above the callee's stack arguments is its caller's.
	CONTROL(R10)
	MOVQ Control_EntrySP(R10), SP
	CALL stub·frame<>(SB)

	// Lap 0 in a record that does not count, if it is a calibration chain: a
	// new process takes its pages one by one as it first touches them, also those
	// of this code, and the first chain would take as long as that.
	MOVQ Control_Close(R15), AX
	IMUL3Q $const_opening, AX, AX
	MOVQ AX, Results_Closing(R14)
	TESTQ AX, AX
	JNE  record

begin:
	CONTROL(R15)
	RESULTS(R14)
	MOVQ $0, Results_Closing(R14)
	STAMP
	ADDQ Control_Budget(R15), AX
	MOVQ AX, Results_Deadline(R14)

record:
	CONTROL(R15)
	RESULTS(R14)
	MOVQ Results_Record(R14), R11
	MOVQ $0, Record_Flags(R11)
	MOVQ $0, Results_Lap(R14)
	LEAQ Record__size(R11), AX
	MOVQ AX, Results_Next(R14)

	// Between two laps the stub reads a gate, if the lap before it or the next is the watched
	// one. Where the supervisor has shut that, the read faults, which stops the cell before
	// its supervisor, and nothing is there to be read that tells of it. Beside other laps it
	// reads what is always open, so that the way to a call and back is one for all laps: what is
	// calibrated with one holds for the others, to the cycle.
between:
	CONTROL(R15)
	RESULTS(R14)
	MOVQ Results_Lap(R14), R13
	MOVQ Results_Count(R14), AX
	XORL DX, DX
	MOVQ Control_Gates(R15), CX
	DIVQ CX
	MOVQ R13, AX
	SUBQ Control_Watched(R15), AX
	CMPQ AX, $const_lastGate
	CMOVQEQ CX, DX
	IMUL3Q $const_gateStep, DX, DX
	ADDQ $const_GatesAddr, DX
	CMPQ AX, $const_lastGate
	CMOVQHI R15, DX
	MOVL $const_markGate, CX
	MOVBLZX (DX), CX

	CMPQ R13, Control_LapN(R15)
	JCC  complete

	// One lap: clean state, timed calls, checks.
	IMUL3Q $Lap__size, R13, R13
	LEAQ Control_Laps(R15)(R13*1), R13
	MOVQ Lap_Turns(R13), AX
	MOVQ AX, Results_Turns(R14)
	MOVQ Lap_Batch(R13), AX
	MOVQ AX, Results_Remaining(R14)
	MOVQ Lap_Looped(R13), AX
	IMULQ $const_MaxLaps, AX
	ADDQ Results_Lap(R14), AX
	MOVQ AX, Results_Site(R14)
	MOVQ Control_Mode(R15), AX
	IMULQ Lap_Counted(R13), AX
	MOVQ AX, Results_Mode(R14)

	// Every vector, x87 and tile register to its initial value.
	CMPQ Control_XSave(R15), $0
	JEQ  fxrstor
	MOVL $-1, AX
	MOVL $-1, DX
	XRSTOR64 Control_XState(R15)
	JMP  state

fxrstor:
	FXRSTOR64 Control_XState(R15)

state:
	CMPQ Control_Rseq(R15), $0
	JEQ  unarmed
	LEAQ Control_RseqDesc(R15), AX
	MOVQ AX, (Results_Rseq+Rseq_CS)(R14)

	// A few cycles that differ from record to record and from lap to lap.
	// The counter's steps may be long, and the core's clock a multiple of theirs:
	// without this the laps of all records would begin at the same few phases
	// of a step, and their mean would be off by what those have in common.
unarmed:
	IMUL3L $const_ditherRecord, Results_Count(R14), AX
	IMUL3L $const_ditherLap, Results_Lap(R14), CX
	ADDL AX, CX
	ANDL $const_ditherMask, CX

dither:
	SUBL $1, CX
	JCC  dither

	CLD
	CONTROL(R10)
	MOVQ Control_EntrySP(R10), SP
	CMPQ Control_StackArgs(R10), $0
	JEQ  2(PC)
	CALL stub·stack_args<>(SB)
	VECTORS
	ARGS
	MOVQ (Control_Canary+0)(R10), BX
	MOVQ (Control_Canary+8)(R10), BP
	MOVQ (Control_Canary+16)(R10), R12
	MOVQ (Control_Canary+24)(R10), R13
	MOVQ (Control_Canary+32)(R10), R14
	MOVQ (Control_Canary+40)(R10), R15
	RESULTS(R11)
	ARM
	MOVQ Results_Site(R11), AX
	CMPQ AX, $0
	JEQ  timed0
	CMPQ AX, $1
	JEQ  timed1
	CMPQ AX, $2
	JEQ  timed2
	CMPQ AX, $3
	JEQ  timed3
	CMPQ AX, $4
	JEQ  timed4
	CMPQ AX, $5
	JEQ  timed5
	CMPQ AX, $6
	JEQ  timed6
	CMPQ AX, $7
	JEQ  timed7
	CMPQ AX, $(const_MaxLaps+0)
	JEQ  looped0
	CMPQ AX, $(const_MaxLaps+1)
	JEQ  looped1
	CMPQ AX, $(const_MaxLaps+2)
	JEQ  looped2
	CMPQ AX, $(const_MaxLaps+3)
	JEQ  looped3
	CMPQ AX, $(const_MaxLaps+4)
	JEQ  looped4
	CMPQ AX, $(const_MaxLaps+5)
	JEQ  looped5
	CMPQ AX, $(const_MaxLaps+6)
	JEQ  looped6
	CMPQ AX, $(const_MaxLaps+7)
	JEQ  looped7
	UD2

	TIMED(timed0, $(const_markSite+0))
	TIMED(timed1, $(const_markSite+1))
	TIMED(timed2, $(const_markSite+2))
	TIMED(timed3, $(const_markSite+3))
	TIMED(timed4, $(const_markSite+4))
	TIMED(timed5, $(const_markSite+5))
	TIMED(timed6, $(const_markSite+6))
	TIMED(timed7, $(const_markSite+7))
	LOOPED(looped0, again0, last0, $(const_markSite+const_MaxLaps+0))
	LOOPED(looped1, again1, last1, $(const_markSite+const_MaxLaps+1))
	LOOPED(looped2, again2, last2, $(const_markSite+const_MaxLaps+2))
	LOOPED(looped3, again3, last3, $(const_markSite+const_MaxLaps+3))
	LOOPED(looped4, again4, last4, $(const_markSite+const_MaxLaps+4))
	LOOPED(looped5, again5, last5, $(const_markSite+const_MaxLaps+5))
	LOOPED(looped6, again6, last6, $(const_markSite+const_MaxLaps+6))
	LOOPED(looped7, again7, last7, $(const_markSite+const_MaxLaps+7))

	// Everything is known of the call but the registers that it left: AX is the second
	// stamp, DX what became of ES.
timed:
	CONTROL(R10)
	RESULTS(R11)
	MOVQ R8, Results_RAX(R11)
	MOVQ R9, Results_RDX(R11)
	MOVQ Results_Record(R11), R9
	MOVQ Results_Lap(R11), R8
	SUBQ Results_Stamp(R11), AX
	MOVQ AX, Record_Ticks(R9)(R8*8)
	XORL CX, CX
	TESTL $const_nullSelector, DX
	JNE  calm
	ORL  $const_FlagInterrupt, CX

calm:
	CMPQ Control_Rseq(R10), $0
	JEQ  kept
	CMPQ (Results_Rseq+Rseq_CS)(R11), $0
	JNE  kept
	ORL  $const_FlagPreempt, CX

kept:
	XCHGQ CX, R8
	SHLQ CX, R8 // to the bits of this lap
	TESTL CX, CX
	JNE  started
	MOVQ Results_Stamp(R11), DX
	MOVQ DX, Record_Start(R9)

started:
	MOVQ R8, CX
	CHECK(BX, (Control_Canary+0)(R10), $const_FlagRBX)
	CHECK(BP, (Control_Canary+8)(R10), $const_FlagRBP)
	CHECK(R12, (Control_Canary+16)(R10), $const_FlagR12)
	CHECK(R13, (Control_Canary+24)(R10), $const_FlagR13)
	CHECK(R14, (Control_Canary+32)(R10), $const_FlagR14)
	CHECK(R15, (Control_Canary+40)(R10), $const_FlagR15)
	CHECK(SP, Control_EntrySP(R10), $const_FlagRSP)
	MOVQ Control_EntrySP(R10), SP
	PUSHFQ
	POPQ AX
	CLD
	TESTL $const_directionFlag, AX
	JEQ  2(PC)
	ORL  $const_FlagDirection, CX
	FXSAVE64 Results_FX(R11)
	KEEP
	MOVL (Results_FX+FXSave_MXCSR)(R11), AX
	ANDL $(0xffff^const_mxcsrFlags), AX
	CMPL AX, $const_MXCSR
	JEQ  2(PC)
	ORL  $const_FlagMXCSR, CX
	CMPW (Results_FX+FXSave_Control)(R11), $const_X87Control
	JEQ  2(PC)
	ORL  $const_FlagX87Control, CX
	CMPB (Results_FX+FXSave_Tag)(R11), $0
	JEQ  2(PC)
	ORL  $const_FlagX87Stack, CX

	// What a Microsoft function keeps beside.
	MOVQ Results_Lap(R11), R8
	IMUL3Q $Lap__size, R8, R8
	CMPQ (Control_Laps+Lap_Keeps)(R10)(R8*1), $0
	JEQ  ours
	CMPQ DI, (Control_Int+0)(R10)
	JEQ  2(PC)
	BTSQ $const_bitRDI, CX
	CMPQ SI, (Control_Int+8)(R10)
	JEQ  2(PC)
	BTSQ $const_bitRSI, CX
	MOVL $const_keptWords, R8

keptWord:
	MOVQ (Results_FX+FXSave_XMM+16*const_firstKept-8)(R11)(R8*8), AX
	CMPQ AX, (Control_Kept-8)(R10)(R8*8)
	JNE  clobbered
	DECQ R8
	JNE  keptWord
	JMP  ours

clobbered:
	BTSQ $const_bitVectors, CX

ours:
	// The caller's frame.
	MOVQ Control_Frame(R10), AX
	MOVQ (Control_Canary+0)(R10), DX
	MOVL $const_FrameWords, R8

frameWord:
	CMPQ DX, -8(AX)(R8*8)
	JNE  overwritten
	DECQ R8
	JNE  frameWord

framed:
	CMPQ Control_XInUse(R10), $0
	JEQ  upper
	MOVQ CX, R8
	MOVL $const_inUse, CX
	XGETBV
	MOVQ R8, CX
	TESTL $const_upperState, AX
	JEQ  upper
	ORQ  $const_FlagUpper, CX

upper:
	ORQ  CX, Record_Flags(R9)
	CMPQ Results_Mode(R11), $const_ModeTSC
	JNE  counters

counted:
	CMPQ Results_Closing(R11), $0
	JNE  finish
	INCQ Results_Lap(R11)
	JMP  between

	// The record is complete.
complete:
	INCQ Results_Count(R14)
	MOVQ Results_Next(R14), AX
	MOVQ AX, Results_Record(R14)
	MOVQ Results_Count(R14), AX
	CMPQ AX, Control_Records(R15)
	JAE  close
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	CMPQ AX, Results_Deadline(R14)
	JCS  record

	// Lap 0 once more, in a record that does not count: the calibration
	// chain after the last record.
close:
	MOVQ Control_Close(R15), AX
	MOVQ AX, Results_Closing(R14)
	TESTQ AX, AX
	JNE  record
	JMP  over

overwritten:
	ORQ  $const_FlagFrame, CX // not ORL, which would clear the flags above
	CALL stub·frame<>(SB)
	JMP  framed

	// Counters after the call, into Results.After.
after:
	MOVW ES, DX // before a system call, from which some hosts return as from an interrupt
	MOVQ DX, Results_ES(R11)
	MOVQ SI, Results_SI(R11)
	MOVQ DI, Results_DI(R11)
	LFENCE
	CMPQ Results_Mode(R11), $const_ModeRDPMC
	JEQ  rdpmc1
	LEAQ Results_After(R11), SI
	XORL DI, DI
	MOVL $const_counterBytes, DX
	MOVL $const_sysRead, AX
	SYSCALL
	RESULTS(R11)
	SHRQ $const_wordShift, AX
	CMPQ AX, Control_Words(R10)
	JNE  off
	JMP  read

rdpmc1:
	XORL SI, SI
	XORL R8, R8
	MOVL $const_PagesAddr, DI

rdpmc1next:
	MOVL counterPage_Index(DI), CX
	SUBL $1, CX
	JCS  off
	RDPMC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, Results_After(R11)(SI*8)
	ADDL counterPage_Lock(DI), R8
	ADDQ $const_pageSize, DI
	INCQ SI
	CMPQ SI, Control_Counters(R10)
	JCS  rdpmc1next
	CMPQ R8, Results_Lock(R11)
	JEQ  read

off:
	MOVQ Results_Record(R11), R9
	ORQ  $const_FlagCounter, Record_Flags(R9)
	JMP  read

read:
	STAMP
	MOVQ Results_RAX(R11), R8
	MOVQ Results_RDX(R11), R9
	MOVQ Results_ES(R11), DX
	MOVQ Results_SI(R11), SI
	MOVQ Results_DI(R11), DI
	JMP  timed

	// Copy both sets of counters behind the record. A read(2) of a group
	// begins with the number of counters and two times; they are kept, so that
	// the supervisor can see a multiplexed group.
counters:
	CMPQ Results_Mode(R11), $const_ModeCases
	JEQ  case
	MOVQ Control_Words(R10), CX
	MOVQ Results_Next(R11), DI
	LEAQ (DI)(CX*8), R8
	XORL SI, SI

copyout:
	MOVQ Results_Begin(R11)(SI*8), AX
	MOVQ AX, (DI)(SI*8)
	MOVQ Results_After(R11)(SI*8), AX
	MOVQ AX, (R8)(SI*8)
	INCQ SI
	CMPQ SI, CX
	JCS  copyout
	LEAQ (R8)(CX*8), AX
	MOVQ AX, Results_Next(R11)
	JMP  counted

	// The supervisor looks at what a case did, and says what the next one is.
case:
	MOVL $const_markCase, DX
	INT  $3
	JMP  counted

finish:
	CMPQ Results_Closing(R11), $const_opening
	JEQ  begin
	MOVQ Record_Ticks(R9), AX
	MOVQ AX, Results_LastChain(R11)

over:
	STAMP
	MOVQ AX, Results_End(R11)
	XORL DI, DI
	JMP  stub·exit<>(SB)

// before is what a LOOPED site calls before its first call, where more than the
// time is asked for. It reads the counters into Results.Begin. R10, R11 are kept,
// and the argument registers but DX.
FUNCTION(1, stub·before)
	CMPQ Results_Mode(R11), $const_ModeRDPMC
	JEQ  rdpmc0
	LEAQ Results_Begin(R11), SI
	XORL DI, DI
	MOVL $const_counterBytes, DX
	MOVL $const_sysRead, AX
	SYSCALL
	RESULTS(R11) // Linux clobbers rcx and r11
	SHRQ $const_wordShift, AX
	CMPQ AX, Control_Words(R10)
	JNE  unread

ready:
	ARM // again: some hosts return from a system call as from an interrupt
	ARGS
	LFENCE
	RET

	// The group is not on the counters any more: the end of a file.
unread:
	MOVQ Results_Record(R11), AX
	ORQ  $const_FlagCounter, Record_Flags(AX)
	JMP  ready

rdpmc0:
	XORL SI, SI
	XORL R8, R8
	MOVL $const_PagesAddr, DI

rdpmc0next:
	ADDL counterPage_Lock(DI), R8 // lock
	MOVL counterPage_Index(DI), CX // index + 1, or 0 while the event is not on a counter
	SUBL $1, CX
	JCS  absent
	RDPMC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, Results_Begin(R11)(SI*8)

rdpmc0done:
	ADDQ $const_pageSize, DI
	INCQ SI
	CMPQ SI, Control_Counters(R10)
	JCS  rdpmc0next
	MOVQ R8, Results_Lock(R11)
	ARGS
	LFENCE
	RET

absent:
	MOVQ Results_Record(R11), AX
	ORQ  $const_FlagCounter, Record_Flags(AX)
	JMP  rdpmc0done

// stack_args writes the arguments that are passed on the stack, which begin above
// the return address of this very call. R10 = Control. Clobbers AX and CX.
FUNCTION(2, stub·stack_args)
	XORL CX, CX

stackArg:
	MOVQ Control_Stack(R10)(CX*8), AX
	MOVQ AX, 8(SP)(CX*8)
	INCQ CX
	CMPQ CX, Control_StackArgs(R10)
	JCS  stackArg
	RET

// frame fills the words above the callee's stack arguments, which belong to its
// caller, with a canary. R10 = Control. Clobbers AX, DX and R8.
FUNCTION(3, stub·frame)
	MOVQ Control_Frame(R10), AX
	MOVQ (Control_Canary+0)(R10), DX
	MOVL $const_FrameWords, R8

fill:
	MOVQ DX, -8(AX)(R8*8)
	DECQ R8
	JNE  fill
	RET

// exit leaves the cell with the status in DI. The supervisor knows the address
// of its system call: an exit from anywhere else is the kernel's own doing.
FUNCTION(4, stub·exit)
	MOVL $const_sysExitGroup, AX
	SYSCALL
	UD2

// vectors loads the vector registers of arguments, as wide as the widest of these is.
// R10 = Control. Clobbers AX.
FUNCTION(5, stub·vectors)
	LEAQ Control_Vector(R10), AX
	CMPQ Control_Wide(R10), $const_VectorYMM
	JHI  wide512
	JEQ  wide256
	MOVUPS (0*const_VectorZMM)(AX), X0
	MOVUPS (1*const_VectorZMM)(AX), X1
	MOVUPS (2*const_VectorZMM)(AX), X2
	MOVUPS (3*const_VectorZMM)(AX), X3
	MOVUPS (4*const_VectorZMM)(AX), X4
	MOVUPS (5*const_VectorZMM)(AX), X5
	MOVUPS (6*const_VectorZMM)(AX), X6
	MOVUPS (7*const_VectorZMM)(AX), X7
	RET

wide256:
	VMOVUPS (0*const_VectorZMM)(AX), Y0
	VMOVUPS (1*const_VectorZMM)(AX), Y1
	VMOVUPS (2*const_VectorZMM)(AX), Y2
	VMOVUPS (3*const_VectorZMM)(AX), Y3
	VMOVUPS (4*const_VectorZMM)(AX), Y4
	VMOVUPS (5*const_VectorZMM)(AX), Y5
	VMOVUPS (6*const_VectorZMM)(AX), Y6
	VMOVUPS (7*const_VectorZMM)(AX), Y7
	RET

wide512:
	VMOVUPS (0*const_VectorZMM)(AX), Z0
	VMOVUPS (1*const_VectorZMM)(AX), Z1
	VMOVUPS (2*const_VectorZMM)(AX), Z2
	VMOVUPS (3*const_VectorZMM)(AX), Z3
	VMOVUPS (4*const_VectorZMM)(AX), Z4
	VMOVUPS (5*const_VectorZMM)(AX), Z5
	VMOVUPS (6*const_VectorZMM)(AX), Z6
	VMOVUPS (7*const_VectorZMM)(AX), Z7
	RET

#include "laps_amd64.h"
#include "supplied_amd64.h"

GLOBL functions<>(SB), RODATA|NOPTR, $(8*const_maxFunctions)

// func functions() *[maxFunctions]uintptr
TEXT ·functions(SB), NOSPLIT, $0-8
	LEAQ functions<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func Fork() int
TEXT ·Fork(SB), NOSPLIT, $0-8
	MOVL $const_StubAddr, AX
	CALL AX
	MOVQ AX, ret+0(FP)
	RET
