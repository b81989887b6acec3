# The access sequences of "ELF Handling For Thread-Local Storage", and TLSDESC.
	.text
	.globl	f
	.type	f, @function
f:	.byte	0x66
	lea	v@tlsgd(%rip), %rdi
	.value	0x6666
	rex64
	call	__tls_get_addr@PLT
	lea	v@tlsld(%rip), %rdi
	call	__tls_get_addr@PLT
	lea	v@dtpoff(%rax), %rdx
	movabs	$v@dtpoff, %rdx
	mov	v@gottpoff(%rip), %rax
	mov	thread_elsewhere@gottpoff(%rip), %rax
	mov	%fs:v@tpoff, %eax
	mov	%fs:thread_elsewhere@tpoff+4, %eax
	movabs	$v@tpoff, %rax
	lea	v@tlsdesc(%rip), %rax
	call	*v@tlscall(%rax)
	ret
	.globl	plain
	.type	plain, @function
plain:	mov	$1, %eax
	ret
	.section .tdata,"awT",@progbits
	.globl	v
	.type	v, @object
v:	.quad	f
	.size	v, 8
	.section .tbss,"awT",@nobits
	.zero	100
	.section .data
	.quad	v@dtpoff
