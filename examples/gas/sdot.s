# sdot(rdi = n, rsi = x, rdx = incx, rcx = y, r8 = incy) -> xmm0
# SSE, which every x86-64 processor has. Unit strides take 16 elements a turn
# in four sums; other strides take one element at a time.
	.intel_syntax noprefix
	.text
	.globl	sdot
	.type	sdot, @function
	.p2align 6
sdot:
	xorps	xmm0, xmm0
	xorps	xmm1, xmm1
	xorps	xmm2, xmm2
	xorps	xmm3, xmm3
	mov	rax, rdx
	xor	rax, 1
	mov	r9, r8
	xor	r9, 1
	or	rax, r9
	jnz	.Lrest			# a stride other than 1
	sub	rdi, 16
	jb	.Lless
	.p2align 5
.Lblock:
	movups	xmm4, [rsi]
	movups	xmm8, [rcx]
	movups	xmm5, [rsi+16]
	movups	xmm9, [rcx+16]
	movups	xmm6, [rsi+32]
	movups	xmm10, [rcx+32]
	movups	xmm7, [rsi+48]
	movups	xmm11, [rcx+48]
	mulps	xmm4, xmm8
	mulps	xmm5, xmm9
	mulps	xmm6, xmm10
	mulps	xmm7, xmm11
	addps	xmm0, xmm4
	addps	xmm1, xmm5
	addps	xmm2, xmm6
	addps	xmm3, xmm7
	add	rsi, 64
	add	rcx, 64
	sub	rdi, 16
	jae	.Lblock
.Lless:
	add	rdi, 16
.Lrest:
	test	rdi, rdi
	jz	.Lsum
.Lone:
	movss	xmm4, [rsi]
	mulss	xmm4, [rcx]
	addss	xmm0, xmm4
	lea	rsi, [rsi+4*rdx]
	lea	rcx, [rcx+4*r8]
	dec	rdi
	jnz	.Lone
.Lsum:
	addps	xmm0, xmm1
	addps	xmm2, xmm3
	addps	xmm0, xmm2
	movhlps	xmm1, xmm0
	addps	xmm0, xmm1
	movaps	xmm1, xmm0
	shufps	xmm1, xmm1, 0x55
	addss	xmm0, xmm1
	ret
	.size	sdot, .-sdot
	.section .note.GNU-stack, "", @progbits
