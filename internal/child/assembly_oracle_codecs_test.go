//go:build oracle

package child_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"math"
	"math/big"
	"strings"
)

// vary adds a call for each way that the name's @ stands for, in the name and in the body.
func (l *assembled) vary(name, ways, body string, want func(*material) uint64) {
	for _, w := range strings.Fields(ways) {
		l.calls = append(l.calls, assemblyCall{strings.ReplaceAll(name, "@", w), strings.ReplaceAll(body, "@", w), want})
	}
}

// numbers is the folded answer of an operation on two numbers of so many limbs from the data, in so many limbs.
func numbers(an, bn, rn int, f func(a, b *big.Int) *big.Int) func(*material) uint64 {
	return func(m *material) uint64 {
		r := f(little(m.data[:8*an]), little(m.data[512:][:8*bn]))
		return fold(littleBytes(r.Mod(r, powerOfTwo(uint(64*rn))), 8*rn))
	}
}

func gmpAssembly() assembled {
	l := assembled{name: "GMP", archive: "libgmp.a", prelude: "typedef u64 L;\n"}
	add := func(name, body string, want func(*material) uint64) {
		l.vary(name, "-", "const L *a = (const L *)data, *b = (const L *)(data + 512); L *r = (L *)out, *q = (L *)ctx; (void)a; (void)b; (void)r; (void)q;\n"+body, want)
	}
	product := func(a, b *big.Int) *big.Int { return a.Mul(a, b) }
	square := func(a, _ *big.Int) *big.Int { return a.Mul(a, a) }
	add("__gmpn_mul_basecase", "__gmpn_mul_basecase(r, a, 9ul, b, 7ul); return fold(r, 128);", numbers(9, 7, 16, product))
	add("__gmpn_sqr_basecase", "__gmpn_sqr_basecase(r, a, 12ul); return fold(r, 192);", numbers(12, 1, 24, square))
	add("__gmpn_mul_n", "__gmpn_mul_n(r, a, b, 60ul); return fold(r, 960);", numbers(60, 60, 120, product))
	add("__gmpn_divrem_1", "L rest, __gmpn_divrem_1(); rest = __gmpn_divrem_1(r, 0ul, a, 20ul, b[0]); r[20] = rest; return fold(r, 168);", func(m *material) uint64 {
		q, rest := new(big.Int).QuoRem(little(m.data[:160]), little(m.data[512:520]), new(big.Int))
		return fold(append(littleBytes(q, 160), littleBytes(rest, 8)...))
	})
	add("__gmpn_tdiv_qr", "copy(ctx, b, 64); q[7] |= 1; __gmpn_tdiv_qr(r, r + 20, 0ul, a, 25ul, q, 8ul); return fold(r, 144) ^ fold(r + 20, 64);", func(m *material) uint64 {
		d := little(m.data[512:576])
		d.SetBit(d, 448, 1)
		q, rest := new(big.Int).QuoRem(little(m.data[:200]), d, new(big.Int))
		return fold(littleBytes(q, 144)) ^ fold(littleBytes(rest, 64))
	})
	add("__gmpn_gcd_1", "L __gmpn_gcd_1(); copy(ctx, b, 8); q[0] = 3 * 5 * 7 * 11 * 13 * 17 * 19ul; return __gmpn_gcd_1(a, 40ul, q[0]);", func(m *material) uint64 {
		return new(big.Int).GCD(nil, nil, little(m.data[:320]), big.NewInt(3*5*7*11*13*17*19)).Uint64()
	})
	add("__gmpn_invert_limb", "L __gmpn_invert_limb(); return __gmpn_invert_limb(a[0] | 1ul << 63);", func(m *material) uint64 {
		d := new(big.Int).SetUint64(binary.LittleEndian.Uint64(m.data) | 1<<63)
		all := new(big.Int).Sub(powerOfTwo(128), big.NewInt(1))
		return all.Quo(all, d).Sub(all, powerOfTwo(64)).Uint64()
	})
	add("__gmpn_addlsh1_n", "L __gmpn_addlsh1_n(); r[30] = __gmpn_addlsh1_n(r, a, b, 30ul); return fold(r, 248);",
		numbers(30, 30, 31, func(a, b *big.Int) *big.Int { return a.Add(a, b.Lsh(b, 1)) }))
	add("__gmpn_sqrtrem", "copy(ctx, a, 160); q[19] |= 1ul << 62; __gmpn_sqrtrem(r, (void *)0, q, 20ul); return fold(r, 80);", func(m *material) uint64 {
		a := little(m.data[:160])
		return fold(littleBytes(a.SetBit(a, 1278, 1).Sqrt(a), 80))
	})
	add("__gmpn_redc_1", `L __gmpn_redc_1(), n0 = 1; copy(ctx, b, 64); q[0] |= 1; for (int i = 0; i < 6; i++) n0 *= 2 - q[0] * n0;
copy(ctx + 512, a, 128); L c = __gmpn_redc_1(r, q + 64, q, 8ul, -n0); r[8] = c; return fold(r, 72) ;`, func(m *material) uint64 {
		// The sum of the number and a multiple of the modulus that makes its low half 0, less that half.
		n, u := little(m.data[512:576]), little(m.data[:128])
		n.SetBit(n, 0, 1)
		whole := powerOfTwo(512)
		k := new(big.Int).ModInverse(n, whole)
		k.Mul(k.Neg(k), u).Mod(k, whole)
		return fold(littleBytes(u.Add(u, k.Mul(k, n)).Rsh(u, 512), 72))
	})
	return l
}

func sodiumAssembly() assembled {
	l := assembled{name: "libsodium", archive: "libsodium.a",
		prelude: "void __explicit_bzero_chk(void *p, u64 n, u64 all) { volatile u8 *b = p; while (n > 0) b[--n] = 0; (void)all; } // of glibc\n"}
	add := func(name, body string, want func(*material) uint64) {
		l.vary(name, "-", body, want)
	}
	add("crypto_hash_sha256", "crypto_hash_sha256(out, data, 1000ul); return fold(out, 32);", func(m *material) uint64 {
		s := sha256.Sum256(m.data[:1000])
		return fold(s[:])
	})
	add("crypto_hash_sha512", "crypto_hash_sha512(out, data, 1000ul); return fold(out, 64);", func(m *material) uint64 {
		s := sha512.Sum512(m.data[:1000])
		return fold(s[:])
	})
	add("crypto_auth_hmacsha256", "crypto_auth_hmacsha256(out, data, 999ul, key); return fold(out, 32);", func(m *material) uint64 {
		h := hmac.New(sha256.New, m.key)
		h.Write(m.data[:999])
		return fold(h.Sum(nil))
	})
	add("crypto_onetimeauth_poly1305", "crypto_onetimeauth_poly1305(out, data, 1024ul, key); return fold(out, 16);", poly1305)
	add("crypto_stream_chacha20_ietf_xor_ic", "crypto_stream_chacha20_ietf_xor_ic(out, data, 1024ul, iv + 4, 0u, key); return fold(out, 1024);", chacha(20))
	add("crypto_scalarmult_curve25519", "crypto_scalarmult_curve25519(out, key, data); return fold(out, 32);", func(m *material) uint64 {
		private, err := ecdh.X25519().NewPrivateKey(m.key)
		if err != nil {
			panic(err)
		}
		public, err := ecdh.X25519().NewPublicKey(m.data[:32])
		if err != nil {
			panic(err)
		}
		s, err := private.ECDH(public)
		if err != nil {
			panic(err)
		}
		return fold(s)
	})
	add("crypto_sign_ed25519_detached", "crypto_sign_ed25519_seed_keypair(ctx, ctx + 32, key); crypto_sign_ed25519_detached(out, (void *)0, data, 500ul, ctx + 32); return fold(out, 64);", func(m *material) uint64 {
		return fold(ed25519.Sign(ed25519.NewKeyFromSeed(m.key), m.data[:500]))
	})
	add("crypto_sign_ed25519_verify_detached", `crypto_sign_ed25519_seed_keypair(ctx, ctx + 32, key); crypto_sign_ed25519_detached(out, (void *)0, data, 500ul, ctx + 32);
int good = crypto_sign_ed25519_verify_detached(out, data, 500ul, ctx), bad = crypto_sign_ed25519_verify_detached(out, data + 1, 500ul, ctx); return (good == 0) + 2ul * (bad == -1);`,
		func(*material) uint64 { return 3 })
	add("crypto_aead_aes256gcm_encrypt", "u64 size; crypto_aead_aes256gcm_encrypt(out, &size, data, 1000ul, iv, 16ul, (void *)0, iv + 4, key); return fold(out, 1016);", func(m *material) uint64 {
		block, err := aes.NewCipher(m.key)
		if err != nil {
			panic(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			panic(err)
		}
		return fold(gcm.Seal(nil, m.iv[4:], m.data[:1000], m.iv))
	})
	add("crypto_shorthash_siphash24", "u8 k[16], in[15]; for (int i = 0; i < 16; i++) k[i] = i; for (int i = 0; i < 15; i++) in[i] = i; crypto_shorthash_siphash24(out, in, 15ul, k); return *(u64 *)out;",
		func(*material) uint64 { return 0xa129ca6149be45e5 }) // Aumasson and Bernstein, "SipHash", appendix A
	add("crypto_generichash_blake2b", `crypto_generichash_blake2b(out, 64ul, "abc", 3ul, (void *)0, 0ul); return fold(out, 64);`, func(*material) uint64 { // RFC 7693, appendix A
		return fold(hexNumber("ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923").FillBytes(make([]byte, 64)))
	})
	return l
}

// zstdFrame is what zstd 1.5.4 of the command line makes of zstdText; its literals are compressed by Huffman codes.
const zstdFrame = "28b52ffd60ca06e50700c2860d0ec0251d00242937698db4aaaa6216ee7cbfdd6eb7737fe2c4da0601969dbbddce45690ab59ab183939a77cb929a69863bcd08" +
	"0011247ea8d09e24cb01f0021991621d12e0c2385363ca404451994996fdff0dd466d9e816222c7eb896242ffe9b5ea37a614e523097f4b9eda2a13c348af15d" +
	"4541e3eaceff24f735d263a8108eb6d10536e66e53f38185e87180d3b23b507e78327d56cdf5c1c4257ed6add3e004929420b946e65a31ffdfa6b817d2c479b0" +
	"b612f49a1f329d3a33a72d5be1c675cdf3f607a1417cd2dcb402bd0bec704e2ab2547916b0114e5395db9833dad24fc3be60075901c3cb72de4b2a6831b0fb53" +
	"4013204c9053"

func zstdText() []byte {
	var b bytes.Buffer
	for i := range 200 {
		b.WriteString(strings.Repeat("abcdefgh"[i%8:], 1+i%3))
		b.WriteByte("ijklm"[i*i%5])
	}
	return b.Bytes()
}

func zstdAssembly() assembled {
	l := assembled{name: "Zstandard", archive: "libzstd.a", prelude: "static u8 room[1 << 22] __attribute__((aligned(64)));\n"}
	frame := hexNumber(zstdFrame).FillBytes(make([]byte, len(zstdFrame)/2))
	var c strings.Builder
	for _, x := range frame {
		c.WriteString(big.NewInt(int64(x)).String() + ",")
	}
	const decompress = "void *ZSTD_initStaticDCtx(); u64 ZSTD_decompressDCtx(); void *d = ZSTD_initStaticDCtx(room, (u64)sizeof room / 2);\n"
	const compress = "void *ZSTD_initStaticCCtx(); u64 ZSTD_compressCCtx(); void *e = ZSTD_initStaticCCtx(room + sizeof room / 2, (u64)sizeof room / 2);\n"
	l.vary("ZSTD_decompressDCtx", "-", "static const u8 frame[] = {"+c.String()+"};\n"+decompress+"n = ZSTD_decompressDCtx(d, out, 4096ul, frame, (u64)sizeof frame); return n > 4096 ? n : fold(out, n);",
		func(*material) uint64 { return fold(zstdText()) })
	// What cannot be made shorter is stored: a header (RFC 8878, 3.1.1.1) of a frame of one segment, and a raw block.
	l.vary("ZSTD_compressCCtx.stored", "-", compress+"n = ZSTD_compressCCtx(e, out, 4096ul, data, 1024ul, 3); return n > 4096 ? n : fold(out, n);", func(m *material) uint64 {
		return fold(append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x60, 0x00, 0x03, 0x01, 0x20, 0x00}, m.data...))
	})
	l.vary("ZSTD_compressCCtx.@", "1 3 9 19", compress+decompress+`static u8 text[4096], back[4096]; for (int i = 0; i < 4096; i++) text[i] = data[i % 700] & 15;
n = ZSTD_compressCCtx(e, out, 4096ul, text, 4096ul, @); u64 m = ZSTD_decompressDCtx(d, back, 4096ul, out, n); return n < 600 ? fold(back, m) : n;`, func(m *material) uint64 {
		text := make([]byte, 4096)
		for i := range text {
			text[i] = m.data[i%700] & 15
		}
		return fold(text)
	})
	l.vary("ZSTD_XXH64", "-", `u64 ZSTD_XXH64(); return ZSTD_XXH64("", 0ul, 0ul);`, func(*material) uint64 { return 0xef46db3751d8e999 }) // xxHash specification, test vectors
	return l
}

// pixelBlock folds what f gives for each place of a block.
func pixelBlock(w, h int, f func(m *material, x, y int) int) func(*material) uint64 {
	return func(m *material) uint64 {
		var b []byte
		for y := range h {
			for x := range w {
				b = append(b, byte(f(m, x, y)))
			}
		}
		return fold(b)
	}
}

// words16 folds what f gives for each place, as 16 bits.
func words16(n int, f func(m *material, i int) int) func(*material) uint64 {
	return func(m *material) uint64 {
		var b []byte
		for i := range n {
			b = binary.LittleEndian.AppendUint16(b, uint16(f(m, i)))
		}
		return fold(b)
	}
}

// floats folds what f gives for numbers made of the data's bytes, as float32.
func floats(n int, f func(at func(i int) float32, i int) float32) func(*material) uint64 {
	return func(m *material) uint64 {
		var b []byte
		for i := range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f(func(i int) float32 { return float32(int8(m.data[i])) }, i)))
		}
		return fold(b)
	}
}

func at(m *material, i int) int { return int(m.data[i]) }

// nearest is Paeth's prediction (AV1, 7.11.2.2): of left, top and the corner what is nearest to left + top - corner.
func nearest(left, top, corner int) int {
	distance := func(v int) int { return max(v-(left+top-corner), left+top-corner-v) }
	switch {
	case distance(left) <= distance(top) && distance(left) <= distance(corner):
		return left
	case distance(top) <= distance(corner):
		return top
	}
	return corner
}

func differences(m *material, a, b int) (sum int) {
	for i := range 256 {
		d := at(m, a+i) - at(m, b+i)
		sum += max(d, -d)
	}
	return sum
}

func ffmpegAssembly() (codec, util assembled) {
	codec = assembled{name: "libavcodec", archive: "libavcodec.a"}
	codec.vary("ff_add_bytes_@", "sse2 avx2", "copy(out, data, 512); ff_add_bytes_@(out, data + 512, 512ul); return fold(out, 512);",
		pixelBlock(512, 1, func(m *material, x, _ int) int { return at(m, x) + at(m, 512+x) }))
	codec.vary("ff_diff_bytes_@", "sse2 avx2", "ff_diff_bytes_@(out, data, data + 512, 512ul); return fold(out, 512);",
		pixelBlock(512, 1, func(m *material, x, _ int) int { return at(m, x) - at(m, 512+x) }))
	codec.vary("ff_add_int16_@", "sse2 avx2", "copy(out, data, 512); copy(ctx, data + 512, 512); for (int i = 0; i < 256; i++) { ((u16 *)out)[i] &= 1023; ((u16 *)ctx)[i] &= 1023; } ff_add_int16_@(out, ctx, 1023u, 256); return fold(out, 512);",
		words16(256, func(m *material, i int) int {
			return (int(binary.LittleEndian.Uint16(m.data[2*i:])) + int(binary.LittleEndian.Uint16(m.data[512+2*i:]))) & 1023
		}))
	codec.vary("ff_put_pixels16_sse2", "-", "ff_put_pixels16_sse2(out, data, 32ul, 16); for (int i = 0; i < 16; i++) copy(ctx + 16 * i, out + 32 * i, 16); return fold(ctx, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return at(m, 32*y+x) }))
	codec.vary("ff_avg_pixels16_sse2", "-", "copy(out, data + 512, 512); ff_avg_pixels16_sse2(out, data, 32ul, 16); for (int i = 0; i < 16; i++) copy(ctx + 16 * i, out + 32 * i, 16); return fold(ctx, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return (at(m, 32*y+x) + at(m, 512+32*y+x) + 1) / 2 }))
	util = assembled{name: "libavutil", archive: "libavutil.a",
		prelude: "static float fa[512] __attribute__((aligned(64))), fb[512] __attribute__((aligned(64))), fr[512] __attribute__((aligned(64)));\n"}
	const fill = "for (int i = 0; i < 256; i++) { fa[i] = (signed char)data[i]; fb[i] = (signed char)data[256 + i]; fr[i] = (signed char)data[512 + i]; }\n"
	util.vary("ff_vector_fmul_@", "sse avx", fill+"ff_vector_fmul_@(fr, fa, fb, 256); return fold(fr, 1024);",
		floats(256, func(v func(int) float32, i int) float32 { return v(i) * v(256+i) }))
	util.vary("ff_vector_fmul_reverse_@", "sse avx avx2", fill+"ff_vector_fmul_reverse_@(fr, fa, fb, 256); return fold(fr, 1024);",
		floats(256, func(v func(int) float32, i int) float32 { return v(i) * v(256+255-i) }))
	util.vary("ff_vector_fmac_scalar_@", "sse avx fma3", fill+"void ff_vector_fmac_scalar_@(float *, const float *, float, int); ff_vector_fmac_scalar_@(fr, fa, 3, 256); return fold(fr, 1024);",
		floats(256, func(v func(int) float32, i int) float32 { return v(512+i) + 3*v(i) }))
	util.vary("ff_vector_fmul_add_@", "sse avx fma3", fill+"ff_vector_fmul_add_@(fr, fa, fb, fa, 256); return fold(fr, 1024);",
		floats(256, func(v func(int) float32, i int) float32 { return v(i)*v(256+i) + v(i) }))
	util.vary("ff_butterflies_float_sse", "-", fill+"ff_butterflies_float_sse(fa, fb, 256); return fold(fa, 1024) ^ fold(fb, 1024);", func(m *material) uint64 {
		sums := floats(256, func(v func(int) float32, i int) float32 { return v(i) + v(256+i) })
		return sums(m) ^ floats(256, func(v func(int) float32, i int) float32 { return v(i) - v(256+i) })(m)
	})
	return codec, util
}

// transform is the core transform of H.264 (8.5.12): C d C' of a block of 4 by 4 differences.
func transform(d [4][4]int) (r [4][4]int) {
	c := [4][4]int{{1, 1, 1, 1}, {2, 1, -1, -2}, {1, -1, -1, 1}, {1, -2, 2, -1}}
	for i := range 4 {
		for j := range 4 {
			for k := range 4 {
				for l := range 4 {
					r[i][j] += c[i][k] * d[k][l] * c[j][l]
				}
			}
		}
	}
	return r
}

func x264Assembly() assembled {
	l := assembled{name: "x264", archive: "libx264.a", members: "mc-a-8 sad-a-8 dct-a-8 predict-a-8 const-a-8"}
	l.vary("x264_8_pixel_avg_16x16_@", "sse2 ssse3 avx2 avx512", "x264_8_pixel_avg_16x16_@(out, 16ul, data, 32ul, data + 512, 16ul, 32); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return (at(m, 32*y+x) + at(m, 512+16*y+x) + 1) / 2 }))
	l.vary("x264_8_pixel_sad_x4_16x16_@", "sse2 avx2 avx512", "copy(out, data, 256); x264_8_pixel_sad_x4_16x16_@(out, data + 256, data + 512, data + 700, data + 768, 16ul, ctx); return fold(ctx, 16);", func(m *material) uint64 {
		var b []byte
		for _, at := range []int{256, 512, 700, 768} {
			b = binary.LittleEndian.AppendUint32(b, uint32(differences(m, 0, at)))
		}
		return fold(b)
	})
	// Blocks to encode have lines of 16, decoded ones of 32.
	l.vary("x264_8_sub4x4_dct_@", "mmx ssse3 avx512", "copy(ctx, data, 256); copy(ctx + 256, data + 256, 256); x264_8_sub4x4_dct_@(out, ctx, ctx + 256); __asm__ volatile(\"emms\"); return fold(out, 32);", func(m *material) uint64 {
		var d [4][4]int
		for y := range 4 {
			for x := range 4 {
				d[y][x] = at(m, 16*y+x) - at(m, 256+32*y+x)
			}
		}
		r := transform(d)
		return words16(16, func(_ *material, i int) int { return r[i%4][i/4] })(m) // by columns
	})
	l.vary("x264_8_mc_copy_w16_sse", "-", "x264_8_mc_copy_w16_sse(out, 16ul, data + 3, 48ul, 16); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return at(m, 3+48*y+x) }))
	l.vary("x264_8_predict_16x16_v_sse", "-", "copy(ctx, data, 16); x264_8_predict_16x16_v_sse(ctx + 32); for (int i = 0; i < 16; i++) copy(out + 16 * i, ctx + 32 + 32 * i, 16); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, _ int) int { return at(m, x) }))
	return l
}

func dav1dAssembly() assembled {
	l := assembled{name: "dav1d", archive: "libdav1d.a", members: "mc_sse mc_avx2 mc_avx512 ipred_sse ipred_avx2 ipred_avx512"}
	// Intermediate pixels have four more bits.
	const between = "short *t = (short *)ctx, *u = t + 512; for (int i = 0; i < 256; i++) { t[i] = data[i] * 16 + (data[i + 1] & 15); u[i] = data[256 + i] * 16; }\n"
	t := func(m *material, i int) int { return at(m, i)*16 + at(m, i+1)&15 }
	u := func(m *material, i int) int { return at(m, 256+i) * 16 }
	clip := func(v int) int { return min(max(v, 0), 255) }
	const each = "ssse3 avx2 avx512icl"
	l.vary("dav1d_avg_8bpc_@", each, between+"dav1d_avg_8bpc_@(out, 32ul, t, u, 32, 8); return fold(out, 256);",
		pixelBlock(256, 1, func(m *material, x, _ int) int { return clip((t(m, x) + u(m, x) + 16) >> 5) }))
	l.vary("dav1d_w_avg_8bpc_@", each, between+"dav1d_w_avg_8bpc_@(out, 16ul, t, u, 16, 16, 5); return fold(out, 256);",
		pixelBlock(256, 1, func(m *material, x, _ int) int { return clip((t(m, x)*5 + u(m, x)*11 + 128) >> 8) }))
	l.vary("dav1d_mask_8bpc_@", each, between+"u8 k[256] __attribute__((aligned(64))); for (int i = 0; i < 256; i++) k[i] = data[512 + i] % 65; dav1d_mask_8bpc_@(out, 32ul, t, u, 32, 8, k); return fold(out, 256);",
		pixelBlock(256, 1, func(m *material, x, _ int) int {
			k := at(m, 512+x) % 65
			return clip((t(m, x)*k + u(m, x)*(64-k) + 512) >> 10)
		}))
	l.vary("dav1d_blend_8bpc_@", "ssse3 avx2", "u8 k[256] __attribute__((aligned(64))); copy(out, data, 256); for (int i = 0; i < 256; i++) k[i] = data[512 + i] % 65; dav1d_blend_8bpc_@(out, 32ul, data + 256, 32, 8, k); return fold(out, 256);",
		pixelBlock(256, 1, func(m *material, x, _ int) int {
			k := at(m, 512+x) % 65
			return (at(m, x)*(64-k) + at(m, 256+x)*k + 32) >> 6
		}))
	// What is left of a block lies before its corner, upwards; what is above behind it.
	l.vary("dav1d_ipred_v_8bpc_@", each, "dav1d_ipred_v_8bpc_@(out, 16ul, data + 512, 16, 16, 0, 0, 0); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, _ int) int { return at(m, 513+x) }))
	l.vary("dav1d_ipred_h_8bpc_@", each, "dav1d_ipred_h_8bpc_@(out, 32ul, data + 512, 32, 8, 0, 0, 0); return fold(out, 256);",
		pixelBlock(32, 8, func(m *material, _, y int) int { return at(m, 511-y) }))
	l.vary("dav1d_ipred_dc_8bpc_@", each, "dav1d_ipred_dc_8bpc_@(out, 16ul, data + 512, 16, 16, 0, 0, 0); return fold(out, 256);", func(m *material) uint64 {
		sum := 16
		for i := range 16 {
			sum += at(m, 513+i) + at(m, 511-i)
		}
		return pixelBlock(16, 16, func(*material, int, int) int { return sum / 32 })(m)
	})
	l.vary("dav1d_ipred_paeth_8bpc_@", each, "dav1d_ipred_paeth_8bpc_@(out, 32ul, data + 512, 32, 8, 0, 0, 0); return fold(out, 256);",
		pixelBlock(32, 8, func(m *material, x, y int) int { return nearest(at(m, 511-y), at(m, 513+x), at(m, 512)) }))
	l.vary("dav1d_pal_pred_8bpc_@", each, "u16 p[8]; u8 k[256] __attribute__((aligned(64))); for (int i = 0; i < 8; i++) p[i] = data[i]; for (int i = 0; i < 256; i++) k[i] = data[512 + i] & 7; dav1d_pal_pred_8bpc_@(out, 32ul, p, k, 32, 8); return fold(out, 256);",
		pixelBlock(256, 1, func(m *material, x, _ int) int { return at(m, at(m, 512+x)&7) }))
	return l
}

// hadamard is H d H' of a block of 8 by 8, of which libvpx and libaom keep the values in orders of their own: the first, which is the sum of the block,
// and the sum of the squares, which is 64 times the block's (Parseval), are compared.
func hadamard(m *material) uint64 {
	sum, squares := 0, 0
	for i := range 64 {
		v := at(m, i) - 128
		sum += v
		squares += v * v
	}
	return uint64(uint32(sum))<<32 | uint64(uint32(squares))
}

func av1Assembly(name, archive, prefix, members string, ways map[string]string) assembled {
	l := assembled{name: name, archive: archive, members: members}
	l.vary(prefix+"subtract_block_@", ways["subtract"], prefix+"subtract_block_@(16, 16, out, 16ul, data, 16ul, data + 256, 16ul); return fold(out, 512);",
		words16(256, func(m *material, i int) int { return at(m, i) - at(m, 256+i) }))
	l.vary(prefix+"sad16x16x4d_@", ways["sad"], "const u8 *r[4] = {data + 256, data + 512, data + 700, data + 768}; "+prefix+"sad16x16x4d_@(data, 16, r, 16, ctx); return fold(ctx, 16);", func(m *material) uint64 {
		var b []byte
		for _, at := range []int{256, 512, 700, 768} {
			b = binary.LittleEndian.AppendUint32(b, uint32(differences(m, 0, at)))
		}
		return fold(b)
	})
	l.vary(prefix+"v_predictor_16x16_sse2", "-", prefix+"v_predictor_16x16_sse2(out, 16ul, data + 16, data + 64); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, _ int) int { return at(m, 16+x) }))
	l.vary(prefix+"h_predictor_16x16_sse2", "-", prefix+"h_predictor_16x16_sse2(out, 16ul, data + 16, data + 64); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, _, y int) int { return at(m, 64+y) }))
	l.vary(prefix+"dc_predictor_16x16_sse2", "-", prefix+"dc_predictor_16x16_sse2(out, 16ul, data + 16, data + 64); return fold(out, 256);", func(m *material) uint64 {
		sum := 16
		for i := range 16 {
			sum += at(m, 16+i) + at(m, 64+i)
		}
		return pixelBlock(16, 16, func(*material, int, int) int { return sum / 32 })(m)
	})
	l.vary(prefix+"hadamard_8x8_@", ways["hadamard"], "short *d = (short *)ctx; for (int i = 0; i < 64; i++) d[i] = data[i] - 128; "+prefix+`hadamard_8x8_@(d, 8ul, out);
long sum = 0; RESULT *c = (RESULT *)out; for (int i = 0; i < 64; i++) sum += (long)c[i] * c[i]; return (u64)(u32)(int)c[0] << 32 | (u32)(sum / 64);`, hadamard)
	return l
}

func vpxAssembly() assembled {
	l := av1Assembly("libvpx", "libvpx.a", "vpx_", "subtract_sse2.asm sad4d_sse2.asm intrapred_sse2.asm avg_ssse3_x86_64.asm avg_intrin_sse2.c",
		map[string]string{"subtract": "sse2", "sad": "sse2", "hadamard": "sse2"})
	l.prelude = "typedef int RESULT;\n"
	l.vary("vpx_tm_predictor_16x16_sse2", "-", "vpx_tm_predictor_16x16_sse2(out, 16ul, data + 16, data + 64); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return min(max(at(m, 64+y)+at(m, 16+x)-at(m, 15), 0), 255) }))
	return l
}

func aomAssembly() assembled {
	l := av1Assembly("libaom", "libaom.a", "aom_", "subtract_sse2.asm subtract_avx2.c sad4d_sse2.asm sad4d_avx2.c intrapred_asm_sse2.asm avg_intrin_sse2.c intrapred_ssse3.c intrapred_avx2.c aom_convolve_copy_avx2.c aom_convolve_copy_sse2.c",
		map[string]string{"subtract": "sse2 avx2", "sad": "sse2 avx2", "hadamard": "sse2"})
	l.prelude = "typedef int RESULT;\n"
	l.vary("aom_paeth_predictor_16x16_@", "ssse3 avx2", "aom_paeth_predictor_16x16_@(out, 16ul, data + 16, data + 64); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return nearest(at(m, 64+y), at(m, 16+x), at(m, 15)) }))
	l.vary("aom_convolve_copy_@", "sse2 avx2", "aom_convolve_copy_@(data, 48ul, out, 16ul, 16, 16); return fold(out, 256);",
		pixelBlock(16, 16, func(m *material, x, y int) int { return at(m, 48*y+x) }))
	return l
}
