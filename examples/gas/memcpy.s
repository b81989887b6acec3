# playground(rdi = iterations): copies 64 bytes that many times with memcpy,
# which this object leaves undefined, as compilers do.
	.intel_syntax noprefix
	.text
	.globl	playground
	.type	playground, @function
	.p2align 6
playground:
	push	rbx
	mov	rbx, rdi
1:	lea	rdi, copy[rip]
	lea	rsi, original[rip]
	mov	edx, 64
	call	memcpy@PLT
	dec	rbx
	jnz	1b
	movzx	eax, byte ptr copy[rip+63]	# 64
	pop	rbx
	ret
	.size	playground, .-playground

	.section .rodata
	.p2align 4
original:
	.set	i, 1
	.rept	64
	.byte	i
	.set	i, i+1
	.endr
	.comm	copy, 64, 16
	.section .note.GNU-stack, "", @progbits
