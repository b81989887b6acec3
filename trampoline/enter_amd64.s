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

// func entries(to *[15]uintptr)
TEXT ·entries(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), DI
	ADDRESS(·blob, 0)
	ADDRESS(·exit, 1)
	ADDRESS(·empty, 2)
	ADDRESS(·imulChain, 3)
	ADDRESS(·addChain, 4)
	ADDRESS(·witness, 5)
	ADDRESS(·flush, 6)
	ADDRESS(·memcpy, 7)
	ADDRESS(·memmove, 8)
	ADDRESS(·memset, 9)
	ADDRESS(·memcmp, 10)
	ADDRESS(·strlen, 11)
	ADDRESS(·stackChkFail, 12)
	ADDRESS(·abort, 13)
	ADDRESS(·blobEnd, 14)
	RET
