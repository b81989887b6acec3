.globl f
.type f, @function
f:
	imul $1000, %edi, %eax
	lea 7(%rax,%rsi), %eax
	ret
.size f, .-f
