#include <stdint.h>

/* One multiplication after the other: three cycles an iteration. The empty
   asm keeps the compiler from doing it in fewer. */
uint64_t playground(uint64_t iterations) {
	uint64_t x = 3;
	while (iterations-- != 0) {
		x *= x;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}
