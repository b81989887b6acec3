# An instruction that is defined to be undefined.
	.include "hostile.inc"
	begin
	ud2
	ret
	finish
