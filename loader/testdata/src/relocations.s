# Every relocation type that an assembler can be made to write, each against a
# local, a global, an undefined and an absolute symbol where that has a meaning.
	.set	number, 0x1234
	.globl	number
	.text
	.globl	f
	.type	f, @function
f:	call	local
	call	f@PLT
	call	undefined@PLT
	call	undefined
	jmp	undefined
	jne	undefined
	jne	elsewhere@PLT
	jmp	*undefined@GOTPCREL(%rip)
	call	*elsewhere@GOTPCREL(%rip)
	mov	data@GOTPCREL(%rip), %rax
	mov	undefined@GOTPCREL(%rip), %r9
	add	data@GOTPCREL(%rip), %rcx
	cmp	data@GOTPCREL(%rip), %eax
	test	%eax, data@GOTPCREL(%rip)
	mov	data@GOTPCREL+8(%rip), %rax
	movl	$1, data(%rip)
	movb	$1, data+3(%rip)
	cmpw	$0x1234, undefined(%rip)
	shufps	$5, vector(%rip), %xmm1
	lea	f(%rip), %rdx
	lea	_GLOBAL_OFFSET_TABLE_(%rip), %rbx
	mov	$_GLOBAL_OFFSET_TABLE_, %eax
	movabs	$_GLOBAL_OFFSET_TABLE_-., %r11
	movabs	$data@GOTOFF, %rax
	movabs	$data@GOT, %rax
	movabs	$f@PLTOFF, %rax
	movabs	$undefined@PLTOFF, %rax
	movabs	$data, %rax
	movabs	$undefined, %rax
	movabs	data, %eax
	mov	$data, %eax
	mov	$data, %rax
	mov	data, %eax
	mov	data(,%rcx,8), %rax
	mov	$number, %eax
	mov	$data@SIZE, %eax
	movabs	$data@SIZE, %rax
	mov	weak@GOTPCREL(%rip), %rax
	call	weak
	jmp	local
	.weak	weak
local:	ret
	.size	f, .-f

	.section .rodata.cst16,"aM",@progbits,16
	.balign	16
vector:	.float	1, 2, 3, 4
	.section .rodata.str1.1,"aMS",@progbits,1
	.string	"one"
middle:	.string	"two"
	.section .rodata,"a"
	.balign	4
table:	.long	f-table, local-table, undefined-table
	.long	undefined@GOTPCREL, data@GOTPCREL+4
	.long	f@PLT, undefined@PLT
	.quad	middle+1, f-., undefined-., number
	.quad	undefined@GOTOFF, data@GOT
	.long	data@GOT
	.quad	_GLOBAL_OFFSET_TABLE_
	.long	_GLOBAL_OFFSET_TABLE_

	.data
	.globl	data
	.type	data, @object
data:	.quad	f, local, undefined, elsewhere+8, weak, .bss+16
	.size	data, .-data
	.long	data, undefined
	.short	number, number-0x2000
	.byte	small, small-0x80
	.reloc	., R_X86_64_NONE, 0
	.reloc	data+2, R_X86_64_NONE, undefined
	.set	small, 0x55
	.globl	small

	.section .near,"ax"
start:	.short	target-.
	.byte	target-.
	.reloc	start, R_X86_64_PC16, target
	.reloc	start+2, R_X86_64_PC8, target
	.section .near,"ax"
target:	ret

	.bss
	.balign	64
	.zero	100
	.comm	common, 100, 64
	.lcomm	lcommon, 40
