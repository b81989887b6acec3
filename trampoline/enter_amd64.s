#include "go_asm.h"
#include "textflag.h"

// func Fork() int
TEXT ·Fork(SB), NOSPLIT, $0-8
	MOVL $const_StubAddr, AX
	CALL AX
	MOVQ AX, ret+0(FP)
	RET

#define ADDRESS(name, n) \
	LEAQ name(SB), AX \
	MOVQ AX, (8*n)(DI)

// func entries(to *[functions]uintptr)
TEXT ·entries(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), DI
	ADDRESS(·blob, 0)
	ADDRESS(·before, 1)
	ADDRESS(·stackArgs, 2)
	ADDRESS(·frame, 3)
	ADDRESS(·exit, 4)
	ADDRESS(·empty, 5)
	ADDRESS(·imulChain, 6)
	ADDRESS(·addChain, 7)
	ADDRESS(·witness, 8)
	ADDRESS(·flush, 9)
	ADDRESS(·memcpy, 10)
	ADDRESS(·memmove, 11)
	ADDRESS(·memset, 12)
	ADDRESS(·memcmp, 13)
	ADDRESS(·strlen, 14)
	ADDRESS(·stackChkFail, 15)
	ADDRESS(·abort, 16)
	ADDRESS(·blobEnd, 17)
	RET
