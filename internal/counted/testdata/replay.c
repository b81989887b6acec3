/* Calls a function as a cell does, for valgrind's lackey: the file that the command line names has memory, to be mapped
   where a cell has it, and the registers of the call (oracle_replay_test.go). Ends with 0 if the function returned; else
   it says which signal ended it, and at which instruction. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int number;
static volatile uint64_t where;
static void caught(int signal, siginfo_t *info, void *context)
{
	(void)info;
	number = signal;
	where = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

/* begin and done are where the trace of the call begins and ends. */
__attribute__((noinline)) void begin(void) { __asm__ volatile(""); }
__attribute__((noinline)) void done(void) { __asm__ volatile(""); }

struct head { uint64_t regions, ints[6]; double floats[8]; uint64_t entry, vectors, frame; };

/* call makes the call as the stub does: RAX has the number of arguments in vector registers, and above the return address
   there are the words of the frame. */
void call(const struct head *);
__asm__(".globl call\ncall:\n\tpush %rbx\n\tmov %rdi, %rbx\n\tmov $16, %ecx\n"
	"0:\tpush 136(%rbx)\n\tdec %ecx\n\tjnz 0b\n"
	"\tmovsd 56(%rbx), %xmm0\n\tmovsd 64(%rbx), %xmm1\n\tmovsd 72(%rbx), %xmm2\n\tmovsd 80(%rbx), %xmm3\n"
	"\tmovsd 88(%rbx), %xmm4\n\tmovsd 96(%rbx), %xmm5\n\tmovsd 104(%rbx), %xmm6\n\tmovsd 112(%rbx), %xmm7\n"
	"\tmov 8(%rbx), %rdi\n\tmov 16(%rbx), %rsi\n\tmov 24(%rbx), %rdx\n\tmov 32(%rbx), %rcx\n\tmov 40(%rbx), %r8\n\tmov 48(%rbx), %r9\n"
	"\tmov 120(%rbx), %r10\n\tmov 128(%rbx), %rax\n\tcall *%r10\n\tadd $128, %rsp\n\tpop %rbx\n\tret\n");
struct region { uint64_t addr, size, protection, bytes; };

/* A stack for signals: what is called may have left the other one anywhere. */
static char other[1 << 16];

int main(int argc, char **argv)
{
	static struct head h;
	static struct region r[64];
	stack_t stack = { .ss_sp = other, .ss_size = sizeof other };
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	sigaltstack(&stack, 0);
	for (int s = 1; s < 32; s++)
		sigaction(s, &action, 0);
	int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (read(file, &h, sizeof h) != sizeof h || h.regions > 64)
		return 2;
	for (uint64_t k = 0; k < h.regions; k++) {
		if (read(file, &r[k], sizeof r[k]) != sizeof r[k])
			return 3;
		char *at = mmap((void *)r[k].addr, r[k].size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (at != (char *)r[k].addr || r[k].bytes > 0 && read(file, at, r[k].bytes) != (ssize_t)r[k].bytes)
			return 4;
		mprotect(at, r[k].size, r[k].protection);
	}
	if (sigsetjmp(back, 1) == 0) {
		begin();
		call(&h);
		done();
		_exit(0);
	}
	printf("%d %lx\n", number, where);
	fflush(stdout);
	_exit(1);
}
