// The work and the attempts of the comparison with peers. With -DMAIN it is a program
// for a peer to run, without it an object for WebRunner; with -DATTEMPTS the object with
// the system calls, which WebRunner refuses to run any function of.
typedef long reg;

#if defined MAIN || !defined ATTEMPTS
reg spin(reg turns) {
	reg x = 3;
	for (reg i = 0; i < turns; i++) {
		x *= x;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

void forever(void) {
	for (;;)
		__asm__ volatile("pause");
}

void touch(reg bytes, volatile char *x) {
	for (reg i = 0; i < bytes; i += 4096)
		x[i]++;
}
#endif

#if defined MAIN || defined ATTEMPTS
reg attempt(reg number, reg a, reg b, reg c, const char *text) {
	reg result;
	register reg r10 __asm__("r10") = 0;
	register reg r8 __asm__("r8") = -1;
	register reg r9 __asm__("r9") = 0;
	if (b == -1)
		b = (reg)text;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}
#endif

#ifdef MAIN
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

// reach connects to a port of loopback.
static reg reach(int port) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM, 0);
	return s < 0 ? s : connect(s, (struct sockaddr *)&to, sizeof to);
}

// take has so many bytes of memory.
static reg take(reg bytes) {
	void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return p == MAP_FAILED ? -1 : 0;
}

int main(int argc, char **argv) {
	if (argc == 3 && !strcmp(argv[1], "work")) {
		double least = 1e300;
		for (int i = 0; i < 200; i++) {
			double began = now();
			spin(atol(argv[2]));
			double took = now() - began;
			least = took < least ? took : least;
		}
		return printf("%.0f ns\n", least) < 0;
	}
	if (argc == 2 && !strcmp(argv[1], "forever"))
		forever();
	reg result = -1;
	if (argc == 3 && !strcmp(argv[1], "reach"))
		result = reach(atoi(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "take"))
		result = take(atol(argv[2]));
	else if (argc == 6)
		result = attempt(atol(argv[1]), atol(argv[2]), atol(argv[3]), atol(argv[4]), argv[5]);
	return printf("%s %ld\n", result < 0 ? "refused" : "done", result) < 0;
}
#endif
