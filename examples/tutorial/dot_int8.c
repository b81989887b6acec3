#include <stddef.h>
#include <stdint.h>

int32_t dot_int8(size_t n, const int8_t *x, const int8_t *y)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i] * y[i];
	return sum;
}
