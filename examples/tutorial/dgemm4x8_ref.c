#include <stddef.h>

void dgemm4x8(size_t k, const double *a, const double *b, double *c, size_t ldc)
{
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 8; j++) {
			double sum = 0;
			for (size_t p = 0; p < k; p++)
				sum += a[4 * p + i] * b[8 * p + j];
			c[i * ldc + j] += sum;
		}
}
