package report

import (
	"math"
	"strconv"
	"strings"
)

// fixed writes a number without an exponent and with this many decimals; with
// -1 as many as it has. Whatever rounds to zero is 0, which has no sign.
func fixed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return "0"
	}
	return s
}

// Integer rounds to an integer, half away from zero.
func Integer(v float64) string { return fixed(math.Round(v), 0) }

// Number keeps at least four digits, and no more decimals than make sense.
func Number(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v) || a >= 1e4:
		return fixed(v, 0)
	case a >= 100:
		return fixed(v, 1)
	case a >= 10:
		return fixed(v, 2)
	}
	return fixed(v, 3)
}

// decimal writes every digit that the number has.
func decimal(v float64) string { return fixed(v, -1) }

// percent writes a half-width in per cent with two digits. It is no less than
// what it stands for when that is too small for three decimals.
func percent(p float64) string {
	switch {
	case p == 0:
		return "0"
	case p < 0.001:
		return "0.001"
	case p < 10:
		return strconv.FormatFloat(p, 'g', 2, 64)
	}
	return fixed(p, 0)
}
