#include <stddef.h>
#include <stdint.h>

static char letter(uint32_t v) /* without a table: of five ranges each begins elsewhere */
{
	v &= 63;
	return v + 'A' + (v >= 26) * ('a' - 'Z' - 1) - (v >= 52) * ('z' - '0' + 1) - (v >= 62) * ('9' - '+' + 1) + (v >= 63) * ('/' - '+' - 1);
}

void base64(char *restrict dst, const uint8_t *restrict src, size_t n)
{
	for (; n >= 3; n -= 3, src += 3, dst += 4) {
		uint32_t v = src[0] << 16 | src[1] << 8 | src[2];
		dst[0] = letter(v >> 18);
		dst[1] = letter(v >> 12);
		dst[2] = letter(v >> 6);
		dst[3] = letter(v);
	}
	if (n == 0)
		return;
	uint32_t v = src[0] << 16 | (n > 1 ? src[1] << 8 : 0);
	dst[0] = letter(v >> 18);
	dst[1] = letter(v >> 12);
	dst[2] = n > 1 ? letter(v >> 6) : '=';
	dst[3] = '=';
}
