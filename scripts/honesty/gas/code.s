# Honest functions of integers that keep nothing from call to call.
#
#	as --fatal-warnings -mx86-used-note=no -o code.o code.s

	.intel_syntax noprefix
	.include "kernel.inc"
	.text

# spin(n): a loop of n turns.
kernel spin
1:	dec rdi
	jnz 1b
	ret
over spin

# nothing(): returns.
kernel nothing
	ret
over nothing

# few(): three multiplications in a row.
kernel few
	imul rdi, rdi
	imul rdi, rdi
	imul rdi, rdi
	ret
over few

# chain(n): n multiplications in a row.
kernel chain
	mov eax, 3
1:	imul rax, rax
	dec rdi
	jnz 1b
	ret
over chain

# fibonacci(n): computed by two calls of itself.
kernel fibonacci
	mov eax, 1
	cmp rdi, 2
	jb 1f
	push rbx
	push r12
	mov rbx, rdi
	dec rdi
	call fibonacci
	mov r12, rax
	lea rdi, [rbx-2]
	call fibonacci
	add rax, r12
	pop r12
	pop rbx
1:	ret
over fibonacci

# depth(n): n calls of itself, one within the other.
kernel depth
	mov eax, 1
	cmp rdi, 2
	jb 1f
	push rdi
	dec rdi
	call depth
	pop rdi
	add rax, rdi
1:	ret
over depth

# stack(n): writes to n bytes of the stack, a word in each 64, and reads them.
kernel stack
	mov rcx, rdi
	neg rcx
1:	mov [rsp+rcx], rcx
	add rcx, 64
	js 1b
	xor eax, eax
	neg rdi
1:	add rax, [rsp+rdi]
	add rdi, 64
	js 1b
	ret
over stack

# aligned(n): takes twice as many turns where the stack pointer is not a
# multiple of 32, as a copy loop with a prologue does.
kernel aligned
	test spl, 16
	jnz 1f
	add rdi, rdi
1:	dec rdi
	jnz 1b
	ret
over aligned

# clock(n): returns how long n multiplications took by the time-stamp counter.
kernel clock
	rdtsc
	shl rdx, 32
	or rax, rdx
	mov rsi, rax
	mov ecx, 3
1:	imul rcx, rcx
	dec rdi
	jnz 1b
	lfence
	rdtsc
	shl rdx, 32
	or rax, rdx
	sub rax, rsi
	ret
over clock

# wait_until(n): waits until n ticks of the time-stamp counter are over.
kernel wait_until
	rdtsc
	shl rdx, 32
	or rax, rdx
	lea rsi, [rax+rdi]
1:	pause
	rdtsc
	shl rdx, 32
	or rax, rdx
	cmp rax, rsi
	jb 1b
	ret
over wait_until

# pauses(n): n pauses.
kernel pauses
1:	pause
	dec rdi
	jnz 1b
	ret
over pauses

# collatz(n): the steps that the numbers up to n take to 1; its branches are
# hard to predict.
kernel collatz
	xor eax, eax
2:	mov rcx, rdi
1:	cmp rcx, 1
	jbe 4f
	inc rax
	test cl, 1
	jnz 3f
	shr rcx, 1
	jmp 1b
3:	lea rcx, [rcx+rcx*2+1]
	jmp 1b
4:	dec rdi
	jnz 2b
	ret
over collatz

# random_branches(n): n branches by the bits of a linear congruential generator
# with the same seed in every call.
kernel random_branches
	xor eax, eax
	mov ecx, 12345
	movabs r8, 6364136223846793005
1:	imul rcx, r8
	add rcx, 1
	bt rcx, 60
	jc 2f
	inc rax
2:	dec rdi
	jnz 1b
	ret
over random_branches

# indirect(n): n calls through a table of eight, in the order of a generator.
kernel indirect
	xor eax, eax
	mov ecx, 777
	movabs r8, 6364136223846793005
1:	imul rcx, r8
	add rcx, 1
	mov rdx, rcx
	shr rdx, 61
	lea rsi, [rip+5f]
	lea rsi, [rsi+rdx*8]
	call rsi
	dec rdi
	jnz 1b
	ret
	.balign 8
5:	.rept 8
	inc rax
	ret
	.balign 8
	.endr
over indirect

# divisions(n): n divisions of numbers of all lengths.
kernel divisions
	mov rsi, -1
	movabs r9, 6364136223846793005
	mov r8, 99
1:	imul r8, r9
	add r8, 1
	mov rcx, r8
	shr rcx, 58
	mov rax, r8
	shr rax, cl
	xor edx, edx
	mov r10, rdi
	or r10, 1
	div r10
	dec rdi
	jnz 1b
	ret
over divisions

# denormals(n): n sums of numbers so small that some cores need help with them.
kernel denormals
	mov eax, 1
	movq xmm0, rax
	movq xmm1, rax
1:	addsd xmm0, xmm1
	mulsd xmm0, xmm1
	dec rdi
	jnz 1b
	ret
over denormals

# sines(n): n sines by the x87.
kernel sines
	fld1
1:	fsin
	dec rdi
	jnz 1b
	fstp st(0)
	ret
over sines

# blocked(n): n loads that wait for two smaller stores.
kernel blocked
1:	mov dword ptr [rsp-16], edi
	mov dword ptr [rsp-12], edi
	mov rax, [rsp-16]
	add rdi, rax
	sub rdi, rax
	dec rdi
	jnz 1b
	ret
over blocked

# aliased(n): loads that seem to follow a store 4096 bytes away.
kernel aliased
1:	mov [rsp-64], rdi
	mov rax, [rsp-64-4096]
	mov [rsp-128], rdi
	mov rcx, [rsp-128-8192]
	dec rdi
	jnz 1b
	ret
over aliased

# locked(n): n atomic additions and fences.
kernel locked
1:	lock add qword ptr [rsp-64], 1
	mfence
	dec rdi
	jnz 1b
	ret
over locked

# split_lines(n): loads across the end of a cache line and of a page.
kernel split_lines
	mov rsi, rsp
	and rsi, -4096
1:	mov rax, [rsi-4]
	mov rax, [rsi-68]
	dec rdi
	jnz 1b
	ret
over split_lines

# ymm_clean(n), ymm_dirty(n): sums in AVX; the second leaves the upper halves as
# they are.
kernel ymm_clean
	vxorps ymm0, ymm0, ymm0
	vxorps ymm1, ymm1, ymm1
1:	vaddps ymm0, ymm0, ymm1
	vaddps ymm2, ymm1, ymm1
	dec rdi
	jnz 1b
	vzeroupper
	ret
over ymm_clean

kernel ymm_dirty
	vpcmpeqd ymm0, ymm0, ymm0
	vpcmpeqd ymm1, ymm1, ymm1
	vpcmpeqd ymm15, ymm15, ymm15
1:	vpaddd ymm0, ymm0, ymm1
	vpaddd ymm2, ymm1, ymm1
	dec rdi
	jnz 1b
	ret
over ymm_dirty

# ymm_mixed(n): SSE with dirty upper halves, which some cores wait for.
kernel ymm_mixed
	vpcmpeqd ymm0, ymm0, ymm0
	vpcmpeqd ymm1, ymm1, ymm1
1:	paddd xmm0, xmm1
	vpaddd ymm2, ymm1, ymm1
	dec rdi
	jnz 1b
	ret
over ymm_mixed
