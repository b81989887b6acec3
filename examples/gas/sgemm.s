# sgemm(rdi = k, rsi = alpha, rdx = a, rcx = b, r8 = beta, r9 = c,
#       [rsp+8] = rs_c, [rsp+16] = cs_c)
# The 8x2 micro-kernel, which the default parameters mr=8, nr=2 ask for, in SSE.
	.intel_syntax noprefix
	.text
	.globl	sgemm
	.type	sgemm, @function
	.p2align 6
sgemm:
	sub	rsp, 72			# 64 bytes for the tile; aligns rsp to 16
	mov	rax, [rsp+80]		# rs_c
	mov	r10, [rsp+88]		# cs_c
	xorps	xmm0, xmm0		# column 0: xmm0, xmm1
	xorps	xmm1, xmm1
	xorps	xmm2, xmm2		# column 1: xmm2, xmm3
	xorps	xmm3, xmm3
	test	rdi, rdi
	jz	.Lscale
	.p2align 5
.Lstep:
	movups	xmm4, [rdx]
	movups	xmm5, [rdx+16]
	movss	xmm6, [rcx]
	movss	xmm7, [rcx+4]
	shufps	xmm6, xmm6, 0
	shufps	xmm7, xmm7, 0
	movaps	xmm8, xmm4
	movaps	xmm9, xmm5
	mulps	xmm8, xmm6
	mulps	xmm9, xmm6
	mulps	xmm4, xmm7
	mulps	xmm5, xmm7
	addps	xmm0, xmm8
	addps	xmm1, xmm9
	addps	xmm2, xmm4
	addps	xmm3, xmm5
	add	rdx, 32
	add	rcx, 8
	dec	rdi
	jnz	.Lstep
.Lscale:
	movss	xmm4, [rsi]
	shufps	xmm4, xmm4, 0
	mulps	xmm0, xmm4
	mulps	xmm1, xmm4
	mulps	xmm2, xmm4
	mulps	xmm3, xmm4
	movaps	[rsp], xmm0
	movaps	[rsp+16], xmm1
	movaps	[rsp+32], xmm2
	movaps	[rsp+48], xmm3

	movss	xmm6, [r8]		# beta
	xorps	xmm7, xmm7
	mov	r11, rsp
	mov	ecx, 2
.Lcolumn:
	mov	rdx, r9
	mov	esi, 8
.Lelement:
	movss	xmm0, [r11]
	ucomiss	xmm6, xmm7
	jp	.Lupdate
	je	.Lstore			# beta = 0: C is not read
.Lupdate:
	movss	xmm1, [rdx]
	mulss	xmm1, xmm6
	addss	xmm0, xmm1
.Lstore:
	movss	[rdx], xmm0
	lea	rdx, [rdx+4*rax]
	add	r11, 4
	dec	esi
	jnz	.Lelement
	lea	r9, [r9+4*r10]
	dec	ecx
	jnz	.Lcolumn
	add	rsp, 72
	ret
	.size	sgemm, .-sgemm
	.section .note.GNU-stack, "", @progbits
