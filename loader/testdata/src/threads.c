/* Thread-local variables of each linkage, and functions without any. */
static __thread int local;
static __thread int local_initialised = 5;
__thread long global_initialised = 6;
extern __thread int thread_elsewhere;
static __thread char large[5000];

int plain(int x) { return x * 3; }
int *address(int i) { return i ? &local : &local_initialised; }
long sum(int i) { return local + local_initialised + global_initialised + thread_elsewhere + large[i]; }
