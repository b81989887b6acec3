#include <stddef.h>
#include <stdint.h>

uint64_t popcount(const uint64_t *x, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 64; bit++)
			count += x[i] >> bit & 1;
	return count;
}
