# Two functions that differ by 2 % of some 1,000 cycles: chains of dependent
# multiplications, 3 cycles each on all cores of the last ten years.
#
#	as -o two.o two.s

	.text

	.globl	f
	.type	f, @function
	.p2align 5
f:	mov	$340, %eax
	mov	$7, %edx
1:	imul	%rdx, %rdx
	dec	%eax
	jnz	1b
	ret
	.size	f, .-f

	.globl	slower
	.type	slower, @function
	.p2align 5
slower:	mov	$347, %eax
	mov	$7, %edx
1:	imul	%rdx, %rdx
	dec	%eax
	jnz	1b
	ret
	.size	slower, .-slower

	.section .note.GNU-stack, "", @progbits
