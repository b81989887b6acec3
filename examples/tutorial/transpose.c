#include <stddef.h>

/* Block by block, so that the lines of both stay in the cache. */
void transpose(size_t rows, size_t cols, const float *restrict a, float *restrict b)
{
	for (size_t i0 = 0; i0 < rows; i0 += 8)
		for (size_t j0 = 0; j0 < cols; j0 += 8)
			for (size_t i = i0; i < rows && i < i0 + 8; i++)
				for (size_t j = j0; j < cols && j < j0 + 8; j++)
					b[j * rows + i] = a[i * cols + j];
}
