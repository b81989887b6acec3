/* Calls functions as cells do, for valgrind's lackey: each file of the command line has memory, to be mapped where a cell
   has it, and the registers of a call (oracle_replay_test.go). */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;
static void caught(int signal) { siglongjmp(back, signal); }

/* begin and done are where the trace of a call begins and ends. */
__attribute__((noinline)) void begin(void) { __asm__ volatile(""); }
__attribute__((noinline)) void done(void) { __asm__ volatile(""); }

typedef uint64_t function(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, double, double, double, double, double, double, double, double);
struct head { uint64_t regions, ints[6]; double floats[8]; uint64_t entry; };
struct region { uint64_t addr, size, protection, bytes; };

int main(int argc, char **argv)
{
	for (int s = 1; s < 32; s++)
		signal(s, caught);
	for (int i = 1; i < argc; i++) {
		struct head h;
		struct region r[64];
		int file = open(argv[i], O_RDONLY);
		if (read(file, &h, sizeof h) != sizeof h || h.regions > 64)
			return 1;
		for (uint64_t k = 0; k < h.regions; k++) {
			if (read(file, &r[k], sizeof r[k]) != sizeof r[k])
				return 2;
			char *at = mmap((void *)r[k].addr, r[k].size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			if (at != (char *)r[k].addr || r[k].bytes > 0 && read(file, at, r[k].bytes) != (ssize_t)r[k].bytes)
				return 3;
			mprotect(at, r[k].size, r[k].protection);
		}
		close(file);
		begin();
		if (sigsetjmp(back, 1) == 0) {
			((function *)h.entry)(h.ints[0], h.ints[1], h.ints[2], h.ints[3], h.ints[4], h.ints[5], h.floats[0], h.floats[1],
				h.floats[2], h.floats[3], h.floats[4], h.floats[5], h.floats[6], h.floats[7]);
			done();
		}
		for (uint64_t k = 0; k < h.regions; k++)
			munmap((void *)r[k].addr, r[k].size);
	}
	return 0;
}
