# Sections of the large code model, and a COMMON symbol in .lbss.
	.text
	.globl	f
	.type	f, @function
f:	movabs	$large, %rcx
	movabs	$common, %rcx
	lea	large(%rip), %rcx
	ret
	.section .ldata,"awl",@progbits
large:	.quad	f, large, zeros
	.section .lbss,"awl",@nobits
zeros:	.zero	5000
	.section .lrodata,"al",@progbits
	.quad	large+8
	.section .ltext,"axl",@progbits
	.globl	far
	.type	far, @function
far:	call	f
	ret
	.largecomm	common, 300, 32
