// Functions that take and return vectors by value, for gcc and clang.
#include <immintrin.h>

__m128 add4(__m128 a, __m128 b) { return _mm_add_ps(a, b); }
__m128d sub2(__m128d a, __m128d b) { return _mm_sub_pd(a, b); }
__m128i shuffle16(__m128i a, __m128i b) { return _mm_shuffle_epi8(a, b); }

// Numbers and vectors share the registers; what no register is left for lies on the stack, at
// multiples of its size.
double mixed4(float a, __m128 v, double b, __m128d w, int n) { return a + v[3] + b + w[1] + n; }

__m128 stack4(__m128 a, __m128 b, __m128 c, __m128 d, __m128 e, __m128 f, __m128 g, __m128 h, int n, float x, __m128 i, double y)
{
	return _mm_add_ps(_mm_sub_ps(a, h), _mm_mul_ps(i, _mm_set1_ps(n + x + y)));
}

#ifdef __AVX__
__m256 add8(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }
__m256i bits4(__m256i a, __m256i b) { return (__m256i)_mm256_xor_pd((__m256d)a, (__m256d)b); }

__m256d stack8(__m256d a, __m256d b, __m256d c, __m256d d, __m256d e, __m256d f, __m256d g, __m256d h, float x, __m128 u, __m256d i, int n, __m256d j)
{
	return _mm256_add_pd(_mm256_sub_pd(a, h), _mm256_add_pd(_mm256_mul_pd(i, j), _mm256_set1_pd(x + u[2] + n)));
}
#endif

#ifdef __AVX512F__
__m512 add16(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }
__m512i sum8(__m512i a, __m512i b) { return _mm512_add_epi64(a, b); }

__m512d stack16(__m512d a, __m512d b, __m512d c, __m512d d, __m512d e, __m512d f, __m512d g, __m512d h, float x, __m128i q, __m512d i, int n, __m256d r)
{
	return _mm512_add_pd(_mm512_sub_pd(a, b), _mm512_add_pd(_mm512_mul_pd(i, h), _mm512_set1_pd(x + n + r[3] + q[1])));
}
#endif

// One element of four is wrong.
__m128 wrong4(__m128 a, __m128 b)
{
	__m128 s = _mm_add_ps(a, b);
	s[2] = a[2] - b[2];
	return s;
}
