# A function that calls itself until the stack is gone.
	.include "hostile.inc"
	begin
	call	playground
	ret
	finish
