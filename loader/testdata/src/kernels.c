/* Kernels as users write them: constants, tables, calls of the C library. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

float sdot(size_t n, const float *x, const float *y) {
	float sum = 0;
	for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
	return sum;
}

void sgemm(size_t n, const float *a, const float *b, float *c) {
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			for (size_t k = 0; k < n; k++) c[i * n + j] += a[i * n + k] * b[k * n + j];
}

/* A dense switch: a jump table. */
const char *name(int i) {
	switch (i) {
	case 0: return "zero";
	case 1: return "one";
	case 2: return "two";
	case 3: return "three";
	case 4: return "four";
	case 5: return "five";
	case 7: return "seven";
	}
	abort();
}

static const double table[] = {1.5, 2.25, 3.125, 4.0625, 5.03125};
static double state[64];
static double (*const functions[])(double) = {sin, cos, exp, log};

double polynomial(double x) {
	double r = 0;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) r = r * x + table[i];
	return state[(size_t)r & 63] += r * 0x1.8p-3;
}

double call(int i, double x) { return functions[i & 3](x) + sqrt(x) + pow(x, 3); }

struct big { char bytes[4096]; };
void copy(struct big *to, const struct big *from) {
	char local[512];
	memset(local, 1, sizeof local);
	memcpy(to, from, sizeof *to);
	memmove(to->bytes + 1, local, sizeof local);
	if (memcmp(to, from, strlen(from->bytes))) abort();
}

__int128 divide(__int128 a, __int128 b) { return a / b; }
unsigned long to_integer(float f) { return (unsigned long)f; }
