// Functions that are called by the Microsoft x64 ABI, and what some of them compute by the System V ABI.
#define MICROSOFT __attribute__((ms_abi, noinline))

MICROSOFT double by_position(double a, int b, float c, long long d, double e, short f) { return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f; }
MICROSOFT long long all_whole(int a, unsigned b, short c, long long d, int e, signed char f, long long g) { return a + 10ll * b + 100 * c + 1000 * d + 10000ll * e + 100000ll * f + 1000000 * g; }
MICROSOFT float one_float(float x) { return 2 * x; }

static inline double axpy_body(long long n, double a, const double *x, double *y, int step, double c) {
	double sum = 0;
	for (long long i = 0; i < n; i += step) {
		y[i] = x[i] * a + c;
		sum += y[i];
	}
	return sum;
}
MICROSOFT double axpy(long long n, double a, const double *x, double *y, int step, double c) { return axpy_body(n, a, x, y, step, c); }
double axpy_sysv(long long n, double a, const double *x, double *y, int step, double c) { return axpy_body(n, a, x, y, step, c); }

MICROSOFT int clobbers(int n) {
	__asm__ volatile("xorl %esi, %esi; xorl %edi, %edi; xorps %xmm9, %xmm9");
	return n;
}
MICROSOFT int uses_shadow(int n) {
	__asm__ volatile("movq $-1, 8(%rsp); movq $-1, 32(%rsp)");
	return n;
}
