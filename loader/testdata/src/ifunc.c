/* GNU indirect functions, local and global, called and pointed at. */
static int fast(int x) { return x + x; }
static int slow(int x) { return x * 2; }
typedef int function(int);
static function *resolve(void) { return __builtin_cpu_supports("avx2") ? fast : slow; }
int twice(int) __attribute__((ifunc("resolve")));
static int twice_local(int) __attribute__((ifunc("resolve")));
function *pointer = twice_local;
int call(int x) { return twice(x) + twice_local(x); }
int plain(int x) { return x - 1; }
