# playground(rdi = iterations): one of each way to reach data: PC-relative,
# absolute, and through the global offset table, in .rodata, .data and .bss.
	.intel_syntax noprefix
	.text
	.globl	playground
	.type	playground, @function
	.p2align 6
playground:
	mov	qword ptr total[rip], 0
1:	mov	rax, pointer[rip]	# R_X86_64_64 in .data
	mov	rax, [rax]
	add	rax, constant[rip]
	mov	rdx, shared@GOTPCREL[rip]
	add	rax, [rdx]
	add	total[rip], rax
	dec	rdi
	jnz	1b
	mov	rax, total[rip]		# 111 * iterations
	ret
	.size	playground, .-playground

	.section .rodata
	.p2align 3
constant:
	.quad	10
hundred:
	.quad	100
	.data
	.p2align 3
pointer:
	.quad	hundred
	.globl	shared
	.type	shared, @object
	.size	shared, 8
shared:
	.quad	1
	.bss
	.p2align 3
total:
	.zero	8
	.section .note.GNU-stack, "", @progbits
