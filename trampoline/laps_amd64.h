// The stub's own laps. They are entered from sites like the kernel's and keep
// to the same calling convention, so that what is around them cancels out. Their
// number of turns is in Results.

#define TURNS \
	MOVL $const_ResultsAddr, R11 \
	MOVQ Results_Turns(R11), CX

#define IMUL \
	IMULL DX, AX
#define IMUL4 IMUL; IMUL; IMUL; IMUL
#define IMUL16 IMUL4; IMUL4; IMUL4; IMUL4

#define ADD \
	ADDQ DX, AX
#define ADD4 ADD; ADD; ADD; ADD
#define ADD16 ADD4; ADD4; ADD4; ADD4

#define MIX \
	MOVQ 8(SI), AX \
	MOVQ 16(SI), R10 \
	ADDQ $1, DX \
	ADDQ $1, DI \
	ADDQ $1, R8 \
	MOVQ R9, 24(SI)
#define MIX4 MIX; MIX; MIX; MIX
#define MIX16 MIX4; MIX4; MIX4; MIX4
#define MIX64 MIX16; MIX16; MIX16; MIX16

// empty is what a call costs: it returns at once.
FUNCTION(16, stub·empty)
	RET

// imul_chain takes 3 cycles a step on every core since 2008 but Bulldozer and
// the Atoms. A busy sibling hyper-thread does not slow it: it needs one
// instruction slot in three cycles.
FUNCTION(17, stub·imul_chain)
	TURNS
	MOVL $3, AX
	MOVL $1, DX

imulTurn:
	IMUL16
	IMUL16
	DECQ CX
	JNE  imulTurn
	RET

// straight is the steps of a chain without a loop, and without anything before
// them. A lap enters it so many before its end.
FUNCTION(18, stub·straight)
	IMUL16
	IMUL16
	RET

// add_chain takes 1 cycle a step everywhere. An immediate operand would be
// folded by the renamer of some cores.
FUNCTION(19, stub·add_chain)
	TURNS
	MOVL $1, AX
	XORL DX, DX

addTurn:
	ADD16
	ADD16
	DECQ CX
	JNE  addTurn
	RET

// witness fills the dispatch width with loads, a store and additions. It takes
// half as long again when another hyper-thread shares the core. Turns are long
// because on some cores the end of one costs a cycle in some runs and none in
// others.
FUNCTION(20, stub·witness)
	TURNS
	LEAQ -const_redZone(SP), SI
	XORL DX, DX
	XORL DI, DI
	XORL R8, R8
	XORL R9, R9

witnessTurn:
	MIX64
	DECQ CX
	JNE  witnessTurn
	RET

// flush evicts every line of the ranges in Control.Flush from all caches of the
// machine, for data and for instructions (SDM vol. 2, CLFLUSH and CLFLUSHOPT).
// MFENCE waits for the evictions, LFENCE keeps later loads behind it. Address
// translations stay: CLFLUSH needs them itself.
FUNCTION(21, stub·flush)
	MOVL $const_ControlAddr, R10
	LEAQ Control_Flush(R10), R8
	MOVQ Control_FlushN(R10), CX

flushRange:
	SUBQ $1, CX
	JCS  flushed
	MOVQ Range_Start(R8), SI
	MOVQ Range_End(R8), DI
	ADDQ $Range__size, R8
	CMPQ Control_FlushOpt(R10), $0
	JNE  flushWeak

flushStrong:
	CMPQ SI, DI
	JAE  flushRange
	CLFLUSH (SI)
	ADDQ $const_cacheLine, SI
	JMP  flushStrong

	// Not ordered among each other, so several are under way at a time.
flushWeak:
	CMPQ SI, DI
	JAE  flushRange
	CLFLUSHOPT (SI)
	ADDQ $const_cacheLine, SI
	JMP  flushWeak

flushed:
	MFENCE
	LFENCE
	RET

// restore copies the ranges in Control.Restore, so that the next record finds the contents
// that are its own: those of the set whose number is the record's, modulo their number.
// MFENCE waits for the stores, LFENCE keeps later loads behind it. What was copied is in
// the caches then.
FUNCTION(22, stub·restore)
	CONTROL(R10)
	RESULTS(R11)
	MOVQ Results_Count(R11), AX
	ADDQ $1, AX
	XORL DX, DX
	DIVQ Control_Sets(R10)
	IMULQ Control_SetBytes(R10), DX
	LEAQ Control_Restore(R10), R8
	MOVQ Control_RestoreN(R10), R9

restoreRange:
	SUBQ $1, R9
	JCS  restored
	MOVQ Copy_To(R8), DI
	MOVQ Copy_From(R8), SI
	ADDQ DX, SI
	MOVQ Copy_Bytes(R8), CX
	ADDQ $Copy__size, R8
	REP; MOVSB
	JMP  restoreRange

restored:
	MFENCE
	LFENCE
	RET

// case goes on to the function under test with values in the registers and flags that
// a caller need not set. It goes there by a return, so that the function finds the
// return address of whoever called this.
FUNCTION(23, stub·case)
	CONTROL(R10)
	MOVQ Control_Callee(R10), AX
	LEAQ -8(SP), SP
	MOVQ AX, (SP)
	PUSHQ Control_Flags(R10)
	MOVQ (Control_Scratch+0)(R10), AX
	MOVQ (Control_Scratch+16)(R10), R11
	MOVQ (Control_Scratch+8)(R10), R10
	POPFQ
	RET

// stop reads a gate. Where that is shut, the cell stops within the lap.
FUNCTION(24, stub·stop)
	MOVL $const_GatesAddr, DX
	MOVL $const_markStop, CX
	MOVBLZX (DX), CX
	RET
