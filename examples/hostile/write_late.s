# write(1, rsp, 64): a forged line in the answer. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	mov	edi, 1
	mov	rsi, rsp
	mov	edx, 64
	mov	eax, 1
	lately
	finish
