# playground(rdi = iterations): what -fstack-protector-strong makes of a
# function with an array. The guard is read at fs:0x28; a third of all objects
# in a distribution do that.
	.intel_syntax noprefix
	.text
	.globl	playground
	.type	playground, @function
	.p2align 6
playground:
	sub	rsp, 88
	mov	rax, fs:0x28
	mov	[rsp+72], rax
	xor	eax, eax
1:	mov	edx, edi
	and	edx, 63
	mov	[rsp+rdx], al
	inc	rax
	dec	rdi
	jnz	1b
	mov	rdx, [rsp+72]
	sub	rdx, fs:0x28
	jne	2f
	add	rsp, 88
	ret				# rax = iterations
2:	call	__stack_chk_fail@PLT
	.size	playground, .-playground
	.section .note.GNU-stack, "", @progbits
