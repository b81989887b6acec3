/* Calls one example and compares it with a plain computation. Built with
   -DSDOT, with -DSGEMM -DMR=m -DNR=n, or with -DPLAYGROUND=function
   -DEXPECT=expression-of-n. Values are small integers, so sums are exact. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((unused)) static int failures;

#define CHECK(cond, ...) \
	do { \
		if (!(cond)) { \
			printf(__VA_ARGS__); \
			failures++; \
		} \
	} while (0)

#ifdef SDOT
float sdot(size_t n, const float* x, size_t incx, const float* y, size_t incy);

static float x[4096], y[4096];

int main(void) {
	for (int i = 0; i < 4096; i++) {
		x[i] = (float) (1 + i % 7);
		y[i] = (float) (3 - i % 5);
	}
	for (size_t n = 0; n < 300; n++) {
		for (size_t incx = 1; incx < 4; incx++) {
			for (size_t incy = 1; incy < 4; incy++) {
				for (size_t off = 0; off < 2; off++) {
					float want = 0;
					for (size_t i = 0; i < n; i++) {
						want += x[off + i * incx] * y[i * incy];
					}
					float got = sdot(n, x + off, incx, y, incy);
					CHECK(got == want, "n=%zu incx=%zu incy=%zu off=%zu: %g, want %g\n", n, incx, incy, off, got, want);
				}
			}
		}
	}
	return failures != 0;
}
#endif

#ifdef SGEMM
void sgemm(size_t k, const float* alpha, const float* a, const float* b, const float* beta, float* c, size_t rs_c, size_t cs_c);

enum { K = 50, SIZE = 4 * MR * NR };
static float a[K * MR], b[K * NR], c[SIZE], want[SIZE];

static void check(size_t k, float alpha, float beta, size_t rs, size_t cs) {
	for (int i = 0; i < SIZE; i++) {
		want[i] = c[i] = beta == 0 ? NAN : (float) (i % 11);
	}
	for (size_t i = 0; i < MR; i++) {
		for (size_t j = 0; j < NR; j++) {
			float sum = 0;
			for (size_t p = 0; p < k; p++) {
				sum += a[p * MR + i] * b[p * NR + j];
			}
			float* out = &want[i * rs + j * cs];
			*out = alpha * sum + (beta == 0 ? 0 : beta * *out);
		}
	}
	sgemm(k, &alpha, a, b, &beta, c, rs, cs);
	for (int i = 0; i < SIZE; i++) {
		CHECK(c[i] == want[i] || (isnan(c[i]) && isnan(want[i])), "k=%zu alpha=%g beta=%g rs=%zu cs=%zu: c[%d] is %g, want %g\n",
			k, alpha, beta, rs, cs, i, c[i], want[i]);
	}
}

int main(void) {
	for (int i = 0; i < K * MR; i++) {
		a[i] = (float) (1 + i % 7);
	}
	for (int i = 0; i < K * NR; i++) {
		b[i] = (float) (3 - i % 5);
	}
	for (size_t k = 0; k <= K; k++) {
		for (int f = 0; f < 4; f++) {
			float alpha = f & 1 ? 0.5f : 1, beta = f & 2 ? 2 : 0;
			check(k, alpha, beta, NR, 1);
			check(k, alpha, beta, 1, MR);
			check(k, alpha, beta, 2 * NR, 2);
			check(k, alpha, beta, 2, 2 * MR);
		}
	}
	return failures != 0;
}
#endif

#ifdef PLAYGROUND
uint64_t PLAYGROUND(uint64_t iterations);

static uint64_t power(uint64_t x, uint64_t n, int square) {
	while (n-- != 0) {
		x = square ? x * x : x + x;
	}
	return x;
}

int main(void) {
	uint64_t zero = power(0, 0, 0);
	for (uint64_t n = 1; n < 200; n++) {
		uint64_t got = PLAYGROUND(n), want = (EXPECT) + zero;
		CHECK(got == want, "n=%lu: %lu, want %lu\n", n, got, want);
	}
	return failures != 0;
}
#endif
