# sdot(n, x, incx, y, incy) that reads on past the end of y.
	.intel_syntax noprefix
	.text
	.globl	sdot
	.type	sdot, @function
	.p2align 6
sdot:	xorps	xmm0, xmm0
1:	addss	xmm0, [rcx]
	add	rcx, 4
	jmp	1b
	.size	sdot, .-sdot
	.section .note.GNU-stack, "", @progbits
