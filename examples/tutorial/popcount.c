#include <stddef.h>
#include <stdint.h>

__attribute__((target("popcnt")))
uint64_t popcount(const uint64_t *x, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += __builtin_popcountll(x[i]);
	return count;
}
