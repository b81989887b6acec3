#include <stddef.h>
#include <stdint.h>

typedef uint64_t word __attribute__((may_alias));

/* Words that are aligned never reach into another page. */
size_t strlen(const char *s)
{
	const char *p = s;
	for (; (uintptr_t)p % 8; p++)
		if (!*p)
			return p - s;
	for (;; p += 8) {
		uint64_t v = *(const word *)p;
		uint64_t zeros = (v - 0x0101010101010101) & ~v & 0x8080808080808080;
		if (zeros)
			return p - s + __builtin_ctzll(zeros) / 8;
	}
}
