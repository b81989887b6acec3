//go:build oracle

package child_test

import (
	"hash/crc32"
	"math"
	"math/bits"
)

// libraries is the table of functions. A nil want asks for a match with the
// specification's own reference, which for sgemm looks at every element of C.
func libraries() []library {
	return []library{openblas, blis, atlas, blas, gsl, gslcblas, libm, libmvec, libc, gmp, libgcrypt, libcrypto,
		zlib, zstd, lz4, lzma, nettle, sodium, x264, x265, avcodec, avutil, vpx, aom, opus, webp,
		fftw, mpfr, libgcc, libstdcxx, libelf, png, glib}
}

var openblas = library{"OpenBLAS", "libopenblas-serial-dev", "libopenblas-r*.a", []function{
	{"sdot_k_PRESCOTT", "sdot_k_PRESCOTT.o", "dot_f32", "n=1000", dotBLAS[float32]},
	{"sdot_k_SANDYBRIDGE", "sdot_k_SANDYBRIDGE.o", "dot_f32", "n=1000 incx=3 incy=2", dotBLAS[float32]},
	{"sdot_k_HASWELL", "sdot_k_HASWELL.o", "dot_f32", "n=1000", nil},
	{"sdot_k_SKYLAKEX", "sdot_k_SKYLAKEX.o", "dot_f32", "n=1003", nil},
	{"sdot_k_BULLDOZER", "sdot_k_BULLDOZER.o", "dot_f32", "", dotBLAS[float32]},
	{"ddot_k_NEHALEM", "ddot_k_NEHALEM.o", "dot_f64", "", dotBLAS[float64]},
	{"ddot_k_ZEN", "ddot_k_ZEN.o", "dot_f64", "n=777", dotBLAS[float64]},
	{"ddot_k_SKYLAKEX", "ddot_k_SKYLAKEX.o", "dot_f64", "n=1003", dotBLAS[float64]},
	{"dsdot_k_HASWELL", "dsdot_k_HASWELL.o", "dsdot", "", dotBLAS[float32]},
	{"sasum_k_HASWELL", "sasum_k_HASWELL.o", "reduce_f32", "", sumOfAbsolutes[float32]},
	{"ssum_k_CORE2", "ssum_k_CORE2.o", "reduce_f32", "incx=5", sum[float32]},
	{"dasum_k_SKYLAKEX", "dasum_k_SKYLAKEX.o", "reduce_f64", "", sumOfAbsolutes[float64]},
	{"snrm2_k_HASWELL", "snrm2_k_HASWELL.o", "reduce_f32", "", norm32},
	{"dnrm2_k_NEHALEM", "dnrm2_k_NEHALEM.o", "reduce_f64", "", norm64},
	{"isamax_k_SANDYBRIDGE", "isamax_k_SANDYBRIDGE.o", "index_f32", "", indexOfLargest[float32](1)},
	{"idamax_k_HASWELL", "idamax_k_HASWELL.o", "index_f64", "incx=2", indexOfLargest[float64](1)},
	{"sgemm_kernel_HASWELL", "sgemm_kernel_HASWELL.o", "gemm_openblas", "mr=8 nr=4 cs_c=8", nil},
	{"sgemm_kernel_SANDYBRIDGE", "sgemm_kernel_SANDYBRIDGE.o", "gemm_openblas", "mr=16 nr=4 cs_c=16", nil},
	{"sgemm_kernel_NEHALEM", "sgemm_kernel_NEHALEM.o", "gemm_openblas", "mr=4 nr=8 cs_c=4", nil},
	{"sgemm_kernel_SKYLAKEX", "sgemm_kernel_SKYLAKEX.o", "gemm_openblas", "mr=16 nr=4 cs_c=16", nil},
	{"sgemm_kernel_PILEDRIVER", "sgemm_kernel_PILEDRIVER.o", "gemm_openblas", "mr=16 nr=2 cs_c=16", nil},
	{"saxpy_k_HASWELL", "saxpy_k_HASWELL.o", "axpy_openblas", "", nil},
	{"saxpy_k_PENRYN", "saxpy_k_PENRYN.o", "axpy_openblas", "n=333 incx=2 incy=3", nil},
	{"somatcopy_k_rt_NEHALEM", "somatcopy_k_rt_NEHALEM.o", "transpose_openblas", "", nil},
}}

var blis = library{"BLIS", "libblis-serial-dev", "libblis.a", []function{
	{"bli_sgemm_penryn_asm_8x4", "bli_gemm_penryn_asm_d4x4.o", "gemm_blis", "mr=8 nr=4 cs_c=8", nil},
	{"bli_sgemm_sandybridge_asm_8x8", "bli_gemm_sandybridge_asm_d8x4.o", "gemm_blis", "mr=8 nr=8 cs_c=8", nil},
	{"bli_sgemm_haswell_asm_6x16", "bli_gemm_haswell_asm_d6x8.o", "gemm_blis", "mr=6 nr=16 rs_c=16", nil},
	{"bli_sgemm_haswell_asm_16x6", "bli_gemm_haswell_asm_d8x6.o", "gemm_blis", "mr=16 nr=6 cs_c=16", nil},
	{"bli_sgemm_skx_asm_32x12_l2", "bli_sgemm_skx_asm_32x12_l2.o", "gemm_blis", "mr=32 nr=12 cs_c=32", nil},
	{"bli_sgemm_piledriver_asm_16x3", "bli_gemm_piledriver_asm_d8x3.o", "gemm_blis", "mr=16 nr=3 cs_c=16", nil},
	{"bli_sgemm_bulldozer_asm_8x8_fma4", "bli_gemm_bulldozer_asm_d4x6_fma4.o", "gemm_blis", "mr=8 nr=8 cs_c=8", nil},
	{"bli_sgemm_knl_asm_24x16", "bli_sgemm_knl_asm_24x16.o", "gemm_blis", "mr=24 nr=16 rs_c=16", nil},
	{"bli_dgemm_haswell_asm_6x8", "bli_gemm_haswell_asm_d6x8.o", "gemm_blis_f64", "mr=6 nr=8 rs_c=8", nil},
}}

var atlas = library{"ATLAS", "libatlas-base-dev", "libatlas.a", []function{
	{"ATL_sdot_xp1yp1aXbX", "ATL_sdot_xp1yp1aXbX.o", "dot_f32", "", dotBLAS[float32]},
	{"ATL_ddot_xp1yp1aXbX", "ATL_ddot_xp1yp1aXbX.o", "dot_f64", "", dotBLAS[float64]},
	{"ATL_dasum_xp1yp0aXbX", "ATL_dasum_xp1yp0aXbX.o", "reduce_f64", "", sumOfAbsolutes[float64]},
}}

var blas = library{"Reference BLAS", "libblas-dev", "libblas.a", []function{
	{"ddot_", "ddot.o", "dot_fortran", "", dotPlain[float64]},
	{"dasum_", "dasum.o", "reduce_fortran", "", sumOfAbsolutes[float64]},
	{"idamax_", "idamax.o", "index_fortran", "", indexOfLargest[float64](1)},
}}

var gsl = library{"GSL", "libgsl-dev", "libgsl.a", []function{
	{"gsl_stats_mean", "mean.o", "statistics", "", mean},
	{"gsl_stats_variance", "variance.o mean.o", "statistics", "stride=2", variance},
	{"gsl_stats_max", "lt80-minmax.o", "statistics", "stride=3", largest},
	{"gsl_poly_eval", "lt61-eval.o", "polynomial", "n=30", horner},
	{"gsl_pow_int", "lt82-pow_int.o", "power", "x=3 n=13", integerPower},
	{"gsl_hypot", "hypot.o infnan.o", "binary_f64", "x=5 y=7", of64x2(math.Hypot)},
}}

var gslcblas = library{"GSL CBLAS", "libgsl-dev", "libgslcblas.a", []function{
	{"cblas_ddot", "ddot.o", "dot_f64", "incx=2", dotBLAS[float64]},
	{"cblas_sasum", "sasum.o", "reduce_f32", "", sumOfAbsolutes[float32]},
	{"cblas_idamax", "idamax.o", "index_f64", "", indexOfLargest[float64](0)},
	{"cblas_saxpy", "saxpy.o", "blis/saxpy", "n=1001", nil},
	{"cblas_daxpy", "daxpy.o", "blis/daxpy", "incx=3 incy=2", nil},
	{"cblas_scopy", "scopy.o", "blis/scopy", "incx=2", nil},
	{"cblas_sscal", "sscal.o", "blis/sscal", "n=99 incx=2", nil},
	{"cblas_sasum", "sasum.o", "blis/sasum", "n=1003", nil},
	{"cblas_isamax", "isamax.o", "blis/isamax", "n=1003", nil},
	{"cblas_zaxpy", "zaxpy.o", "blis/zaxpy", "n=101 incy=2", nil},
	{"cblas_ddot", "ddot.o", "blis/ddot", "n=1003 incx=2", nil},
	{"cblas_sgemv", "sgemv.o", "gemv_cblas", "", nil},
}}

// The tables of these functions are members of their own.
var libm = library{"libm", "libc6-dev", "libm-2.*.a", []function{
	{"__ieee754_exp_fma", "e_exp-fma.o e_exp_data.o", "unary_f64_fraction", "", of64(math.Exp)},
	{"__ieee754_exp_sse2", "e_exp.o e_exp_data.o", "unary_f64", "x=3", of64(math.Exp)},
	{"__ieee754_exp_fma4", "e_exp-fma4.o e_exp_data.o", "unary_f64", "x=3", of64(math.Exp)},
	{"__ieee754_log_fma", "e_log-fma.o e_log_data.o", "unary_f64", "x=10", of64(math.Log)},
	{"__log2_fma", "e_log2-fma.o e_log2_data.o", "unary_f64", "x=10", of64(math.Log2)},
	{"__ieee754_pow_fma", "e_pow-fma.o e_exp_data.o e_pow_log_data.o", "binary_f64", "x=3 y=7", of64x2(math.Pow)},
	{"__sin_fma", "s_sin-fma.o sincostab.o branred.o", "unary_f64_fraction", "", of64(math.Sin)},
	{"__cos_sse2", "s_sin.o sincostab.o branred.o", "unary_f64", "x=3", of64(math.Cos)},
	{"__tan_fma", "s_tan-fma.o branred.o", "unary_f64_fraction", "", of64(math.Tan)},
	{"__atan_fma", "s_atan-fma.o", "unary_f64", "x=3", of64(math.Atan)},
	{"__ieee754_atan2_fma", "e_atan2-fma.o", "binary_f64", "x=3 y=7", of64x2(math.Atan2)},
	{"__ieee754_asin_fma", "e_asin-fma.o", "unary_f64_fraction", "", of64(math.Asin)},
	{"__ieee754_acos_fma", "e_asin-fma.o", "unary_f64_fraction", "", of64(math.Acos)},
	{"__expm1_fma", "s_expm1-fma.o", "unary_f64", "x=3", of64(math.Expm1)},
	{"__log1p_fma", "s_log1p-fma.o", "unary_f64", "x=3", of64(math.Log1p)},
	{"__floor_sse41", "s_floor-sse4_1.o", "unary_f64_fraction", "", of64(math.Floor)},
	{"__expf_fma", "e_expf-fma.o e_exp2f_data.o", "unary_f32_fraction", "", of32(math.Exp)},
	{"__logf_fma", "e_logf-fma.o e_logf_data.o", "unary_f32", "x=10", of32(math.Log)},
	{"__powf_fma", "e_powf-fma.o e_exp2f_data.o e_powf_log2_data.o", "binary_f32", "x=3 y=7", of32x2(math.Pow)},
	{"__cosf_fma", "s_cosf-fma.o s_sincosf_data.o", "unary_f32", "x=3", of32(math.Cos)},
	{"__sinf_sse2", "s_sinf-sse2.o s_sincosf_data.o", "unary_f32_fraction", "", of32(math.Sin)},
}}

// Of a vector the first element is looked at.
var libmvec = library{"libmvec", "libc6-dev", "libmvec.a", []function{
	{"_ZGVbN2v_sin_sse4", "svml_d_sin2_core_sse4.o svml_d_trig_data.o", "unary_f64_fraction", "", svml(math.Sin)},
	{"_ZGVdN4v_cos_avx2", "svml_d_cos4_core_avx2.o svml_d_trig_data.o", "unary_f64", "x=3", svml(math.Cos)},
	{"_ZGVdN4v_exp_avx2", "svml_d_exp4_core_avx2.o svml_d_exp_data.o", "unary_f64_fraction", "", svml(math.Exp)},
	{"_ZGVeN8v_exp_skx", "svml_d_exp8_core_avx512.o svml_d_exp_data.o", "unary_f64", "x=3", svml(math.Exp)},
}}

var libc = library{"glibc", "libc6-dev", "libc.a", []function{
	{"__strlen_sse2", "strlen-sse2.o", "string", "n=3000", length},
	{"__strlen_avx2", "strlen-avx2.o", "string", "n=3001", length},
	{"__strlen_evex", "strlen-evex.o", "string", "n=3002", length},
	{"__strlen_evex512", "strlen-evex512.o", "string", "n=3003", length},
	{"__strlen_avx2_rtm", "strlen-avx2-rtm.o", "string", "", length},
	{"__strnlen_avx2", "strnlen-avx2.o", "string_max", "max=777", lengthAtMost},
	{"__wcslen_sse4_1", "wcslen-sse4_1.o", "string_wide", "", lengthWide},
	{"__wcslen_avx2", "wcslen-avx2.o", "string_wide", "n=901", lengthWide},
	{"__memchr_avx2", "memchr-avx2.o", "find", "byte=200", firstByte},
	{"__memchr_evex", "memchr-evex.o", "find", "byte=77", firstByte},
	{"__memrchr_sse2", "memrchr-sse2.o", "find", "byte=77", lastByte},
	{"__strchr_avx2", "strchr-avx2.o", "string_find", "byte=99", firstByte},
	{"__strrchr_evex", "strrchr-evex.o", "string_find", "byte=99", lastByte},
	{"__stpcpy_avx2", "stpcpy-avx2.o", "string_copy", "n=2999", endOfCopy},
	{"__strcmp_sse42", "strcmp-sse4_2.o", "string_2", "", compareBytes},
	{"__strcmp_avx2", "strcmp-avx2.o", "string_2", "", compareBytes},
	{"__memcmp_sse2", "memcmp-sse2.o", "bytes_2", "", compareBytes},
	{"__memcmp_avx2_movbe", "memcmp-avx2-movbe.o", "bytes_2_equal", "", compareBytes},
	{"__memcmpeq_evex", "memcmpeq-evex.o", "bytes_2_equal", "", different},
	{"__memmove_avx_unaligned_erms", "memmove-avx-unaligned-erms.o", "libc/memcpy", "n=60", nil},
	{"__memmove_erms", "memmove-erms.o", "libc/memcpy", "n=777", nil},
	{"__memset_avx2_unaligned_erms", "memset-avx2-unaligned-erms.o", "libc/memset", "n=60", nil},
	{"__memcmp_avx2_movbe", "memcmp-avx2-movbe.o", "libc/memcmp", "n=1000", nil},
	{"__strlen_avx2", "strlen-avx2.o", "libc/strlen", "n=1000", nil},
}}

var gmp = library{"GMP", "libgmp-dev", "libgmp.a", []function{
	{"__gmpn_add_n", "add_n.o", "limbs_3", "", carryOfSum},
	{"__gmpn_sub_n", "sub_n.o", "limbs_3", "n=999", borrowOfDifference},
	{"__gmpn_mul_1", "mul_1.o", "limbs_mul", "", highLimb},
	{"__gmpn_addmul_1", "addmul_1.o", "limbs_addmul", "", highLimbOfSum},
	{"__gmpn_submul_1", "submul_1.o", "limbs_addmul", "n=998", highLimbOfDifference},
	{"__gmpn_lshift", "lshift.o", "limbs_shift", "count=13", shiftedOutLeft},
	{"__gmpn_rshift", "rshift.o", "limbs_shift", "count=51", shiftedOutRight},
	{"__gmpn_popcount", "lt92-popcount.o", "limbs_1", "", populationCount},
	{"__gmpn_hamdist", "lt93-hamdist.o", "limbs_2", "", hammingDistance},
	{"__gmpn_cmp", "lt94-cmp.o", "limbs_2", "", compareNumbers},
	{"__gmpn_mod_34lsub1", "mod_34lsub1.o", "limbs_1", "", remainder48},
	{"__gmpn_gcd_11", "gcd_11.o", "integers_2", "x=3234846615 y=9699690000000015", gcd},
	{"__gmpn_popcount", "lt92-popcount.o", "reduce/popcount", "n=99", nil},
}}

var libgcrypt = library{"Libgcrypt", "libgcrypt20-dev", "libgcrypt.a", []function{
	{"_gcry_mpih_add_n", "mpih-add1-asm.o", "limbs_3", "", carryOfSum},
	{"_gcry_mpih_sub_n", "mpih-sub1-asm.o", "limbs_3", "", borrowOfDifference},
	{"_gcry_mpih_mul_1", "mpih-mul1-asm.o", "limbs_mul", "", highLimb},
	{"_gcry_mpih_addmul_1", "mpih-mul2-asm.o", "limbs_addmul", "", highLimbOfSum},
	{"_gcry_sha256_transform_amd64_ssse3", "sha256-ssse3-amd64.o", "sha256_gcrypt", "", nil},
}}

var libcrypto = library{"OpenSSL", "libssl-dev", "libcrypto.a", []function{
	{"bn_add_words", "libcrypto-lib-x86_64-gcc.o", "limbs_3", "", carryOfSum},
	{"bn_sub_words", "libcrypto-lib-x86_64-gcc.o", "limbs_3", "", borrowOfDifference},
	{"bn_mul_words", "libcrypto-lib-x86_64-gcc.o", "limbs_mul", "", highLimb},
	{"bn_mul_add_words", "libcrypto-lib-x86_64-gcc.o", "limbs_addmul", "", highLimbOfSum},
	{"bn_div_words", "libcrypto-lib-x86_64-gcc.o", "integers_3", "x=123456789012345 y=18446744073709551557 z=9876543210987654321", divideWords},
	{"bn_get_bits5", "libcrypto-lib-x86_64-mont5.o", "bits_at", "offset=77", fiveBits},
	{"CRYPTO_memcmp", "libcrypto-lib-x86_64cpuid.o", "bytes_2", "", different},
	{"EVP_EncodeBlock", "libcrypto-lib-encode.o", "base64_openssl", "", nil},
}}

var zlib = library{"zlib", "zlib1g-dev", "libz.a", []function{
	{"adler32", "adler32.o", "checksum", "start=1 n=6000", adler},
	{"crc32", "crc32.o", "checksum", "start=0", crc(crc32.IEEE)},
	{"crc32_z", "crc32.o", "checksum", "start=0 n=4999", crc(crc32.IEEE)},
	{"adler32_z", "adler32.o", "hash/adler32", "n=9999", nil},
}}

var zstd = library{"Zstandard", "libzstd-dev", "libzstd.a", []function{
	{"ZSTD_XXH64", "xxhash.o", "hash", "start=42 n=5003", xxh64},
	{"ZSTD_XXH32", "xxhash.o", "hash", "start=42 n=5003", xxh32},
	{"HIST_count_simple", "hist.o", "histogram", "", mostFrequent},
}}

var lz4 = library{"LZ4", "liblz4-dev", "liblz4.a", []function{
	{"LZ4_XXH32", "xxhash.o", "hash", "start=7 n=4999", xxh32},
	{"LZ4_compressBound", "lz4.o", "integers_1", "x=1000000", intFunction(func(x uint64) int { return int(x + x/255 + 16) })},
}}

var lzma = library{"liblzma", "liblzma-dev", "liblzma.a", []function{
	{"lzma_crc32", "liblzma_la-crc32_fast.o liblzma_la-crc32_table.o", "hash", "", crc(crc32.IEEE)},
	{"crc64_generic", "liblzma_la-crc64_fast.o liblzma_la-crc64_table.o", "hash", "", crc64ECMA},
	{"crc64_clmul", "liblzma_la-crc64_fast.o liblzma_la-crc64_table.o", "hash", "", crc64ECMA},
}}

var nettle = library{"Nettle", "nettle-dev", "libnettle.a", []function{
	{"_nettle_umac_nh", "umac-nh.o", "umac", "", nh},
	{"nettle_memeql_sec", "memeql-sec.o", "bytes_2_equal", "", equal},
	{"_nettle_chacha_core", "chacha-core-internal.o", "chacha_nettle", "", nil},
	{"nettle_base64_encode_raw", "base64-encode.o", "base64_nettle", "n=1001", nil},
}}

var sodium = library{"libsodium", "libsodium-dev", "libsodium.a", []function{
	{"sodium_compare", "libsodium_la-utils.o", "bytes_2", "n=100", compareLittleEndian},
	{"sodium_memcmp", "libsodium_la-utils.o", "bytes_2_equal", "", different},
	{"crypto_verify_32", "libsodium_la-verify.o", "bytes_2_fixed", "", different},
}}

const x264consts = " const-a-8.o"

var x264 = library{"x264", "libx264-dev", "libx264.a", []function{
	{"x264_8_pixel_sad_16x16_sse2", "sad-a-8.o", "block_2", "", absoluteDifferences},
	{"x264_8_pixel_sad_16x16_avx512", "sad-a-8.o", "block_2", "stride=80", absoluteDifferences},
	{"x264_8_pixel_ssd_16x16_sse2", "pixel-a-8.o" + x264consts, "block_2", "", squaredDifferences},
	{"x264_8_pixel_ssd_16x16_avx2", "pixel-a-8.o" + x264consts, "block_2", "", squaredDifferences},
	{"x264_8_pixel_satd_16x16_ssse3", "pixel-a-8.o" + x264consts, "block_2", "", transformedDifferences},
	{"x264_8_pixel_satd_16x16_avx2", "pixel-a-8.o" + x264consts, "block_2", "", transformedDifferences},
	{"x264_8_pixel_satd_16x16_avx512", "pixel-a-8.o" + x264consts, "block_2", "", transformedDifferences},
	{"x264_8_pixel_satd_16x16_xop", "pixel-a-8.o" + x264consts, "block_2", "", transformedDifferences},
	{"x264_8_pixel_var_16x16_avx2", "pixel-a-8.o" + x264consts, "block_1", "", sumAndSquares},
}}

var x265 = library{"x265", "libx265-dev", "libx265.a", []function{
	{"x265_pixel_sad_16x16_sse3", "sad-a.asm.o", "block_2", "", absoluteDifferences},
	{"x265_pixel_ssd_16x16_sse2", "ssd-a.asm.o const-a.asm.o:x265_pw_00ff", "block_2", "", squaredDifferences},
	{"x265_pixel_satd_16x16_sse4", "pixel-a.asm.o const-a.asm.o:x265_pw_00ff", "block_2", "", transformedDifferences},
}}

var avcodec = library{"libavcodec", "libavcodec-dev", "libavcodec.a", []function{
	{"ff_pix_sum16_sse2", "mpegvideoencdsp.o", "block_1", "", sumOfPixels},
	{"ff_pix_norm1_sse2", "mpegvideoencdsp.o", "block_1", "", sumOfSquares},
	{"ff_sad16_sse2", "me_cmp.o", "block_2_context", "h=16", absoluteDifferences},
	{"ff_sse16_sse2", "me_cmp.o", "block_2_context", "h=8", squaredDifferences},
	{"ff_scalarproduct_int16_sse2", "audiodsp.o", "inner_i16", "", inner16},
}}

var avutil = library{"libavutil", "libavutil-dev", "libavutil.a", []function{
	{"ff_scalarproduct_float_sse", "float_dsp.o", "inner_f32", "n=1024", dotPlain[float32]},
	{"ff_pixelutils_sad_16x16_sse2", "pixelutils.o", "block_2", "", absoluteDifferences},
}}

var vpx = library{"libvpx", "libvpx-dev", "libvpx.a", []function{
	{"vpx_sad16x16_sse2", "sad_sse2.asm.o", "block_2", "", absoluteDifferences},
	{"vpx_avg_8x8_sse2", "avg_intrin_sse2.c.o", "block_1", "", averageOf8x8},
	{"vpx_variance16x16_avx2", "variance_avx2.c.o", "block_2_sse", "", varianceOfDifference},
	{"vpx_get_mb_ss_sse2", "variance_sse2.c.o", "block_16", "", squares16},
}}

var aom = library{"libaom", "libaom-dev", "libaom.a", []function{
	{"aom_sad16x16_sse2", "sad_sse2.asm.o", "block_2", "stride=48", absoluteDifferences},
	{"aom_sse_avx2", "sse_avx2.c.o", "block_2_size", "w=16 h=32", squaredDifferences},
	{"av1_get_crc32c_value_sse4_2", "hash_sse42.c.o", "checksum_context", "", crc(crc32.Castagnoli)},
}}

var opus = library{"Opus", "libopus-dev", "libopus.a", []function{
	{"celt_inner_prod_sse", "pitch_sse.o", "inner_f32", "n=1001", dotPlain[float32]},
	{"silk_inner_product_FLP", "inner_product_FLP.o", "inner_f32_f64", "", dotPlain[float32]},
	{"isqrt32", "mathops.o", "integers_1", "x=4000000000", squareRoot32},
}}

var webp = library{"libwebp", "libwebp-dev", "libwebp.a", []function{
	{"SSE16x16_SSE2", "libwebpdsp_sse2_la-enc_sse2.o", "block_2_fixed", "", squaredDifferences},
}}

var fftw = library{"FFTW", "libfftw3-dev", "libfftw3.a", []function{
	{"fftw_power_mod", "primes.o", "integers_3", "x=3 y=1000000 z=1000003", powerModulo},
	{"fftw_safe_mulmod", "primes.o", "integers_3", "x=3000000000001 y=4000000000007 z=5000000000011", productModulo},
	{"fftw_next_prime", "primes.o", "integers_1", "x=1000000", nextPrime},
	{"fftw_first_divisor", "primes.o", "integers_1", "x=1018081", firstDivisor},
}}

var mpfr = library{"MPFR", "libmpfr-dev", "libmpfr.a", []function{
	{"__gmpfr_isqrt", "isqrt.o", "integers_1", "x=12345678901234567890", squareRoot},
	{"mpfr_nbits_ulong", "nbits_ulong.o", "integers_1", "x=123456789", intFunction(bits.Len64)},
}}

var libgcc = library{"libgcc", "libgcc-12-dev", "libgcc.a", []function{
	{"__udivti3", "_udivdi3.o", "integers_4", "x=1234567890123456789 y=9876543210987654321 z=18446744073709551557 w=77", lowOfQuotient},
	{"__umodti3", "_umoddi3.o", "integers_4", "x=1234567890123456789 y=9876543210987654321 z=18446744073709551557 w=77", lowOfRemainder},
	{"__popcountdi2", "_popcountsi2.o", "integers_1", "x=12345678901234567890", intFunction(bits.OnesCount64)},
	{"__ctzdi2", "_ctzsi2.o", "integers_1", "x=12345678901234567168", intFunction(bits.TrailingZeros64)},
	{"__bswapdi2", "_bswapdi2.o", "integers_1", "x=12345678901234567890", integerFunction(bits.ReverseBytes64)},
	{"__powidf2", "_powidf2.o", "power", "x=7 n=11", integerPower},
}}

var libstdcxx = library{"libstdc++", "libstdc++-12-dev", "libstdc++.a", []function{
	{"_ZSt15_Fnv_hash_bytesPKvmm", "hash_bytes.o", "hash", "start=14695981039346656037", fnv1a},
}}

var libelf = library{"libelf", "libelf-dev", "libelf.a", []function{
	{"elf_hash", "elf_hash.o", "string", "n=100", elfHash},
	{"elf_gnu_hash", "elf_gnu_hash.o", "string", "n=100", gnuHash},
}}

var png = library{"libpng", "libpng-dev", "libpng16.a", []function{
	{"png_get_uint_32", "pngrutil.o", "string", "n=4", bigEndian},
}}

var glib = library{"GLib", "libglib2.0-dev", "libglib-2.0.a", []function{
	{"g_utf8_validate", "gutf8.c.o", "utf8_glib", "", nil},
	{"g_utf8_validate", "gutf8.c.o", "utf8_glib", "n=777", nil},
}}
