#include "go_asm.h"
#include "textflag.h"

// The blob that is copied into a cell runs from ·blob to ·blobEnd. It is
// position-independent: it names only its own labels and the fixed addresses
// of layout.go. Nothing in it may call Go, touch a Go stack, or live elsewhere.

// STAMP leaves the time-stamp counter in AX. The fences keep earlier and later
// instructions out of the window (SDM vol. 2, RDTSC; AMD APM vol. 3, LFENCE is
// dispatch-serializing as Linux sets it up). Clobbers DX.
#define STAMP \
	LFENCE       \
	RDTSC        \
	LFENCE       \
	SHLQ $32, DX \
	ORQ  DX, AX

// ARM loads ES with the null selector 3. An interrupt that returns to user
// mode by IRET replaces it by 0 (SDM vol. 2, IRET, segment checks on return to
// an outer level), so DISARMED tells whether one came. Clobbers AX.
#define ARM \
	MOVL $3, AX \
	MOVW AX, ES

#define CONTROL(reg) MOVL $const_ControlAddr, reg
#define RESULTS(reg) MOVL $const_ResultsAddr, reg

// ARGS loads the argument registers that no later instruction of the entry
// sequence clobbers. R10 = Control.
#define ARGS \
	MOVQ (Control_Int+0)(R10), DI  \
	MOVQ (Control_Int+8)(R10), SI  \
	MOVQ (Control_Int+32)(R10), R8 \
	MOVQ (Control_Int+40)(R10), R9

// VECTORS loads xmm0-7. R10 = Control.
#define VECTORS \
	MOVSD (Control_Float+0)(R10), X0  \
	MOVSD (Control_Float+8)(R10), X1  \
	MOVSD (Control_Float+16)(R10), X2 \
	MOVSD (Control_Float+24)(R10), X3 \
	MOVSD (Control_Float+32)(R10), X4 \
	MOVSD (Control_Float+40)(R10), X5 \
	MOVSD (Control_Float+48)(R10), X6 \
	MOVSD (Control_Float+56)(R10), X7

// CHECK sets a bit of CX when a register differs from what it must hold.
#define CHECK(reg, where, bit) \
	CMPQ reg, where    \
	JEQ  2(PC)         \
	ORL  bit, CX

TEXT ·blob(SB), NOSPLIT|NOFRAME, $0
	// Fork begins here. The new process goes on where no memory but the cell's
	// own is needed, for it may have no other.
	MOVL $56, AX // clone
	MOVL $17, DI // SIGCHLD at its end
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	SYSCALL
	TESTQ AX, AX
	JEQ  born
	RET

	// R15 = Control, R14 = Results throughout; no stack. All signals are blocked;
	// their handlers, which are the runtime's, go. The two that cannot have one
	// are refused.
born:
	CONTROL(R15)
	RESULTS(R14)
	MOVL $64, R13

handler:
	MOVL $13, AX // rt_sigaction
	MOVL R13, DI
	LEAQ Control_Default(R15), SI
	XORL DX, DX
	MOVL $8, R10
	SYSCALL
	DECL R13
	JNE  handler

	// The script.
	LEAQ Control_Steps(R15), R12

step:
	CMPQ R13, Control_StepCount(R15)
	JAE  stripped
	INCQ R13
	MOVQ R13, Results_Step(R14)
	MOVQ Step_NR(R12), AX
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
	NEGQ AX
	MOVQ AX, Results_Errno(R14)
	MOVL $1, DI
	JMP  ·exit(SB)

next:
	ADDQ $Step__size, R12
	JMP  step

stripped:
	MOVQ $0, Results_Step(R14)
	INT  $3 // the supervisor looks, arms its watchdog and lets us go

	CONTROL(R15)
	RESULTS(R14)
	MOVQ $0, Results_Count(R14)
	MOVQ $0, Results_Closing(R14)
	MOVL $const_RecordsAddr, AX
	MOVQ AX, Results_Record(R14)
	STAMP
	MOVQ AX, Results_Start(R14)
	ADDQ Control_Budget(R15), AX
	MOVQ AX, Results_Deadline(R14)

record:
	CONTROL(R15)
	RESULTS(R14)
	MOVQ Results_Record(R14), R11
	MOVQ $0, Record_Flags(R11)
	MOVQ $0, Results_Section(R14)
	LEAQ Record__size(R11), AX
	MOVQ AX, Results_Next(R14)

	// One section: clean state, timed calls, checks.
section:
	CONTROL(R15)
	RESULTS(R14)
	MOVQ Results_Section(R14), R13
	SHLQ $5, R13 // Section__size
	LEAQ Control_Sections(R15)(R13*1), R13
	MOVQ Section_Target(R13), AX
	MOVQ AX, Results_Target(R14)
	MOVQ Section_Turns(R13), AX
	MOVQ AX, Results_Turns(R14)
	MOVQ Section_Batch(R13), AX
	MOVQ AX, Results_Remaining(R14)
	MOVQ Control_Mode(R15), AX
	IMULQ Section_Counted(R13), AX
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
	MOVQ AX, (Results_Rseq+8)(R14)

unarmed:
	CLD
	CONTROL(R10)
	MOVQ Control_EntrySP(R10), SP
	CMPQ Control_StackArgs(R10), $0
	JNE  push

pushed:
	VECTORS
	ARGS
	MOVQ (Control_Canary+0)(R10), BX
	MOVQ (Control_Canary+8)(R10), BP
	MOVQ (Control_Canary+16)(R10), R12
	MOVQ (Control_Canary+24)(R10), R13
	MOVQ (Control_Canary+32)(R10), R14
	MOVQ (Control_Canary+40)(R10), R15
	RESULTS(R11)

	// As many branches as sections lie before this one: by the way here the
	// processor tells which target the call below has. Between long loops it
	// cannot, and a misprediction would count as the callee's, or the empty
	// function's, as it falls out in each process.
	MOVQ Results_Section(R11), CX
	ANDL $(const_MaxSections-1), CX

way:
	SUBL $1, CX
	JCC  way
	ARM
	STAMP
	MOVQ AX, Results_Stamp(R11)
	CMPQ Results_Mode(R11), $const_ModeTSC
	JNE  before

go:
	MOVQ (Control_Int+16)(R10), DX
	MOVQ (Control_Int+24)(R10), CX
	MOVQ Control_Vectors(R10), AX
	MOVQ Results_Target(R11), R10
	XORL R11, R11
	CALL R10
	RESULTS(R11)
	MOVQ AX, Results_RAX(R11)
	MOVQ DX, Results_RDX(R11)
	DECQ Results_Remaining(R11)
	JNE  again
	CONTROL(R10)
	CMPQ Results_Mode(R11), $const_ModeTSC
	JNE  after

timed:
	STAMP
	MOVW ES, DX
	MOVQ Results_Record(R11), R9
	MOVQ Results_Section(R11), R8
	SUBQ Results_Stamp(R11), AX
	MOVQ AX, Record_Ticks(R9)(R8*8)
	XORL CX, CX
	TESTL $3, DX
	JNE  calm
	ORL  $const_FlagInterrupt, CX

calm:
	CMPQ Control_Rseq(R10), $0
	JEQ  kept
	CMPQ (Results_Rseq+8)(R11), $0
	JNE  kept
	ORL  $const_FlagPreempt, CX

kept:
	XCHGQ CX, R8
	SHLQ CX, R8 // to the bits of this section
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
	TESTL $0x400, AX
	JEQ  2(PC)
	ORL  $const_FlagDirection, CX
	FXSAVE64 Results_FX(R11)
	MOVL (Results_FX+24)(R11), AX
	ANDL $0xffc0, AX
	CMPL AX, $0x1f80
	JEQ  2(PC)
	ORL  $const_FlagMXCSR, CX
	CMPW (Results_FX+0)(R11), $0x37f
	JEQ  2(PC)
	ORL  $const_FlagX87Control, CX
	CMPB (Results_FX+4)(R11), $0
	JEQ  2(PC)
	ORL  $const_FlagX87Stack, CX
	ORQ  CX, Record_Flags(R9)
	CMPQ Results_Mode(R11), $const_ModeTSC
	JNE  counters

counted:
	CMPQ Results_Closing(R11), $0
	JNE  finish
	INCQ Results_Section(R11)
	MOVQ Results_Section(R11), AX
	CMPQ AX, Control_SectionN(R10)
	JCS  section

	// The record is complete.
	INCQ Results_Count(R11)
	MOVQ Results_Next(R11), AX
	MOVQ AX, Results_Record(R11)
	MOVQ Results_Count(R11), AX
	CMPQ AX, Control_Records(R10)
	JAE  close
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	CMPQ AX, Results_Deadline(R11)
	JCS  record

	// Section 0 once more, in a record that does not count: the calibration
	// chain after the last record.
close:
	MOVQ Control_Close(R10), AX
	MOVQ AX, Results_Closing(R11)
	TESTQ AX, AX
	JNE  record
	JMP  over

	// The next call of a batch: the callee owns its argument registers and its
	// stack arguments, so all of them are loaded anew.
again:
	CONTROL(R10)
	MOVQ Control_EntrySP(R10), SP
	VECTORS
	ARGS
	CMPQ Control_StackArgs(R10), $0
	JEQ  go
	XORL CX, CX

copy:
	MOVQ Control_Stack(R10)(CX*8), AX
	MOVQ AX, (SP)(CX*8)
	INCQ CX
	CMPQ CX, Control_StackArgs(R10)
	JCS  copy
	JMP  go

push:
	XORL CX, CX

pushing:
	MOVQ Control_Stack(R10)(CX*8), AX
	MOVQ AX, (SP)(CX*8)
	INCQ CX
	CMPQ CX, Control_StackArgs(R10)
	JCS  pushing
	JMP  pushed

	// Counters before the call, into Results.Begin; R10, R11 are kept, and all
	// argument registers but those that go: loads are restored.
before:
	CMPQ Results_Mode(R11), $const_ModeWatch
	JEQ  entering
	CMPQ Results_Mode(R11), $const_ModeRDPMC
	JEQ  rdpmc0
	LEAQ Results_Begin(R11), SI
	XORL DI, DI
	MOVL $(16*const_MaxCounters), DX
	XORL AX, AX // read
	SYSCALL
	RESULTS(R11) // the kernel clobbers rcx and r11
	SHRQ $3, AX
	CMPQ AX, Control_Words(R10)
	JNE  unread

ready:
	ARGS
	LFENCE
	JMP  go

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
	ADDL 8(DI), R8 // lock
	MOVL 12(DI), CX // index + 1, or 0 while the event is not on a counter
	SUBL $1, CX
	JCS  absent
	RDPMC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, Results_Begin(R11)(SI*8)

rdpmc0done:
	ADDQ $4096, DI
	INCQ SI
	CMPQ SI, Control_Counters(R10)
	JCS  rdpmc0next
	MOVQ R8, Results_Lock(R11)
	ARGS
	LFENCE
	JMP  go

absent:
	MOVQ Results_Record(R11), AX
	ORQ  $const_FlagCounter, Record_Flags(AX)
	JMP  rdpmc0done

	// Counters after the call, into Results.After.
after:
	CMPQ Results_Mode(R11), $const_ModeWatch
	JEQ  leaving
	LFENCE
	CMPQ Results_Mode(R11), $const_ModeRDPMC
	JEQ  rdpmc1
	LEAQ Results_After(R11), SI
	XORL DI, DI
	MOVL $(16*const_MaxCounters), DX
	XORL AX, AX
	SYSCALL
	RESULTS(R11)
	SHRQ $3, AX
	CMPQ AX, Control_Words(R10)
	JNE  off
	JMP  timed

rdpmc1:
	XORL SI, SI
	XORL R8, R8
	MOVL $const_PagesAddr, DI

rdpmc1next:
	MOVL 12(DI), CX
	SUBL $1, CX
	JCS  off
	RDPMC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, Results_After(R11)(SI*8)
	ADDL 8(DI), R8
	ADDQ $4096, DI
	INCQ SI
	CMPQ SI, Control_Counters(R10)
	JCS  rdpmc1next
	CMPQ R8, Results_Lock(R11)
	JEQ  timed

off:
	MOVQ Results_Record(R11), R9
	ORQ  $const_FlagCounter, Record_Flags(R9)
	JMP  timed

	// Copy both sets of counters behind the record. A read(2) of a group
	// begins with the number of counters and two times; they are kept, so that
	// the supervisor can see a multiplexed group.
counters:
	CMPQ Results_Mode(R11), $const_ModeWatch
	JEQ  counted
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

	// The supervisor looks, both before and after a call that it watches. It
	// knows the two places by the marks, and at the second finds the time in AX.
entering:
	MOVL $const_MarkEnter, DX
	INT  $3
	STAMP
	MOVQ AX, Results_Stamp(R11)
	JMP  go

leaving:
	STAMP
	MOVUPS X0, (Results_FX+160)(R11) // where it lies in the image
	MOVL $const_MarkLeave, DX
	INT  $3
	JMP  timed

finish:
	MOVQ Record_Ticks(R9), AX
	MOVQ AX, Results_LastChain(R11)

over:
	STAMP
	MOVQ AX, Results_End(R11)
	XORL DI, DI
	JMP  ·exit(SB)

// exit leaves the cell with the status in DI. The supervisor knows the address
// of its system call: an exit from anywhere else is the kernel's own doing.
TEXT ·exit(SB), NOSPLIT|NOFRAME, $0
	MOVL $231, AX // exit_group
	SYSCALL
	UD2

