; sdot(rdi = n, rsi = x, rdx = incx, rcx = y, r8 = incy) -> xmm0
; AVX and FMA, as processors with AVX2 have them. Unit strides take 64 elements a turn in eight sums, which is
; what two FMA units with a latency of four cycles need.
	bits	64
	default	rel
%use smartalign
	section	.text align=64
	global	sdot:function
sdot:
%assign i 0
%rep 8
	vxorps	xmm%[i], xmm%[i], xmm%[i]
%assign i i+1
%endrep
	mov	rax, rdx
	xor	rax, 1
	mov	r9, r8
	xor	r9, 1
	or	rax, r9
	jnz	.rest			; a stride other than 1
	sub	rdi, 64
	jb	.less
	align	32
.block:
%assign i 0
%rep 8
%assign j i+8
	vmovups	ymm%[j], [rsi+32*i]
	vfmadd231ps ymm%[i], ymm%[j], [rcx+32*i]
%assign i i+1
%endrep
	add	rsi, 256
	add	rcx, 256
	sub	rdi, 64
	jae	.block
.less:
	add	rdi, 64
	vaddps	ymm1, ymm1, ymm2	; ymm0 is left to the rest
	vaddps	ymm3, ymm3, ymm4
	vaddps	ymm5, ymm5, ymm6
	vaddps	ymm1, ymm1, ymm7
	vaddps	ymm3, ymm3, ymm5
	vaddps	ymm1, ymm1, ymm3
	vaddps	ymm1, ymm1, ymm0
	vxorps	xmm0, xmm0, xmm0
.rest:
	test	rdi, rdi
	jz	.sum
.one:
	vmovss	xmm2, [rsi]
	vfmadd231ss xmm0, xmm2, [rcx]
	lea	rsi, [rsi+4*rdx]
	lea	rcx, [rcx+4*r8]
	dec	rdi
	jnz	.one
.sum:
	vextractf128 xmm2, ymm1, 1
	vaddps	xmm1, xmm1, xmm2
	vmovhlps xmm2, xmm2, xmm1
	vaddps	xmm1, xmm1, xmm2
	vmovshdup xmm2, xmm1
	vaddss	xmm1, xmm1, xmm2
	vaddss	xmm0, xmm0, xmm1
	vzeroupper
	ret
	section .note.GNU-stack noalloc noexec nowrite progbits
