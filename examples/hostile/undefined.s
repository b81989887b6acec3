# A call of a function that nobody defines.
	.include "hostile.inc"
	begin
	sub	rsp, 8
	call	frobnicate@PLT
	add	rsp, 8
	ret
	finish
