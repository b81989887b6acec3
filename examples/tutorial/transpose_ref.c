#include <stddef.h>

void transpose(size_t rows, size_t cols, const float *a, float *b)
{
	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < cols; j++)
			b[j * rows + i] = a[i * cols + j];
}
