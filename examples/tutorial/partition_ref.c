#include <stddef.h>
#include <stdint.h>

/* The same order as the fast one, so that every element can be compared. */
size_t partition(int32_t *x, size_t n, int32_t pivot)
{
	size_t less = 0;
	for (size_t i = 0; i < n; i++)
		if (x[i] < pivot) {
			int32_t v = x[i];
			x[i] = x[less];
			x[less] = v;
			less++;
		}
	return less;
}
