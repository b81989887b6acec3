// Loops that compilers vectorise differently for every -march. The oracle test compiles them for all of them.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LOOP(name, type, expr) void name(type *restrict y, const type *restrict x, type a, size_t n) { for (size_t i = 0; i < n; i++) y[i] = expr; }
LOOP(axpy_f, float, y[i] + a * x[i])
LOOP(axpy_d, double, y[i] + a * x[i])
LOOP(div_f, float, y[i] / x[i])
LOOP(sqrt_d, double, sqrt(x[i]))
LOOP(max_f, float, x[i] > y[i] ? x[i] : y[i])
LOOP(round_f, float, floorf(x[i]) + rintf(y[i]))
LOOP(mul_i8, int8_t, (int8_t)(x[i] * a + y[i]))
LOOP(mul_i16, int16_t, (int16_t)(x[i] * a + y[i]))
LOOP(mul_i32, int32_t, x[i] * a + y[i])
LOOP(mul_i64, int64_t, x[i] * a + y[i])
LOOP(shift_u32, uint32_t, (x[i] << (y[i] & 31)) | (x[i] >> (-y[i] & 31)))
LOOP(ternary_u64, uint64_t, (x[i] & y[i]) | (~x[i] & a))
LOOP(popcount_u64, uint64_t, (uint64_t)__builtin_popcountll(x[i]))
LOOP(clz_u32, uint32_t, (uint32_t)(x[i] ? __builtin_clz(x[i]) : 32))
LOOP(ctz_u64, uint64_t, (uint64_t)(x[i] ? __builtin_ctzll(x[i]) : 64))
LOOP(swap_u64, uint64_t, __builtin_bswap64(x[i]))
LOOP(blsr_u64, uint64_t, (x[i] & (x[i] - 1)) ^ (y[i] & -y[i]))

#define SUM(name, from, to) to name(const from *x, const from *y, size_t n) { to s = 0; for (size_t i = 0; i < n; i++) s += (to)x[i] * (to)y[i]; return s; }
SUM(dot_f, float, float)
SUM(dot_fd, float, double)
SUM(dot_i8, int8_t, int32_t)
SUM(dot_i16, int16_t, int32_t)
SUM(dot_u32, uint32_t, uint64_t)

int dot_u8i8(const uint8_t *x, const int8_t *y, int n) { int s = 0; for (int i = 0; i < n; i++) s += x[i] * y[i]; return s; }

#define CONVERT(name, from, to) void name(to *restrict y, const from *restrict x, size_t n) { for (size_t i = 0; i < n; i++) y[i] = (to)x[i]; }
CONVERT(f_to_d, float, double)
CONVERT(d_to_f, double, float)
CONVERT(f_to_i32, float, int32_t)
CONVERT(d_to_i64, double, int64_t)
CONVERT(d_to_u64, double, uint64_t)
CONVERT(u64_to_d, uint64_t, double)
CONVERT(i8_to_i32, int8_t, int32_t)
CONVERT(i32_to_i8, int32_t, int8_t)
CONVERT(u16_to_f, uint16_t, float)

void gather(float *restrict y, const float *restrict x, const int *restrict at, size_t n) { for (size_t i = 0; i < n; i++) y[i] = x[at[i]]; }
void scatter(float *restrict y, const float *restrict x, const int *restrict at, size_t n) { for (size_t i = 0; i < n; i++) y[at[i]] = x[i]; }
void masked(double *restrict y, const double *restrict x, size_t n) { for (size_t i = 0; i < n; i++) if (x[i] > 1) y[i] = x[i] * 3; }
size_t compress(int *restrict y, const int *restrict x, size_t n) { size_t k = 0; for (size_t i = 0; i < n; i++) if (x[i] > 0) y[k++] = x[i]; return k; }
void transpose(float y[16][16], const float x[16][16]) { for (int i = 0; i < 16; i++) for (int j = 0; j < 16; j++) y[i][j] = x[j][i]; }
int histogram(const uint8_t *x, size_t n) { int h[256]; memset(h, 0, sizeof h); for (size_t i = 0; i < n; i++) h[x[i]]++; return h[n & 255]; }
long double extended(long double a, long double b) { return a * b + sqrtl(a); }
unsigned __int128 wide(uint64_t a, uint64_t b, uint64_t c) { return (unsigned __int128)a * b + c; }
int choose(int k, int a, int b) {
    switch (k) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return b ? a / b : 0;
    case 4: return a & b;
    case 5: return a ^ b;
    case 6: return a << (b & 31);
    default: return 0;
    }
}
