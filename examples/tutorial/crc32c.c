#include <stddef.h>
#include <stdint.h>

typedef uint64_t word __attribute__((may_alias, aligned(1)));

__attribute__((target("sse4.2")))
uint32_t crc32c(uint32_t crc, const void *buf, size_t n)
{
	const uint8_t *p = buf;
	uint64_t c = ~crc;
	for (; n >= 8; n -= 8, p += 8)
		c = __builtin_ia32_crc32di(c, *(const word *)p);
	for (; n > 0; n--, p++)
		c = __builtin_ia32_crc32qi(c, *p);
	return ~c;
}
