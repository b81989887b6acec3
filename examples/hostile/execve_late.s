# execve("/bin/sh", NULL, NULL): another program. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	mov	rax, 0x0068732f6e69622f		# /bin/sh
	push	rax
	mov	rdi, rsp
	pop	rax
	xor	esi, esi
	xor	edx, edx
	mov	eax, 59
	lately
	finish
