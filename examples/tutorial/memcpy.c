#include <stddef.h>

typedef unsigned char block __attribute__((vector_size(32), aligned(1), may_alias));

/* Whole blocks, then one that ends with the last byte; less than a block byte by byte. */
__attribute__((optimize("no-tree-loop-distribute-patterns"))) /* not a call of memcpy */
void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	char *d = dst;
	const char *s = src;
	if (n < 32) {
		for (size_t i = 0; i < n; i++)
			d[i] = s[i];
		return dst;
	}
	for (size_t i = 0; i + 32 <= n; i += 32)
		*(block *)(d + i) = *(const block *)(s + i);
	*(block *)(d + n - 32) = *(const block *)(s + n - 32);
	return dst;
}
