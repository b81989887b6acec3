package kernels

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

// checkCRC32C computes CRC-32C (RFC 3720, 12.1) of n bytes behind those whose CRC is
// given, as 0 is that of none.
func checkCRC32C(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"buf", n, 1}); why != "" {
		return none(why)
	}
	return o.returned(uint64(crc32.Update(uint32(o.values["crc"]), crc32.MakeTable(crc32.Castagnoli), o.before("buf").mem[:n])))
}

// checkAdler32 computes Adler-32 (RFC 1950, 8.2) of n bytes behind those whose sum is
// given, as 1 is that of none.
func checkAdler32(o *outcome) Verification {
	n := o.values["n"]
	if why := o.unfit(span{"buf", n, 1}); why != "" {
		return none(why)
	}
	const base = 65521
	a, b := o.values["adler"]&0xffff, o.values["adler"]>>16&0xffff
	for _, c := range o.before("buf").mem[:n] {
		a = (a + uint64(c)) % base
		b = (b + a) % base
	}
	return o.returned(b<<16 | a)
}

// checkChaCha20Block computes the key stream of one block (RFC 8439, 2.3): 20 rounds
// over the state in, and in added to what comes of them.
func checkChaCha20Block(o *outcome) Verification {
	in := o.before("in")
	out := span{"out", 64 / o.before("out").typ.Size(), 1}
	if why := o.unfit(span{"in", 16, 1}, out); why != "" {
		return none(why)
	}
	var state, x [16]uint32
	for i := range state {
		state[i] = uint32(in.bits(uint64(i)))
	}
	x = state
	quarter := func(a, b, c, d int) {
		for _, turn := range [...][5]int{{a, b, d, 16}, {c, d, b, 12}, {a, b, d, 8}, {c, d, b, 7}} {
			x[turn[0]] += x[turn[1]]
			x[turn[2]] = bits.RotateLeft32(x[turn[2]]^x[turn[0]], turn[3])
		}
	}
	for range 10 {
		for i := range 4 {
			quarter(i, 4+i, 8+i, 12+i)
		}
		for i := range 4 {
			quarter(i, 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4)
		}
	}
	block := elements{o.before("out").typ, nil}
	for i := range x {
		block.mem = binary.LittleEndian.AppendUint32(block.mem, x[i]+state[i])
	}
	return o.exactly(out, block.bits)
}

// checkSHA256Block computes what blocks of 64 bytes make of a state (FIPS 180-4, 6.2.2).
func checkSHA256Block(o *outcome) Verification {
	blocks := o.values["blocks"]
	out := span{"state", 8, 1}
	if why := o.unfit(out, span{"data", blocks, 64}); why != "" {
		return none(why)
	}
	data := o.before("data").mem
	if blocks > uint64(len(data))/64 {
		return none("operand data is smaller than blocks ask for")
	}
	var state [8]uint32
	for i := range state {
		state[i] = uint32(o.before("state").bits(uint64(i)))
	}
	for i := range blocks {
		compress(&state, data[64*i:][:64])
	}
	return o.exactly(out, func(i uint64) uint64 { return uint64(state[i]) })
}

// compress is the compression function of SHA-256, in the letters of FIPS 180-4.
func compress(state *[8]uint32, block []byte) {
	var w [64]uint32
	for t := range 16 {
		w[t] = binary.BigEndian.Uint32(block[4*t:])
	}
	turn := func(x uint32, r1, r2, r3 int) uint32 {
		return bits.RotateLeft32(x, -r1) ^ bits.RotateLeft32(x, -r2) ^ bits.RotateLeft32(x, -r3)
	}
	for t := 16; t < 64; t++ {
		s0 := bits.RotateLeft32(w[t-15], -7) ^ bits.RotateLeft32(w[t-15], -18) ^ w[t-15]>>3
		s1 := bits.RotateLeft32(w[t-2], -17) ^ bits.RotateLeft32(w[t-2], -19) ^ w[t-2]>>10
		w[t] = s1 + w[t-7] + s0 + w[t-16]
	}
	s := *state // a to h
	for t := range 64 {
		a, e := s[0], s[4]
		t1 := s[7] + turn(e, 6, 11, 25) + (e&s[5] ^ ^e&s[6]) + sha256Constants[t] + w[t]
		t2 := turn(a, 2, 13, 22) + (a&s[1] ^ a&s[2] ^ s[1]&s[2])
		copy(s[1:], s[:7])
		s[0], s[4] = t1+t2, s[4]+t1
	}
	for i := range state {
		state[i] += s[i]
	}
}

// sha256Constants are the first 32 bits behind the point of the cube roots of the first
// 64 primes (FIPS 180-4, 4.2.2).
var sha256Constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}
