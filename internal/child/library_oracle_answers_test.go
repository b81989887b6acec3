//go:build oracle

package child_test

import (
	"bytes"
	"encoding/binary"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"testing"

	"webrunner/internal/wire"
	"webrunner/trampoline"
)

// An answer is what a function must return. A function that returns an int
// leaves the upper half of rax undefined (psABI 3.2.3), so width counts.
type answer struct {
	kind      answerKind
	integer   uint64
	float     float64
	tolerance float64 // absolute
	modulus   uint64  // 0, or both integers are compared modulo it
}

type answerKind int

const (
	isUint64 answerKind = iota
	isUint32
	isSign // of an int
	isNonzero
	isFloat
)

func u64(v uint64) answer              { return answer{kind: isUint64, integer: v} }
func u32[T ~uint32 | ~int](v T) answer { return answer{kind: isUint32, integer: uint64(uint32(v))} }
func sign(v int) answer                { return answer{kind: isSign, integer: uint64(v)} }
func nonzero() answer                  { return answer{kind: isNonzero} }
func exact(v float64) answer           { return answer{kind: isFloat, float: v} }

// within is a double within some units in the last place.
func within(v float64, ulps float64) answer {
	return answer{kind: isFloat, float: v, tolerance: ulps * (math.Nextafter(math.Abs(v), math.Inf(1)) - math.Abs(v))}
}

// within32 is a float, of which v is the unrounded value.
func within32(v float64, ulps float64) answer {
	a := float32(math.Abs(v))
	return answer{kind: isFloat, float: v, tolerance: ulps * float64(math.Nextafter32(a, math.MaxFloat32)-a)}
}

func (a answer) check(t *testing.T, v wire.Value) {
	t.Helper()
	if a.kind == isFloat {
		if f := float64(*v.Float); !(math.Abs(f-a.float) <= a.tolerance) {
			t.Errorf("returned %.17g, want %.17g, off by %g at most", f, a.float, a.tolerance)
		}
		return
	}
	got := uint64(*v.Int)
	switch a.kind {
	case isNonzero:
		if uint32(got) == 0 {
			t.Error("returned 0")
		}
		return
	case isSign:
		if s := int(int32(got)); (s > 0) != (int(a.integer) > 0) || (s < 0) != (int(a.integer) < 0) {
			t.Errorf("returned %d, want a number of the sign of %d", s, int(a.integer))
		}
		return
	case isUint32:
		got = uint64(uint32(got))
	}
	if a.modulus != 0 {
		got %= a.modulus
	}
	if got != a.integer {
		t.Errorf("returned %d (%#x), want %d (%#x)", got, got, a.integer, a.integer)
	}
}

// number is an integer of limbs, least significant first.
func number(limbs []uint64) *big.Int {
	b := make([]byte, 0, 8*len(limbs))
	for _, l := range slices.Backward(limbs) {
		b = binary.BigEndian.AppendUint64(b, l)
	}
	return new(big.Int).SetBytes(b)
}

// above is the lowest limb of v after n limbs.
func above(v *big.Int, n int) uint64 { return new(big.Int).Rsh(v, uint(64*n)).Uint64() }

func limbs(c *call) (u *big.Int, n int) {
	v := operand[uint64](c, "u")
	return number(v), len(v)
}

func carryOfSum(c *call) answer {
	u, n := limbs(c)
	return u64(above(u.Add(u, number(operand[uint64](c, "v"))), n))
}

func borrowOfDifference(c *call) answer {
	u, _ := limbs(c)
	if u.Cmp(number(operand[uint64](c, "v"))) < 0 {
		return u64(1)
	}
	return u64(0)
}

func times(c *call) (*big.Int, int) {
	u, n := limbs(c)
	return u.Mul(u, new(big.Int).SetUint64(c.integer("v"))), n
}

func highLimb(c *call) answer {
	p, n := times(c)
	return u64(above(p, n))
}

func highLimbOfSum(c *call) answer {
	p, n := times(c)
	return u64(above(p.Add(p, number(operand[uint64](c, "r"))), n))
}

// highLimbOfDifference is what must be borrowed: the limb b for which
// 0 <= r - u*v + b*2^64n < 2^64n.
func highLimbOfDifference(c *call) answer {
	p, n := times(c)
	d := p.Sub(number(operand[uint64](c, "r")), p)
	d.Rsh(d, uint(64*n)) // rounds down
	return u64(d.Neg(d).Uint64())
}

func shiftedOutLeft(c *call) answer {
	u := operand[uint64](c, "u")
	return u64(u[len(u)-1] >> (64 - c.integer("count")))
}

func shiftedOutRight(c *call) answer {
	return u64(operand[uint64](c, "u")[0] << (64 - c.integer("count")))
}

func populationCount(c *call) answer {
	n := 0
	for _, l := range operand[uint64](c, "u") {
		n += bits.OnesCount64(l)
	}
	return u64(uint64(n))
}

func hammingDistance(c *call) answer {
	n := 0
	v := operand[uint64](c, "v")
	for i, l := range operand[uint64](c, "u") {
		n += bits.OnesCount64(l ^ v[i])
	}
	return u64(uint64(n))
}

func remainder48(c *call) answer {
	const m = 1<<48 - 1
	u, _ := limbs(c)
	return answer{integer: u.Mod(u, big.NewInt(m)).Uint64(), modulus: m}
}

func compareNumbers(c *call) answer {
	u, _ := limbs(c)
	return sign(u.Cmp(number(operand[uint64](c, "v"))))
}

func fiveBits(c *call) answer {
	u, _ := limbs(c)
	return u32(int(new(big.Int).Rsh(u, uint(c.integer("offset"))).Uint64() & 31))
}

func gcd(c *call) answer {
	x, y := new(big.Int).SetUint64(c.integer("x")), new(big.Int).SetUint64(c.integer("y"))
	return u64(x.GCD(nil, nil, x, y).Uint64())
}

// wide is the number of two parameters, the lower half first.
func wide(c *call, low, high string) *big.Int {
	return number([]uint64{c.integer(low), c.integer(high)})
}

func lowOfQuotient(c *call) answer {
	q := wide(c, "x", "y")
	q.Quo(q, wide(c, "z", "w"))
	return u64(q.And(q, new(big.Int).SetUint64(math.MaxUint64)).Uint64())
}

func lowOfRemainder(c *call) answer {
	q := wide(c, "x", "y")
	q.Rem(q, wide(c, "z", "w"))
	return u64(q.And(q, new(big.Int).SetUint64(math.MaxUint64)).Uint64())
}

func divideWords(c *call) answer {
	q, _ := bits.Div64(c.integer("x"), c.integer("y"), c.integer("z"))
	return u64(q)
}

func powerModulo(c *call) answer {
	x, y, z := c.integer("x"), c.integer("y"), c.integer("z")
	n := new(big.Int)
	return u64(n.Exp(n.SetUint64(x), new(big.Int).SetUint64(y), new(big.Int).SetUint64(z)).Uint64())
}

func productModulo(c *call) answer {
	hi, lo := bits.Mul64(c.integer("x"), c.integer("y"))
	return u64(bits.Rem64(hi, lo, c.integer("z")))
}

func nextPrime(c *call) answer {
	n := c.integer("x")
	for !new(big.Int).SetUint64(n).ProbablyPrime(0) { // no false positive below 2^64
		n++
	}
	return u64(n)
}

func firstDivisor(c *call) answer {
	n := c.integer("x")
	for d := uint64(2); d*d <= n; d++ {
		if n%d == 0 {
			return u64(d)
		}
	}
	return u64(n)
}

func squareRoot(c *call) answer {
	n := new(big.Int).SetUint64(c.integer("x"))
	return u64(n.Sqrt(n).Uint64())
}

func squareRoot32(c *call) answer { return u32(int(squareRoot(c).integer)) }

func integerFunction(f func(x uint64) uint64) func(*call) answer {
	return func(c *call) answer { return u64(f(c.integer("x"))) }
}

func intFunction(f func(x uint64) int) func(*call) answer {
	return func(c *call) answer { return u32(f(c.integer("x"))) }
}

// dot is a dot product in float64, which is exact for operands that are.
func dot[T float32 | float64](x, y []T, incx, incy, n int) (sum float64) {
	for i := range n {
		sum += float64(x[i*incx]) * float64(y[i*incy])
	}
	return sum
}

func dotBLAS[T float32 | float64](c *call) answer {
	return exact(dot(operand[T](c, "x"), operand[T](c, "y"), int(c.integer("incx")), int(c.integer("incy")), int(c.integer("n"))))
}

func dotPlain[T float32 | float64](c *call) answer {
	x := operand[T](c, "x")
	return exact(dot(x, operand[T](c, "y"), 1, 1, len(x)))
}

// strided is every incx-th element of x, widened.
func strided[T float32 | float64](c *call) (v []float64) {
	step := 1
	if _, ok := c.values["incx"]; ok {
		step = int(c.integer("incx"))
	}
	x := operand[T](c, "x")
	for i := 0; i < len(x); i += step {
		v = append(v, float64(x[i]))
	}
	return v
}

func sumOfAbsolutes[T float32 | float64](c *call) answer {
	var sum float64
	for _, v := range strided[T](c) {
		sum += math.Abs(v)
	}
	return exact(sum)
}

func sum[T float32 | float64](c *call) answer {
	var sum float64
	for _, v := range strided[T](c) {
		sum += v
	}
	return exact(sum)
}

func norm[T float32 | float64](c *call) float64 {
	v := strided[T](c)
	return math.Sqrt(dot(v, v, 1, 1, len(v)))
}

func norm64(c *call) answer { return within(norm[float64](c), 8) }
func norm32(c *call) answer { return within32(norm[float32](c), 4) }

// indexOfLargest counts from first.
func indexOfLargest[T float32 | float64](first int) func(*call) answer {
	return func(c *call) answer {
		best, v := 0, strided[T](c)
		for i := range v {
			if math.Abs(v[i]) > math.Abs(v[best]) {
				best = i
			}
		}
		return u32(first + best)
	}
}

// precise sums with 200 bits.
func precise(v []float64) *big.Float {
	sum := new(big.Float).SetPrec(200)
	for _, x := range v {
		sum.Add(sum, big.NewFloat(x))
	}
	return sum
}

func sample(c *call) (v []float64) {
	x := operand[float64](c, "x")
	for i := 0; i < len(x); i += int(c.integer("stride")) {
		v = append(v, x[i])
	}
	return v
}

func mean(c *call) answer {
	v := sample(c)
	m, _ := new(big.Float).Quo(precise(v), big.NewFloat(float64(len(v)))).Float64()
	return answer{kind: isFloat, float: m, tolerance: 1e-15}
}

func variance(c *call) answer {
	v := sample(c)
	m := mean(c).float
	for i := range v {
		v[i] = (v[i] - m) * (v[i] - m)
	}
	s, _ := precise(v).Float64()
	return answer{kind: isFloat, float: s / float64(len(v)-1), tolerance: 1e-14}
}

func largest(c *call) answer { return exact(slices.Max(sample(c))) }

func horner(c *call) answer {
	v, x := new(big.Float).SetPrec(4000), big.NewFloat(float64(c.integer("x")))
	for _, a := range slices.Backward(operand[float64](c, "c")) {
		v.Add(v.Mul(v, x), big.NewFloat(a))
	}
	f, _ := v.Float64()
	return within(f, 8)
}

// The functions of libm. Both sides round, each by less than an ulp or little
// more, hence two in double precision. In single precision Go's side is exact.
const (
	ulps64 = 2
	ulps32 = 1
)

func of64(f func(float64) float64) func(*call) answer {
	return func(c *call) answer { return within(f(argument(c, 0)), ulps64) }
}

func of32(f func(float64) float64) func(*call) answer {
	return func(c *call) answer { return within32(f(argument(c, 0)), ulps32) }
}

// svml has up to 4 ulp (glibc manual, "Errors in Math Functions").
func svml(f func(float64) float64) func(*call) answer {
	return func(c *call) answer { return within(f(argument(c, 0)), 4) }
}

func of64x2(f func(x, y float64) float64) func(*call) answer {
	return func(c *call) answer { return within(f(argument(c, 0), argument(c, 1)), ulps64) }
}

func of32x2(f func(x, y float64) float64) func(*call) answer {
	return func(c *call) answer { return within32(f(argument(c, 0), argument(c, 1)), ulps32) }
}

// argument is the number that argument i passes.
func argument(c *call, i int) float64 {
	b := c.Args[i].Bits
	if c.Spec.Args[i].Type == "float" {
		return float64(math.Float32frombits(uint32(b)))
	}
	return math.Float64frombits(b)
}

func integerPower(c *call) answer {
	return within(math.Pow(argument(c, 0), float64(c.integer("n"))), 8)
}

func text(c *call) []byte { return operand[byte](c, "s") }

// address is where byte i of the first operand lies in the cell.
func address(i int) answer { return u64(trampoline.OperandAddr + uint64(i)) }

func length(c *call) answer       { return u64(uint64(len(text(c)))) }
func lengthWide(c *call) answer   { return u64(uint64(len(operand[int32](c, "s")))) }
func lengthAtMost(c *call) answer { return u64(min(uint64(len(text(c))), c.integer("max"))) }
func firstByte(c *call) answer    { return address(bytes.IndexByte(text(c), byte(c.integer("byte")))) }
func lastByte(c *call) answer     { return address(bytes.LastIndexByte(text(c), byte(c.integer("byte")))) }
func endOfCopy(c *call) answer    { return address(len(text(c))) }
func compareBytes(c *call) answer { return sign(bytes.Compare(text(c), operand[byte](c, "t"))) }
func different(c *call) answer {
	if bytes.Equal(text(c), operand[byte](c, "t")) {
		return u32(0)
	}
	return nonzero()
}

// equal is the answer of functions that say 1 for equal buffers.
func equal(c *call) answer {
	if bytes.Equal(text(c), operand[byte](c, "t")) {
		return u32(1)
	}
	return u32(0)
}

// compareLittleEndian takes the bytes as digits, the first the least.
func compareLittleEndian(c *call) answer {
	s, t := text(c), operand[byte](c, "t")
	slices.Reverse(s)
	slices.Reverse(t)
	return sign(bytes.Compare(s, t))
}

func bigEndian(c *call) answer { return u32(binary.BigEndian.Uint32(text(c))) }

func adler(c *call) answer { return u32(adler32.Checksum(text(c))) }

func crc(poly uint32) func(*call) answer {
	return func(c *call) answer { return u32(crc32.Checksum(text(c), crc32.MakeTable(poly))) }
}

func crc64ECMA(c *call) answer { return u64(crc64.Checksum(text(c), crc64.MakeTable(crc64.ECMA))) }

func mostFrequent(c *call) answer {
	var counts [256]uint64
	for _, b := range text(c) {
		counts[b]++
	}
	return u64(slices.Max(counts[:]))
}

// fnv1a is the FNV-1a hash, of bytes that libstdc++ takes for signed.
func fnv1a(c *call) answer {
	h := c.integer("start")
	for _, b := range text(c) {
		h = (h ^ uint64(int8(b))) * 1099511628211
	}
	return u64(h)
}

func elfHash(c *call) answer {
	var h uint32
	for _, b := range text(c) {
		h = h<<4 + uint32(b)
		h = (h ^ h>>28<<4) &^ 0xf0000000
	}
	return u64(uint64(h))
}

func gnuHash(c *call) answer {
	h := uint32(5381)
	for _, b := range text(c) {
		h = h*33 + uint32(b)
	}
	return u64(uint64(h))
}

// nh is RFC 4418, 5.2.2.
func nh(c *call) answer {
	key, s := operand[uint32](c, "key"), text(c)
	word := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(s[4*i:]) + key[i]) }
	var y uint64
	for i := 0; i < len(key); i += 8 {
		for j := range 4 {
			y += word(i+j) * word(i+j+4)
		}
	}
	return u64(y)
}

// The primes of xxHash (doc/xxhash_spec.md).
const (
	xxh32a, xxh32b, xxh32c, xxh32d, xxh32e = 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1
	xxh64a, xxh64b, xxh64c, xxh64d, xxh64e = 0x9e3779b185ebca87, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0x85ebca77c2b2ae63, 0x27d4eb2f165667c5
)

// xxh32 wants 16 bytes or more.
func xxh32(c *call) answer {
	s, seed := text(c), uint32(c.integer("start"))
	round := func(v uint32, s []byte) uint32 {
		return bits.RotateLeft32(v+binary.LittleEndian.Uint32(s)*xxh32b, 13) * xxh32a
	}
	a := uint32(xxh32a)
	v := [4]uint32{seed + a + xxh32b, seed + xxh32b, seed, seed - a}
	n := uint32(len(s))
	for ; len(s) >= 16; s = s[16:] {
		for i := range v {
			v[i] = round(v[i], s[4*i:])
		}
	}
	h := n + bits.RotateLeft32(v[0], 1) + bits.RotateLeft32(v[1], 7) + bits.RotateLeft32(v[2], 12) + bits.RotateLeft32(v[3], 18)
	for ; len(s) >= 4; s = s[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(s)*xxh32c, 17) * xxh32d
	}
	for _, b := range s {
		h = bits.RotateLeft32(h+uint32(b)*xxh32e, 11) * xxh32a
	}
	h = (h ^ h>>15) * xxh32b
	h = (h ^ h>>13) * xxh32c
	return u32(h ^ h>>16)
}

// xxh64 wants 32 bytes or more.
func xxh64(c *call) answer {
	s, seed := text(c), c.integer("start")
	round := func(v, x uint64) uint64 { return bits.RotateLeft64(v+x*xxh64b, 31) * xxh64a }
	a := uint64(xxh64a)
	v := [4]uint64{seed + a + xxh64b, seed + xxh64b, seed, seed - a}
	n := uint64(len(s))
	for ; len(s) >= 32; s = s[32:] {
		for i := range v {
			v[i] = round(v[i], binary.LittleEndian.Uint64(s[8*i:]))
		}
	}
	h := bits.RotateLeft64(v[0], 1) + bits.RotateLeft64(v[1], 7) + bits.RotateLeft64(v[2], 12) + bits.RotateLeft64(v[3], 18)
	for _, x := range v {
		h = (h^round(0, x))*xxh64a + xxh64d
	}
	h += n
	for ; len(s) >= 8; s = s[8:] {
		h = bits.RotateLeft64(h^round(0, binary.LittleEndian.Uint64(s)), 27)*xxh64a + xxh64d
	}
	if len(s) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(s))*xxh64a, 23)*xxh64b + xxh64c
		s = s[4:]
	}
	for _, b := range s {
		h = bits.RotateLeft64(h^uint64(b)*xxh64e, 11) * xxh64a
	}
	h = (h ^ h>>33) * xxh64b
	h = (h ^ h>>29) * xxh64c
	return u64(h ^ h>>32)
}

// pixels calls f with the differing pairs of two blocks of w by h.
func pixels(c *call, w, h int, f func(x, y, s, t int)) {
	s, t, stride := text(c), text(c), int(c.integer("stride"))
	for _, o := range c.Operands {
		if o.Name == "t" {
			t = operand[byte](c, "t")
		}
	}
	for y := range h {
		for x := range w {
			f(x, y, int(s[y*stride+x]), int(t[y*stride+x]))
		}
	}
}

// size is that of the block, 16 by 16 unless the call says otherwise.
func size(c *call) (w, h int) {
	w, h = 16, 16
	if v, ok := c.values["w"]; ok {
		w = int(v)
	}
	if v, ok := c.values["h"]; ok {
		h = int(v)
	}
	return w, h
}

func absoluteDifferences(c *call) answer {
	sum := 0
	w, h := size(c)
	pixels(c, w, h, func(_, _, s, t int) { sum += max(s-t, t-s) })
	return u32(sum)
}

func squaredDifferences(c *call) answer {
	sum := 0
	w, h := size(c)
	pixels(c, w, h, func(_, _, s, t int) { sum += (s - t) * (s - t) })
	return u32(sum)
}

func varianceOfDifference(c *call) answer {
	sum, squares := 0, 0
	pixels(c, 16, 16, func(_, _, s, t int) { sum += s - t; squares += (s - t) * (s - t) })
	return u32(squares - sum*sum/256)
}

// sumAndSquares has the sum in the lower half, the sum of squares in the upper.
func sumAndSquares(c *call) answer {
	sum, squares := 0, 0
	pixels(c, 16, 16, func(_, _, s, _ int) { sum += s; squares += s * s })
	return u64(uint64(squares)<<32 | uint64(sum))
}

func sumOfPixels(c *call) answer {
	sum := 0
	pixels(c, 16, 16, func(_, _, s, _ int) { sum += s })
	return u32(sum)
}

func sumOfSquares(c *call) answer {
	sum := 0
	pixels(c, 16, 16, func(_, _, s, _ int) { sum += s * s })
	return u32(sum)
}

func averageOf8x8(c *call) answer {
	sum := 0
	pixels(c, 8, 8, func(_, _, s, _ int) { sum += s })
	return u32((sum + 32) / 64)
}

// transformedDifferences is SATD: half the sum of the absolute Hadamard
// coefficients of the difference, block of 4 by 4 by block.
func transformedDifferences(c *call) answer {
	var d [16][16]int
	pixels(c, 16, 16, func(x, y, s, t int) { d[y][x] = s - t })
	sum := 0
	for b := range 16 {
		for i := range 16 { // coefficient (i/4, i%4) is a signed sum of the block
			v := 0
			for j := range 16 {
				e := d[b/4*4+j/4][b%4*4+j%4]
				if bits.OnesCount(uint(i&j))%2 == 1 {
					e = -e
				}
				v += e
			}
			sum += max(v, -v)
		}
	}
	return u32(sum / 2)
}

func inner16(c *call) answer {
	sum, t := 0, operand[int16](c, "t")
	for i, s := range operand[int16](c, "s") {
		sum += int(s) * int(t[i])
	}
	return u32(sum)
}

func squares16(c *call) answer {
	sum := 0
	for _, s := range operand[int16](c, "s") {
		sum += int(s) * int(s)
	}
	return u32(sum)
}
