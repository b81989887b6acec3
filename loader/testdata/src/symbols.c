/* Every class of symbol that C has. */
#include <stddef.h>

int tentative; /* COMMON with -fcommon */
char tentative_aligned[100] __attribute__((aligned(128)));
int initialised = 7;
static int local_bss[3000];
static int local_data = 3;
const int constant = 9;
extern int elsewhere, elsewhere_array[];
extern int function_elsewhere(int);
extern int maybe(int) __attribute__((weak));
extern int maybe_data __attribute__((weak));
__attribute__((weak)) int overridable(int x) { return x + 1; }
__attribute__((visibility("hidden"))) int hidden(int x) { return x + local_data; }
__attribute__((visibility("protected"))) int protected(int x) { return x + 2; }
int alias(int) __attribute__((alias("protected")));
static int local_function(int x) { return x ^ 5; }

int *pointers[] = {&tentative, &initialised, &elsewhere, &elsewhere_array[4], &local_bss[2999], &maybe_data};
int (*const callbacks[])(int) = {local_function, overridable, hidden, function_elsewhere, maybe, alias};
const ptrdiff_t zero_sized[] = {};

int use(int x) {
	if (maybe) x += maybe(x);
	if (&maybe_data) x += maybe_data;
	x += tentative + tentative_aligned[x & 63] + initialised + local_bss[x & 2047] + constant + elsewhere + elsewhere_array[x];
	return callbacks[x % 6](x) + function_elsewhere(x) + hidden(x) + overridable(x) + protected(x) + *pointers[x % 6];
}

__attribute__((aligned(8192))) int aligned_function(int x) { return x; }
int aligned_data[4] __attribute__((aligned(4096))) = {1};
__attribute__((section(".custom"))) int custom = 4;
__attribute__((section(".text.hot.special"))) int special(void) { return custom; }
