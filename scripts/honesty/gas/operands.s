# Honest functions of operands.
#
#	as --fatal-warnings -mx86-used-note=no -o operands.o operands.s

	.intel_syntax noprefix
	.include "kernel.inc"
	.text

# dot(rdi = n, rsi = x, rdx = incx, rcx = y, r8 = incy): one element at a time.
# Others take its code as it stands.
kernel dot
	xorps xmm0, xmm0
	test rdi, rdi
	jz 2f
	shl rdx, 2
	shl r8, 2
1:	movss xmm1, [rsi]
	mulss xmm1, [rcx]
	addss xmm0, xmm1
	add rsi, rdx
	add rcx, r8
	dec rdi
	jnz 1b
2:	ret
over dot

# dot_by_sign: the same for increments of 1, with a branch by the sign of each
# element of x.
kernel dot_by_sign
	xorps xmm0, xmm0
1:	mov eax, [rsi]
	mov edx, eax
	and edx, 0x7fffffff
	movd xmm1, edx
	mulss xmm1, [rcx]
	test eax, eax
	js 2f
	addss xmm0, xmm1
	jmp 3f
2:	subss xmm0, xmm1
3:	add rsi, 4
	add rcx, 4
	dec rdi
	jnz 1b
	ret
over dot_by_sign

# gemm(rdi = k, rsi = alpha, rdx = a, rcx = b, r8 = beta, r9 = c): 8 by 2, one
# element of C at a time, alpha 1 and beta 0. Others take its code as it stands.
kernel gemm
	push rbx
	xor r10d, r10d			# column of C
3:	xor r11d, r11d			# row
2:	xorps xmm0, xmm0
	lea rax, [rdx+r11*4]
	lea rbx, [rcx+r10*4]
	mov r8, rdi
1:	movss xmm1, [rax]
	mulss xmm1, [rbx]
	addss xmm0, xmm1
	add rax, 32
	add rbx, 8
	dec r8
	jnz 1b
	lea rax, [r11+r10*8]
	movss [r9+rax*4], xmm0
	inc r11d
	cmp r11d, 8
	jb 2b
	inc r10d
	cmp r10d, 2
	jb 3b
	pop rbx
	ret
over gemm

# gemm_own_arguments: the same, and writes to its arguments on the stack, which
# are its own (psABI 1.0, 3.2.3).
kernel gemm_own_arguments
	mov qword ptr [rsp+8], 1
	mov qword ptr [rsp+16], 2
	jmp gemm
over gemm_own_arguments

# saxpy(rdi = n, xmm0 = alpha, rsi = x, rdx = y)
kernel saxpy
1:	movss xmm1, [rsi]
	mulss xmm1, xmm0
	addss xmm1, [rdx]
	movss [rdx], xmm1
	add rsi, 4
	add rdx, 4
	dec rdi
	jnz 1b
	ret
over saxpy

# count_negative(rdi = n, rsi = x): a branch for each element.
kernel count_negative
	xor eax, eax
1:	cmp dword ptr [rsi], 0
	jl 2f
	inc eax
2:	add rsi, 4
	dec rdi
	jnz 1b
	ret
over count_negative

# binary_search(rdi = n, rsi = x): looks for each of 16 numbers in what is not
# sorted: the branches are the contents'.
kernel binary_search
	xor eax, eax
	mov r8d, 16
3:	xor ecx, ecx
	mov rdx, rdi
1:	lea r9, [rcx+rdx]
	shr r9, 1
	mov r10d, r8d
	imul r10d, r10d, 0x5bd1e995
	cmp [rsi+r9*4], r10d
	jl 2f
	mov rdx, r9
	jmp 4f
2:	lea rcx, [r9+1]
4:	cmp rcx, rdx
	jb 1b
	add rax, rcx
	dec r8d
	jnz 3b
	ret
over binary_search

# divide_all(rdi = n, rsi = x): quotients of neighbours, whose latency is the
# contents'.
kernel divide_all
	mov rcx, rdi
	mov rdi, 1
	xor r8d, r8d
1:	mov eax, [rsi]
	or edi, eax
	xor edx, edx
	mov r9d, eax
	and r9d, 31
	imul rax, r9
	div rdi
	add r8, rax
	mov edi, [rsi]
	shr edi, 7
	or edi, 1
	add rsi, 4
	dec rcx
	jnz 1b
	mov rax, r8
	ret
over divide_all

# hash(rdi = n, rsi = x): scatters the elements over 64 KiB of the stack.
kernel hash
	xor eax, eax
1:	mov ecx, [rsi]
	imul ecx, ecx, 0x9e3779b1
	shr ecx, 16
	sub rsp, 65536
	inc byte ptr [rsp+rcx]
	add rsp, 65536
	add rsi, 4
	dec rdi
	jnz 1b
	ret
over hash

# until_zero(rdi = n, rsi = x): stops at the first element that is a multiple of
# 64; the length of the call is the contents'.
kernel until_zero
	xor eax, eax
1:	test byte ptr [rsi], 63
	jz 2f
	add rsi, 4
	inc rax
	dec rdi
	jnz 1b
2:	ret
over until_zero

# turns_of_first(rdi = n, rsi = x): takes as many turns as the low bits of the
# first element say.
kernel turns_of_first
	mov ecx, [rsi]
	and ecx, 65535
	inc ecx
1:	dec ecx
	jnz 1b
	ret
over turns_of_first

# prefix_sums(rdi = n, rsi = x): in place.
kernel prefix_sums
	xor eax, eax
1:	add rax, [rsi]
	mov [rsi], rax
	add rsi, 8
	dec rdi
	jnz 1b
	ret
over prefix_sums

# partition(rdi = n, rsi = x): negative elements to the front, in place.
kernel partition
	mov rdx, rsi
	xor eax, eax
1:	mov rcx, [rsi]
	test rcx, rcx
	jns 2f
	mov r8, [rdx]
	mov [rdx], rcx
	mov [rsi], r8
	add rdx, 8
	inc rax
2:	add rsi, 8
	dec rdi
	jnz 1b
	ret
over partition

# insertion_sort(rdi = n, rsi = x): in place; what is sorted takes n steps.
kernel insertion_sort
	mov ecx, 1
3:	cmp rcx, rdi
	jae 4f
	mov rax, [rsi+rcx*8]
	mov rdx, rcx
1:	mov r8, [rsi+rdx*8-8]
	cmp r8, rax
	jle 2f
	mov [rsi+rdx*8], r8
	dec rdx
	jnz 1b
2:	mov [rsi+rdx*8], rax
	inc rcx
	jmp 3b
4:	mov rax, [rsi]
	ret
over insertion_sort

# reverse(rdi = n, rsi = x): in place.
kernel reverse
	lea rdx, [rsi+rdi*8-8]
1:	cmp rsi, rdx
	jae 2f
	mov rax, [rsi]
	mov rcx, [rdx]
	mov [rsi], rcx
	mov [rdx], rax
	add rsi, 8
	sub rdx, 8
	jmp 1b
2:	ret
over reverse

# copy(rdi = n, rsi = y, rdx = x): with rep movsb.
kernel copy
	mov rcx, rdi
	mov rdi, rsi
	mov rsi, rdx
	rep movsb
	ret
over copy

# copy_words(rdi = n, rsi = y, rdx = x): 8 bytes at a time.
kernel copy_words
1:	mov rax, [rdx]
	mov [rsi], rax
	add rdx, 8
	add rsi, 8
	sub rdi, 8
	ja 1b
	ret
over copy_words

# gathers(rdi = n, rsi = x): reads elements all over x, from its first pages on.
kernel gathers
	xor eax, eax
	mov ecx, 1
	mov r8, rdi
1:	imul rcx, rcx, 1664525
	add rcx, 1013904223
	mov rdx, rcx
	shr rdx, 8
	and edx, 0xffffff
	mov r9, rax
	mov rax, rdx
	xor edx, edx
	div r8
	mov rax, r9
	add eax, [rsi+rdx*4]
	dec rdi
	jnz 1b
	ret
over gathers
