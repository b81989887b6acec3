# Functions that do one thing as fast as a core can: n times a block of independent
# instructions, or a walk over n bytes, a multiple of 512. Each names in table.go how much
# a block does.
#
#	as -o peaks.o peaks.s

	.intel_syntax noprefix
	.text

	.macro FUNCTION name
	.globl	\name
	.type	\name, @function
	.p2align 6
\name:
	.endm

# TIMES begins a loop of rdi turns, AGAIN ends it and the function.
	.macro TIMES
	.p2align 6
1:
	.endm
	.macro AGAIN
	dec	rdi
	jnz	1b
	.endm

# REGISTERS writes an instruction once for each of twelve registers, each its own source
# and destination: more than any core's latency of 5 by 2 pipes needs.
	.macro REGISTERS op, kind
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	\op	\kind\i, \kind\i, \kind\i
	.endr
	.endm
	.macro CLEARED
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	vpxor	xmm\i, xmm\i, xmm\i
	.endr
	.endm

	.macro BLOCK name, op, kind
	FUNCTION \name
	CLEARED
	TIMES
	REGISTERS "\op", \kind
	AGAIN
	vzeroupper
	ret
	.size	\name, .-\name
	.endm

	BLOCK	fma_f32_128, vfmadd231ps, xmm
	BLOCK	fma_f32_256, vfmadd231ps, ymm
	BLOCK	fma_f32_512, vfmadd231ps, zmm
	BLOCK	fma_f64_128, vfmadd231pd, xmm
	BLOCK	fma_f64_256, vfmadd231pd, ymm
	BLOCK	fma_f64_512, vfmadd231pd, zmm
	BLOCK	add_i32_128, vpaddd, xmm
	BLOCK	add_i32_256, vpaddd, ymm
	BLOCK	add_i32_512, vpaddd, zmm
	BLOCK	dot_i8_256, "{evex} vpdpbusd", ymm
	BLOCK	dot_i8_512, vpdpbusd, zmm

# Walks over n bytes (rdi) at x (rsi), and from x to y (rdx).
	.macro WALK name, width, kind, load, store
	FUNCTION \name
	vpxor	xmm8, xmm8, xmm8
	xor	eax, eax
	.p2align 6
1:
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	.if \load
	vmovups	\kind\i, [rsi + rax + \i * \width]
	.endif
	.if \store == 1
	vmovups	[rsi + rax + \i * \width], \kind\()8
	.endif
	.if \store == 2
	vmovups	[rdx + rax + \i * \width], \kind\i
	.endif
	.endr
	add	rax, 8 * \width
	cmp	rax, rdi
	jb	1b
	vzeroupper
	ret
	.size	\name, .-\name
	.endm

	WALK	load_256, 32, ymm, 1, 0
	WALK	load_512, 64, zmm, 1, 0
	WALK	store_256, 32, ymm, 0, 1
	WALK	store_512, 64, zmm, 0, 1
	WALK	copy_256, 32, ymm, 1, 2
	WALK	copy_512, 64, zmm, 1, 2

	FUNCTION branch_not_taken
	xor	eax, eax
	inc	eax
	TIMES
	.rept	16
	jz	2f
	.endr
	AGAIN
2:	ret
	.size	branch_not_taken, .-branch_not_taken

	FUNCTION branch_taken
	TIMES
	.rept	16
	jmp	3f
	.p2align 4
3:
	.endr
	AGAIN
	ret
	.size	branch_taken, .-branch_taken

	FUNCTION call_ret
	TIMES
	.rept	8
	call	4f
	.endr
	AGAIN
4:	ret
	.size	call_ret, .-call_ret

	.section .note.GNU-stack, "", @progbits
