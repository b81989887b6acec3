# The same as playground.s under the name that the PeachPy example of 2016
# gave to its function. The specification of playground lists it as an alias.
	.intel_syntax noprefix
	.text
	.globl	playme
	.type	playme, @function
	.p2align 6
playme:
	mov	rax, rdi
1:	dec	rdi
	jnz	1b
	ret
	.size	playme, .-playme
	.section .note.GNU-stack, "", @progbits
