package kernels

import "math"

// format is how a floating-point type stores a number (IEEE 754, 3.4): a sign,
// an exponent, and a significand without its highest bit.
type format struct{ exponent, significand int } // bits

// format is that of a floating-point type, zeros for other types.
func (t Type) format() format {
	switch t {
	case Float16:
		return format{5, 10}
	case BFloat16:
		return format{8, 7}
	case Float32:
		return format{8, 23}
	case Float64:
		return format{11, 52}
	}
	return format{}
}

// bias is what the stored exponent of 1 is.
func (f format) bias() int { return 1<<(f.exponent-1) - 1 }

// one is the representation of 1.
func (f format) one() uint64 { return uint64(f.bias()) << f.significand }

// sign is the bit of the sign.
func (f format) sign() uint64 { return 1 << (f.exponent + f.significand) }

// largest is the largest finite number.
func (f format) largest() float64 {
	return math.Ldexp(2-math.Ldexp(1, -f.significand), f.bias())
}

// largest is the largest finite number of a floating-point type.
func (t Type) largest() float64 { return t.format().largest() }

// encode is the representation of the number of this format that is nearest to
// v, of two equally near ones the even one.
func (f format) encode(v float64) uint64 {
	var sign uint64
	if math.Signbit(v) {
		sign, v = f.sign(), -v
	}
	infinity := uint64(1)<<f.exponent - 1
	if math.IsNaN(v) {
		return sign | infinity<<f.significand | 1<<(f.significand-1)
	}
	_, exponent := math.Frexp(v) // v is in [0.5, 1) times 2^exponent
	unit := max(exponent-1, 1-f.bias()) - f.significand
	n := math.RoundToEven(math.Ldexp(v, -unit)) // at most 2^(significand+1), exact
	switch {
	case math.IsInf(v, 1), math.Ldexp(n, unit) > f.largest():
		return sign | infinity<<f.significand
	case v == 0:
		return sign
	}
	// A significand of 1.x adds its highest bit to the exponent, one of 0.x has none.
	return sign | uint64(unit+f.significand+f.bias()-1)<<f.significand + uint64(n)
}

// decode is the number that bits represent.
func (f format) decode(bits uint64) float64 {
	sign := 1.0
	if bits&f.sign() != 0 {
		sign = -1
	}
	significand := bits & (1<<f.significand - 1)
	exponent := int(bits >> f.significand & (1<<f.exponent - 1))
	switch exponent {
	case 1<<f.exponent - 1:
		if significand != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	case 0:
		exponent = 1
	default:
		significand |= 1 << f.significand
	}
	return sign * math.Ldexp(float64(significand), exponent-f.bias()-f.significand)
}
