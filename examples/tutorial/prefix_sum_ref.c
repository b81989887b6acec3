#include <stddef.h>
#include <stdint.h>

void prefix_sum(uint32_t *x, size_t n)
{
	for (size_t i = 1; i < n; i++)
		x[i] += x[i - 1];
}
