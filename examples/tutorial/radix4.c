#include <stddef.h>

/* Real and imaginary parts in turn, in and out; n butterflies. */
void radix4(const float *restrict x, float *restrict y, size_t n)
{
	const float *a = x, *b = a + 2 * n, *c = b + 2 * n, *d = c + 2 * n;
	for (size_t i = 0; i < 2 * n; i += 2) {
		float sr = a[i] + c[i], si = a[i + 1] + c[i + 1], tr = a[i] - c[i], ti = a[i + 1] - c[i + 1];
		float ur = b[i] + d[i], ui = b[i + 1] + d[i + 1], vr = b[i] - d[i], vi = b[i + 1] - d[i + 1];
		y[i] = sr + ur, y[i + 1] = si + ui;
		y[2 * n + i] = tr + vi, y[2 * n + i + 1] = ti - vr;
		y[4 * n + i] = sr - ur, y[4 * n + i + 1] = si - ui;
		y[6 * n + i] = tr - vi, y[6 * n + i + 1] = ti + vr;
	}
}
