# A function that returns with registers changed that belong to its caller.
	.include "hostile.inc"
	begin
	xor	ebx, ebx
	xor	r12d, r12d
	ret
	finish
