# playground(rdi = iterations): a loop that does nothing but count.
# One iteration takes one cycle on every x86-64 core since Core 2 and Zen.
	.intel_syntax noprefix
	.text
	.globl	playground
	.type	playground, @function
	.p2align 6
playground:
	mov	rax, rdi
1:	dec	rdi
	jnz	1b
	ret				# rax = iterations
	.size	playground, .-playground
	.section .note.GNU-stack, "", @progbits
