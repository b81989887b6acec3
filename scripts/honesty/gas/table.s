# Honest functions that keep a table, or count their calls.
#
#	as --fatal-warnings -mx86-used-note=no -o table.o table.s

	.intel_syntax noprefix
	.include "kernel.inc"

	.equ most, 32 << 20
	.bss
	.balign 4096
table:	.skip most
state:	.skip 64
	.data
	.balign 64
filled:	.fill 8192, 8, 0x1234567

	.text

# walk(n): reads a word in each 64 bytes of n bytes that were never written.
kernel walk
	lea rsi, [rip+table]
	xor eax, eax
	xor ecx, ecx
1:	add rax, [rsi+rcx]
	add rcx, 64
	cmp rcx, rdi
	jb 1b
	ret
over walk

# update(n): adds to a word in each 64 bytes of n bytes.
kernel update
	lea rsi, [rip+table]
	xor ecx, ecx
1:	inc qword ptr [rsi+rcx]
	add rcx, 64
	cmp rcx, rdi
	jb 1b
	ret
over update

# pages(n): adds to a word in each of n pages.
kernel pages
	lea rsi, [rip+table]
1:	inc qword ptr [rsi]
	add rsi, 4096
	dec rdi
	jnz 1b
	ret
over pages

# constants(n): sums n words of .data, 65,536 bytes at most.
kernel constants
	lea rsi, [rip+filled]
	xor eax, eax
1:	mov ecx, edi
	and ecx, 8191
	add rax, [rsi+rcx*8]
	dec rdi
	jnz 1b
	ret
over constants

# chase(n): n steps of dependent loads all over the table, always the same; the
# addresses come from what was loaded, which is 0.
kernel chase
	lea rsi, [rip+table]
	xor eax, eax
	xor ecx, ecx
1:	imul ecx, ecx, 1664525
	add ecx, 1013904223
	add ecx, eax
	mov edx, ecx
	and edx, most-64
	mov eax, [rsi+rdx]
	dec rdi
	jnz 1b
	ret
over chase

# wander(n): n such steps that go on where the last call ended.
kernel wander
	lea rsi, [rip+table]
	xor eax, eax
	mov ecx, [rip+state]
1:	imul ecx, ecx, 1664525
	add ecx, 1013904223
	add ecx, eax
	mov edx, ecx
	and edx, most-64
	mov eax, [rsi+rdx]
	dec rdi
	jnz 1b
	mov [rip+state], ecx
	ret
over wander

# flushes(n): empties n lines of the table from the caches and reads them.
kernel flushes
	lea rsi, [rip+table]
	xor eax, eax
	mov rcx, rdi
1:	add rax, [rsi]
	clflush [rsi]
	add rsi, 64
	dec rcx
	jnz 1b
	ret
over flushes

# streams(n): writes n bytes past the caches.
kernel streams
	lea rsi, [rip+table]
1:	movnti [rsi], rdi
	add rsi, 8
	sub rdi, 8
	ja 1b
	sfence
	ret
over streams

# strings(n): copies n bytes with rep movsb.
kernel strings
	mov rcx, rdi
	lea rsi, [rip+table]
	lea rdi, [rsi+most/2]
	rep movsb
	ret
over strings

# sets(n): sets n bytes with rep stosb.
kernel sets
	mov rcx, rdi
	lea rdi, [rip+table]
	mov eax, 1
	rep stosb
	ret
over sets

# lazy(n, m): fills n words of the table in the first call, and sums m in every.
kernel lazy
	lea rdx, [rip+table]
	cmp byte ptr [rip+state], 0
	jne 2f
	mov byte ptr [rip+state], 1
	xor ecx, ecx
1:	mov [rdx+rcx*8], rcx
	inc rcx
	cmp rcx, rdi
	jb 1b
2:	xor eax, eax
	xor ecx, ecx
1:	add rax, [rdx+rcx*8]
	inc rcx
	cmp rcx, rsi
	jb 1b
	ret
over lazy

# detects(n, m): takes n turns in the first call, as one does that finds out
# which processor it is on, and m in all others.
kernel detects
	cmp byte ptr [rip+state], 0
	cmovne rdi, rsi
	mov byte ptr [rip+state], 1
1:	dec rdi
	jnz 1b
	ret
over detects

# dot_detects: sdot for increments of 1, which takes a million turns in its first
# call to find out which processor it is on.
kernel dot_detects
	cmp byte ptr [rip+state], 0
	jne 2f
	mov byte ptr [rip+state], 1
	mov eax, 1000000
1:	dec eax
	jnz 1b
2:	xorps xmm0, xmm0
1:	movss xmm1, [rsi]
	mulss xmm1, [rcx]
	addss xmm0, xmm1
	add rsi, 4
	add rcx, 4
	dec rdi
	jnz 1b
	ret
over dot_detects

# memo(n, m): the steps that n, n+1, … n+m-1 take to 1 (collatz), which are
# looked up once they are known.
kernel memo
	lea r8, [rip+table]
	xor eax, eax
	xor ecx, ecx
1:	mov edx, [r8+rcx*4]
	test edx, edx
	jnz 4f
	lea r9, [rdi+rcx]
2:	cmp r9, 1
	jbe 5f
	inc edx
	test r9b, 1
	jnz 3f
	shr r9, 1
	jmp 2b
3:	lea r9, [r9+r9*2+1]
	jmp 2b
5:	mov [r8+rcx*4], edx
4:	add rax, rdx
	inc rcx
	cmp rcx, rsi
	jb 1b
	ret
over memo

# warms(n, m): each call fills m more words of n, and sums all n.
kernel warms
	lea rdx, [rip+table]
	mov rcx, [rip+state]
1:	cmp rcx, rdi
	jae 2f
	mov r8, rcx
	imul r8, r8
	mov rax, r8
	xor r9d, r9d
	push rdx
	xor edx, edx
	lea r10, [rcx+1]
	div r10
	pop rdx
	mov [rdx+rcx*8], rax
	inc rcx
	dec rsi
	jnz 1b
2:	mov [rip+state], rcx
	xor eax, eax
	xor ecx, ecx
1:	add rax, [rdx+rcx*8]
	inc rcx
	cmp rcx, rdi
	jb 1b
	ret
over warms

# every(n, m, k): takes n turns in every k-th call, beginning with the k-th, and
# m in the others.
kernel every
	mov rax, [rip+state]
	inc rax
	cmp rax, rdx
	jb 1f
	xor eax, eax
	mov rsi, rdi
1:	mov [rip+state], rax
2:	dec rsi
	jnz 2b
	ret
over every

# first_every(n, m, k): the same, beginning with the first call.
kernel first_every
	mov rax, [rip+state]
	test rax, rax
	cmovz rsi, rdi
	inc rax
	cmp rax, rdx
	jb 1f
	xor eax, eax
1:	mov [rip+state], rax
2:	dec rsi
	jnz 2b
	ret
over first_every

# doubles(n): takes n turns, and in each call whose number is a power of two as
# many more as there were calls, times n: a vector that doubles when it is full.
kernel doubles
	mov rax, [rip+state]
	inc rax
	mov [rip+state], rax
	lea rcx, [rax-1]
	mov rsi, rdi
	test rcx, rax
	jnz 1f
	imul rsi, rax
1:	dec rsi
	jnz 1b
	ret
over doubles

# slows(n): takes n turns more in each call.
kernel slows
	mov rax, [rip+state]
	add rax, rdi
	mov [rip+state], rax
1:	dec rax
	jnz 1b
	ret
over slows

# learns(n): takes n turns, then half as many and so on down to 1024.
kernel learns
	mov rax, [rip+state]
	test rax, rax
	cmovz rax, rdi
	mov rcx, rax
1:	dec rcx
	jnz 1b
	cmp rax, 2048
	jb 2f
	shr rax, 1
2:	mov [rip+state], rax
	ret
over learns
