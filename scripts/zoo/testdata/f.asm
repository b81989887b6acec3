bits 64
section .text
global f
f:
	imul eax, edi, 1000
	lea eax, [rax+rsi+7]
	ret
