# Sections of the large code model, a COMMON symbol in .lbss, and relocations
# that only GNU as writes.
	.text
	.globl	f
	.type	f, @function
f:	movabs	$large, %rcx
	movabs	$common, %rcx
	lea	large(%rip), %rcx
	movabs	$far@GOTPLT, %rax
	movabs	$undefined@GOTPLT, %rax
	ret
	.section .ldata,"awl",@progbits
large:	.quad	f, large, zeros
	.section .lbss,"awl",@nobits
zeros:	.zero	5000
	.section .lrodata,"al",@progbits
	.quad	large+8
	.quad	f@GOTPCREL, undefined@GOTPCREL+8
	.section .ltext,"axl",@progbits
	.globl	far
	.type	far, @function
far:	call	f
	ret
	.largecomm	common, 300, 32
