#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t word __attribute__((may_alias, aligned(1)));

/* Eight bytes of ASCII at a time. */
bool utf8(const uint8_t *s, size_t n)
{
	for (const uint8_t *end = s + n; s < end;) {
		if (end - s >= 8 && !(*(const word *)s & 0x8080808080808080)) {
			s += 8;
			continue;
		}
		uint32_t c = *s++;
		if (c < 0x80)
			continue;
		int more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (c < 0xc2 || c > 0xf4 || end - s < more)
			return false;
		for (int i = 0; i < more; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return false;
			c = c << 6 | (s[i] & 0x3f);
		}
		s += more;
		if (more == 2 && (c < (0xe0 << 12 | 0x800) || (c >= (0xe0 << 12 | 0xd800) && c < (0xe0 << 12 | 0xe000))))
			return false; /* longer than need be, or half of a character of UTF-16 */
		if (more == 3 && (c < (0xf0 << 18 | 0x10000) || c >= (0xf0 << 18 | 0x110000)))
			return false;
	}
	return true;
}
