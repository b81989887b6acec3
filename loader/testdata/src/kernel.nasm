; A kernel as NASM and YASM users write it. %ifdef PIC takes the other access.
bits 64
%ifdef __YASM_MAJOR__
%define GOTPCREL ..gotpcrel
%else
%define GOTPCREL ..gotpc
%endif
section .rodata align=32
ones: times 8 dd 1.0
mask: dd -1, -1, 0, 0
table: dq sdot, .end, extern_data
.end:

section .data align=16
counter: dq 0
pointer: dq counter, table+8

section .bss align=64
buffer: resb 256

common shared 16:8

extern extern_function
extern extern_data

section .text align=64
global sdot:function (sdot.end - sdot)
sdot:
	xorps	xmm0, xmm0
%ifdef PIC
	lea	rax, [rel ones]
	mov	rcx, [rel extern_data wrt GOTPCREL]
	call	extern_function wrt ..plt
	lea	rdx, [rel $$ + 3]
%else
	mov	rax, ones
	mov	eax, [counter]
	mov	rcx, [table + rcx*8]
	mov	edx, buffer
	call	extern_function
	mov	rsi, qword extern_data
%endif
	cmp	byte [rel counter], 5
	mov	dword [rel counter], 0x12345678
	andps	xmm0, [rel mask]
	lea	r8, [rel shared]
	jmp	.end
.end:
	ret

global untyped
untyped:
	mov	eax, 1
	ret
