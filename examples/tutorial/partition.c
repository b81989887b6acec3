#include <stddef.h>
#include <stdint.h>

/* Without a branch on what is compared: each element changes places with the first of
 * those that are not less if it is less, and with none else, by conditional moves. */
size_t partition(int32_t *x, size_t n, int32_t pivot)
{
	size_t less = 0;
	for (size_t i = 0; i < n; i++) {
		int32_t v = x[i], w = x[less];
		int is = v < pivot;
		x[i] = is ? w : v;
		x[less] = is ? v : w;
		less += is;
	}
	return less;
}
