# exit_group(0) in the first call: a run that claims to have ended well. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	xor	edi, edi
	mov	eax, 231
	lately
	finish
