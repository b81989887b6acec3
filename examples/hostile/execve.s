# execve("/bin/sh", NULL, NULL): another program.
	.include "hostile.inc"
	begin
	mov	rax, 0x0068732f6e69622f		# /bin/sh
	push	rax
	mov	rdi, rsp
	pop	rax
	xor	esi, esi
	xor	edx, edx
	mov	eax, 59
	plainly
	finish
