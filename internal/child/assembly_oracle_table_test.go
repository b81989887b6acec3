//go:build oracle

package child_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"math/big"
	"math/bits"
	"slices"
)

func assembly() []assembled {
	codec, util := ffmpegAssembly()
	return []assembled{openSSLAssembly(), gcryptAssembly(), nettleAssembly(), isalAssembly(), gmpAssembly(), sodiumAssembly(), zstdAssembly(),
		codec, util, x264Assembly(), dav1dAssembly(), vpxAssembly(), aomAssembly()}
}

// Ways are what OpenSSL finds in a processor: OPENSSL_ia32cap_P, less what it needs for none of them.
var ways = map[string]string{
	"plain":  "cap(0x07000000, 0, 0)",
	"ssse3":  "cap(0x07000000, 0x200, 0)",
	"avx":    "cap(0x47000000, 0x1a080202, 0)",
	"avx2":   "cap(0x47000000, 0x1a480202, 0x128)",
	"adx":    "cap(0x47000000, 0x1a480202, 0x80128)",
	"sha":    "cap(0x47000000, 0x1a080202, 0x20000000)",
	"avx512": "cap(0x47000000, 0x1a480202, 0xd0010128)",
}

func openSSLAssembly() assembled {
	l := assembled{
		name: "OpenSSL", archive: "libcrypto.a", prefix: "libcrypto-lib-",
		members: "sha1-x86_64 sha256-x86_64 sha512-x86_64 md5-x86_64 aesni-x86_64 vpaes-x86_64 chacha-x86_64 poly1305-x86_64 ghash-x86_64 " +
			"keccak1600-x86_64 x25519-x86_64 x86_64-mont x86_64-mont5 ecp_nistz256-x86_64 rc4-x86_64 x86_64-gf2m " +
			"aes-x86_64 cmll-x86_64",
		prelude: `
unsigned OPENSSL_ia32cap_P[4] = {1};
static void cap(u32 d, u32 c, u32 b) { volatile u32 *p = OPENSSL_ia32cap_P; p[0] = d; p[1] = c; p[2] = b; }
` + hashStates + fieldCode,
	}
	add := func(name, body string, want func(*material) uint64) {
		l.calls = append(l.calls, assemblyCall{name, body, want})
	}
	way := func(name string, each []string, body string, want func(*material) uint64) {
		for _, w := range each {
			add(name+"."+w, ways[w]+";\n"+body, want)
		}
	}
	way("sha1_block_data_order", []string{"plain", "ssse3", "avx", "avx2", "sha"}, "u32 h[5]; copy(h, sha1_state, 20); sha1_block_data_order(h, data, 16ul); return fold(h, 20);", state(sha1.New(), 4, 5))
	way("sha256_block_data_order", []string{"plain", "ssse3", "avx", "avx2", "sha"}, "u32 h[8]; copy(h, sha256_state, 32); sha256_block_data_order(h, data, 16ul); return fold(h, 32);", state(sha256.New(), 4, 8))
	way("sha512_block_data_order", []string{"plain", "avx", "avx2"}, "u64 h[8]; copy(h, sha512_state, 64); sha512_block_data_order(h, data, 8ul); return fold(h, 64);", state(sha512.New(), 8, 8))
	add("ossl_md5_block_asm_data_order", "u32 h[4]; copy(h, sha1_state, 16); ossl_md5_block_asm_data_order(h, data, 16ul); return fold(h, 16);", state(md5.New(), 4, 4))

	const aesni = "cap(0x07000000, 0x02000200, 0); aesni_set_encrypt_key(key, 256, ctx); u8 v[16]; copy(v, iv, 16);\n"
	add("aesni_encrypt", aesni+"aesni_encrypt(data, out, ctx); return fold(out, 16);", ecb(1))
	add("aesni_ecb_encrypt", aesni+"aesni_ecb_encrypt(data, out, 1024ul, ctx, 1); return fold(out, 1024);", ecb(64))
	add("aesni_cbc_encrypt", aesni+"aesni_cbc_encrypt(data, out, 1024ul, ctx, v, 1); return fold(out, 1024);", cbc)
	add("aesni_ctr32_encrypt_blocks", aesni+"v[12] = v[13] = v[14] = v[15] = 0; aesni_ctr32_encrypt_blocks(data, out, 64ul, ctx, v); return fold(out, 1024);", ctr)
	add("aesni_decrypt", aesni+"aesni_encrypt(data, out, ctx); aesni_set_decrypt_key(key, 256, ctx); aesni_decrypt(out, out, ctx); return fold(out, 16);", plain(16))
	const vpaes = "cap(0x07000000, 0x200, 0); vpaes_set_encrypt_key(key, 256, ctx); u8 v[16]; copy(v, iv, 16);\n"
	add("vpaes_encrypt", vpaes+"vpaes_encrypt(data, out, ctx); return fold(out, 16);", ecb(1))
	add("vpaes_cbc_encrypt", vpaes+"vpaes_cbc_encrypt(data, out, 1024ul, ctx, v, 1); return fold(out, 1024);", cbc)
	add("vpaes_decrypt", vpaes+"vpaes_encrypt(data, out, ctx); vpaes_set_decrypt_key(key, 256, ctx); vpaes_decrypt(out, out, ctx); return fold(out, 16);", plain(16))

	// They bring back, with POPFQ, flags that they have pushed.
	const aes = "cap(0x07000000, 0, 0); AES_set_encrypt_key(key, 256, ctx); u8 v[16]; copy(v, iv, 16);\n"
	add("AES_encrypt", aes+"AES_encrypt(data, out, ctx); return fold(out, 16);", ecb(1))
	add("AES_cbc_encrypt", aes+"AES_cbc_encrypt(data, out, 1024ul, ctx, v, 1); return fold(out, 1024);", cbc)
	add("Camellia_cbc_encrypt", `static const u8 k[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
u32 schedule[70] __attribute__((aligned(16))); schedule[68] = Camellia_Ekeygen(128, k, schedule); u8 v[16] = {0}; Camellia_cbc_encrypt(k, out, 16ul, schedule, v, 1); return fold(out, 16);`,
		func(*material) uint64 { // RFC 3713, appendix A
			return fold([]byte{0x67, 0x67, 0x31, 0x38, 0x54, 0x96, 0x69, 0x73, 0x08, 0x57, 0x06, 0x56, 0x48, 0xea, 0xbe, 0x43})
		})

	way("ChaCha20_ctr32", []string{"plain", "ssse3", "avx2", "avx512"}, "u32 v[4]; copy(v, iv, 16); v[0] = 0; ChaCha20_ctr32(out, data, 1024ul, key, v); return fold(out, 1024);", chacha(20))
	way("poly1305_blocks", []string{"plain", "avx", "avx2"}, `void (*f[2])(); u8 mac[16];
if (poly1305_init(ctx, key, f)) { f[0](ctx, data, 1024ul, 1); f[1](ctx, mac, key + 16); } else { poly1305_blocks(ctx, data, 1024ul, 1); poly1305_emit(ctx, mac, key + 16); }
return fold(mac, 16);`, poly1305)
	const gcm = "u64 h[2] = { __builtin_bswap64(*(u64 *)key), __builtin_bswap64(*(u64 *)(key + 8)) }, x[2] = {0}; u8 t[256] __attribute__((aligned(64)));\n"
	add("gcm_ghash_clmul", "cap(0x07000000, 0x202, 0);"+gcm+"gcm_init_clmul(t, h); gcm_ghash_clmul(x, t, data, 1024ul); return fold(x, 16);", ghash)
	add("gcm_ghash_avx", ways["avx2"]+";"+gcm+"gcm_init_avx(t, h); gcm_ghash_avx(x, t, data, 1024ul); return fold(x, 16);", ghash)
	add("gcm_gmult_clmul", "cap(0x07000000, 0x202, 0);"+gcm+"gcm_init_clmul(t, h); copy(x, data, 16); gcm_gmult_clmul(x, t); return fold(x, 16);", ghashOf(1))
	add("SHA3_absorb", "u64 a[25] = {0}; copy(out, data, 1000); out[1000] = 6; out[1087] = 0x80; SHA3_absorb(a, out, 1088ul, 136ul); return fold(a, 32);", sha3Hash)
	add("RC4", "RC4_set_key(ctx, 16, key); RC4(ctx, 1024ul, data, out); return fold(out, 1024);", rc4Stream)
	add("bn_GF2m_mul_2x2", "u64 *a = (u64 *)key, r[4]; bn_GF2m_mul_2x2(r, a[0], a[1], a[2], a[3]); return fold(r, 32);", carryless)

	for _, f := range []struct {
		name, call string
		want       func(a, b *big.Int) *big.Int
	}{
		{"x25519_fe51_mul", "x25519_fe51_mul(r, f, g)", func(a, b *big.Int) *big.Int { return a.Mul(a, b) }},
		{"x25519_fe51_sqr", "x25519_fe51_sqr(r, f)", func(a, b *big.Int) *big.Int { return a.Mul(a, a) }},
		{"x25519_fe51_mul121666", "x25519_fe51_mul121666(r, f)", func(a, b *big.Int) *big.Int { return a.Mul(a, big.NewInt(121666)) }},
	} {
		add(f.name, ways["plain"]+"; u64 f[5], g[5], r[5]; limbs51(f, data); limbs51(g, data + 32); "+f.call+"; freeze51(r); return fold(r, 40);", curve25519(f.want, 51))
	}
	for _, f := range []struct {
		name, call string
		want       func(a, b *big.Int) *big.Int
	}{
		{"x25519_fe64_mul", "x25519_fe64_mul(r, f, g)", func(a, b *big.Int) *big.Int { return a.Mul(a, b) }},
		{"x25519_fe64_sqr", "x25519_fe64_sqr(r, f)", func(a, b *big.Int) *big.Int { return a.Mul(a, a) }},
		{"x25519_fe64_add", "x25519_fe64_add(r, f, g)", func(a, b *big.Int) *big.Int { return a.Add(a, b) }},
		{"x25519_fe64_sub", "x25519_fe64_sub(r, f, g)", func(a, b *big.Int) *big.Int { return a.Sub(a, b) }},
		{"x25519_fe64_mul121666", "x25519_fe64_mul121666(r, f)", func(a, b *big.Int) *big.Int { return a.Mul(a, big.NewInt(121666)) }},
	} {
		add(f.name, ways["adx"]+"; u64 f[4], g[4], r[4]; copy(f, data, 32); copy(g, data + 32, 32); f[3] >>= 1; g[3] >>= 1; "+f.call+"; x25519_fe64_tobytes(out, r); return fold(out, 32);", curve25519(f.want, 64))
	}
	inverse := func(m *big.Int) *big.Int {
		return new(big.Int).ModInverse(new(big.Int).Lsh(big.NewInt(1), 256), m)
	}
	p := hexNumber("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
	q := hexNumber("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
	for _, f := range []struct {
		name, call string
		m          *big.Int
		want       func(a, b *big.Int) *big.Int
	}{
		{"ecp_nistz256_add", "(r, f, g)", p, func(a, b *big.Int) *big.Int { return a.Add(a, b) }},
		{"ecp_nistz256_sub", "(r, f, g)", p, func(a, b *big.Int) *big.Int { return a.Sub(a, b) }},
		{"ecp_nistz256_neg", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Neg(a) }},
		{"ecp_nistz256_mul_by_2", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Lsh(a, 1) }},
		{"ecp_nistz256_mul_by_3", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Mul(a, big.NewInt(3)) }},
		{"ecp_nistz256_div_by_2", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Mul(a, new(big.Int).ModInverse(big.NewInt(2), p)) }},
		{"ecp_nistz256_mul_mont", "(r, f, g)", p, func(a, b *big.Int) *big.Int { return a.Mul(a, b).Mul(a, inverse(p)) }},
		{"ecp_nistz256_sqr_mont", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Mul(a, a).Mul(a, inverse(p)) }},
		{"ecp_nistz256_from_mont", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Mul(a, inverse(p)) }},
		{"ecp_nistz256_to_mont", "(r, f)", p, func(a, b *big.Int) *big.Int { return a.Lsh(a, 256) }},
		{"ecp_nistz256_ord_mul_mont", "(r, f, g)", q, func(a, b *big.Int) *big.Int { return a.Mul(a, b).Mul(a, inverse(q)) }},
		{"ecp_nistz256_ord_sqr_mont", "(r, f, 1ul)", q, func(a, b *big.Int) *big.Int { return a.Mul(a, a).Mul(a, inverse(q)) }},
	} {
		each := []string{"plain"}
		if f.name == "ecp_nistz256_mul_mont" || f.name == "ecp_nistz256_ord_mul_mont" {
			each = append(each, "adx")
		}
		way(f.name, each, "u64 f[4], g[4], r[4]; copy(f, data, 32); copy(g, data + 32, 32); f[3] >>= 1; g[3] >>= 1; "+f.name+f.call+"; return fold(r, 32);", modular(f.m, f.want))
	}
	way("bn_mul_mont", []string{"plain", "adx"}, `u64 a[16], b[16], m[16], r[16], n0 = 1; copy(a, data, 128); copy(b, data + 128, 128); copy(m, data + 256, 128);
m[0] |= 1; m[15] |= 1ul << 63; a[15] >>= 1; b[15] >>= 1; for (int i = 0; i < 6; i++) n0 *= 2 - m[0] * n0;
n0 = -n0; bn_mul_mont(r, a, b, m, &n0, 16); return fold(r, 128);`, montgomery)
	return l
}

func gcryptAssembly() assembled {
	l := assembled{
		name: "Libgcrypt", archive: "libgcrypt.a", prelude: hashStates,
		members: "sha1-ssse3-amd64 sha1-avx-amd64 sha1-avx-bmi2-amd64 sha1-avx2-bmi2-amd64 sha256-ssse3-amd64 sha256-avx-amd64 sha256-avx2-bmi2-amd64 " +
			"sha512-ssse3-amd64 sha512-avx-amd64 sha512-avx2-bmi2-amd64 chacha20-amd64-ssse3 chacha20-amd64-avx2",
	}
	add := func(name, body string, want func(*material) uint64) {
		l.calls = append(l.calls, assemblyCall{name, body, want})
	}
	for _, w := range []string{"ssse3", "avx", "avx_bmi2", "avx2_bmi2"} {
		f := "_gcry_sha1_transform_amd64_" + w
		add(f, "u32 h[5]; copy(h, sha1_state, 20); "+f+"(h, data, 16ul); return fold(h, 20);", state(sha1.New(), 4, 5))
	}
	for _, w := range []string{"ssse3", "avx", "avx2"} {
		f := "_gcry_sha256_transform_amd64_" + w
		add(f, "u32 h[8]; copy(h, sha256_state, 32); "+f+"(data, h, 16ul); return fold(h, 32);", state(sha256.New(), 4, 8))
		f = "_gcry_sha512_transform_amd64_" + w
		add(f, "u64 h[8]; copy(h, sha512_state, 64); "+f+"(data, h, 8ul); return fold(h, 64);", state(sha512.New(), 8, 8))
	}
	for f, blocks := range map[string]int{"_gcry_chacha20_amd64_ssse3_blocks1": 16, "_gcry_chacha20_amd64_ssse3_blocks4": 16, "_gcry_chacha20_amd64_avx2_blocks8": 16} {
		add(f, fmt.Sprintf("u32 v[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; copy(v + 4, key, 32); copy(v + 13, iv + 4, 12); %s(v, out, data, %dul); return fold(out, 1024);", f, blocks), chacha(20))
	}
	return l
}

func nettleAssembly() assembled {
	l := assembled{
		name: "Nettle", archive: "libnettle.a", prelude: hashStates,
		members: "sha1-compress sha1-compress-2 sha256-compress sha256-compress-2 sha512-compress md5-compress sha3-permute chacha-core-internal",
	}
	add := func(name, body string, want func(*material) uint64) {
		l.calls = append(l.calls, assemblyCall{name, body, want})
	}
	for _, w := range []string{"x86_64", "sha_ni"} {
		f := "_nettle_sha1_compress_" + w
		add(f, "u32 h[5]; copy(h, sha1_state, 20); for (int i = 0; i < 16; i++) "+f+"(h, data + 64 * i); return fold(h, 20);", state(sha1.New(), 4, 5))
		f = "_nettle_sha256_compress_" + w
		add(f, roundConstants(64, 32)+"u32 h[8]; copy(h, sha256_state, 32); for (int i = 0; i < 16; i++) "+f+"(h, data + 64 * i, k); return fold(h, 32);", state(sha256.New(), 4, 8))
	}
	add("_nettle_sha512_compress", roundConstants(80, 64)+"u64 h[8]; copy(h, sha512_state, 64); for (int i = 0; i < 8; i++) _nettle_sha512_compress(h, data + 128 * i, k); return fold(h, 64);", state(sha512.New(), 8, 8))
	add("nettle_md5_compress", "u32 h[4]; copy(h, sha1_state, 16); for (int i = 0; i < 16; i++) nettle_md5_compress(h, data + 64 * i); return fold(h, 16);", state(md5.New(), 4, 4))
	add("nettle_sha3_permute", `u64 a[25] = {0}; copy(out, data, 1000); out[1000] = 6; out[1087] = 0x80;
for (int b = 0; b < 8; b++) { for (int i = 0; i < 17; i++) a[i] ^= ((u64 *)out)[17 * b + i]; nettle_sha3_permute(a); }
return fold(a, 32);`, sha3Hash)
	add("_nettle_chacha_core", `u32 v[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}; copy(v + 4, key, 32); copy(v + 13, iv + 4, 12);
for (int b = 0; b < 16; b++) { u32 x[16]; v[12] = b; _nettle_chacha_core(x, v, 20); for (int i = 0; i < 16; i++) ((u32 *)out)[16 * b + i] = x[i] ^ ((u32 *)data)[16 * b + i]; }
return fold(out, 1024);`, chacha(20))
	return l
}

func isalAssembly() assembled {
	l := assembled{
		name: "isa-l", archive: "libisal.a",
		members: "crc16_t10dif_01 crc16_t10dif_by4 crc32_ieee_01 crc32_ieee_by4 crc32_iscsi_00 crc32_iscsi_01 crc32_gzip_refl_by8 crc64_ecma_refl_by8 " +
			"crc64_iso_refl_by8 adler32_sse adler32_avx2_4 xor_gen_sse xor_gen_avx mem_zero_detect_sse mem_zero_detect_avx",
	}
	add := func(name, body string, want func(*material) uint64) {
		l.calls = append(l.calls, assemblyCall{name, body, want})
	}
	for _, w := range []string{"01", "by4"} {
		f := "crc16_t10dif_" + w
		add(f, "u16 "+f+"(u16, const u8 *, u64); return "+f+"(0, data, 1024);", func(m *material) uint64 { return crcForward(m.data, 16, 0x8bb7, 0, 0) })
		f = "crc32_ieee_" + w
		add(f, "u32 "+f+"(u32, const u8 *, u64); return "+f+"(0, data, 1024);", func(m *material) uint64 { return crcForward(m.data, 32, 0x04c11db7, 0xffffffff, 0xffffffff) })
	}
	for _, w := range []string{"00", "01"} {
		f := "crc32_iscsi_" + w
		add(f, "u32 "+f+"(const u8 *, int, u32); return (u32)~"+f+"(data, 1024, ~0u);", func(m *material) uint64 {
			return uint64(crc32.Checksum(m.data, crc32.MakeTable(crc32.Castagnoli)))
		})
	}
	add("crc32_gzip_refl_by8", "u32 crc32_gzip_refl_by8(u32, const u8 *, u64); return crc32_gzip_refl_by8(0, data, 1024);", func(m *material) uint64 { return uint64(crc32.ChecksumIEEE(m.data)) })
	for f, poly := range map[string]uint64{"crc64_ecma_refl_by8": crc64.ECMA, "crc64_iso_refl_by8": crc64.ISO} {
		add(f, "u64 "+f+"(u64, const u8 *, u64); return "+f+"(0, data, 1024);", func(m *material) uint64 { return crc64.Checksum(m.data, crc64.MakeTable(poly)) })
	}
	for _, f := range []string{"adler32_sse", "adler32_avx2_4"} {
		add(f, "u32 "+f+"(u32, const u8 *, u64); return "+f+"(1, data, 1024);", func(m *material) uint64 { return uint64(adler32.Checksum(m.data)) })
	}
	for _, f := range []string{"xor_gen_sse", "xor_gen_avx"} {
		add(f, "copy(ctx, data, 768); void *v[4] = {ctx, ctx + 256, ctx + 512, out}; "+f+"(4, 256, v); return fold(out, 256);", func(m *material) uint64 {
			x := make([]byte, 256)
			for i := range x {
				x[i] = m.data[i] ^ m.data[256+i] ^ m.data[512+i]
			}
			return fold(x)
		})
	}
	for _, f := range []string{"mem_zero_detect_sse", "mem_zero_detect_avx"} {
		add(f, "int "+f+"(const void *, u64); return 2 * ("+f+"(out, 1024) != 0) + ("+f+"(data, 1024) != 0);", func(m *material) uint64 { return 1 })
	}
	return l
}

// hashStates are the initial states of SHA-1, whose first four words are MD5's, and SHA-2 (FIPS 180-4, 5.3).
const hashStates = `
static const u32 sha1_state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
static const u32 sha256_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
static const u64 sha512_state[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
`

// fieldCode splits a number below 2^255 into five limbs of 51 bits, and makes such a number canonical modulo 2^255-19.
const fieldCode = `
static void limbs51(u64 *f, const u8 *s) {
	u64 a[4]; copy(a, s, 32); const u64 m = (1ul << 51) - 1;
	f[0] = a[0] & m; f[1] = (a[0] >> 51 | a[1] << 13) & m; f[2] = (a[1] >> 38 | a[2] << 26) & m; f[3] = (a[2] >> 25 | a[3] << 39) & m; f[4] = a[3] >> 12 & m;
}
static void carry51(u64 *f) { const u64 m = (1ul << 51) - 1; for (int i = 0; i < 5; i++) { u64 c = f[i] >> 51; f[i] &= m; if (i < 4) f[i + 1] += c; else f[0] += 19 * c; } }
static void freeze51(u64 *f) {
	const u64 m = (1ul << 51) - 1;
	carry51(f); carry51(f); carry51(f);
	if (f[0] >= m - 18 && f[1] == m && f[2] == m && f[3] == m && f[4] == m) { f[0] -= m - 18; f[1] = f[2] = f[3] = f[4] = 0; }
}
`

// fold is what the C function of this name computes: FNV-1a.
func fold(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, x := range b {
		h = (h ^ uint64(x)) * 1099511628211
	}
	return h
}

// state is the folded state of a hash after the data, without padding: words of so many bytes, which the hash keeps most significant byte first
// behind four bytes of its name.
func state(h hash.Hash, width, words int) func(*material) uint64 {
	return func(m *material) uint64 {
		h.Reset()
		h.Write(m.data)
		b, err := h.(encoding.BinaryMarshaler).MarshalBinary()
		if err != nil {
			panic(err)
		}
		b = b[4:][:width*words]
		for i := 0; i < len(b); i += width {
			slices.Reverse(b[i : i+width])
		}
		return fold(b)
	}
}

func plain(n int) func(*material) uint64 {
	return func(m *material) uint64 { return fold(m.data[:n]) }
}

func newAES(m *material) cipher.Block {
	b, err := aes.NewCipher(m.key)
	if err != nil {
		panic(err)
	}
	return b
}

func ecb(blocks int) func(*material) uint64 {
	return func(m *material) uint64 {
		out := make([]byte, 16*blocks)
		for i := 0; i < len(out); i += 16 {
			newAES(m).Encrypt(out[i:], m.data[i:])
		}
		return fold(out)
	}
}

func cbc(m *material) uint64 {
	out := make([]byte, len(m.data))
	cipher.NewCBCEncrypter(newAES(m), m.iv).CryptBlocks(out, m.data)
	return fold(out)
}

func ctr(m *material) uint64 {
	iv := append(slices.Clone(m.iv[:12]), 0, 0, 0, 0)
	out := make([]byte, len(m.data))
	cipher.NewCTR(newAES(m), iv).XORKeyStream(out, m.data)
	return fold(out)
}

func rc4Stream(m *material) uint64 {
	c, err := rc4.NewCipher(m.key[:16])
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(m.data))
	c.XORKeyStream(out, m.data)
	return fold(out)
}

func sha3Hash(m *material) uint64 {
	sum := sha3.Sum256(m.data[:1000])
	return fold(sum[:])
}

// chacha is RFC 8439, 2.4, from counter 0.
func chacha(rounds int) func(*material) uint64 {
	return func(m *material) uint64 {
		v := [16]uint32{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}
		for i := range 8 {
			v[4+i] = binary.LittleEndian.Uint32(m.key[4*i:])
		}
		for i := range 3 {
			v[13+i] = binary.LittleEndian.Uint32(m.iv[4+4*i:])
		}
		out := slices.Clone(m.data)
		for ; int(v[12]) < len(out)/64; v[12]++ {
			x := v
			quarter := func(a, b, c, d int) {
				x[a] += x[b]
				x[d] = bits.RotateLeft32(x[d]^x[a], 16)
				x[c] += x[d]
				x[b] = bits.RotateLeft32(x[b]^x[c], 12)
				x[a] += x[b]
				x[d] = bits.RotateLeft32(x[d]^x[a], 8)
				x[c] += x[d]
				x[b] = bits.RotateLeft32(x[b]^x[c], 7)
			}
			for range rounds / 2 {
				for i := range 4 {
					quarter(i, 4+i, 8+i, 12+i)
				}
				for i := range 4 {
					quarter(i, 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4)
				}
			}
			for i := range x {
				at := out[64*int(v[12])+4*i:]
				binary.LittleEndian.PutUint32(at, binary.LittleEndian.Uint32(at)^(x[i]+v[i]))
			}
		}
		return fold(out)
	}
}

// little is the number of some bytes, least significant first.
func little(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// littleBytes is the reverse.
func littleBytes(x *big.Int, n int) []byte {
	b := x.FillBytes(make([]byte, n))
	slices.Reverse(b)
	return b
}

func hexNumber(s string) *big.Int {
	x, ok := new(big.Int).SetString(s, 16)
	if !ok {
		panic(s)
	}
	return x
}

func powerOfTwo(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }

// poly1305 is RFC 8439, 2.5.
func poly1305(m *material) uint64 {
	p := new(big.Int).Sub(powerOfTwo(130), big.NewInt(5))
	r := little(m.key[:16])
	r.And(r, hexNumber("0ffffffc0ffffffc0ffffffc0fffffff"))
	a := new(big.Int)
	for b := range slices.Chunk(m.data, 16) {
		a.Add(a, little(b)).Add(a, powerOfTwo(128)).Mul(a, r).Mod(a, p)
	}
	a.Add(a, little(m.key[16:])).Mod(a, powerOfTwo(128))
	return fold(littleBytes(a, 16))
}

// ghash is NIST SP 800-38D, 6.4, of the data.
func ghash(m *material) uint64 { return ghashOf(64)(m) }

func ghashOf(blocks int) func(*material) uint64 {
	return func(m *material) uint64 {
		h := new(big.Int).SetBytes(m.key[:16])
		y := new(big.Int)
		for i := range blocks {
			y.Xor(y, new(big.Int).SetBytes(m.data[16*i:][:16]))
			z, v := new(big.Int), new(big.Int).Set(h)
			for bit := 127; bit >= 0; bit-- {
				if y.Bit(bit) == 1 {
					z.Xor(z, v)
				}
				low := v.Bit(0)
				v.Rsh(v, 1)
				if low == 1 {
					v.Xor(v, new(big.Int).Lsh(big.NewInt(0xe1), 120))
				}
			}
			y = z
		}
		return fold(y.FillBytes(make([]byte, 16)))
	}
}

// carryless multiplies two polynomials over GF(2), whose halves come most significant first.
func carryless(m *material) uint64 {
	half := func(i int) *big.Int { return little(m.key[8*i:][:8]) }
	join := func(high, low *big.Int) *big.Int { return high.Lsh(high, 64).Or(high, low) }
	a, b, r := join(half(0), half(1)), join(half(2), half(3)), new(big.Int)
	for i := range 128 {
		if b.Bit(i) == 1 {
			r.Xor(r, new(big.Int).Lsh(a, uint(i)))
		}
	}
	return fold(littleBytes(r, 32))
}

// curve25519 computes modulo 2^255-19, of numbers below 2^255, and gives limbs of so many bits.
func curve25519(f func(a, b *big.Int) *big.Int, width uint) func(*material) uint64 {
	return func(m *material) uint64 {
		p := new(big.Int).Sub(powerOfTwo(255), big.NewInt(19))
		a, b := little(m.data[:32]), little(m.data[32:64])
		if width == 64 {
			a, b = shiftTop(a), shiftTop(b)
		} else {
			a.Mod(a, powerOfTwo(255))
			b.Mod(b, powerOfTwo(255))
		}
		r := f(a, b)
		r.Mod(r, p)
		var out []byte
		for range 255/width + 1 {
			if width == 64 {
				return fold(littleBytes(r, 32))
			}
			out = append(out, littleBytes(new(big.Int).Mod(r, powerOfTwo(width)), 8)...)
			r.Rsh(r, width)
		}
		return fold(out[:40])
	}
}

// shiftTop halves the highest of four limbs.
func shiftTop(x *big.Int) *big.Int {
	low := new(big.Int).Mod(x, powerOfTwo(192))
	top := new(big.Int).Rsh(x, 193)
	return top.Lsh(top, 192).Or(top, low)
}

func modular(p *big.Int, f func(a, b *big.Int) *big.Int) func(*material) uint64 {
	return func(m *material) uint64 {
		r := f(shiftTop(little(m.data[:32])), shiftTop(little(m.data[32:64])))
		return fold(littleBytes(r.Mod(r, p), 32))
	}
}

func montgomery(m *material) uint64 {
	half := func(x *big.Int) *big.Int { // halves the highest of sixteen limbs
		low := new(big.Int).Mod(x, powerOfTwo(960))
		top := new(big.Int).Rsh(x, 961)
		return top.Lsh(top, 960).Or(top, low)
	}
	a, b, n := half(little(m.data[:128])), half(little(m.data[128:256])), little(m.data[256:384])
	n.SetBit(n, 0, 1).SetBit(n, 1023, 1)
	r := a.Mul(a, b)
	r.Mul(r, new(big.Int).ModInverse(powerOfTwo(1024), n)).Mod(r, n)
	return fold(littleBytes(r, 128))
}

// roundConstants declares the constants k of SHA-2: the first bits of the fractional parts of the cube roots of primes (FIPS 180-4, 4.2).
func roundConstants(n int, width uint) string {
	c := map[uint]string{32: "u32", 64: "u64"}[width]
	s := "static const " + c + " k[] __attribute__((aligned(64))) = {"
	for p := int64(2); n > 0; p++ {
		if !big.NewInt(p).ProbablyPrime(0) {
			continue
		}
		// The root of p * 2^3w, by bisection.
		x := new(big.Int).Lsh(big.NewInt(p), 3*width)
		r := new(big.Int)
		for bit := int(width) + 4; bit >= 0; bit-- {
			try := new(big.Int).SetBit(r, bit, 1)
			if new(big.Int).Exp(try, big.NewInt(3), nil).Cmp(x) <= 0 {
				r = try
			}
		}
		s += fmt.Sprintf("%#x,", r.Mod(r, powerOfTwo(width)))
		n--
	}
	return s + "};\n"
}

// crcForward is a CRC that takes the most significant bit first.
func crcForward(b []byte, width uint, poly, start, end uint64) uint64 {
	mask := uint64(1)<<width - 1
	r := start
	for _, x := range b {
		r ^= uint64(x) << (width - 8)
		for range 8 {
			top := r >> (width - 1) & 1
			r = r << 1 & mask
			if top == 1 {
				r ^= poly
			}
		}
	}
	return r ^ end
}
