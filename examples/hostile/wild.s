# A write to an address where nothing is.
	.include "hostile.inc"
	begin
	movabs	rax, 0x123456789000
	mov	qword ptr [rax], rdi
	ret
	finish
