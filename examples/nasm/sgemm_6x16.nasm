; sgemm(rdi = k, rsi = alpha, rdx = a, rcx = b, r8 = beta, r9 = c,
;       [rsp+8] = rs_c, [rsp+16] = cs_c)
; The 6x16 micro-kernel in AVX and FMA: mr=6, nr=16. Rows of C that lie
; together (cs_c=1) are stored as vectors when beta is 0.
	bits	64
	default	rel
%use smartalign
	section	.text align=64
	global	sgemm:function
sgemm:
	mov	rax, [rsp+8]		; rs_c
	mov	r10, [rsp+16]		; cs_c
	sub	rsp, 392		; 6*16 elements; aligns rsp to 16
; Row i of the tile is ymm(4+2i) and ymm(5+2i).
%assign i 4
%rep 12
	vxorps	xmm%[i], xmm%[i], xmm%[i]
%assign i i+1
%endrep
	test	rdi, rdi
	jz	.scale
	align	32
.step:
	vmovups	ymm0, [rcx]
	vmovups	ymm1, [rcx+32]
%assign i 0
%rep 6
%assign lo 4+2*i
%assign hi 5+2*i
%assign t 2+(i & 1)
	vbroadcastss ymm%[t], [rdx+4*i]
	vfmadd231ps ymm%[lo], ymm%[t], ymm0
	vfmadd231ps ymm%[hi], ymm%[t], ymm1
%assign i i+1
%endrep
	add	rdx, 24
	add	rcx, 64
	dec	rdi
	jnz	.step
.scale:
	vbroadcastss ymm0, [rsi]
%assign i 4
%rep 12
	vmulps	ymm%[i], ymm%[i], ymm0
%assign i i+1
%endrep
	vmovss	xmm0, [r8]		; beta
	vxorps	xmm1, xmm1, xmm1
	vucomiss xmm0, xmm1
	jp	.spill
	jne	.spill
	cmp	r10, 1
	jne	.spill
%assign i 0
%rep 6
%assign lo 4+2*i
%assign hi 5+2*i
	vmovups	[r9], ymm%[lo]
	vmovups	[r9+32], ymm%[hi]
	lea	r9, [r9+4*rax]
%assign i i+1
%endrep
	jmp	.done
.spill:
%assign i 0
%rep 12
%assign r 4+i
	vmovups	[rsp+32*i], ymm%[r]
%assign i i+1
%endrep
	mov	r11, rsp
	mov	ecx, 6
.row:
	mov	rdx, r9
	mov	esi, 16
.element:
	vmovss	xmm2, [r11]
	vucomiss xmm0, xmm1
	jp	.update
	je	.store			; beta = 0: C is not read
.update:
	vmulss	xmm3, xmm0, [rdx]
	vaddss	xmm2, xmm2, xmm3
.store:
	vmovss	[rdx], xmm2
	lea	rdx, [rdx+4*r10]
	add	r11, 4
	dec	esi
	jnz	.element
	lea	r9, [r9+4*rax]
	dec	ecx
	jnz	.row
.done:
	add	rsp, 392
	vzeroupper
	ret
	section .note.GNU-stack noalloc noexec nowrite progbits
