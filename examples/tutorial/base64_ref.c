#include <stddef.h>
#include <stdint.h>

/* Bit by bit. */
void base64(char *dst, const uint8_t *src, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t bit = 0;
	while (bit < 8 * n) {
		int v = 0;
		for (int i = 0; i < 6; i++, bit++)
			v = 2 * v + (bit < 8 * n ? src[bit / 8] >> (7 - bit % 8) & 1 : 0);
		*dst++ = letters[v];
	}
	for (; bit % 8; bit += 6)
		*dst++ = '=';
}
