#include <stddef.h>
#include <stdint.h>

int32_t dot_int8(size_t n, const int8_t *x, const int8_t *y)
{
	int64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (int64_t)x[i] * y[i];
	return (int32_t)(uint64_t)sum;
}
