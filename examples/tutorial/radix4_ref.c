#include <stddef.h>

/* The definition: element m is the sum of element q times (-i)^(m*q). */
void radix4(const float *x, float *y, size_t n)
{
	static const int re[4] = {1, 0, -1, 0}, im[4] = {0, -1, 0, 1};
	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; m < 4; m++) {
			float sr = 0, si = 0;
			for (size_t q = 0; q < 4; q++) {
				float xr = x[2 * (q * n + i)], xi = x[2 * (q * n + i) + 1];
				int wr = re[m * q % 4], wi = im[m * q % 4];
				sr += wr * xr - wi * xi;
				si += wr * xi + wi * xr;
			}
			y[2 * (m * n + i)] = sr;
			y[2 * (m * n + i) + 1] = si;
		}
}
