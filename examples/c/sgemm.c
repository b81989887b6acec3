#include <stddef.h>

/* The tile's size is fixed when the kernel is compiled and must agree with the
   parameters mr and nr of the run: cc -DMR=6 -DNR=16. */
#ifndef MR
#define MR 8
#define NR 2
#endif

void sgemm(size_t k, const float* alpha, const float* a, const float* b, const float* beta, float* c, size_t rs_c, size_t cs_c) {
	float ab[MR][NR] = {{0}};
	for (size_t p = 0; p < k; p++, a += MR, b += NR) {
		for (size_t i = 0; i < MR; i++) {
			for (size_t j = 0; j < NR; j++) {
				ab[i][j] += a[i] * b[j];
			}
		}
	}
	for (size_t i = 0; i < MR; i++) {
		for (size_t j = 0; j < NR; j++) {
			float* out = &c[i * rs_c + j * cs_c];
			/* With beta = 0 BLIS does not read C, which may hold anything. */
			*out = *beta == 0 ? *alpha * ab[i][j] : *alpha * ab[i][j] + *beta * *out;
		}
	}
}
