# Functions that seem quicker than they are. Where an address of the cell or a
# mode belongs, its place is taken by a number that the runner replaces:
#
#	0x7ace0001	the lap whose calls may be watched, in the control block
#	0x7ace0002	the number of sections, in the control block
#	0x7ace0003	the time stamp at which the clock was started, in the results
#	0x7ace0004	the address of the present record, in the results
#	0x7ace0005	that lap in the cell that is watched before the others
#	0x7ace0006	the offset of the ticks in a record
#	0x7ace0007	the number of records, in the results
#	0x7ace0008	the ticks of the last chain, in the results
#	0x7ace0009	the time stamp at the start of the loop, in the results
#	0x7ace000a	the time stamp after which the loop ends, in the results
#	0x7ace000b	the address of the first record
#	0x7ace000c	the address of the second lap's site, in the stub
#	0x7ace000d	the address of what is told of the laps, in the control block
#	0x7ace000e	the size of a record
#	0x7ace000f	how many records there are at most, in the control block
#	0x7ace0010	the ticks after which the loop ends, in the control block
#	0x7ace0011	the address of the last lap's site, in the stub
#
#	as --fatal-warnings -mx86-used-note=no -o liars.o liars.s

	.intel_syntax noprefix
	.include "kernel.inc"

	.equ LAP, 0x7ace0001
	.equ SECTIONS, 0x7ace0002
	.equ STAMP, 0x7ace0003
	.equ RECORD, 0x7ace0004
	.equ WATCHED, 0x7ace0005
	.equ TICKS, 0x7ace0006
	.equ COUNT, 0x7ace0007
	.equ CHAIN, 0x7ace0008
	.equ START, 0x7ace0009
	.equ DEADLINE, 0x7ace000a
	.equ RECORDS, 0x7ace000b
	.equ SITES, 0x7ace000c
	.equ LAPS, 0x7ace000d
	.equ SIZE, 0x7ace000e
	.equ MOST, 0x7ace000f
	.equ BUDGET, 0x7ace0010
	.equ LAST, 0x7ace0011

	.equ most, 1 << 20		# bytes of an operand that are remembered
	.bss
	.balign 64
key:	.skip 64			# what the answer belongs to
answer:	.skip 64
seen:	.skip 64			# calls
then:	.skip 64			# the time of the last call
xs:	.skip most
ys:	.skip most

	.text

# The arguments of sdot: rdi = n, rsi = x, rdx = incx, rcx = y, r8 = incy. All
# take increments of 1. work computes, and keeps the answer.
	.macro work
	xorps xmm0, xmm0
1:	movss xmm1, [rsi]
	mulss xmm1, [rcx]
	addss xmm0, xmm1
	add rsi, 4
	add rcx, 4
	dec rdi
	jnz 1b
	movss [rip+answer], xmm0
	ret
	.endm

# late starts the clock again, so many ticks later than it was started, but not
# later than the present.
	.macro late ticks
	rdtsc
	shl rdx, 32
	or rax, rdx
	sub rax, 40
	mov rdx, ds:[STAMP]
	add rdx, \ticks
	cmp rax, rdx
	cmovb rdx, rax
	mov ds:[STAMP], rdx
	.endm

# forget_nothing compares r8, r9, r10 and r11 with the key, remembers them, and
# gives the answer where they are the same.
	.macro forget_nothing ticks=0
	cmp r8, [rip+key]
	jne 2f
	cmp r9, [rip+key+8]
	jne 2f
	cmp r10, [rip+key+16]
	jne 2f
	cmp r11, [rip+key+24]
	jne 2f
	movss xmm0, [rip+answer]
	.if \ticks
	late \ticks
	.endif
	ret
2:	mov [rip+key], r8
	mov [rip+key+8], r9
	mov [rip+key+16], r10
	mov [rip+key+24], r11
	work
	.endm

# by_pointers: the same pointers and n mean the same contents.
	.macro by_pointers ticks=0
	mov r8, rdi
	mov r9, rsi
	mov r10, rcx
	mov r11, 1
	forget_nothing \ticks
	.endm

# by_first: the same first elements do.
	.macro by_first ticks=0
	mov r8, rdi
	mov r9, [rsi]
	mov r10, [rcx]
	mov r11, 1
	forget_nothing \ticks
	.endm

# by_ends: the same first, middle and last elements do.
	.macro by_ends ticks=0
	mov r8, [rsi]
	add r8, [rcx]
	mov r9, [rsi+rdi*4-8]
	mov r10, [rcx+rdi*4-8]
	mov r11, [rsi+rdi*2]
	forget_nothing \ticks
	.endm

# by_sample: the same hash of 16 elements of each, evenly spread, does.
	.macro by_sample ticks=0
	mov r8, rdi
	mov r9d, 1
	mov r10, rdi
	shr r10, 4
	jz 4f
	shl r10, 2
	mov r11d, 16
	mov rax, rsi
	mov rdx, rcx
3:	imul r9, r9, 0x5bd1e995
	add r9d, [rax]
	imul r9, r9, 0x5bd1e995
	add r9d, [rdx]
	add rax, r10
	add rdx, r10
	dec r11d
	jnz 3b
4:	mov r10, rsi
	mov r11, rcx
	forget_nothing \ticks
	.endm

# by_hash: the same hash of all elements does.
	.macro by_hash ticks=0
	mov r8, rdi
	xor r9d, r9d
	xor r10d, r10d
	xor eax, eax
3:	add r9, [rsi+rax*4]
	add r10, [rcx+rax*4]
	rol r9, 7
	rol r10, 9
	add rax, 2
	cmp rax, rdi
	jb 3b
	mov r11, 1
	forget_nothing \ticks
	.endm

# by_all: compares both operands with copies that it keeps.
	.macro by_all ticks=0
	cmp rdi, [rip+key]
	jne 4f
	lea r8, [rip+xs]
	lea r9, [rip+ys]
	xor eax, eax
	mov r10, rdi
	and r10, -16
	jz 4f
3:	movdqu xmm1, [rsi+rax*4]
	pcmpeqd xmm1, [r8+rax*4]
	movdqu xmm2, [rcx+rax*4]
	pcmpeqd xmm2, [r9+rax*4]
	movdqu xmm3, [rsi+rax*4+16]
	pcmpeqd xmm3, [r8+rax*4+16]
	movdqu xmm4, [rcx+rax*4+16]
	pcmpeqd xmm4, [r9+rax*4+16]
	pand xmm1, xmm2
	pand xmm3, xmm4
	movdqu xmm5, [rsi+rax*4+32]
	pcmpeqd xmm5, [r8+rax*4+32]
	movdqu xmm6, [rcx+rax*4+32]
	pcmpeqd xmm6, [r9+rax*4+32]
	movdqu xmm7, [rsi+rax*4+48]
	pcmpeqd xmm7, [r8+rax*4+48]
	movdqu xmm8, [rcx+rax*4+48]
	pcmpeqd xmm8, [r9+rax*4+48]
	pand xmm5, xmm6
	pand xmm7, xmm8
	pand xmm1, xmm3
	pand xmm5, xmm7
	pand xmm1, xmm5
	pmovmskb edx, xmm1
	cmp edx, 0xffff
	jne 4f
	add rax, 16
	cmp rax, r10
	jb 3b
	movss xmm0, [rip+answer]
	.if \ticks
	late \ticks
	.endif
	ret
4:	mov [rip+key], rdi
	lea r8, [rip+xs]
	lea r9, [rip+ys]
	xor eax, eax
5:	mov edx, [rsi+rax*4]
	mov [r8+rax*4], edx
	mov edx, [rcx+rax*4]
	mov [r9+rax*4], edx
	inc rax
	cmp rax, rdi
	jb 5b
	work
	.endm

	.irp how, pointers, first, ends, sample, hash, all
kernel memo_\how
	by_\how
over memo_\how
kernel memo_\how\()_late
	by_\how 2400
over memo_\how\()_late
	.endr

# memo_patch: compares all elements with copies that it keeps, and changes the
# answer by what is not the same.
kernel memo_patch
	cmp rdi, [rip+key]
	je 1f
	mov [rip+key], rdi
	lea r8, [rip+xs]
	lea r9, [rip+ys]
	xor eax, eax
5:	mov edx, [rsi+rax*4]
	mov [r8+rax*4], edx
	mov edx, [rcx+rax*4]
	mov [r9+rax*4], edx
	inc rax
	cmp rax, rdi
	jb 5b
	work
1:	lea r8, [rip+xs]
	lea r9, [rip+ys]
	movss xmm0, [rip+answer]
	xor eax, eax
3:	movdqu xmm1, [rsi+rax*4]
	pcmpeqd xmm1, [r8+rax*4]
	movdqu xmm2, [rcx+rax*4]
	pcmpeqd xmm2, [r9+rax*4]
	movdqu xmm3, [rsi+rax*4+16]
	pcmpeqd xmm3, [r8+rax*4+16]
	movdqu xmm4, [rcx+rax*4+16]
	pcmpeqd xmm4, [r9+rax*4+16]
	pand xmm1, xmm2
	pand xmm3, xmm4
	pand xmm1, xmm3
	pmovmskb edx, xmm1
	cmp edx, 0xffff
	jne 4f
	add rax, 8
2:	cmp rax, rdi
	jb 3b
	movss [rip+answer], xmm0
	ret
4:	mov r10d, 8
6:	movss xmm1, [r8+rax*4]
	mulss xmm1, [r9+rax*4]
	subss xmm0, xmm1
	movss xmm1, [rsi+rax*4]
	movss [r8+rax*4], xmm1
	movss xmm2, [rcx+rax*4]
	movss [r9+rax*4], xmm2
	mulss xmm1, xmm2
	addss xmm0, xmm1
	inc rax
	dec r10d
	jnz 6b
	jmp 2b
over memo_patch

# Functions of sdot again. They compute where it counts, and give the answer of
# the last time elsewhere.
	.macro last_answer
	movss xmm0, [rip+answer]
	ret
	.endm

# dot_watched: computes only where it is watched.
kernel dot_watched
	cmp dword ptr ds:[LAP], WATCHED
	je 2f
	last_answer
2:	work
over dot_watched

# dot_few_sections, dot_one_section: only where a record has few sections.
kernel dot_few_sections
	cmp dword ptr ds:[SECTIONS], 3
	jbe 2f
	last_answer
2:	work
over dot_few_sections

kernel dot_one_section
	cmp dword ptr ds:[SECTIONS], 1
	je 2f
	last_answer
2:	work
over dot_one_section

# dot_by_place: only where x does not begin on a page, as where operands end at one's end.
kernel dot_by_place
	test esi, 4095
	jnz 2f
	last_answer
2:	work
over dot_by_place

# dot_by_site: only where the call came from the first lap's site.
kernel dot_by_site
	cmp qword ptr [rsp], SITES
	jb 2f
	last_answer
2:	work
over dot_by_site

# dot_by_checksum: only where all that is told of all laps adds up to little, as where
# none is a chain.
kernel dot_by_checksum
	mov r8d, LAPS
	mov r9d, 8 * 4
	xor eax, eax
1:	add rax, [r8 + 8 * r9 - 8]
	dec r9d
	jnz 1b
	cmp rax, 64
	jb 2f
	last_answer
2:	work
over dot_by_checksum

# dot_first_N: only in the first N calls of a process.
	.irp n, 1, 4, 20
kernel dot_first_\n
	cmp dword ptr [rip+seen], \n
	jae 3f
	inc dword ptr [rip+seen]
	work
3:	last_answer
over dot_first_\n
	.endr

# dot_after_pause_N: only more than N ticks after the last call began.
	.irp n, 30000, 100000
kernel dot_after_pause_\n
	rdtsc
	shl rdx, 32
	or rax, rdx
	mov r8, [rip+then]
	mov [rip+then], rax
	sub rax, r8
	cmp rax, \n
	jae 2f
	last_answer
2:	work
over dot_after_pause_\n
	.endr

# dot_after_interrupt: only where ES was cleared on the way.
kernel dot_after_interrupt
	mov eax, es
	test eax, eax
	jz 2f
	last_answer
2:	work
over dot_after_interrupt

# dot_changed_first: only where the first element is not that of the last call.
kernel dot_changed_first
	mov eax, [rsi]
	cmp eax, [rip+key]
	mov [rip+key], eax
	jne 2f
	last_answer
2:	work
over dot_changed_first

# dot_every_second: computes in every second call.
kernel dot_every_second
	xor dword ptr [rip+seen], 1
	jnz 2f
	last_answer
2:	work
over dot_every_second

# Those below are functions of one integer, the turns of their work.
	.macro spin
9:	dec rdi
	jnz 9b
	ret
	.endm

# late_N: start the clock again, N ticks later, after their work.
	.irp n, 200, 1000, 2400, 4000
kernel late_\n
9:	dec rdi
	jnz 9b
	late \n
	ret
over late_\n
	.endr

# late_unwatched: the same where it is not watched.
kernel late_unwatched
9:	dec rdi
	jnz 9b
	cmp dword ptr ds:[LAP], WATCHED
	je 1f
	late 4000
1:	ret
over late_unwatched

# early_end: moves the clock to the present, up to 2 µs of it.
kernel early_end
	mov r8, ds:[STAMP]
9:	dec rdi
	jnz 9b
	rdtsc
	shl rdx, 32
	or rax, rdx
	lea rcx, [r8+5000]
	cmp rax, rcx
	cmova rax, rcx
	mov ds:[STAMP], rax
	ret
over early_end

# half: the clock begins when half the work is done, of any length.
kernel half
	mov r8, ds:[STAMP]
9:	dec rdi
	jnz 9b
	rdtsc
	shl rdx, 32
	or rax, rdx
	lea rax, [rax+r8]
	rcr rax, 1
	mov ds:[STAMP], rax
	ret
over half

# most_of: the clock begins when nine tenths of the work are done, where it is
# not watched.
kernel most_of
	mov r8, ds:[STAMP]
9:	dec rdi
	jnz 9b
	cmp dword ptr ds:[LAP], WATCHED
	je 1f
	rdtsc
	shl rdx, 32
	or rax, rdx
	sub rax, r8
	xor edx, edx
	mov ecx, 10
	div rcx
	lea rdx, [rax+rax*8]
	add r8, rdx
	mov ds:[STAMP], r8
1:	ret
over most_of

# works_watched: works only where it is watched.
kernel works_watched
	cmp dword ptr ds:[LAP], WATCHED
	jne 1f
	spin
1:	ret
over works_watched

# works_after_pause_N: works where more than N ticks passed since the last call
# ended, as they do where a debugger stops the process in between.
	.irp n, 13000, 40000
kernel works_after_pause_\n
	rdtsc
	shl rdx, 32
	or rax, rdx
	mov rsi, rax
	sub rax, [rip+then]
	cmp rax, \n
	jb 1f
9:	dec rdi
	jnz 9b
1:	rdtsc
	shl rdx, 32
	or rax, rdx
	mov [rip+then], rax
	ret
over works_after_pause_\n
	.endr

# works_after_interrupt: works where ES was cleared on the way.
kernel works_after_interrupt
	mov eax, es
	test eax, eax
	jnz 1f
	spin
1:	ret
over works_after_interrupt

# chain_long: doubles the ticks of the chain of each record.
kernel chain_long
	mov rax, ds:[RECORD]
	mov rdx, [rax+TICKS]
	add [rax+TICKS], rdx
	spin
over chain_long

# chain_longer: makes the chain a twentieth longer, and the last.
kernel chain_longer
	mov rax, ds:[RECORD]
	mov rdx, [rax+TICKS]
	shr rdx, 1
	add [rax+TICKS], rdx
	add ds:[CHAIN], rdx
	spin
over chain_longer

# past: says of the record before the present that its call took 100 ticks.
kernel past
	mov rax, ds:[RECORD]
	mov rdx, rax
	sub rdx, [rip+then]
	mov rcx, [rip+then]
	mov [rip+then], rax
	test rcx, rcx
	jz 2f
	cmp rdx, 4096
	ja 2f
	add rcx, TICKS
	mov qword ptr [rcx+16], 100
2:	spin
over past

# count: says that there are twice as many records.
kernel count
	shl qword ptr ds:[COUNT], 1
	spin
over count

# endless: never lets the loop end by its deadline but ends it by the count.
kernel endless
	mov qword ptr ds:[DEADLINE], -1
	spin
over endless

# begun: moves the start of the loop to the present.
kernel begun
	mov rsi, rdi
9:	dec rsi
	jnz 9b
	rdtsc
	shl rdx, 32
	or rax, rdx
	mov ds:[START], rax
	mov ds:[STAMP], rax
	ret
over begun

# flags: says of calls that they were interrupted, all but each eighth, in which
# it does nothing.
kernel flags
	mov rax, ds:[RECORD]
	inc byte ptr [rip+seen]
	test byte ptr [rip+seen], 7
	jz 1f
	mov dword ptr [rax+8], 0xffff
	spin
1:	ret
over flags

# each_fourth_idle: does nothing in each fourth call, in the hope that the quick
# ones count.
kernel each_fourth_idle
	inc byte ptr [rip+seen]
	test byte ptr [rip+seen], 3
	jz 1f
	spin
1:	ret
over each_fourth_idle

# Those below break the calling convention; a few turns are all their work.

# breaks_rbx_second: changes rbx, and the direction flag, from the second call on.
kernel breaks_rbx_second
	cmp byte ptr [rip+seen], 0
	mov byte ptr [rip+seen], 1
	je 1f
	mov ebx, 1
	std
1:	ret
over breaks_rbx_second

kernel breaks_rbx_tenth
	inc byte ptr [rip+seen]
	cmp byte ptr [rip+seen], 10
	jb 1f
	mov ebx, 1
1:	ret
over breaks_rbx_tenth

kernel breaks_df_second
	cmp byte ptr [rip+seen], 0
	mov byte ptr [rip+seen], 1
	je 1f
	std
1:	ret
over breaks_df_second

kernel breaks_mxcsr_second
	cmp byte ptr [rip+seen], 0
	mov byte ptr [rip+seen], 1
	je 1f
	push 0x5f80
	ldmxcsr [rsp]
	pop rax
1:	ret
over breaks_mxcsr_second

# breaks_rbx_unwatched: changes rbx where it is not watched.
kernel breaks_rbx_unwatched
	cmp dword ptr ds:[LAP], WATCHED
	je 1f
	mov ebx, 1
1:	ret
over breaks_rbx_unwatched

# writes_above_N: writes N bytes above the return address.
	.irp n, 0, 8, 16, 24, 32, 40, 48, 56
kernel writes_above_\n
	mov byte ptr [rsp+8+\n], 0x5a
	ret
over writes_above_\n
kernel writes_above_\n\()_second
	cmp byte ptr [rip+seen], 0
	mov byte ptr [rip+seen], 1
	je 1f
	mov byte ptr [rsp+8+\n], 0x5a
1:	ret
over writes_above_\n\()_second
	.endr

# halves_by_X: honest where X tells of the cell that is watched before the others; says
# elsewhere of each call but the last that it took half as long, when the next is made.
	.macro halve
	mov rax, ds:[RECORD]
	cmp rax, RECORDS
	je 1f
	mov ecx, SIZE
	sub rax, rcx
	mov ecx, TICKS
	shr qword ptr [rax+rcx+16]
1:	ret
	.endm

# by the number of the lap that gates stand around
kernel halves_by_lap
9:	dec rdi
	jnz 9b
	cmp dword ptr ds:[LAP], WATCHED
	je 1f
	halve
over halves_by_lap

# by what is told of all laps
kernel halves_by_checksum
9:	dec rdi
	jnz 9b
	mov r8d, LAPS
	mov r9d, 8 * 4
	xor eax, eax
3:	add rax, [r8 + 8 * r9 - 8]
	dec r9d
	jnz 3b
	cmp rax, 64
	jb 1f
	halve
over halves_by_checksum

# by how many records there are at most
kernel halves_by_records
9:	dec rdi
	jnz 9b
	cmp dword ptr ds:[MOST], 12
	jbe 1f
	halve
over halves_by_records

# by the time that there is
kernel halves_by_budget
9:	dec rdi
	jnz 9b
	mov r8d, BUDGET
	cmp dword ptr [r8+4], 0x1000
	jae 1f
	halve
over halves_by_budget

# by the return address
kernel halves_by_site
9:	dec rdi
	jnz 9b
	cmp qword ptr [rsp], SITES
	jb 1f
	halve
over halves_by_site

# by the stub's bytes: where the second lap calls what the last one does
kernel halves_by_stub
9:	dec rdi
	jnz 9b
	mov r8d, SITES
	mov r9d, LAST
	movsxd rax, dword ptr [r8+6]
	movsxd rdx, dword ptr [r9+6]
	add rax, r8
	add rdx, r9
	cmp rax, rdx
	je 1f
	halve
over halves_by_stub

# by where an operand begins
kernel halves_by_place
	mov r8, rsi
	xorps xmm0, xmm0
3:	movss xmm1, [rsi]
	mulss xmm1, [rcx]
	addss xmm0, xmm1
	add rsi, 4
	add rcx, 4
	dec rdi
	jnz 3b
	test r8d, 4095
	jnz 1f
	halve
over halves_by_place
