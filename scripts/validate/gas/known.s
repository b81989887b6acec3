# Kernels of known cost. Each is a function of one integer, the turns of its
# loop, at least 1. A turn repeats its instructions so often that those of the
# loop hide behind them, where the kernel is not the loop itself.
#
#	as --fatal-warnings -mx86-used-note=no -o known.o known.s

	.intel_syntax noprefix
	.text

	.macro kernel name
	.balign 64
	.globl \name
	.type \name, @function
\name:
	.endm

	.macro turn		# is one line of the cache or begins one
	.balign 64
1:
	.endm

	.macro again name
	dec rdi
	jnz 1b
	ret
	.size \name, . - \name
	.endm

	.macro again_vector name
	dec rdi
	jnz 1b
	vzeroupper
	ret
	.size \name, . - \name
	.endm

	.macro ones
	mov eax, 1
	mov ecx, 1
	mov edx, 1
	mov r8d, 1
	.endm

	.macro zeros
	xorps xmm0, xmm0
	xorps xmm1, xmm1
	.endm

	.macro units		# 1.0
	mov rax, 0x3ff0000000000000
	movq xmm0, rax
	movq xmm1, rax
	.endm

	# A line of memory in the red zone, whose first word points to itself. Not
	# by rsp: what that addresses some cores keep in registers.
	.macro line
	lea rsi, [rsp - 64]
	and rsi, -64
	mov [rsi], rsi
	mov rax, rsi
	.endm

	# A ring of five words in that line, each of which points to another. Some cores
	# foresee what a load finds where it has found the same all along: no load of
	# a turn, whose number is no multiple of five, does.
	.macro ring
	line
	lea rcx, [rsi + 24]
	mov [rsi], rcx
	lea rcx, [rsi + 8]
	mov [rsi + 24], rcx
	lea rcx, [rsi + 32]
	mov [rsi + 8], rcx
	lea rcx, [rsi + 16]
	mov [rsi + 32], rcx
	mov [rsi + 16], rsi
	.endm

	# A kernel of one instruction, repeated.
	.macro simple name, before, times, step:vararg
	kernel \name
	\before
	turn
	.rept \times
	\step
	.endr
	again \name
	.endm

	simple dependent_add, ones, 64, add rax, rcx
	simple dependent_xor, ones, 64, xor rax, rcx
	simple dependent_adc, ones, 64, adc rax, rcx
	simple dependent_lea, ones, 64, lea rax, [rax + rcx]
	simple dependent_rol, ones, 64, rol rax, 7
	simple dependent_imul_r32, ones, 32, imul eax, ecx
	simple dependent_imul_r64, ones, 32, imul rax, rcx
	simple dependent_crc32, ones, 32, crc32 rax, rcx
	simple dependent_popcnt, ones, 32, popcnt rax, rax
	simple L1_pointer_chase, ring, 32, mov rax, [rax]

	simple dependent_addps, zeros, 32, addps xmm0, xmm1
	simple dependent_mulps, zeros, 32, mulps xmm0, xmm1
	simple dependent_vfmadd231ps, zeros, 32, vfmadd231ps xmm0, xmm1, xmm1
	simple dependent_aesenc, zeros, 32, aesenc xmm0, xmm1
	simple dependent_paddq, zeros, 64, paddq xmm0, xmm1
	simple dependent_pshufb, zeros, 64, pshufb xmm0, xmm1
	simple dependent_pmullw, zeros, 32, pmullw xmm0, xmm1
	simple dependent_xorps, zeros, 64, xorps xmm0, xmm1
	simple dependent_divsd_by_1, units, 16, divsd xmm0, xmm1
	simple dependent_sqrtsd_of_1, units, 16, sqrtsd xmm0, xmm0

	kernel dependent_div_by_1
	ones
	turn
	.rept 16
	xor edx, edx
	div rcx
	.endr
	again dependent_div_by_1

	kernel dependent_vpaddq_zmm
	zeros
	turn
	.rept 64
	vpaddq zmm0, zmm0, zmm1
	.endr
	again_vector dependent_vpaddq_zmm

	# Three pipelines take loads; in what order, the scheduler decides, and
	# some code before the loop makes it lose a slot now and then.
	kernel six_loads
	lea rsi, [rsp - 64]
	turn
	.rept 16
	mov rax, [rsi]
	mov rcx, [rsi + 8]
	mov rdx, [rsi + 16]
	mov r8, [rsi + 24]
	mov r9, [rsi + 32]
	mov r10, [rsi + 40]
	.endr
	again six_loads

	kernel four_movaps_loads
	line
	turn
	.rept 16
	movaps xmm0, [rsi]
	movaps xmm1, [rsi + 16]
	movaps xmm2, [rsi + 32]
	movaps xmm3, [rsi + 48]
	.endr
	again four_movaps_loads

	kernel two_stores
	line
	turn
	.rept 32
	mov [rsi], rax
	mov [rsi + 8], rax
	.endr
	again two_stores

	kernel three_imul
	ones
	turn
	.rept 16
	imul rax, rcx
	imul rdx, rcx
	imul r8, rcx
	.endr
	again three_imul

	# The multiplications bound it; the loads and additions fit beside them.
	kernel three_imul_two_loads_two_adds
	ones
	lea rsi, [rsp - 64]
	turn
	.rept 16
	imul rax, rcx
	mov r9, [rsi]
	imul rdx, rcx
	add r10, rcx
	imul r8, rcx
	mov r9, [rsi + 8]
	add r11, rcx
	.endr
	again three_imul_two_loads_two_adds

	kernel ten_vaddps_ymm
	vxorps xmm15, xmm15, xmm15
	turn
	.rept 8
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	vaddps ymm\i, ymm\i, ymm15
	.endr
	.endr
	again_vector ten_vaddps_ymm

	kernel twelve_vfmadd231ps_ymm
	vxorps xmm15, xmm15, xmm15
	turn
	.rept 8
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	vfmadd231ps ymm\i, ymm15, ymm15
	.endr
	.endr
	again_vector twelve_vfmadd231ps_ymm

	kernel six_vaddps_six_vmulps_ymm
	vxorps xmm15, xmm15, xmm15
	turn
	.rept 8
	.irp i, 0, 1, 2, 3, 4, 5
	vaddps ymm\i, ymm\i, ymm15
	.endr
	.irp i, 6, 7, 8, 9, 10, 11
	vmulps ymm\i, ymm\i, ymm15
	.endr
	.endr
	again_vector six_vaddps_six_vmulps_ymm

	kernel twelve_vmulps
	vxorps xmm15, xmm15, xmm15
	turn
	.rept 8
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	vmulps xmm\i, xmm15, xmm15
	.endr
	.endr
	again_vector twelve_vmulps

	# Calls that are short, and without a branch but the last one; and a long one
	# that, ten or a hundred times, costs what its instructions do. Nothing comes
	# before the chain: an instruction that gave it a value would be a step of it.
	.irp n, 10, 20, 30, 60, 150, 300, 900, 3000
	simple add_in_a_row_\n, , \n, add rax, rcx
	.endr
	.irp n, 10, 20, 50, 100, 300, 1000, 3334
	simple imul_in_a_row_\n, , \n, imul eax, ecx
	.endr

	# Kernels that cost one of two things. What the first call of a process
	# throws, from the time-stamp counter, it writes far below the stack, where all
	# others of the process find it; the last kernel changes it with each call.
	.macro coin name, heads, tails, change
	kernel \name
	lea rsi, [rsp - 1024]
	mov eax, [rsi]
	test eax, eax
	jnz 2f
	rdtsc
	imul eax, eax, 0x9e3779b1
	shr eax, 31
	inc eax			# 1 or 2
	mov [rsi], eax
2:
	\change
	cmp eax, 1
	mov eax, 1
	mov ecx, 1
	jne 3f
	turn
	.rept \heads
	imul eax, ecx
	.endr
	dec rdi
	jnz 1b
	ret
3:
	turn
	.rept \tails
	imul eax, ecx
	.endr
	again \name
	.endm

	coin coin_of_a_process_far_apart, 32, 48
	coin coin_of_a_process, 32, 37
	coin coin_of_a_process_near, 64, 66
	coin coin_of_a_call, 32, 48, "xor dword ptr [rsi], 3"

	# Loops that hide nothing.
	simple loop_of_one_imul, ones, 1, imul rax, rcx
	simple loop_of_nothing, , 1

	kernel loop_with_a_jump
	turn
	jmp 2f
2:
	again loop_with_a_jump
