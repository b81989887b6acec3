/* Functions whose prototypes are proposed by their debugging information, and some
   whose types no prototype can say. */
#include <complex.h>
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point { double x, y; };
enum color { red, green };
struct unknown;

void saxpy(size_t n, float a, const float *restrict x, float *restrict y) { for (size_t i = 0; i < n; i++) y[i] += a * x[i]; }
size_t length(const char *s) { size_t n = 0; while (s[n]) n++; return n; }
void *copy(void *dst, const void *src, size_t len) { for (size_t i = 0; i < len; i++) ((char *)dst)[i] = ((const char *)src)[i]; return dst; }
double norm(const struct point *p, int count) { double s = 0; for (int i = 0; i < count; i++) s += p[i].x; return s; }
int rows(const uint8_t *const *rows, int n, int w) { int s = w; for (int i = 0; i < n; i++) s += rows[i][0]; return s; }
bool options(int mode, int seed, enum color c, unsigned char size, char *buf) { buf[0] = size; return mode == seed + (int)c; }
float two(const float *x, int nx, float *y, unsigned long ny) { y[ny - 1] = x[nx - 1]; return x[0]; }
double parts(const double complex *z, long N) { return creal(z[N - 1]); }
__m128i vectors(__m128i a, const __m128d *m) { (void)m; return a; }
int nothing(void) { return 1; }
float matrix(float (*a)[4], int n) { return a[n - 1][3]; }
int opaque(struct unknown *u, volatile int *flag) { *flag = 1; return u != 0; }
static __attribute__((noinline)) int16_t hidden(int16_t n) { return n * 3; }
int user(int16_t n) { return hidden(n); }

long double extended(long double x) { return x; }
double by_value(struct point p) { return p.x; }
struct point returned(double x) { return (struct point){x, x}; }
int callback(int n, int (*compare)(const void *, const void *)) { return compare(&n, &n); }
double real(double complex z) { return creal(z); }
int variable(int n, ...) { return n; }
__int128 wide(__int128 x) { return x; }
int deep(int ***p) { return ***p; }
