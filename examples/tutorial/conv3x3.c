#include <stddef.h>
#include <stdint.h>

/* The weights 1 2 1, 2 4 2, 1 2 1 are one column times one row. */
void conv3x3(const uint8_t *restrict src, uint8_t *restrict dst, size_t w, size_t h)
{
	for (size_t y = 0; y < h; y++, src += w + 2, dst += w) {
		const uint8_t *a = src, *b = a + w + 2, *c = b + w + 2;
		for (size_t x = 0; x < w; x++) {
			uint16_t left = a[x] + 2 * b[x] + c[x];
			uint16_t middle = a[x + 1] + 2 * b[x + 1] + c[x + 1];
			uint16_t right = a[x + 2] + 2 * b[x + 2] + c[x + 2];
			dst[x] = (uint16_t)(left + 2 * middle + right + 8) >> 4;
		}
	}
}
