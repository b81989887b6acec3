package kernels

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// The ways in which integer arithmetic can fail: nothing ever wraps around.
var (
	errOverflow  = errors.New("is 2^64 or more")
	errTooLow    = errors.New("is -2^64 or less")
	errNegative  = errors.New("is below zero")
	errDivByZero = errors.New("divides by zero")
)

// integer is an integer above -2^64 and below 2^64: that of every integer type,
// and what comes of arithmetic with them on the way to another. Zero is not
// negative.
type integer struct {
	negative bool
	abs      uint64
}

// unsigned is an integer that is not negative.
func unsigned(v uint64) integer { return integer{abs: v} }

// signedInteger is an integer in two's complement.
func signedInteger(v int64) integer {
	if v < 0 {
		return integer{true, -uint64(v)}
	}
	return integer{abs: uint64(v)}
}

func (n integer) String() string {
	s := strconv.FormatUint(n.abs, 10)
	if n.negative {
		return "-" + s
	}
	return s
}

// uint64 is n, unless it is negative.
func (n integer) uint64() (uint64, error) {
	if n.negative {
		return 0, errNegative
	}
	return n.abs, nil
}

// twos is n in two's complement, modulo 2^64.
func (n integer) twos() uint64 {
	if n.negative {
		return -n.abs
	}
	return n.abs
}

// float64 is n, rounded.
func (n integer) float64() float64 {
	if n.negative {
		return -float64(n.abs)
	}
	return float64(n.abs)
}

func (n integer) less(m integer) bool {
	switch {
	case n.negative != m.negative:
		return n.negative
	case n.negative:
		return n.abs > m.abs
	}
	return n.abs < m.abs
}

func (n integer) minus() integer { return integer{!n.negative && n.abs != 0, n.abs} }

func (n integer) plus(m integer) (integer, error) {
	if n.negative != m.negative {
		if n.abs < m.abs {
			n, m = m, n
		}
		abs := n.abs - m.abs
		return integer{n.negative && abs != 0, abs}, nil
	}
	abs, carry := bits.Add64(n.abs, m.abs, 0)
	return n.within(abs, carry)
}

func (n integer) times(m integer) (integer, error) {
	hi, abs := bits.Mul64(n.abs, m.abs)
	return integer{negative: n.negative != m.negative}.within(abs, hi)
}

// within gives a magnitude the sign of n; high is what is left of it above 64
// bits.
func (n integer) within(abs, high uint64) (integer, error) {
	switch {
	case high != 0 && n.negative:
		return integer{}, errTooLow
	case high != 0:
		return integer{}, errOverflow
	}
	return integer{n.negative && abs != 0, abs}, nil
}

// over divides, and rounds towards zero, as C does.
func (n integer) over(m integer) (integer, error) {
	if m.abs == 0 {
		return integer{}, errDivByZero
	}
	abs := n.abs / m.abs
	return integer{n.negative != m.negative && abs != 0, abs}, nil
}

// modulo is what a division leaves, with the sign of n, as in C.
func (n integer) modulo(m integer) (integer, error) {
	if m.abs == 0 {
		return integer{}, errDivByZero
	}
	abs := n.abs % m.abs
	return integer{n.negative && abs != 0, abs}, nil
}

// parseInteger reads decimal digits, with a minus before them or not.
func parseInteger(s string) (integer, error) {
	negative := len(s) > 1 && s[0] == '-'
	if negative {
		s = s[1:]
	}
	abs, err := parseDecimal(s)
	return integer{negative && abs != 0, abs}, err
}

// lowest and highest are the limits of an integer type.
func (t Type) lowest() integer {
	if t.signed() {
		return integer{true, t.max() + 1}
	}
	return integer{}
}

func (t Type) highest() integer { return unsigned(t.max()) }

// takes reports whether n is a value of the integer type t.
func (t Type) takes(n integer) bool { return !n.less(t.lowest()) && !t.highest().less(n) }

// exactInteger is the integer that v is, nothing rounded.
func exactInteger(v float64) (integer, bool) {
	if v != math.Trunc(v) || math.Abs(v) >= 1<<64 {
		return integer{}, false
	}
	return integer{v < 0, uint64(math.Abs(v))}, true
}
