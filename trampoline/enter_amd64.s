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
	ADDRESS(·straight, 7)
	ADDRESS(·addChain, 8)
	ADDRESS(·witness, 9)
	ADDRESS(·flush, 10)
	ADDRESS(·memcpy, 11)
	ADDRESS(·memmove, 12)
	ADDRESS(·memset, 13)
	ADDRESS(·memcmp, 14)
	ADDRESS(·strlen, 15)
	ADDRESS(·stackChkFail, 16)
	ADDRESS(·abort, 17)
	ADDRESS(·blobEnd, 18)
	RET
