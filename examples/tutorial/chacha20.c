#include <stdint.h>

typedef uint32_t row __attribute__((vector_size(16), aligned(4)));

static row rotate(row x, int n) { return x << n | x >> (32 - n); }

/* The four columns at once; between, the rows turn so that diagonals are columns. */
void chacha20(uint32_t *out, const uint32_t *in)
{
	const row *s = (const row *)in;
	row a = s[0], b = s[1], c = s[2], d = s[3];
	for (int i = 0; i < 20; i++) {
		a += b, d = rotate(d ^ a, 16);
		c += d, b = rotate(b ^ c, 12);
		a += b, d = rotate(d ^ a, 8);
		c += d, b = rotate(b ^ c, 7);
		int turn = i % 2 ? 3 : 1;
		row by1 = {turn, (turn + 1) & 3, (turn + 2) & 3, (turn + 3) & 3}, by2 = {2, 3, 0, 1}, by3 = by1 ^ 2;
		b = __builtin_shuffle(b, by1);
		c = __builtin_shuffle(c, by2);
		d = __builtin_shuffle(d, by3);
	}
	row *o = (row *)out;
	o[0] = a + s[0], o[1] = b + s[1], o[2] = c + s[2], o[3] = d + s[3];
}
