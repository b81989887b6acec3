#include <stddef.h>
#include <stdint.h>

/* Philox-4x32-10; several counters are under way at once. */
void philox(uint32_t *restrict out, const uint32_t *restrict counter, const uint32_t *restrict key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t c0 = counter[0] + (uint32_t)i, c1 = counter[1], c2 = counter[2], c3 = counter[3];
		uint32_t k0 = key[0], k1 = key[1];
		c1 += c0 < counter[0];
		c2 += c1 < counter[1];
		c3 += c2 < counter[2];
#pragma GCC unroll 10
		for (int round = 0; round < 10; round++) {
			uint64_t p = (uint64_t)0xd2511f53 * c0, q = (uint64_t)0xcd9e8d57 * c2;
			c0 = (uint32_t)(q >> 32) ^ c1 ^ k0;
			c2 = (uint32_t)(p >> 32) ^ c3 ^ k1;
			c1 = q;
			c3 = p;
			k0 += 0x9e3779b9;
			k1 += 0xbb67ae85;
		}
		out[4 * i] = c0;
		out[4 * i + 1] = c1;
		out[4 * i + 2] = c2;
		out[4 * i + 3] = c3;
	}
}
