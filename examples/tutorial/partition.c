#include <stddef.h>
#include <stdint.h>

/* Without a branch on what is compared: each element is exchanged with the first of
 * those that are not less, and that place moves on if it was less. */
size_t partition(int32_t *x, size_t n, int32_t pivot)
{
	size_t less = 0;
	for (size_t i = 0; i < n; i++) {
		int32_t v = x[i];
		x[i] = x[less];
		x[less] = v;
		less += v < pivot;
	}
	return less;
}
