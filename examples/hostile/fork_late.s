# fork(): more processes, and more of them. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	mov	eax, 57
	lately
	finish
