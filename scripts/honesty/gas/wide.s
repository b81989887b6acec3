# Honest functions in AVX-512.
#
#	as --fatal-warnings -mx86-used-note=no -o wide.o wide.s

	.intel_syntax noprefix
	.include "kernel.inc"
	.text

# zmm_clean(n), zmm_dirty(n): as ymm_clean and ymm_dirty of code.s.
kernel zmm_clean
	vpternlogd zmm0, zmm0, zmm0, 255
	vmovdqa64 zmm1, zmm0
1:	vpaddd zmm0, zmm0, zmm1
	vpmullq zmm2, zmm1, zmm1
	dec rdi
	jnz 1b
	vzeroupper
	ret
over zmm_clean

kernel zmm_dirty
	vpternlogd zmm0, zmm0, zmm0, 255
	vmovdqa64 zmm1, zmm0
	vmovdqa64 zmm17, zmm0
	kxnorw k1, k1, k1
1:	vpaddd zmm0{k1}, zmm0, zmm1
	vpaddd zmm17, zmm17, zmm1
	dec rdi
	jnz 1b
	ret
over zmm_dirty
