# fork(): more processes, and more of them.
	.include "hostile.inc"
	begin
	mov	eax, 57
	plainly
	finish
