#include <stddef.h>

typedef double four __attribute__((vector_size(32), aligned(8)));

/* C += A*B, where A is packed in k columns of 4, and B in k rows of 8. */
void dgemm4x8(size_t k, const double *a, const double *b, double *c, size_t ldc)
{
	four sum[4][2] = {0};
	for (size_t p = 0; p < k; p++, a += 4, b += 8) {
		four left = *(const four *)b, right = *(const four *)(b + 4);
		for (int i = 0; i < 4; i++) {
			sum[i][0] += a[i] * left;
			sum[i][1] += a[i] * right;
		}
	}
	for (int i = 0; i < 4; i++, c += ldc) {
		*(four *)c += sum[i][0];
		*(four *)(c + 4) += sum[i][1];
	}
}
