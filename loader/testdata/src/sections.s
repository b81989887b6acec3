# Sections of every flag: same names, groups, exclude, retain, link order,
# empty, notes, unwind, init arrays, alignments.
	.text
	.globl	f
	.type	f, @function
f:	lea	a(%rip), %rax
	lea	b(%rip), %rax
	lea	empty(%rip), %rax
	lea	end(%rip), %rax
	ret

	.section .twice,"aw",@progbits,unique,1
a:	.quad	b
	.section .twice,"aw",@progbits,unique,2
b:	.quad	a
	.section .group1,"awG",@progbits,signature1,comdat
	.quad	a+1
	.section .group1,"awG",@progbits,signature2,comdat
g2:	.quad	g2
	.section .excluded,"ae",@progbits
	.quad	f
	.section .retained,"awR",@progbits
	.quad	f+1
	.section .ordered,"ao",@progbits,.text
	.quad	f+2
	.section .empty,"a",@progbits
empty:
	.section .empty.code,"ax",@progbits
	.globl	empty_function
empty_function:
	.section .code.bss,"ax",@nobits
	.zero	64
	.section .note.test,"a",@note
	.long	4, 8, 1
	.asciz	"abc"
	.quad	f
	.section .eh_frame,"a",@unwind
	.long	0
	.section .init_array,"aw",@init_array
	.quad	f
	.section .fini_array,"aw",@fini_array
	.quad	f
	.section .preinit_array,"aw",@preinit_array
	.quad	f
	.section .aligned,"a",@progbits
	.balign	32768
	.quad	.
	.section .data.rel.ro,"aw",@progbits
	.quad	end
	.section .unallocated,"",@progbits
	.quad	f, undefined_but_not_needed
	.data
	.zero	3
end:
