#include <stdint.h>

static void step(uint32_t *a, uint32_t b, uint32_t *d, int n)
{
	*a += b;
	*d ^= *a;
	*d = *d << n | *d >> (32 - n);
}

static void quarter(uint32_t *x, int a, int b, int c, int d)
{
	step(x + a, x[b], x + d, 16);
	step(x + c, x[d], x + b, 12);
	step(x + a, x[b], x + d, 8);
	step(x + c, x[d], x + b, 7);
}

/* RFC 8439, 2.3. */
void chacha20(uint32_t *out, const uint32_t *in)
{
	uint32_t x[16];
	for (int i = 0; i < 16; i++)
		x[i] = in[i];
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			quarter(x, i, 4 + i, 8 + i, 12 + i);
		for (int i = 0; i < 4; i++)
			quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (int i = 0; i < 16; i++)
		out[i] = x[i] + in[i];
}
