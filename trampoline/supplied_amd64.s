#include "textflag.h"

// The library functions that a cell supplies, by the System V ABI: arguments
// in rdi, rsi, rdx; result in rax. Small and correct before fast; what they
// cost is counted as the kernel's.

// void *memcpy(void *dst, const void *src, size_t n)
TEXT ·memcpy(SB), NOSPLIT|NOFRAME, $0
	MOVQ DI, AX
	MOVQ DX, CX
	REP
	MOVSB
	RET

// void *memmove(void *dst, const void *src, size_t n)
TEXT ·memmove(SB), NOSPLIT|NOFRAME, $0
	MOVQ DI, AX
	MOVQ DX, CX
	MOVQ DI, R8
	SUBQ SI, R8
	CMPQ R8, DX // dst-src, unsigned: below n means that dst lies inside src
	JCS  backward
	REP
	MOVSB
	RET

backward:
	LEAQ -1(DI)(CX*1), DI
	LEAQ -1(SI)(CX*1), SI
	STD
	REP
	MOVSB
	CLD
	RET

// void *memset(void *dst, int c, size_t n)
TEXT ·memset(SB), NOSPLIT|NOFRAME, $0
	MOVQ DI, R8
	MOVL SI, AX
	MOVQ DX, CX
	REP
	STOSB
	MOVQ R8, AX
	RET

// int memcmp(const void *a, const void *b, size_t n), also bcmp
TEXT ·memcmp(SB), NOSPLIT|NOFRAME, $0
	XORL CX, CX

compare:
	CMPQ CX, DX
	JAE  same
	MOVBLZX (DI)(CX*1), AX
	MOVBLZX (SI)(CX*1), R8
	INCQ CX
	SUBL R8, AX
	JEQ  compare
	RET

same:
	XORL AX, AX
	RET

// size_t strlen(const char *s)
TEXT ·strlen(SB), NOSPLIT|NOFRAME, $0
	XORL AX, AX

scan:
	CMPB (DI)(AX*1), $0
	JEQ  ended
	INCQ AX
	JMP  scan

ended:
	RET

// void __stack_chk_fail(void): the supervisor names it and its caller.
TEXT ·stackChkFail(SB), NOSPLIT|NOFRAME, $0
	UD2

// void abort(void)
TEXT ·abort(SB), NOSPLIT|NOFRAME, $0
	UD2

// blobEnd closes what is copied into a cell. It follows the last function.
TEXT ·blobEnd(SB), NOSPLIT|NOFRAME, $0
	RET
