# write(1, rsp, 64): a forged line in the answer.
	.include "hostile.inc"
	begin
	mov	edi, 1
	mov	rsi, rsp
	mov	edx, 64
	mov	eax, 1
	plainly
	finish
