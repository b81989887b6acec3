// The library functions that a cell supplies, by the System V ABI: arguments
// in rdi, rsi, rdx; result in rax. Small and correct before fast; what they
// cost is counted as the kernel's.

// void *memcpy(void *dst, const void *src, size_t n)
FUNCTION(32, memcpy)
	MOVQ DI, AX
	MOVQ DX, CX
	REP
	MOVSB
	RET

// void *memmove(void *dst, const void *src, size_t n)
FUNCTION(33, memmove)
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
FUNCTION(34, memset)
	MOVQ DI, R8
	MOVL SI, AX
	MOVQ DX, CX
	REP
	STOSB
	MOVQ R8, AX
	RET

// int memcmp(const void *a, const void *b, size_t n), also bcmp
FUNCTION(35, memcmp)
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
FUNCTION(36, strlen)
	XORL AX, AX

scan:
	CMPB (DI)(AX*1), $0
	JEQ  ended
	INCQ AX
	JMP  scan

ended:
	RET

// void __stack_chk_fail(void): the supervisor names it and its caller.
FUNCTION(37, __stack_chk_fail)
	UD2

// void abort(void)
FUNCTION(38, abort)
	UD2

// int *__errno_location(void)
FUNCTION(39, __errno_location)
	MOVL $const_ErrnoAddr, AX
	RET

// void *__tls_get_addr(struct { uint64_t module, offset; } *): what the loader writes
// for the module is the address of its variables.
FUNCTION(40, __tls_get_addr)
	MOVQ (DI), AX
	ADDQ 8(DI), AX
	RET

// The function that TLS descriptors name ("Thread-Local Storage Descriptors for
// x86", A. Oliva): the descriptor in rax, the distance from FS in rax, and all other
// registers kept.
FUNCTION(41, _dl_tlsdesc_return)
	MOVQ 8(AX), AX
	RET

// stub.end closes what is copied into a cell. It follows the last function.
FUNCTION((const_maxFunctions-1), stub·end)
	RET
