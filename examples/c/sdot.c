#include <stddef.h>

/* Several sums, because compilers may not reorder floating-point additions
   (without -ffast-math), and one sum would wait for each addition. */
enum { LANES = 16 };

float sdot(size_t n, const float* x, size_t incx, const float* y, size_t incy) {
	float lane[LANES] = {0};
	size_t i = 0;
	if (incx == 1 && incy == 1) {
		for (; n - i >= LANES; i += LANES) {
			for (size_t l = 0; l < LANES; l++) {
				lane[l] += x[i + l] * y[i + l];
			}
		}
	}
	float sum = 0;
	for (; i < n; i++) {
		sum += x[i * incx] * y[i * incy];
	}
	for (size_t l = 0; l < LANES; l++) {
		sum += lane[l];
	}
	return sum;
}
