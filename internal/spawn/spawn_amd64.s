#include "go_asm.h"
#include "textflag.h"

// func clone(nr, a1, a2 uintptr, b *block) (pid int)
//
// The new process shares this one's memory, and has the stack that the arguments of
// clone(2) or clone3(2) name. It goes through the steps of the block, and never returns
// to Go: it has no goroutine, and all signals are blocked.
TEXT ·clone(SB), NOSPLIT, $0-40
	MOVQ nr+0(FP), AX
	MOVQ a1+8(FP), DI
	MOVQ a2+16(FP), SI
	MOVQ b+24(FP), R12
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	SYSCALL
	TESTQ AX, AX
	JEQ  child
	MOVQ AX, pid+32(FP)
	RET

	// R12 = the block, R13 = the step, R15 = steps done.
child:
	LEAQ block_Steps(R12), R13
	XORL R15, R15

next:
	CMPQ R15, block_Count(R12)
	JCC  failed // the last step is execve, which does not return
	MOVQ step_NR(R13), AX
	MOVQ (step_Args+0)(R13), DI
	MOVQ (step_Args+8)(R13), SI
	MOVQ (step_Args+16)(R13), DX
	MOVQ (step_Args+24)(R13), R10
	MOVQ (step_Args+32)(R13), R8
	SYSCALL
	CMPQ AX, step_Least(R13)
	JLT  failed
	ADDQ $step__size, R13
	INCQ R15
	JMP  next

failed:
	MOVQ AX, block_Result(R12)
	INCQ R15
	MOVQ R15, block_Failed(R12)
	MOVL $231, AX // exit_group
	MOVL $1, DI
	SYSCALL
	INT  $3
