# socket(AF_INET, SOCK_STREAM, 0): a way out of the machine. The system call is hidden from the screen.
	.include "hostile.inc"
	begin
	mov	edi, 2
	mov	esi, 1
	xor	edx, edx
	mov	eax, 41
	lately
	finish
