# A loop without end.
	.include "hostile.inc"
	begin
1:	jmp	1b
	finish
