#include <stddef.h>
#include <stdint.h>

/* J. Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011: ten
 * rounds over a counter of 128 bits, which goes up by 1 from block to block. */
void philox(uint32_t *out, const uint32_t *counter, const uint32_t *key, size_t n)
{
	uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
	for (size_t i = 0; i < n; i++) {
		uint32_t x[4] = {c[0], c[1], c[2], c[3]}, k[2] = {key[0], key[1]};
		for (int round = 0; round < 10; round++) {
			uint64_t p = 0xd2511f53ULL * x[0], q = 0xcd9e8d57ULL * x[2];
			uint32_t y[4] = {(uint32_t)(q >> 32) ^ x[1] ^ k[0], (uint32_t)q, (uint32_t)(p >> 32) ^ x[3] ^ k[1], (uint32_t)p};
			for (int j = 0; j < 4; j++)
				x[j] = y[j];
			k[0] += 0x9e3779b9;
			k[1] += 0xbb67ae85;
		}
		for (int j = 0; j < 4; j++)
			out[4 * i + j] = x[j];
		for (int j = 0; j < 4 && ++c[j] == 0; j++)
			;
	}
}
