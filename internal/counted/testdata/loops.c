/* Thirty loops whose floating-point operations are known by hand (oracle_loops_test.go). With -DMAIN a program that
   runs each once, for valgrind's lackey. */
#include <math.h>
#include <stddef.h>

#define LOOP(name, ...) \
	__attribute__((noinline)) void name(size_t n, float *restrict x, float *restrict y, double *restrict a, double *restrict b, int *restrict k) { __VA_ARGS__ }
#define EACH for (size_t i = 0; i < n; i++)
#define INNER for (size_t i = 1; i + 1 < n; i++)

#define LOOPS \
	LOOP(saxpy, EACH y[i] = 2 * x[i] + y[i];) \
	LOOP(daxpy, EACH b[i] = 2 * a[i] + b[i];) \
	LOOP(scale, EACH x[i] *= 3;) \
	LOOP(dscale, EACH a[i] *= 3;) \
	LOOP(sum, float s = 0; EACH s += x[i]; y[0] = s;) \
	LOOP(dsum, double s = 0; EACH s += a[i]; b[0] = s;) \
	LOOP(dot, float s = 0; EACH s += x[i] * y[i]; a[0] = s;) \
	LOOP(ddot, double s = 0; EACH s += a[i] * b[i]; x[0] = s;) \
	LOOP(norm, float s = 0; EACH s += x[i] * x[i]; y[0] = sqrtf(s);) \
	LOOP(horner, EACH y[i] = ((x[i] * 2 + 3) * x[i] + 4) * x[i] + 5;) \
	LOOP(divide, EACH y[i] /= x[i];) \
	LOOP(reciprocal, EACH a[i] = 1 / a[i];) \
	LOOP(roots, EACH a[i] = sqrt(a[i]);) \
	LOOP(larger, EACH y[i] = x[i] > y[i] ? x[i] : y[i];) \
	LOOP(copy, EACH y[i] = x[i];) \
	LOOP(fill, EACH a[i] = n;) \
	LOOP(widen, EACH a[i] = x[i];) \
	LOOP(mixed, EACH a[i] += x[i];) \
	LOOP(integers, int s = 0; EACH s += k[i]; k[0] = s;) \
	LOOP(triad, EACH y[i] = x[i] + 3 * y[i];) \
	LOOP(three, INNER y[i] = x[i - 1] + x[i] + x[i + 1];) \
	LOOP(weighted, INNER y[i] = 0.25f * x[i - 1] + 0.5f * x[i] + 0.25f * x[i + 1];) \
	LOOP(complexes, for (size_t i = 0; i + 1 < n; i += 2) { \
		float re = x[i] * y[i] - x[i + 1] * y[i + 1], im = x[i] * y[i + 1] + x[i + 1] * y[i]; y[i] = re; y[i + 1] = im; }) \
	LOOP(prefix, for (size_t i = 1; i < n; i++) a[i] += a[i - 1];) \
	LOOP(outer, for (int r = 0; r < 10; r++) for (int c = 0; c < 10; c++) a[10 * r + c] += b[r] * b[c + 10];) \
	LOOP(product, for (int r = 0; r < 8; r++) for (int c = 0; c < 8; c++) { \
		double s = 0; for (int m = 0; m < 8; m++) s += a[8 * r + m] * b[8 * m + c]; a[64 + 8 * r + c] = s; }) \
	LOOP(manhattan, float s = 0; EACH s += fabsf(x[i] - y[i]); a[0] = s;) \
	LOOP(average, EACH y[i] = (x[i] + y[i]) * 0.5f;) \
	LOOP(positives, int s = 0; EACH s += k[i] > 0; k[0] = s;) \
	LOOP(thirds, for (size_t i = 0; i < n; i += 3) a[i] *= 2;)

LOOPS

#ifdef MAIN
static float x[1000], y[1000];
static double a[1000], b[1000];
static int k[1000];

#undef LOOP
#define LOOP(name, ...) name(1000, x, y, a, b, k);

int main(void)
{
	for (int i = 0; i < 1000; i++)
		x[i] = y[i] = a[i] = b[i] = k[i] = i + 1;
	LOOPS
	return 0;
}
#endif
