#include "go_asm.h"
#include "textflag.h"

// func Enter()
TEXT ·Enter(SB), NOSPLIT, $0-0
	MOVL $const_StubAddr, AX
	JMP  AX

#define ADDRESS(name, n) \
	LEAQ name(SB), AX \
	MOVQ AX, (8*n)(DI)

// func entries(to *[11]uintptr)
TEXT ·entries(SB), NOSPLIT, $0-8
	MOVQ to+0(FP), DI
	ADDRESS(·blob, 0)
	ADDRESS(·exit, 1)
	ADDRESS(·empty, 2)
	ADDRESS(·memcpy, 3)
	ADDRESS(·memmove, 4)
	ADDRESS(·memset, 5)
	ADDRESS(·memcmp, 6)
	ADDRESS(·strlen, 7)
	ADDRESS(·stackChkFail, 8)
	ADDRESS(·abort, 9)
	ADDRESS(·blobEnd, 10)
	RET
