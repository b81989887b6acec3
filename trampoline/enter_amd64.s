#include "go_asm.h"
#include "textflag.h"

// func Enter()
TEXT ·Enter(SB), NOSPLIT, $0-0
	MOVL $const_StubAddr, AX
	JMP  AX

#define ADDRESS(name, n) \
	LEAQ name(SB), AX \
	MOVQ AX, (8*n)(DI)

// func entries(to *[14]uintptr)
TEXT ·entries(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), DI
	ADDRESS(·blob, 0)
	ADDRESS(·exit, 1)
	ADDRESS(·empty, 2)
	ADDRESS(·imulChain, 3)
	ADDRESS(·addChain, 4)
	ADDRESS(·witness, 5)
	ADDRESS(·memcpy, 6)
	ADDRESS(·memmove, 7)
	ADDRESS(·memset, 8)
	ADDRESS(·memcmp, 9)
	ADDRESS(·strlen, 10)
	ADDRESS(·stackChkFail, 11)
	ADDRESS(·abort, 12)
	ADDRESS(·blobEnd, 13)
	RET
