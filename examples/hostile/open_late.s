# open("/etc/passwd", O_RDONLY): somebody else's file. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	mov	rax, 0x0000647773736170		# passwd
	push	rax
	mov	rax, 0x2f6374652f000000		# /etc/
	push	rax
	lea	rdi, [rsp+3]
	add	rsp, 16
	xor	esi, esi
	mov	eax, 2
	lately
	finish
