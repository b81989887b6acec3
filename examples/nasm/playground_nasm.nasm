; playground(rdi = iterations): a loop that does nothing but count.
	bits	64
	default	rel
	section	.text align=64
	global	playground:function
playground:
	mov	rax, rdi
.next:	dec	rdi
	jnz	.next
	ret				; rax = iterations
	section .note.GNU-stack noalloc noexec nowrite progbits
