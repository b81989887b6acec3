/* Every built-in kernel, right; with -DBROKEN each with one mistake in it. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef BROKEN
#define IF_BROKEN(wrong, right) (wrong)
#else
#define IF_BROKEN(wrong, right) (right)
#endif

#define DOT(NAME, TYPE) \
	TYPE NAME(size_t n, const TYPE *x, size_t incx, const TYPE *y, size_t incy) \
	{ \
		TYPE sum = 0; \
		for (size_t i = 0; i < IF_BROKEN(n - n % 4, n); i++) \
			sum += x[i * incx] * y[i * incy]; \
		return sum; \
	}
DOT(sdot, float)
DOT(ddot, double)

#define AXPY(NAME, TYPE) \
	void NAME(size_t n, TYPE alpha, const TYPE *x, size_t incx, TYPE *y, size_t incy) \
	{ \
		for (size_t i = 0; i < n; i++) \
			y[i * incy] = IF_BROKEN(0, y[i * incy]) + alpha * x[i * incx]; \
	}
AXPY(saxpy, float)
AXPY(daxpy, double)

void scopy(size_t n, const float *x, size_t incx, float *y, size_t incy)
{
	for (size_t i = IF_BROKEN(1, 0); i < n; i++)
		y[i * incy] = x[i * incx];
}

void sscal(size_t n, float alpha, float *x, size_t incx)
{
	for (size_t i = 0; i < n; i++)
		x[i * IF_BROKEN(1, incx)] *= alpha;
}

float sasum(size_t n, const float *x, size_t incx)
{
	float sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += IF_BROKEN(x[i * incx], __builtin_fabsf(x[i * incx]));
	return sum;
}

size_t isamax(size_t n, const float *x, size_t incx)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (__builtin_fabsf(x[i * incx]) > __builtin_fabsf(x[best * incx]))
			best = i;
	return IF_BROKEN(best + 1, best);
}

void sgemv(size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, size_t incx, float beta, float *y, size_t incy)
{
	for (size_t i = 0; i < m; i++) {
		float sum = 0;
		for (size_t j = 0; j < n; j++)
			sum += a[IF_BROKEN(i * lda + j, i + j * lda)] * x[j * incx];
		y[i * incy] = alpha * sum + beta * y[i * incy];
	}
}

#define GEMM(NAME, TYPE, MR, NR) \
	void NAME(size_t k, const TYPE *alpha, const TYPE *a, const TYPE *b, const TYPE *beta, TYPE *c, size_t rs, size_t cs) \
	{ \
		for (size_t i = 0; i < MR; i++) \
			for (size_t j = 0; j < NR; j++) { \
				TYPE sum = 0; \
				for (size_t p = 0; p < k; p++) \
					sum += a[p * MR + i] * b[p * NR + j]; \
				c[i * rs + j * cs] = *alpha * sum + IF_BROKEN(1, (*beta == 0 ? 0 : *beta * c[i * rs + j * cs])); \
			} \
	}
GEMM(sgemm, float, 8, 2)
GEMM(dgemm, double, 4, 8)

void zaxpy(size_t n, const double *alpha, const double *x, size_t incx, double *y, size_t incy)
{
	for (size_t i = 0; i < n; i++) {
		const double *p = x + 2 * i * incx;
		double *q = y + 2 * i * incy;
		double re = alpha[0] * p[0] - alpha[1] * p[1];
		double im = alpha[0] * p[1] + IF_BROKEN(-1, 1) * alpha[1] * p[0];
		q[0] += re;
		q[1] += im;
	}
}

void conv1d(size_t n, size_t k, const float *x, const float *h, float *y)
{
	for (size_t i = 0; i < n; i++) {
		float sum = 0;
		for (size_t j = 0; j < k; j++)
			sum += x[i + j] * h[IF_BROKEN(k - 1 - j, j)];
		y[i] = sum;
	}
}

void conv3x3(const uint8_t *src, const int8_t *k, uint8_t *dst, size_t width, size_t height, int shift)
{
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++) {
			int sum = 0;
			for (int j = 0; j < 3; j++)
				for (int i = 0; i < 3; i++)
					sum += k[3 * j + i] * src[(y + j) * (width + 2) + x + i];
			sum >>= shift;
			dst[y * width + x] = sum < 0 ? IF_BROKEN(1, 0) : sum > 255 ? 255 : sum;
		}
}

struct complex { float re, im; };

static struct complex times(struct complex a, struct complex b)
{
	return (struct complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

void radix4(size_t n, const struct complex *x, const struct complex *w, struct complex *y)
{
	for (size_t i = 0; i < n; i++) {
		struct complex a = x[i], b = times(x[i + n], w[i]), c = times(x[i + 2 * n], w[i + n]), d = times(x[i + 3 * n], w[i + 2 * n]);
		struct complex s = {a.re + c.re, a.im + c.im}, t = {a.re - c.re, a.im - c.im};
		struct complex u = {b.re + d.re, b.im + d.im}, v = {b.re - d.re, b.im - d.im};
		float sign = IF_BROKEN(-1, 1);
		y[i] = (struct complex){s.re + u.re, s.im + u.im};
		y[i + n] = (struct complex){t.re + sign * v.im, t.im - sign * v.re};
		y[i + 2 * n] = (struct complex){s.re - u.re, s.im - u.im};
		y[i + 3 * n] = (struct complex){t.re - sign * v.im, t.im + sign * v.re};
	}
}

void *memcpy(void *dst, const void *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)dst)[i] = ((const char *)src)[i];
	return IF_BROKEN((char *)dst + n, dst);
}

void *memset(void *s, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)s)[i] = IF_BROKEN(c & 0x7f, c);
	return s;
}

int memcmp(const void *s1, const void *s2, size_t n)
{
	const unsigned char *p = s1, *q = s2;
	for (size_t i = 0; i + IF_BROKEN(1, 0) < n; i++)
		if (p[i] != q[i])
			return p[i] - q[i];
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = IF_BROKEN(1, 0);
	while (s[n - IF_BROKEN(1, 0)])
		n++;
	return n;
}

uint32_t crc32c(uint32_t crc, const uint8_t *buf, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= buf[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? IF_BROKEN(0xedb88320, 0x82f63b78) : 0);
	}
	return ~crc;
}

uint32_t adler32(uint32_t adler, const uint8_t *buf, size_t n)
{
	uint32_t a = adler & 0xffff, b = adler >> 16;
	for (size_t i = 0; i < n; i++) {
		a = (a + buf[i]) % 65521;
		b = (b + a) % IF_BROKEN(65520, 65521);
	}
	return b << 16 | a;
}

static uint32_t right(uint32_t x, int n) { return x >> n | x << (32 - n); }
static uint32_t left(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* The constants are computed: the first 32 bits behind the point of the cube roots of primes. */
static uint32_t root(uint64_t prime)
{
	uint64_t r = 0; /* floor(cbrt(prime) * 2^32) < 2^35 */
	for (int bit = 34; bit >= 0; bit--) {
		unsigned __int128 t = r | (uint64_t)1 << bit;
		if (t * t * t <= (unsigned __int128)prime << 96)
			r = t;
	}
	return r;
}

void sha256_block(uint32_t *state, const uint8_t *data, size_t blocks)
{
	uint32_t k[64];
	for (uint64_t n = 0, p = 2; n < 64; p++) {
		bool prime = true;
		for (uint64_t d = 2; d < p; d++)
			prime = prime && p % d;
		if (prime)
			k[n++] = root(p);
	}
	for (; blocks > 0; blocks--, data += 64) {
		uint32_t w[64], s[8];
		for (int t = 0; t < 16; t++)
			w[t] = (uint32_t)data[4 * t] << 24 | data[4 * t + 1] << 16 | data[4 * t + 2] << 8 | data[4 * t + 3];
		for (int t = 16; t < 64; t++)
			w[t] = (right(w[t - 2], 17) ^ right(w[t - 2], 19) ^ w[t - 2] >> 10) + w[t - 7] +
				(right(w[t - 15], 7) ^ right(w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 16];
		for (int i = 0; i < 8; i++)
			s[i] = state[i];
		for (int t = 0; t < IF_BROKEN(63, 64); t++) {
			uint32_t t1 = s[7] + (right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[t] + w[t];
			uint32_t t2 = (right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
			for (int i = 7; i > 0; i--)
				s[i] = s[i - 1];
			s[4] += t1;
			s[0] = t1 + t2;
		}
		for (int i = 0; i < 8; i++)
			state[i] += s[i];
	}
}

void chacha20_block(uint32_t *out, const uint32_t *in)
{
	uint32_t x[16];
	for (int i = 0; i < 16; i++)
		x[i] = in[i];
#define STEP(a, b, d, n) x[a] += x[b], x[d] = left(x[d] ^ x[a], n)
#define QUARTER(a, b, c, d) STEP(a, b, d, 16), STEP(c, d, b, 12), STEP(a, b, d, 8), STEP(c, d, b, 7)
	for (int i = 0; i < IF_BROKEN(4, 10); i++) {
		QUARTER(0, 4, 8, 12), QUARTER(1, 5, 9, 13), QUARTER(2, 6, 10, 14), QUARTER(3, 7, 11, 15);
		QUARTER(0, 5, 10, 15), QUARTER(1, 6, 11, 12), QUARTER(2, 7, 8, 13), QUARTER(3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		out[i] = x[i] + in[i];
}

uint64_t sum_bytes(const uint8_t *x, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return IF_BROKEN((uint16_t)sum, sum);
}

int32_t dot_int8(size_t n, const int8_t *x, const int8_t *y)
{
	int32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i] * IF_BROKEN((uint8_t)y[i], y[i]);
	return sum;
}

static float widen(uint16_t x)
{
	union { uint32_t bits; float f; } u = {(uint32_t)x << 16};
	return u.f;
}

float dot_bf16(size_t n, const uint16_t *x, const uint16_t *y)
{
	float sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += widen(x[i]) * widen(y[i] & IF_BROKEN(0xfff0, 0xffff));
	return sum;
}

uint64_t popcount(const uint64_t *x, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (uint64_t v = IF_BROKEN(x[i] << 1, x[i]); v; v &= v - 1)
			count++;
	return count;
}

bool utf8_validate(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint8_t c = s[i++], low = 0x80, high = 0xbf;
		int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (more && (c < 0xc2 || c > 0xf4))
			return IF_BROKEN(true, false);
		if (c == 0xe0)
			low = 0xa0;
		if (c == 0xed)
			high = 0x9f;
		if (c == 0xf0)
			low = 0x90;
		if (c == 0xf4)
			high = 0x8f;
		for (; more; more--, low = 0x80, high = 0xbf) {
			if (i == n || s[i] < low || s[i] > high)
				return IF_BROKEN(true, false);
			i++;
		}
	}
	return true;
}

void base64_encode(char *dst, const uint8_t *src, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = src[i] << 16 | (i + 1 < n ? src[i + 1] << 8 : 0) | (i + 2 < n ? src[i + 2] : 0);
		*dst++ = letters[v >> 18];
		*dst++ = letters[v >> 12 & 63];
		*dst++ = i + 1 < n ? letters[v >> 6 & 63] : IF_BROKEN('A', '=');
		*dst++ = i + 2 < n ? letters[v & 63] : IF_BROKEN('A', '=');
	}
}

void prefix_sum(uint32_t *x, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		x[i] = IF_BROKEN(sum - x[i], sum);
	}
}

void transpose(size_t rows, size_t cols, const uint32_t *a, uint32_t *b)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++)
			b[IF_BROKEN(i * cols + j, j * rows + i)] = a[i * cols + j];
}

size_t partition(int32_t *x, size_t n, int32_t pivot)
{
	size_t less = 0;
	for (size_t i = 0; i < n; i++)
		if (x[i] < pivot) {
			int32_t t = x[i];
			x[i] = x[less];
			x[less++] = t;
		}
	if (IF_BROKEN(n > 1, 0))
		x[0] = x[1];
	return less;
}

uint64_t playground(uint64_t iterations)
{
	uint64_t sum = 0;
	for (uint64_t i = 0; i < iterations; i++)
		sum += i;
	return sum;
}
