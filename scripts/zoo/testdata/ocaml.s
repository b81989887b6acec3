# OCaml passes integers doubled, plus one, in rax, rbx, ...; it keeps no register, and CALLEE stands for its function's name.
.globl f
.type f, @function
f:
	push %rbx
	push %rbp
	push %r12
	lea 1(%rdi,%rdi), %rax
	lea 1(%rsi,%rsi), %rbx
	call CALLEE
	sar $1, %rax
	pop %r12
	pop %rbp
	pop %rbx
	ret
.size f, .-f
